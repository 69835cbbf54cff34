"""Rerank with requests and crossrank's own format. Run: python with_requests.py http://localhost:8000"""

import sys

import requests

response = requests.post(
    f"{sys.argv[1]}/rerank",
    json={
        "query": "How to train a dog",
        "documents": [
            "Cats are independent animals that prefer to play alone.",
            "Dog training requires patience and consistency.",
            "Bird care includes proper cage setup and regular cleaning.",
        ],
        "config": {"model": {"type": "preset", "name": "mini"}, "top_k": 2},
    },
    timeout=60,
)
response.raise_for_status()
for result in response.json()["results"]:
    print(f"{result['score']:.3f} {result['document']}")
