"""nDCG@10 and lists ordered by scores."""

import numpy as np


def ndcg(scores: np.ndarray, grades: list[float], judged: dict[str, float], k: int = 10) -> float:
    """Of candidates with these scores; the ideal is over all that is judged, found or not. Gain is the grade, as in trec_eval; ties keep their order."""
    best = sorted((g for g in judged.values() if g > 0), reverse=True)[:k]
    discount = 1 / np.log2(np.arange(2, k + 2))
    order = np.argsort(-np.asarray(scores), kind="stable")[:k]
    return float((np.asarray(grades)[order] * discount[: len(order)]).sum() / (np.array(best) * discount[: len(best)]).sum())


def standard(values: np.ndarray) -> np.ndarray:
    """Mean 0, standard deviation 1 (0 where all are equal)."""
    return (values - values.mean()) / (values.std() + 1e-6)
