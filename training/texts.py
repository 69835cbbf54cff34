"""The texts: ranking sets split by document, documentation cut at its headings, and BM25.

A ranking set is a folder with `docs.jsonl` (id, title, text), `queries.jsonl` (id, text) and `qrels.tsv` (query, document, grade). Its documents fall
into two halves by a hash of their ids: one is trained on, the other is only ever evaluated on, and a query belongs to a half if all that answers it does.
"""

import collections
import hashlib
import json
import random
import re
import subprocess
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

SPLIT_SETS = ["cosqa-dev", "squad2-dev", "nq-qed-dev", "medquad", "nl2bash", "tldr-en"]
"""Sets of which one half is trained on."""

DEVELOPMENT_SETS = ["scifact-dev", *SPLIT_SETS]
"""Sets that a model is judged on: scifact-dev whole, of the others the held half."""


def is_held(document: str) -> bool:
    """Whether a document of a split set belongs to the half that is never trained on."""
    return hashlib.sha256(document.encode()).digest()[0] % 2 == 1


def lines(path: Path):
    return [json.loads(line) for line in path.open()]


def text_of(document: dict) -> str:
    return ((document.get("title") or "") + " " + document["text"]).strip()


def load(folder: Path, half: str):
    """(documents by id, queries by id, grades by query and document) of a set: its `held` half, its `trained` half, or the `whole`."""
    wanted = {"held": is_held, "trained": lambda document: not is_held(document), "whole": lambda _: True}[half]
    documents = {d["id"]: text_of(d) for d in lines(folder / "docs.jsonl") if wanted(d["id"])}
    queries = {q["id"]: q["text"] for q in lines(folder / "queries.jsonl")}
    grades: dict[str, dict[str, float]] = collections.defaultdict(dict)
    for line in (folder / "qrels.tsv").open():
        query, document, grade = line.rstrip("\n").split("\t")[:3]
        if re.fullmatch(r"-?\d+(\.\d+)?", grade):
            grades[query][document] = float(grade)
    if half == "trained":
        for number, (query, document) in enumerate(more_pairs(folder)):
            queries[f"pair-{number}"] = query
            grades[f"pair-{number}"][document] = 1.0
    judged = {}
    for query in queries:
        positives = [d for d, grade in grades[query].items() if grade > 0]
        if positives and all(d in documents for d in positives):
            judged[query] = {d: grade for d, grade in grades[query].items() if d in documents}
    return documents, {q: queries[q] for q in judged}, judged


def drawn(folder: Path, half: str, count: int, seed: int):
    """(documents by id, [(query, its grades by document)]) for at most `count` queries of a half."""
    documents, queries, grades = load(folder, half)
    chosen = random.Random(seed).sample(sorted(queries), min(count, len(queries)))
    return documents, [(queries[q], grades[q]) for q in chosen]


def development_half(name: str) -> str:
    return "held" if name in SPLIT_SETS else "whole"


def with_an_answer(found: list[str], grades: dict[str, float]) -> list[str]:
    """Candidates, and one relevant document that is not among them, where there is such."""
    return [*found, *[d for d, grade in grades.items() if grade > 0 and d not in found][:1]]


def more_pairs(folder: Path) -> list[tuple[str, str]]:
    """(query, document) pairs beside the judged queries, in the two sets that have such."""
    if folder.name == "tldr-en":
        return [(pair["q"], pair["d"]) for pair in lines(folder / "train-pairs.jsonl")]
    if folder.name == "squad2-dev":
        rows = (line.rstrip("\n").split("\t") for line in (folder / "test-half.tsv").open())
        return [(question, document) for _, document, question in rows]
    return []


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


class BM25:
    """k1 0.9, b 0.4, idf ln(1 + (N - n + 0.5) / (n + 0.5)), no stemming."""

    def __init__(self, texts: list[str], k1: float = 0.9, b: float = 0.4):
        self.vocabulary: dict[str, int] = {}
        rows, columns, counts = [], [], []
        lengths = np.zeros(len(texts))
        for row, text in enumerate(texts):
            found = collections.Counter(words(text))
            lengths[row] = sum(found.values())
            for word, count in found.items():
                rows.append(row)
                columns.append(self.vocabulary.setdefault(word, len(self.vocabulary)))
                counts.append(count)
        row, column, count = np.array(rows), np.array(columns), np.array(counts, dtype=np.float64)
        documents = np.bincount(column, minlength=len(self.vocabulary))
        self.idf = np.log(1 + (len(texts) - documents + 0.5) / (documents + 0.5))
        norm = k1 * (1 - b + b * lengths / lengths.mean())
        weights = self.idf[column] * count * (k1 + 1) / (count + norm[row])
        self.weights = csr_matrix((weights, (column, row)), shape=(len(self.vocabulary), len(texts)))

    def top(self, queries: list[str], k: int) -> list[np.ndarray]:
        """Rows of the best documents, best first; documents without a common word are left out; ties by row."""
        best = []
        for start in range(0, len(queries), 256):
            part = [sorted({self.vocabulary[w] for w in words(q) if w in self.vocabulary}) for q in queries[start : start + 256]]
            columns = np.array([c for found in part for c in found], dtype=np.int64)
            bounds = np.cumsum([0, *map(len, part)])
            asked = csr_matrix((np.ones(len(columns)), columns, bounds), shape=(len(part), len(self.vocabulary)))
            for scores in (asked @ self.weights).toarray():
                order = np.argsort(-scores, kind="stable")[:k]
                best.append(order[scores[order] > 0])
        return best


