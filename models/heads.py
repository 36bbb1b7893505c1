"""The heads on the encoder's token vectors. Shapes as in `models.inputs`."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def masked_mean(hidden: Tensor, mask: Tensor) -> Tensor:
    """Mean of `hidden` (n, t, d) over the positions where `mask` (n, t) is true: (n, d)."""
    weights = mask.to(hidden.dtype)
    return (hidden * weights.unsqueeze(-1)).sum(1) / weights.sum(1, keepdim=True).clamp(min=1)


class ThemeHead(nn.Module):
    """A logit per code: similarity of the text to the code's definition, plus what attention per code finds.

    Before any training the head is the cosine similarity between the pooled text and the pooled definition, so that a
    code without gold starts from its definition. Attention per label follows Mullenbach et al. (2018, CAML).

    Args:
        definitions: shape (c, d), pooled definitions.
    """

    scale = 12.0  # turns cosine similarities, which lie within about 0.5 of each other, into usable logits

    def __init__(self, *, definitions: Tensor, dropout: float = 0.1) -> None:
        super().__init__()
        n_codes, width = definitions.shape
        start = F.normalize(definitions.detach().float(), dim=-1)
        self.weight = nn.Parameter(start.clone())
        self.query = nn.Parameter(start.clone())
        self.found = nn.Parameter(torch.zeros(n_codes, width))
        self.bias = nn.Parameter(torch.full((n_codes,), -5.0))
        self.dropout = nn.Dropout(dropout)

    def forward(self, hidden: Tensor, text_mask: Tensor) -> Tensor:
        """Logits of shape (b, c) from token vectors (b, t, d) and the text's mask (b, t)."""
        hidden = self.dropout(hidden)
        pooled = F.normalize(masked_mean(hidden, text_mask), dim=-1)  # (b, d)
        similarity = pooled @ self.weight.T  # (b, c)
        tokens = F.normalize(hidden, dim=-1)
        attention = (self.scale * tokens @ self.query.T).masked_fill(~text_mask.unsqueeze(-1), -1e4)  # (b, t, c)
        found = torch.einsum("btc,btd->bcd", attention.softmax(dim=1), tokens)  # (b, c, d)
        return self.scale * (similarity + (found * self.found).sum(-1)) + self.bias


class AttitudeHead(nn.Module):
    """Three logits (negative, neutral, positive) per target: from its own tokens, the whole text, and what it attends to.

    Attention with the target as the query finds the words that bear on this target rather than on its neighbour, as in
    attention-based aspect sentiment (Wang et al. 2016, ATAE-LSTM), with several heads.
    """

    classes = 3
    heads = 4

    def __init__(self, *, width: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.query, self.key = nn.Linear(width, width), nn.Linear(width, width)
        self.layers = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(3 * width, width),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(width, self.classes),
        )

    def forward(self, target: Tensor, text: Tensor, hidden: Tensor, mask: Tensor) -> Tensor:
        """Logits (m, 3) from pooled targets (m, d), pooled texts (m, d), token vectors (m, t, d) and the text's mask (m, t)."""
        m, t, d = hidden.shape
        size = d // self.heads
        query = self.query(target).view(m, self.heads, size)
        key = self.key(hidden).view(m, t, self.heads, size)
        scores = torch.einsum("mhs,mths->mht", query, key) / size**0.5
        weights = scores.masked_fill(~mask.unsqueeze(1), -1e4).softmax(dim=-1)  # (m, heads, t)
        found = torch.einsum("mht,mths->mhs", weights, hidden.view(m, t, self.heads, size)).reshape(m, d)
        logits: Tensor = self.layers(torch.cat([target, text, found], dim=-1))
        return logits


class PartnershipHead(nn.Module):
    """Whether the text speaks of joint work at all (one logit), and the attitude to it (three logits)."""

    def __init__(self, *, width: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(width, width), nn.GELU(), nn.Dropout(dropout), nn.Linear(width, 4)
        )

    def forward(self, text: Tensor) -> Tensor:
        """Logits (b, 4) from pooled texts (b, d): present, then negative, neutral, positive given that it is."""
        logits: Tensor = self.layers(text)
        return logits
