"""Write workloads.json.gz: python make_workloads.py DATA_FOLDER OUT; DATA_FOLDER holds the ranking sets named in SOURCE.md.

passages: 100 of about 140 tokens; abstracts: 50 of about 340; mixed: 100 of 20 to 512 tokens; short: 10 of about 30."""
import gzip, json, random, sys

data, out = sys.argv[1:3]
def rows(name, file): return [json.loads(line) for line in open(f"{data}/{name}/{file}")]
def text(document): return ((document.get("title") or "") + " " + document["text"]).strip()[:3000]

random.seed(7)
nq, scifact, medquad, tldr = (rows(name, "docs.jsonl") for name in ("nq-qed-dev", "scifact-dev", "medquad", "tldr-en"))
queries = {name: rows(name, "queries.jsonl") for name in ("nq-qed-dev", "scifact-dev", "medquad")}
mixed = random.sample(tldr, 30) + random.sample(nq, 30) + random.sample(scifact, 20) + random.sample(medquad, 20)
random.shuffle(mixed)
lists = {
    "passages": {"query": queries["nq-qed-dev"][0]["text"], "documents": [text(d) for d in random.sample(nq, 100)]},
    "abstracts": {"query": queries["scifact-dev"][0]["text"], "documents": [text(d) for d in random.sample(scifact, 50)]},
    "mixed": {"query": queries["medquad"][31]["text"], "documents": [text(d) for d in mixed]},
    "short": {"query": queries["nq-qed-dev"][1]["text"], "documents": [" ".join(text(d).split()[:20]) for d in random.sample(nq, 10)]},
}
with gzip.GzipFile(out, "wb", mtime=0) as file:
    file.write(json.dumps(lists, ensure_ascii=False).encode())
