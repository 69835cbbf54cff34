"""Writes tiny random-weight cross-encoders and their reference logits: python scripts/goldens/tiny_models.py DATE

Every architecture and head that crossrank reads, each under 400 KB, so that tests run the whole way from text to logit without a
download. Weights are seeded; vocabularies are made of the sentences below. Output: test/fixtures/models/<name>/ and
test/fixtures/goldens/tiny-models.json. The same versions (requirements.txt) write the same numbers.
"""
import math
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

import onnx
import onnxruntime
import torch
from common import GOLDENS, ROOT, provenance, write_json
from onnxruntime.quantization import QuantType, quantize_dynamic
from sentence_transformers import CrossEncoder
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForSequenceClassification,
    XLMRobertaConfig,
    XLMRobertaForSequenceClassification,
)

OUT = ROOT / "test/fixtures/models"
MAX_LENGTH = 32  # of the goldens: short enough that some pairs are cut
POSITIONS = 128

SENTENCES = [
    "How to train a dog", "Dog training requires patience and consistency.", "Cats are independent animals that prefer to play alone.",
    "Bird care includes proper cage setup and regular cleaning.", "A puppy learns to sit when every good answer earns a reward.",
    "What is the capital of France?", "Paris is the capital and the largest city of France.", "Berlin lies on the river Spree in Germany.",
    "The quick brown fox jumps over the lazy dog.", "Water boils at one hundred degrees Celsius at sea level.",
    "Which planet is known as the red planet?", "Mars looks red because of iron oxide on its surface.",
    "Bread needs flour, water, yeast and salt.", "Knead the dough for ten minutes, then let it rise for an hour.",
    "The heart pumps blood through the body.", "A search engine returns documents; a reranker puts the best ones first.",
    "She sells sea shells by the sea shore.", "The museum opens at nine o'clock and closes at half past five.",
    "Plants make sugar from light, water and carbon dioxide.", "The train from London to Edinburgh takes about four and a half hours.",
    "El perro aprende a sentarse.", "La ciudad más grande de España es Madrid.", "Der Hund lernt Sitz, wenn er belohnt wird.",
    "Käse, Brot und Äpfel kosten zusammen zwölf Euro.", "Le chat dort près de la fenêtre.", "Où se trouve la gare?",
    "Собака учится садиться.", "Москва является столицей России.", "狗需要耐心的训练", "东京是日本的首都", "犬の訓練には忍耐が必要です", "القطة تنام",
]
LONG = " ".join(SENTENCES[1:10])
PAIRS = [
    ("How to train a dog", "Dog training requires patience and consistency."),
    ("How to train a dog", "Cats are independent animals that prefer to play alone."),
    ("How to train a dog", "Bird care includes proper cage setup and regular cleaning."),
    ("How to train a dog", ""),
    ("a", "b"),
    ("What is the capital of France?", "Paris is the capital and the largest city of France."),
    ("What is the capital of France?", "Berlin lies on the river Spree in Germany."),
    ("Which planet is red?", LONG),
    (LONG, "Mars looks red."),
    (LONG, LONG),
    ("dog " * 40, "cat " * 39),
    ("Käse und Äpfel", "Käse, Brot und Äpfel kosten zusammen zwölf Euro."),
    ("où est la gare", "Le chat dort pre\u0300s de la fene\u0302tre."),
    ("собака", "Собака учится садиться."),
    ("狗的训练", "狗需要耐心的训练"),
    ("القطة", "القطة تنام"),
    ("emoji 👩‍👩‍👧‍👦", "😀 smile \u200b and ￼ objects"),
    ("tabs\tand\nlines", "  spaces   around  "),
    ("$3.50 for 2 kg?", "It costs $3.50/kg (approx.), i.e. 7.00 in total!"),
    ("zzzzqqqq", "supercalifragilisticexpialidocious " * 3),
]
LABELS = {1: None, 2: ["irrelevant", "relevant"], 3: ["irrelevant", "partial", "relevant"]}


def main(date):
    for name, build in MODELS.items():
        shutil.rmtree(OUT / name, ignore_errors=True)
        build(OUT / name)
    goldens = {
        "provenance": provenance("tiny_models.py", ["torch", "transformers", "sentence-transformers", "tokenizers", "onnx", "onnxruntime"], date),
        "maxLength": MAX_LENGTH,
        "pairs": PAIRS,
        "models": {name: {"source": source_of(name), "logits": logits_of(name)} for name in MODELS},
    }
    write_json(GOLDENS / "tiny-models.json", goldens)
    for name in MODELS:
        size = sum(file.stat().st_size for file in (OUT / name).rglob("*") if file.is_file())
        spread = [round(row[0], 3) for row in goldens["models"][name]["logits"]]
        print(f"{name}: {size / 1000:.0f} kB, logits {min(spread)} to {max(spread)}")


# Tokenizers: one of each kind.


