"""JinaBERT and GTE "new" in plain numpy, in float64 and for one pair without padding: references that share no code with the exported graphs.

A second reading of the publishers' files that own_modules.py names: sums are written out position by position where that is the plainer form.
"""
import math

import numpy


def jina_bert_logit(weights, config, ids, types):
    get = reader(weights)
    hidden = norm(get("words.weight")[ids] + get("types.weight")[types], get, "embedding_norm")
    heads = config.num_attention_heads
    for layer in range(config.num_hidden_layers):
        at = f"layers.{layer}."
        query, key, value = (linear(hidden, get, f"{at}{part}") for part in ("query", "key", "value"))
        mixed = attention(query, key, value, heads, lambda head, i, j: -abs(i - j) * 2 ** (-8 * (head + 1) / heads))
        hidden = norm(hidden + linear(mixed, get, f"{at}output"), get, f"{at}attention_norm")
        gated = hidden @ get(f"{at}gated.weight").T
        half = config.intermediate_size
        hidden = norm(hidden + linear(gelu(gated[:, :half]) * gated[:, half:], get, f"{at}down"), get, f"{at}mlp_norm")
    return classify(hidden, get)


def gte_new_logit(weights, config, ids, _types):
    get = reader(weights)
    hidden = norm(get("words.weight")[ids] + get("types.weight")[0], get, "embedding_norm")
    heads, size, half = config.num_attention_heads, config.hidden_size, config.intermediate_size
    for layer in range(config.num_hidden_layers):
        at = f"layers.{layer}."
        packed = linear(hidden, get, f"{at}qkv")
        query, key, value = packed[:, :size], packed[:, size:2 * size], packed[:, 2 * size:]
        query, key = (rotate(part, heads, theta=20000.0, factor=8.0) for part in (query, key))
        mixed = attention(query, key, value, heads, lambda head, i, j: 0.0)
        hidden = norm(hidden + linear(mixed, get, f"{at}output"), get, f"{at}attention_norm")
        both = hidden @ get(f"{at}up_gate.weight").T
        hidden = norm(hidden + linear(both[:, :half] * gelu(both[:, half:]), get, f"{at}down"), get, f"{at}mlp_norm")
    return classify(hidden, get)


def reader(weights):
    return lambda name: weights[name].astype(numpy.float64)


def linear(values, get, name):
    return values @ get(f"{name}.weight").T + get(f"{name}.bias")


def norm(values, get, name):
    centered = values - values.mean(-1, keepdims=True)
    return centered / numpy.sqrt((centered**2).mean(-1, keepdims=True) + 1e-12) * get(f"{name}.weight") + get(f"{name}.bias")


def gelu(values):
    return values * 0.5 * (1 + numpy.vectorize(math.erf)(values / math.sqrt(2)))


def attention(query, key, value, heads, bias):
    tokens, size = query.shape
    width = size // heads
    result = numpy.zeros((tokens, size))
    for head in range(heads):
        part = slice(head * width, (head + 1) * width)
        for i in range(tokens):
            scores = numpy.array([query[i, part] @ key[j, part] / math.sqrt(width) + bias(head, i, j) for j in range(tokens)])
            odds = numpy.exp(scores - scores.max())
            result[i, part] = odds / odds.sum() @ value[:, part]
    return result


def rotate(values, heads, theta, factor):
    """Each pair (k, k + half) of a head turns by the token's position times the frequency of k."""
    tokens, size = values.shape
    width = size // heads
    half = width // 2
    result = values.copy()
    for position in range(tokens):
        for head in range(heads):
            for k in range(half):
                angle = position / (theta * factor) ** (2 * k / width) / factor ** (2 / width)
                a, b = head * width + k, head * width + k + half
                result[position, a] = values[position, a] * math.cos(angle) - values[position, b] * math.sin(angle)
                result[position, b] = values[position, b] * math.cos(angle) + values[position, a] * math.sin(angle)
    return result


def classify(hidden, get):
    pooled = numpy.tanh(linear(hidden[:1], get, "pooler"))
    return float(linear(pooled, get, "classifier")[0, 0])
