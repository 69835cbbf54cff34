"""Real query–document pairs for the goldens of whole models: relevant and irrelevant, short and longer than 512 tokens."""
import json

LICENCES = {
    "nq-qed-dev": "Natural Questions, QED dev part (github.com/google-research-datasets/QED), CC BY-SA 3.0",
    "scifact-dev": "SciFact (github.com/allenai/scifact): claims CC BY 4.0, abstracts from S2ORC ODC-BY 1.0",
    "xquad-en": "XQuAD (github.com/google-deepmind/xquad), CC BY-SA 4.0",
}
QUERIES = 16  # of each set; each with a relevant and an irrelevant document


def real_pairs(data):
    pairs = []
    for name in LICENCES:
        queries = texts(data / name / "queries.jsonl")
        documents = texts(data / name / "docs.jsonl")
        relevant = [line.split("\t")[:2] for line in (data / name / "qrels.tsv").read_text().splitlines() if line.endswith("\t1")]
        ids = list(documents)
        step = len(relevant) // QUERIES
        for index, (query, document) in enumerate(relevant[: step * QUERIES : step]):
            pairs.append([queries[query], documents[document]])
            pairs.append([queries[query], documents[ids[(index * 7919) % len(ids)]]])
    longest = sorted({document for _, document in pairs}, key=lambda text: (-len(text), text))[:2]
    # Longer than any limit, and a document without text.
    pairs += [[pairs[0][0], " ".join(longest * 3)], [pairs[2][0], ""]]
    return pairs


def texts(path):
    rows = map(json.loads, path.read_text().splitlines())
    return {row["id"]: " ".join(part for part in (row.get("title"), row["text"]) if part) for row in rows}