def documentation(sources: Path, mirrors: Path):
    """(repository, headings, text) for each section of the documentation that `sources` lists, from git directories `mirrors/owner+name/repo`."""
    for line in sources.read_text().splitlines()[1:]:
        repository, commit, _license, pattern = line.split("\t")
        git = ["git", f"--git-dir={mirrors / repository.replace('/', '+')}/repo"]
        names = subprocess.run([*git, "ls-tree", "-r", "--name-only", commit], check=True, capture_output=True, text=True).stdout.splitlines()
        for name in sorted(n for n in names if re.search(pattern, n)):
            shown = subprocess.run([*git, "show", f"{commit}:{name}"], check=True, capture_output=True).stdout.decode("utf-8", "replace")
            read = cnxml_sections if name.endswith(".cnxml") else markdown_sections
            for headings, text in read(shown):
                for part in passages(text):
                    yield repository, headings, part


def markdown_sections(source: str):
    """(headings from the title down, text) of each section of a Markdown page."""
    title = re.search(r"\A---\n.*?^title:\s*[\"']?(.+?)[\"']?\s*$.*?^---\n", source, re.S | re.M)
    source = re.sub(r"\A---\n.*?^---\n", "", source, flags=re.S | re.M)
    source = re.sub(r"```.*?```|<!--.*?-->|\{\{.*?\}\}|\{%.*?%\}", " ", source, flags=re.S)
    headings = {0: title.group(1)} if title else {}
    body: list[str] = []
    for line in [*source.splitlines(), "# "]:
        heading = re.match(r"(#{1,6})\s*(.*?)\s*#*\s*(\{.*\})?$", line)
        if heading is None:
            body.append(line)
            continue
        yield [plain(headings[level]) for level in sorted(headings)], plain("\n".join(body))
        depth = len(heading.group(1))
        headings = {level: text for level, text in headings.items() if level < depth} | {depth: heading.group(2)}
        body = []


def cnxml_sections(source: str):
    """(headings, text) of each section of a module in CNXML."""
    title = re.search(r"<title>(.*?)</title>", source, re.S)
    for section in re.split(r"(?=<section)", source.split("<content>", 1)[-1]):
        heading = re.search(r"<title>(.*?)</title>", section, re.S)
        paragraphs = re.findall(r"<para[^>]*>(.*?)</para>", section, re.S)
        names = [title.group(1) if title else "", heading.group(1) if heading else ""]
        yield [plain(name) for name in names if name], plain("\n\n".join(paragraphs))


def plain(text: str) -> str:
    """Without marks of Markdown and XML."""
    text = re.sub(r"<[^>]+>", " ", text)
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)", " ", text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)|\[([^\]]*)\]\[[^\]]*\]", r"\1\2", text)
    text = re.sub(r"[*_]{1,3}(\S[^*\n]*?)[*_]{1,3}", r"\1", text)
    text = re.sub(r"&\w+;|[`>|]", " ", text)
    return re.sub(r"[ \t]+", " ", text).strip()


def passages(text: str, least: int = 25, most: int = 180):
    """Runs of whole paragraphs of `least` to `most` words, or of sentences where a paragraph is longer."""
    parts: list[str] = []
    for paragraph in re.split(r"\n\s*\n", text):
        paragraph = " ".join(paragraph.split())
        parts += re.split(r"(?<=[.!?])\s+", paragraph) if len(paragraph.split()) > most else [paragraph]
    run: list[str] = []
    for part in [*parts, None]:
        if part is None or (run and sum(len(p.split()) for p in run) + len(part.split()) > most):
            joined = " ".join(run)
            if len(joined.split()) >= least:
                yield " ".join(joined.split()[:400])
            run = []
        if part:
            run.append(part)
