"""Writes the logits of the bundled model on real pairs: python scripts/goldens/mini_goldens.py DATA DATE [NAME] [MODEL]

DATA is a folder of retrieval sets in docs.jsonl / queries.jsonl / qrels.tsv form (see pairs_of.py); MODEL is models/mini unless given.
Output: test/fixtures/goldens/NAME.json.gz ("mini" unless given), texts included. One pair a pass: a dynamically quantized graph takes its scale from the whole batch.
What kind of processor it was is recorded with the numbers; another kind may round a few differently. `qemu-x86_64 -cpu Haswell python …` shows how much.
"""
import hashlib
import json
import sys
from pathlib import Path

import numpy
import onnxruntime
from common import GOLDENS, ROOT, cpu_class, provenance, write_json
from pairs_of import LICENCES, real_pairs
from tokenizers import Tokenizer


def main(data, date, name="mini", model=ROOT / "models/mini"):
    model = Path(model)
    graph = model / "onnx/model.onnx"
    limit = json.loads((model / "tokenizer_config.json").read_text())["model_max_length"]
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.enable_truncation(limit)
    tokenizer.no_padding()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    pairs = real_pairs(Path(data))
    rows = [logits(tokenizer, session, *pair) for pair in pairs]
    write_json(GOLDENS / f"{name}.json.gz", {
        "provenance": provenance("mini_goldens.py", ["onnxruntime", "tokenizers"], date),
        "cpu": cpu_class(),
        "licenses": LICENCES,
        "sha256": hashlib.sha256(graph.read_bytes()).hexdigest(),
        "maxLength": limit,
        "pairs": pairs,
        "tokens": [tokens for tokens, _ in rows],
        "logits": [values for _, values in rows],
    })
    print(len(pairs), "pairs,", cpu_class(), "logits", min(rows, key=lambda row: row[1])[1], "to", max(rows, key=lambda row: row[1])[1])


def logits(tokenizer, session, query, document):
    encoded = tokenizer.encode(query, document)
    values = {"input_ids": encoded.ids, "attention_mask": encoded.attention_mask, "token_type_ids": encoded.type_ids}
    feeds = {entry.name: numpy.array([values[entry.name]], dtype=numpy.int64) for entry in session.get_inputs()}
    return len(encoded.ids), [float(value) for value in session.run(None, feeds)[0].reshape(-1)]


if __name__ == "__main__":
    main(*sys.argv[1:])