def word_piece():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    counts = word_counts(tokenizer)
    letters = sorted({letter for word in counts for letter in word})
    # Every other word is left to be split.
    pieces = letters + ["##" + letter for letter in letters] + sorted(counts)[::2] + ["##ing", "##er", "##ed", "##ent"]
    vocab = dict.fromkeys(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *pieces])
    tokenizer.model = models.WordPiece({piece: index for index, piece in enumerate(vocab)}, unk_token="[UNK]")
    tokenizer.post_processor = template("[CLS]", "[SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", tokenizer)
    tokenizer.decoder = decoders.WordPiece()
    inputs = ["input_ids", "token_type_ids", "attention_mask"]
    return wrap(tokenizer, pad="[PAD]", unk="[UNK]", cls="[CLS]", sep="[SEP]", mask="[MASK]", inputs=inputs)


def byte_level():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = byte_pairs(word_counts(tokenizer), 160)
    vocab = ["<s>", "<pad>", "</s>", "<unk>", *alphabet, *("".join(pair) for pair in merges), "<mask>"]
    tokenizer.model = models.BPE({piece: index for index, piece in enumerate(vocab)}, merges)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return wrap(tokenizer, pad="<pad>", unk="<unk>", cls="<s>", sep="</s>", mask="<mask>")


def unigram():
    tokenizer = Tokenizer(models.Unigram())
    # XLM-R's own normalizer is a compiled table of 237 kB; NFKC is what that table mostly does.
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    counts = word_counts(tokenizer)
    pieces = Counter()
    for word, count in counts.items():
        for start in range(len(word)):
            for end in range(start + 1, min(len(word), start + 5) + 1):
                pieces[word[start:end]] += count
    total = sum(pieces.values())
    kept = sorted((piece for piece in pieces if len(piece) == 1 or pieces[piece] > 3), key=lambda piece: (-pieces[piece], piece))
    vocab = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *((piece, math.log(pieces[piece] / total)) for piece in kept), ("<mask>", 0.0)]
    tokenizer.model = models.Unigram(vocab, unk_id=3)
    tokenizer.post_processor = template("<s>", "</s>", "<s> $A </s> </s> $B </s>", tokenizer)
    tokenizer.decoder = decoders.Metaspace()
    return wrap(tokenizer, pad="<pad>", unk="<unk>", cls="<s>", sep="</s>", mask="<mask>")


def word_counts(tokenizer):
    counts = Counter()
    for sentence in SENTENCES:
        normal = tokenizer.normalizer.normalize_str(sentence) if tokenizer.normalizer else sentence
        counts.update(word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(normal))
    return counts


def byte_pairs(counts, wanted):
    """Byte-pair merges; of equal counts the first in order of text. (The trainers of `tokenizers` break ties at random.)"""
    words = {tuple(word): count for word, count in counts.items()}
    merges = []
    while len(merges) < wanted:
        pairs = Counter()
        for word, count in words.items():
            for pair in zip(word, word[1:]):
                pairs[pair] += count
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        words = {merged(word, best): count for word, count in words.items()}
    return merges


def merged(word, pair):
    result = []
    for piece in word:
        if result and (result[-1], piece) == pair:
            result[-1] += piece
        else:
            result.append(piece)
    return tuple(result)


def template(first, separator, pair, tokenizer):
    ids = [(token, tokenizer.token_to_id(token)) for token in (first, separator)]
    return processors.TemplateProcessing(single=f"{first} $A {separator}", pair=pair, special_tokens=ids)


def wrap(tokenizer, pad, unk, cls, sep, mask, inputs=("input_ids", "attention_mask")):
    # The names decide whether CrossEncoder gives the model type ids at all.
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=POSITIONS, model_input_names=list(inputs),
        pad_token=pad, unk_token=unk, cls_token=cls, sep_token=sep, mask_token=mask,
    )


# Models. A wide initialization, because the usual 0.02 leaves all logits nearly equal in so small a network.


def sizes(tokenizer, labels, **more):
    names = LABELS[labels]
    return dict(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        initializer_range=0.3, num_labels=labels, pad_token_id=tokenizer.pad_token_id, attn_implementation="eager",
        **({"id2label": dict(enumerate(names)), "label2id": {name: index for index, name in enumerate(names)}} if names else {}), **more,
    )


def bert(labels):
    def build(folder):
        torch.manual_seed(20 + labels)
        tokenizer = word_piece()
        model = BertForSequenceClassification(BertConfig(**sizes(tokenizer, labels, max_position_embeddings=POSITIONS))).eval()
        export(folder, tokenizer, model, ["input_ids", "attention_mask", "token_type_ids"])
    return build


def roberta(folder):
    torch.manual_seed(30)
    tokenizer = byte_level()
    config = RobertaConfig(**sizes(tokenizer, 1, max_position_embeddings=POSITIONS + 2, type_vocab_size=1, bos_token_id=0, eos_token_id=2))
    export(folder, tokenizer, RobertaForSequenceClassification(config).eval(), ["input_ids", "attention_mask"])


