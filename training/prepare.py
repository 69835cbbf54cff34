"""The training lists and the small development lists: python prepare.py DATA MIRRORS WORK

Writes WORK/texts.pickle (texts and lists), WORK/states.pt (token states) and WORK/minilm.npz (sentence vectors); each is made only where it is missing.
"""

import pickle
import random
import re
import sys
from pathlib import Path

import numpy as np
import torch

import encoders
import texts

DATA, MIRRORS, WORK = map(Path, sys.argv[1:4])
SEED = 20261125
DOCUMENT_TOKENS = 224
QUERY_TOKENS = 64
PER_REPOSITORY = 1400
GOLD_LIMIT = {"tldr-en": 7000, "medquad": 6000, "nl2bash": 5600}
STRONG, WEAK, NONE = 2, 1, 0
"""How far the document that a query came from is known to be the answer: judged by people; its heading; not at all."""
rng = random.Random(SEED)


class Group:
    """Documents that are candidates for each other's queries."""

    def __init__(self, name: str, documents: list[str]):
        self.name, self.documents = name, documents
        self.queries: list[tuple[str, list[int], int]] = []
        """(query, rows of its positives, how sure)"""
        self.indexes: list[int] = []
        """Indexes of its documents among the documents of all groups."""
        self.first_query = 0
        """Index of its first query among the queries of all groups."""


def sentences(text: str) -> list[str]:
    return [s for s in re.split(r"(?<=[.!?])\s+", text) if 5 <= len(s.split()) <= 40]


def shortened(sentence: str) -> str:
    """Drops a quarter of the words, because users do not type whole sentences of the answer."""
    kept = [w for w in sentence.split() if rng.random() > 0.25]
    return " ".join(kept) or sentence


def ask_sentences(group: Group, share: float) -> None:
    """For some documents, one of the sentences becomes a query and is cut out."""
    for row, text in enumerate(group.documents):
        found = sentences(text)
        if len(found) >= 3 and rng.random() < share:
            sentence = rng.choice(found)
            group.documents[row] = " ".join(text.replace(sentence, " ", 1).split())
            group.queries.append((shortened(sentence), [row], NONE))


def ask_keywords(group: Group, share: float) -> None:
    """For some documents, two to five of their rarest words become a query."""
    bm25 = texts.BM25(group.documents)
    for row, text in enumerate(group.documents):
        if rng.random() < share:
            found = sorted({w for w in texts.words(text) if len(w) > 2}, key=lambda w: -bm25.idf[bm25.vocabulary[w]])[:12]
            if len(found) >= 5:
                group.queries.append((" ".join(rng.sample(found, rng.randint(2, 5))), [row], NONE))


def ranking_set(name: str, half: str) -> Group:
    documents, queries, grades = texts.load(DATA / name, half)
    rows = {identifier: row for row, identifier in enumerate(documents)}
    group = Group(name, list(documents.values()))
    asked = sorted(queries)
    rng.shuffle(asked)
    for query in asked[: GOLD_LIMIT.get(name)]:
        group.queries.append((queries[query], [rows[d] for d, grade in grades[query].items() if grade > 0], STRONG))
    return group


def ask_docstrings(group: Group) -> None:
    """A function's docstring becomes the query for its body."""
    for row, text in enumerate(group.documents):
        said = re.search(r"(\"\"\"|''')(.*?)\1", text, re.S)
        if said is None:
            continue
        summary = said.group(2).strip().split("\n\n")[0].split("\n:")[0]
        if 3 <= len(summary.split()) <= 30:
            group.documents[row] = text.replace(said.group(0), "", 1)
            group.queries.append((" ".join(summary.split()), [row], WEAK))


def documentation() -> Group:
    parts: dict[str, list] = {}
    for repository, headings, text in texts.documentation(Path(__file__).with_name("sources.tsv"), MIRRORS):
        parts.setdefault(repository, []).append((headings, text))
    group = Group("documentation", [])
    for repository in sorted(parts):
        chosen = parts[repository]
        rng.shuffle(chosen)
        for headings, text in chosen[:PER_REPOSITORY]:
            row = len(group.documents)
            title = [h for h in headings[:1] if len(h.split()) < 15]
            group.documents.append(" ".join([*title, text]) if rng.random() < 0.4 else text)
            heading = headings[-1] if headings else ""
            if rng.random() < 0.35 and 2 <= len(heading.split()) <= 15:
                asked = f"{headings[0]} {heading}" if len(headings) > 1 and headings[0] != heading and rng.random() < 0.6 else heading
                group.queries.append((asked, [row], WEAK))
    ask_sentences(group, 0.5)
    ask_keywords(group, 0.2)
    return group


