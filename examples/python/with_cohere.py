"""Rerank with Cohere's own client, pointed at a crossrank server. Run: python with_cohere.py http://localhost:8000"""

import sys

import cohere

client = cohere.ClientV2(api_key="any", base_url=sys.argv[1])
documents = [
    "Cats are independent animals that prefer to play alone.",
    "Dog training requires patience and consistency.",
    "Bird care includes proper cage setup and regular cleaning.",
]
response = client.rerank(model="mini", query="How to train a dog", documents=documents, top_n=2)
for result in response.results:
    print(f"{result.relevance_score:.3f} {documents[result.index]}")