def xlm_roberta(folder):
    torch.manual_seed(40)
    tokenizer = unigram()
    config = XLMRobertaConfig(**sizes(tokenizer, 1, max_position_embeddings=POSITIONS + 2, type_vocab_size=1, bos_token_id=0, eos_token_id=2))
    export(folder, tokenizer, XLMRobertaForSequenceClassification(config).eval(), ["input_ids", "attention_mask"])


def bert_int8(folder):
    copy_but_graph("tiny-bert", folder)
    # reduce_range: 7-bit weights cannot overflow the 16-bit sums of processors without VNNI, so every processor gives the same numbers.
    quantize_dynamic(OUT / "tiny-bert/onnx/model.onnx", folder / "onnx/model.onnx", weight_type=QuantType.QInt8, reduce_range=True)


def bert_external(folder):
    copy_but_graph("tiny-bert", folder)
    graph = onnx.load(OUT / "tiny-bert/onnx/model.onnx")
    onnx.save(graph, folder / "onnx/model.onnx", save_as_external_data=True, location="model.onnx_data", size_threshold=0)


MODELS = {
    "tiny-bert": bert(1),
    "tiny-bert-2": bert(2),
    "tiny-bert-3": bert(3),
    "tiny-roberta": roberta,
    "tiny-xlmr": xlm_roberta,
    "tiny-bert-int8": bert_int8,
    "tiny-bert-external": bert_external,
}


class Logits(torch.nn.Module):
    def __init__(self, inner, names):
        super().__init__()
        self.inner, self.names = inner, names

    def forward(self, *values):
        return self.inner(**dict(zip(self.names, values))).logits


def write_folder(folder, tokenizer, model):
    """All but the graph."""
    (folder / "onnx").mkdir(parents=True)
    # Without it CrossEncoder takes any number of labels for one.
    model.config.architectures = [type(model).__name__]
    model.config.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    for extra in folder.glob("*"):
        if extra.name not in {"config.json", "tokenizer.json", "tokenizer_config.json", "onnx"}:
            extra.unlink()


def export(folder, tokenizer, model, names):
    write_folder(folder, tokenizer, model)
    torch.save(model.state_dict(), state_of(folder.name))
    encoded = tokenizer([("a b", "c d e f")] * 2, return_tensors="pt", padding=True, return_token_type_ids=True)
    axes = {name: {0: "batch", 1: "tokens"} for name in names} | {"logits": {0: "batch"}}
    torch.onnx.export(
        Logits(model, names), tuple(encoded[name] for name in names), str(folder / "onnx/model.onnx"),
        input_names=names, output_names=["logits"], dynamic_axes=axes, opset_version=17, dynamo=False,
    )


def copy_but_graph(name, folder):
    (folder / "onnx").mkdir(parents=True)
    for file in ["config.json", "tokenizer.json", "tokenizer_config.json"]:
        shutil.copy(OUT / name / file, folder / file)


STATES = Path(tempfile.mkdtemp())


def state_of(name):
    return STATES / f"{name}.pt"


# Reference logits, one pair at a time, so that padding changes nothing.


def source_of(name):
    return "onnxruntime on the fixture's own graph" if name == "tiny-bert-int8" else "sentence-transformers CrossEncoder, float32, no activation"


def logits_of(name):
    return onnx_logits(name) if name == "tiny-bert-int8" else reference_logits("tiny-bert" if name == "tiny-bert-external" else name)


def reference_logits(name, pairs=PAIRS):
    with tempfile.TemporaryDirectory() as folder:
        for file in ["config.json", "tokenizer.json", "tokenizer_config.json"]:
            shutil.copy(OUT / name / file, folder)
        torch.save(torch.load(state_of(name)), f"{folder}/pytorch_model.bin")
        encoder = CrossEncoder(folder, max_length=MAX_LENGTH, device="cpu")
        rows = [encoder.predict([pair], activation_fn=torch.nn.Identity(), convert_to_numpy=True) for pair in pairs]
    return [[float(value) for value in row.reshape(-1)] for row in rows]


def onnx_logits(name):
    tokenizer = Tokenizer.from_file(str(OUT / name / "tokenizer.json"))
    tokenizer.enable_truncation(MAX_LENGTH)
    tokenizer.no_padding()
    session = onnxruntime.InferenceSession(str(OUT / name / "onnx/model.onnx"), providers=["CPUExecutionProvider"])
    rows = []
    for query, document in PAIRS:
        encoded = tokenizer.encode(query, document)
        values = {"input_ids": encoded.ids, "attention_mask": encoded.attention_mask, "token_type_ids": encoded.type_ids}
        feeds = {entry.name: onnxruntime.OrtValue.ortvalue_from_numpy(torch.tensor([values[entry.name]]).numpy()) for entry in session.get_inputs()}
        rows.append([float(value) for value in session.run_with_ort_values(None, feeds)[0].numpy().reshape(-1)])
    return rows


if __name__ == "__main__":
    main(sys.argv[1])