def training_groups() -> list[Group]:
    groups = [ranking_set(name, "trained") for name in texts.SPLIT_SETS] + [ranking_set("pubmedqa-l", "whole")]
    by_name = {g.name: g for g in groups}
    ask_docstrings(by_name["cosqa-dev"])
    for name, share in (("squad2-dev", 1.0), ("nq-qed-dev", 0.8), ("pubmedqa-l", 1.0), ("medquad", 0.25)):
        ask_sentences(by_name[name], share)
    for name, share in (("squad2-dev", 0.5), ("nq-qed-dev", 0.5), ("pubmedqa-l", 0.5), ("medquad", 0.1), ("cosqa-dev", 0.3)):
        ask_keywords(by_name[name], share)
    return [*groups, documentation()]


def development_lists(queries: int = 50, depth: int = 30):
    """(set, query, candidates in BM25's order, their grades, all grades of the query)"""
    for name in texts.DEVELOPMENT_SETS:
        documents, asked = texts.drawn(DATA / name, texts.development_half(name), queries, 7)
        identifiers = list(documents)
        best = texts.BM25(list(documents.values())).top([query for query, _ in asked], depth)
        for (query, grades), rows in zip(asked, best, strict=True):
            found = [identifiers[row] for row in rows]
            yield name, query, [documents[d] for d in found], [grades.get(d, 0.0) for d in found], grades


def main() -> None:
    WORK.mkdir(parents=True, exist_ok=True)
    pieces = encoders.tokenizer()

    def ids_of(many: list[str], most: int) -> list[list[int]]:
        encoded = pieces.encode_batch([t[:3000] for t in many])
        return [e.ids if len(e.ids) <= most else [*e.ids[: most - 1], encoders.SEP] for e in encoded]

    groups = training_groups()
    documents: list[str] = []
    queries: list[str] = []
    where: dict[str, int] = {}

    def index_of(text: str) -> int:
        if text not in where:
            where[text] = len(documents)
            documents.append(text)
        return where[text]

    for group in groups:
        group.indexes = [index_of(t) for t in group.documents]
        group.first_query = len(queries)
        queries += [q for q, _, _ in group.queries]
    small = []
    for name, query, candidates, grades, judged in development_lists():
        small.append((name, len(queries), [index_of(t) for t in candidates], grades, judged))
        queries.append(query)
    print(len(documents), "documents", len(queries), "queries", flush=True)
    document_ids, query_ids = ids_of(documents, DOCUMENT_TOKENS), ids_of(queries, QUERY_TOKENS)
    print(sum(map(len, document_ids)), "tokens of documents", flush=True)
    with (WORK / "raw.pickle").open("wb") as file:
        pickle.dump({"documents": documents, "queries": queries}, file)
    document_states = encoders.token_states(document_ids)
    query_states = encoders.token_states(query_ids)
    torch.save({"documents": document_states, "queries": query_states}, WORK / "states.pt")
    vectors = {"documents": encoders.unit_means(document_states), "queries": encoders.unit_means(query_states)}
    np.savez(WORK / "minilm.npz", **vectors)
    lists = []
    for group in groups:
        best = texts.BM25(group.documents).top([q for q, _, _ in group.queries], 40)
        indexes = np.array(group.indexes)
        matrix = vectors["documents"][indexes].astype(np.float32)
        for number, ((_, positives, sure), lexical) in enumerate(zip(group.queries, best, strict=True)):
            query = group.first_query + number
            dense = np.argpartition(-(matrix @ vectors["queries"][query].astype(np.float32)), 20)[:20]
            known = set(positives)
            chosen = positives[:1]
            pools = ([*lexical[:12]], 4), ([*lexical[12:]], 2), ([*dense], 3), ([rng.randrange(len(indexes))], 1)
            for pool, count in pools:
                pool = [int(r) for r in pool if r not in known and r not in chosen]
                chosen += rng.sample(pool, min(count, len(pool)))
            lists.append((query, [int(indexes[r]) for r in chosen], [sure if r in known else 0 for r in chosen], group.name))
        print(group.name, len(group.documents), "documents", len(group.queries), "queries", flush=True)
    with (WORK / "lists.pickle").open("wb") as file:
        pickle.dump({"lists": lists, "development": small, "document_ids": document_ids, "query_ids": query_ids}, file)


main()
