"""Writes test/fixtures/graphs/*.onnx: python graph_variants.py OUT

One tiny random-weight BERT and one RoBERTa (seed 0) as several exporters' settings spell them: attention written out or as torch's
scaled_dot_product_attention, old and new operator sets. Tests compare each with its own rewriting, so no numbers are kept."""
import sys

import torch
from transformers import BertConfig, BertForSequenceClassification, RobertaConfig, RobertaForSequenceClassification

size = dict(vocab_size=200, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, num_labels=1)
variants = [
    ("bert-eager-11", BertForSequenceClassification, BertConfig(max_position_embeddings=64, **size), "eager", 11),
    ("bert-sdpa-17", BertForSequenceClassification, BertConfig(max_position_embeddings=64, **size), "sdpa", 17),
    ("roberta-sdpa-14", RobertaForSequenceClassification, RobertaConfig(max_position_embeddings=66, pad_token_id=1, **size), "sdpa", 14),
]


class Logits(torch.nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, input_ids, attention_mask):
        return self.inner(input_ids=input_ids, attention_mask=attention_mask).logits


for name, kind, config, attention, opset in variants:
    torch.manual_seed(0)
    config._attn_implementation = attention
    model = Logits(kind(config).eval())
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.2)  # the usual start is so small that errors would be smaller still
    ids = torch.randint(5, 200, (2, 8))
    axes = {"input_ids": {0: "batch", 1: "tokens"}, "attention_mask": {0: "batch", 1: "tokens"}, "logits": {0: "batch"}}
    torch.onnx.export(model, (ids, torch.ones_like(ids)), f"{sys.argv[1]}/{name}.onnx", input_names=["input_ids", "attention_mask"],
                      output_names=["logits"], dynamic_axes=axes, opset_version=opset, dynamo=False)
