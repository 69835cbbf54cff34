"""Scale and shift that make the sigmoid a probability: python calibrate.py DATA MODEL WORK; writes WORK/calibration.json, which export.py folds in.

A logistic fit (Platt, 1999) of the logits of BM25's top 50, and of one judged document where that is not among them, for 60 queries of each trained half.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch

import texts
from measures import Shipped, calibration_error

DATA, MODEL, WORK = map(Path, sys.argv[1:4])


def main() -> None:
    model = Shipped(MODEL)
    logits, labels = [], []
    for name in texts.SPLIT_SETS:
        documents, asked = texts.drawn(DATA / name, "trained", 60, 5)
        identifiers = list(documents)
        best = texts.BM25(list(documents.values())).top([query for query, _ in asked], 50)
        for (query, grades), rows in zip(asked, best, strict=True):
            found = texts.with_an_answer([identifiers[r] for r in rows], grades)
            logits += list(model.logits(query, [documents[d] for d in found]))
            labels += [float(grades.get(d, 0) > 0) for d in found]
    z, y = torch.tensor(np.array(logits)), torch.tensor(labels, dtype=torch.float64)
    fit = torch.tensor([1.0, 0.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([fit], max_iter=500, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        value = torch.nn.functional.binary_cross_entropy_with_logits(fit[0] * z + fit[1], y)
        value.backward()
        return value

    optimizer.step(loss)
    scale, shift = fit.detach().tolist()
    error = calibration_error(torch.sigmoid(fit[0] * z + fit[1]).detach().numpy(), y.numpy())
    (WORK / "calibration.json").write_text(json.dumps({"scale": scale, "shift": shift}) + "\n")
    print(f"scale {scale:.4f} shift {shift:.4f}; log loss {loss().item():.4f}, expected error {error:.4f} on {len(labels)} pairs, {y.mean():.4f} relevant")


main()
