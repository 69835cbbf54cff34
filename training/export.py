"""Writes the shipped model: python export.py WORK NAME OUT [TOKENS]

The vocabulary is cut to the TOKENS word pieces that the texts use most (words of the others fall into smaller pieces), both text encoders' weights are
quantized to 8 bits (layers by column, embeddings by row; 7 bits of range in the layers, since x86 kernels without 8-bit dot products saturate otherwise),
and scale and shift of the calibration are folded into the logit, if WORK/calibration.json has them.
"""

import collections
import json
import pickle
import sys
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

import encoders
from model import JointPart, Ranker

WORK, NAME, OUT = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
TOKENS = int(sys.argv[4]) if len(sys.argv) > 4 else 24_000
LIMIT = 512


class Rows(torch.nn.Module):
    """A table in 8 bits with a scale for each row."""

    def __init__(self, table: torch.Tensor):
        super().__init__()
        scale = table.abs().amax(1, keepdim=True).clamp(min=1e-8) / 127
        self.register_buffer("scale", scale)
        self.register_buffer("rows", torch.round(table / scale).to(torch.int8))

    def __getitem__(self, ids: torch.Tensor) -> torch.Tensor:
        return self.rows[ids].float() * self.scale[ids]


class Shipped(Ranker):
    """The ranker with tables in 8 bits and calibrated logits."""

    def __init__(self, joint: JointPart, kept: list[int], scale: float, shift: float):
        super().__init__(joint)
        frozen = encoders.start_weights()
        self.words = Rows(frozen["embeddings.word_embeddings.weight"][kept])
        self.places = Rows(frozen["embeddings.position_embeddings.weight"])
        joint.idf = joint.idf[kept]
        joint.special = tuple(kept.index(i) for i in joint.special)
        for name in ("word", "position"):
            del self.frozen[f"embeddings/{name}_embeddings/weight"]
        self.scale, self.shift = scale, shift

    def forward(self, input_ids, attention_mask, token_type_ids):
        tables = {"embeddings.word_embeddings.weight": self.words, "embeddings.position_embeddings.weight": self.places}
        return self.logits(input_ids, attention_mask, token_type_ids, tables) * self.scale + self.shift


def kept_pieces() -> list[int]:
    """Ids of the pieces that stay: the special ones, single characters of Latin text, then the most frequent."""
    pieces = encoders.tokenizer()
    texts = pickle.loads((WORK / "raw.pickle").read_bytes())
    count: collections.Counter = collections.Counter()
    for text in [*texts["documents"], *texts["queries"]]:
        count.update(set(pieces.encode(text[:3000], add_special_tokens=False).ids))
    vocabulary = pieces.get_vocab()
    special = [encoders.PAD, encoders.UNK, encoders.CLS, encoders.SEP, encoders.MASK]
    single = sorted(i for piece, i in vocabulary.items() if len(piece.removeprefix("##")) == 1 and ord(piece[-1]) < 0x250)
    usual = [i for piece, i in vocabulary.items() if not piece.startswith("[unused") and all(ord(c) < 0x250 for c in piece)]
    rest = sorted(set(usual) - set(special) - set(single), key=lambda i: (-count[i], i))
    return special + sorted([*single, *rest[: TOKENS - len(special) - len(single)]])


def write_tokenizer(kept: list[int]) -> None:
    written = json.loads((encoders.START / "tokenizer.json").read_text())
    pieces = {i: piece for piece, i in written["model"]["vocab"].items()}
    new_id = {i: number for number, i in enumerate(kept)}
    written["model"]["vocab"] = {pieces[i]: new_id[i] for i in kept}
    for token in written["added_tokens"]:
        token["id"] = new_id[token["id"]]
    for entry in written["post_processor"].get("special_tokens", {}).values():
        entry["ids"] = [new_id[i] for i in entry["ids"]]
    written["padding"] = None
    written["truncation"] = {"direction": "Right", "max_length": LIMIT, "strategy": "LongestFirst", "stride": 0}
    (OUT / "tokenizer.json").write_text(json.dumps(written, ensure_ascii=False))
    settings = json.loads((encoders.START / "tokenizer_config.json").read_text())
    names = ("cls_token", "do_basic_tokenize", "do_lower_case", "mask_token", "pad_token", "sep_token", "strip_accents", "tokenize_chinese_chars", "unk_token")
    settings = {name: settings[name] for name in names if name in settings}
    settings |= {"model_max_length": LIMIT, "padding_side": "right", "tokenizer_class": "BertTokenizer", "truncation_side": "right"}
    (OUT / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n")


def small_products(path: Path) -> list[str]:
    """Products with anything but a layer's weights: their inputs mix states with counts, and one scale does not fit both."""
    graph = onnx.load(path).graph
    shapes = {i.name: tuple(i.dims) for i in graph.initializer}
    width, inner = encoders.WIDTH, 4 * encoders.WIDTH
    layers = {(width, width), (width, inner), (inner, width)}
    products = [n for n in graph.node if n.op_type in ("MatMul", "Gemm")]
    return [n.name for n in products if any(i in shapes and len(shapes[i]) == 2 and shapes[i] not in layers for i in n.input)]


def main() -> None:
    (OUT / "onnx").mkdir(parents=True, exist_ok=True)
    saved = torch.load(WORK / f"{NAME}.pt", weights_only=False)
    joint = JointPart(saved["model"]["idf"])
    joint.load_state_dict(saved["model"] | saved["average"])
    calibration = WORK / "calibration.json"
    scale, shift = json.loads(calibration.read_text()).values() if calibration.exists() else (1.0, 0.0)
    kept = kept_pieces()
    model = Shipped(joint, kept, scale, shift).eval()
    write_tokenizer(kept)
    config = {"architectures": ["CrossrankMini"], "model_type": "crossrank-mini", "num_labels": 1, "id2label": {"0": "relevance"}, "label2id": {"relevance": 0}}
    config |= {"hidden_size": encoders.WIDTH, "num_hidden_layers": encoders.LAYERS + joint.layers, "max_position_embeddings": LIMIT, "pad_token_id": 0, "type_vocab_size": 2, "vocab_size": len(kept)}
    (OUT / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    names = ["input_ids", "attention_mask", "token_type_ids"]
    ids = torch.tensor([[2, 900, 901, 3, 902, 903, 904, 3], [2, 905, 3, 906, 907, 3, 0, 0]])
    types = torch.tensor([[0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 0, 1, 1, 1, 0, 0]])
    full = WORK / "full.onnx"
    axes = {n: {0: "batch", 1: "tokens"} for n in names} | {"logits": {0: "batch"}}
    torch.onnx.export(model, (ids, (ids > 0).long(), types), full, input_names=names, output_names=["logits"], dynamic_axes=axes, opset_version=17, dynamo=False)
    out = OUT / "onnx" / "model.onnx"
    options = {"weight_type": QuantType.QInt8, "per_channel": True, "reduce_range": True, "nodes_to_exclude": small_products(full)}
    quantize_dynamic(full, out, op_types_to_quantize=["MatMul", "Gemm"], **options)
    graph = onnx.load(out)
    print(out.stat().st_size, "bytes;", dict(collections.Counter(n.op_type for n in graph.graph.node).most_common(12)))


main()
