"""The exported model and its measures."""

from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer


def ndcg(scores: np.ndarray, grades: list[float], judged: dict[str, float], k: int = 10) -> float:
    """Of candidates with these scores; the ideal is over all that is judged, found or not. Gain is the grade, as in trec_eval; ties keep their order."""
    best = sorted((g for g in judged.values() if g > 0), reverse=True)[:k]
    discount = 1 / np.log2(np.arange(2, k + 2))
    order = np.argsort(-np.asarray(scores), kind="stable")[:k]
    return float((np.asarray(grades)[order] * discount[: len(order)]).sum() / (np.array(best) * discount[: len(best)]).sum())


def calibration_error(probabilities: np.ndarray, labels: np.ndarray, bins: int = 15) -> float:
    """Σ over bins of equal width of the share of its predictions times |mean prediction − share of positives| (Naeini et al., 2015)."""
    indexes = np.minimum((probabilities * bins).astype(int), bins - 1)
    total = 0.0
    for index in range(bins):
        inside = indexes == index
        if inside.any():
            total += inside.mean() * abs(probabilities[inside].mean() - labels[inside].mean())
    return float(total)


class Shipped:
    """The exported model. It scores one pair per forward pass."""

    def __init__(self, folder: Path, threads: int = 2):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(folder / "onnx" / "model.onnx", options)
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.enable_truncation(512)

    def logits(self, query: str, documents: list[str]) -> np.ndarray:
        found = []
        for document in documents:
            pair = self.tokenizer.encode(query, document[:6000])
            feeds = {"input_ids": pair.ids, "attention_mask": pair.attention_mask, "token_type_ids": pair.type_ids}
            found.append(self.session.run(None, {n: np.array([v], dtype=np.int64) for n, v in feeds.items()})[0].item())
        return np.array(found)
