"""FlashRank behind FastAPI: BENCH_MODEL=FOLDER uvicorn --app-dir bench/server flashrank_server:app

As FastAPI's documentation shows a model that is loaded once (https://fastapi.tiangolo.com/advanced/events/) and an endpoint that
computes (https://fastapi.tiangolo.com/async/: a plain `def`, which runs in one of 40 threads). Scores are sigmoids."""
from fastapi import FastAPI
from pydantic import BaseModel

from loading import load

score = load("flashrank")
app = FastAPI()


class RerankRequest(BaseModel):
    query: str
    documents: list[str]


@app.post("/rerank")
def rerank(request: RerankRequest):
    scores = score(request.query, request.documents)
    results = [
        {"index": index, "score": value, "document": document}
        for index, (value, document) in enumerate(zip(scores, request.documents))
    ]
    return {"results": sorted(results, key=lambda result: -result["score"])}
