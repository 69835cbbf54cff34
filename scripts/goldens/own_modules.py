"""JinaBERT and GTE "new" as torch modules, for exporting graphs like the published ones. Used by architectures.py.

Their code comes with their repositories, not with transformers. Read from https://huggingface.co/jinaai/jina-bert-implementation
modeling_bert.py and https://huggingface.co/Alibaba-NLP/new-impl modeling.py, and written anew; numpy_reference.py is a second reading.
"""
import math

import torch
from torch import nn
from torch.nn import functional

# rope_theta and rope_scaling.factor of https://huggingface.co/Alibaba-NLP/gte-multilingual-reranker-base config.json
ROPE_THETA, NTK_FACTOR = 20000.0, 8.0


class Logits:
    def __init__(self, logits):
        self.logits = logits


def heads_of(values, heads):
    return values.view(*values.shape[:2], heads, -1).transpose(1, 2)


def attend(query, key, value, bias):
    scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1]) + bias
    return (scores.softmax(-1) @ value).transpose(1, 2).flatten(2)


def hidden_padding(attention_mask):
    return (1.0 - attention_mask[:, None, None, :].float()) * torch.finfo(torch.float32).min


class JinaBertLayer(nn.Module):
    def __init__(self, config):
        super().__init__()
        size = config.hidden_size
        self.heads = config.num_attention_heads
        self.query, self.key, self.value, self.output = (nn.Linear(size, size) for _ in range(4))
        self.attention_norm, self.mlp_norm = nn.LayerNorm(size, eps=1e-12), nn.LayerNorm(size, eps=1e-12)
        self.gated = nn.Linear(size, 2 * config.intermediate_size, bias=False)
        self.down = nn.Linear(config.intermediate_size, size)

    def forward(self, hidden, bias):
        parts = [heads_of(layer(hidden), self.heads) for layer in (self.query, self.key, self.value)]
        hidden = self.attention_norm(hidden + self.output(attend(*parts, bias)))
        gate, up = self.gated(hidden).chunk(2, dim=-1)
        return self.mlp_norm(hidden + self.down(functional.gelu(gate) * up))


class JinaBertForSequenceClassification(nn.Module):
    """Types and words, no positions: attention to a token falls with its distance, at a slope of each head (ALiBi)."""

    def __init__(self, config):
        super().__init__()
        size = config.hidden_size
        self.config = config
        self.words, self.types = nn.Embedding(config.vocab_size, size), nn.Embedding(2, size)
        self.embedding_norm = nn.LayerNorm(size, eps=1e-12)
        self.layers = nn.ModuleList(JinaBertLayer(config) for _ in range(config.num_hidden_layers))
        self.pooler, self.classifier = nn.Linear(size, size), nn.Linear(size, config.num_labels)
        # Of a number of heads that is a power of two.
        self.slopes = [2 ** (-8 * (head + 1) / config.num_attention_heads) for head in range(config.num_attention_heads)]

    def forward(self, input_ids, attention_mask, token_type_ids):
        hidden = self.embedding_norm(self.words(input_ids) + self.types(token_type_ids))
        positions = torch.arange(input_ids.shape[1])
        distances = (positions[None, :] - positions[:, None]).abs().float()
        bias = hidden_padding(attention_mask) - torch.tensor(self.slopes)[None, :, None, None] * distances
        for layer in self.layers:
            hidden = layer(hidden, bias)
        return Logits(self.classifier(torch.tanh(self.pooler(hidden[:, 0]))))


class GteNewLayer(nn.Module):
    def __init__(self, config):
        super().__init__()
        size = config.hidden_size
        self.heads = config.num_attention_heads
        self.qkv, self.output = nn.Linear(size, 3 * size), nn.Linear(size, size)
        self.attention_norm, self.mlp_norm = nn.LayerNorm(size, eps=1e-12), nn.LayerNorm(size, eps=1e-12)
        self.up_gate = nn.Linear(size, 2 * config.intermediate_size, bias=False)
        self.down = nn.Linear(config.intermediate_size, size)

    def forward(self, hidden, bias, cosine, sine):
        query, key, value = (heads_of(part, self.heads) for part in self.qkv(hidden).chunk(3, dim=-1))
        query, key = (part * cosine + turned(part) * sine for part in (query, key))
        hidden = self.attention_norm(hidden + self.output(attend(query, key, value, bias)))
        up, gate = self.up_gate(hidden).chunk(2, dim=-1)
        return self.mlp_norm(hidden + self.down(functional.gelu(gate) * up))


def turned(values):
    first, second = values.chunk(2, dim=-1)
    return torch.cat((-second, first), dim=-1)


class GteNewForSequenceClassification(nn.Module):
    """Rotary positions whose base is stretched for eight times the length (NTK)."""

    def __init__(self, config):
        super().__init__()
        size = config.hidden_size
        self.config = config
        self.words, self.types = nn.Embedding(config.vocab_size, size), nn.Embedding(1, size)
        self.embedding_norm = nn.LayerNorm(size, eps=1e-12)
        self.layers = nn.ModuleList(GteNewLayer(config) for _ in range(config.num_hidden_layers))
        self.pooler, self.classifier = nn.Linear(size, size), nn.Linear(size, config.num_labels)
        width = size // config.num_attention_heads
        exponents = torch.arange(0, width, 2).float() / width
        self.frequencies = 1.0 / ((ROPE_THETA * NTK_FACTOR) ** exponents) / NTK_FACTOR ** (2 / width)

    def forward(self, input_ids, attention_mask):
        hidden = self.embedding_norm(self.words(input_ids) + self.types(torch.zeros_like(input_ids)))
        angles = torch.arange(input_ids.shape[1]).float()[:, None] * self.frequencies
        angles = torch.cat((angles, angles), dim=-1)
        bias = hidden_padding(attention_mask)
        for layer in self.layers:
            hidden = layer(hidden, bias, angles.cos(), angles.sin())
        return Logits(self.classifier(torch.tanh(self.pooler(hidden[:, 0]))))
