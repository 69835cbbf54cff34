"""The ranker: all-MiniLM-L6-v2 as it is over query and document apart, then a few layers over both, and what both have in common.

Layers 1 to 6 are the published ones and stay so: they see a query and a document as the bi-encoder does. What they give enters twice: as numbers
(cosine, late interaction, words in common) that already rank well, and as token states that the joint layers compare. Only the joint part is trained.
"""

import torch
from torch import nn
from torch.nn import functional as F

import encoders
from encoders import WIDTH

NUMBERS = 6


class JointPart(nn.Module):
    """From token states of both texts to one logit."""

    def __init__(self, idf: torch.Tensor, layers: int = 2):
        super().__init__()
        start = encoders.start_weights()
        self.layers = layers
        self.special = (encoders.PAD, encoders.UNK, encoders.CLS, encoders.SEP)
        self.weights = nn.ParameterDict()
        for number in range(layers):
            source = f"encoder.layer.{encoders.LAYERS - layers + number}."
            for name, value in start.items():
                if name.startswith(source):
                    self.weights[f"{number}.{name.removeprefix(source)}".replace(".", "/")] = nn.Parameter(value.clone())
        self.segments = nn.Parameter(torch.zeros(2, WIDTH))
        self.of_features = nn.Linear(4, WIDTH)
        nn.init.zeros_(self.of_features.weight)
        nn.init.zeros_(self.of_features.bias)
        self.pooled = nn.Linear(WIDTH + NUMBERS, WIDTH)
        self.score = nn.Linear(WIDTH, 1)
        nn.init.zeros_(self.score.weight)
        nn.init.zeros_(self.score.bias)
        # About the spread of each number within a list of candidates, so that each counts alike at the start.
        self.of_numbers = nn.Parameter(torch.tensor([6.0, 4.0, 6.0, 0.15, 2.0, 0.0]))
        self.register_buffer("idf", idf)

    def forward(self, hidden, ids, is_document, mask):
        """hidden [B, T, 384], ids [B, T], is_document and mask [B, T] bool → [B]"""
        numbers, features = self.interaction(hidden, ids, is_document, mask)
        x = hidden + torch.lerp(self.segments[0], self.segments[1], is_document[..., None].to(self.segments.dtype)) + self.of_features(features.to(hidden.dtype))
        weights = {name.replace("/", "."): value for name, value in self.weights.items()}
        bias = encoders.bias_of(mask[:, None, None, :])
        for number in range(self.layers):
            x = encoders.layer(weights, str(number), x, bias)
        joint = torch.tanh(self.pooled(torch.cat([x[:, 0], numbers.to(x.dtype)], -1)))
        return self.score(joint)[:, 0].float() + (numbers * self.of_numbers).sum(-1)

    def interaction(self, hidden, ids, is_document, mask):
        """numbers [B, 6] of the pair and features [B, T, 4] of its tokens, float32."""
        is_query = mask & ~is_document
        is_document = mask & is_document
        cosine = F.cosine_similarity(mean(hidden, is_query), mean(hidden, is_document), dim=-1)
        is_word = (ids != self.special[0]) & (ids != self.special[1]) & (ids != self.special[2]) & (ids != self.special[3])
        q, d = (is_query & is_word).float(), (is_document & is_word).float()
        other = q[:, :, None] * d[:, None, :] + d[:, :, None] * q[:, None, :]
        unit = F.normalize(hidden, dim=-1)
        similar = (unit @ unit.transpose(1, 2)).float()
        best = (similar * other + (other - 1) * 2).amax(-1).clamp(min=-1) * (q + d)
        same = (ids[:, :, None] == ids[:, None, :]).float() * other
        count = same.sum(-1)
        found = (count > 0).float()
        idf = self.idf[ids] * (q + d)
        words = q.sum(-1).clamp(min=1)
        weight = (idf * q).sum(-1).clamp(min=1e-3)
        length = d.sum(-1, keepdim=True)
        saturated = count * 1.9 / (count + 0.9 * (0.6 + 0.4 * length / 100))
        numbers = torch.stack(
            [
                cosine,
                (best * q).sum(-1) / words,
                (best * q * idf).sum(-1) / weight,
                (saturated * idf * q).sum(-1),
                (found * idf * q).sum(-1) / weight,
                torch.log1p(length[:, 0]) / 5,
            ],
            -1,
        )
        return numbers, torch.stack([best, found, found * idf / 5, idf / 5], -1)


def mean(hidden, chosen):
    weight = chosen.to(hidden.dtype)
    return ((hidden * weight[..., None]).sum(1) / weight.sum(1, keepdim=True).clamp(min=1)).float()


class Ranker(nn.Module):
    """The whole graph, from the ids of `[CLS] query [SEP] document [SEP]`."""

    def __init__(self, joint: JointPart):
        super().__init__()
        self.joint = joint
        self.frozen = nn.ParameterDict({n.replace(".", "/"): nn.Parameter(v, False) for n, v in encoders.start_weights().items() if v.is_floating_point()})

    def forward(self, input_ids, attention_mask, token_type_ids):
        """[B, T] each → [B, 1]"""
        return self.logits(input_ids, attention_mask, token_type_ids, {})

    def logits(self, input_ids, attention_mask, token_type_ids, tables):
        """`tables` replace weights of the embeddings. The document gets a [CLS] of its own, as the last token: order matters to positions only."""
        weights = {name.replace("/", "."): value for name, value in self.frozen.items()} | tables
        one = torch.ones_like(input_ids[:, :1])
        ids = torch.cat([input_ids, one * self.joint.special[2]], 1)
        mask = torch.cat([attention_mask, one], 1) > 0
        is_document = torch.cat([token_type_ids, one], 1) > 0
        of_query = ((attention_mask > 0) & (token_type_ids == 0)).sum(1, keepdim=True)
        position = torch.cumsum(torch.ones_like(input_ids), 1) - 1
        position = torch.cat([torch.where(token_type_ids > 0, position - of_query + 1, position), one * 0], 1).clamp(min=0, max=511)
        hidden = encoders.embed(weights, ids, position)
        apart = encoders.bias_of((is_document[:, None, :, None] == is_document[:, None, None, :]) & mask[:, None, None, :])
        for number in range(encoders.LAYERS):
            hidden = encoders.layer(weights, f"encoder.layer.{number}", hidden, apart)
        return self.joint(hidden, ids, is_document, mask)[:, None]
