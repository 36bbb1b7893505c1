"""A BERT encoder on packed tokens: units one behind the other, nothing padded, nothing computed that no head reads.

The layers that work on single tokens (most of the arithmetic) see one long row of tokens. Attention goes over runs of units that
have the same length, which a batch sorted by length consists of; it needs no mask. Of the last layer only the texts' own tokens
are computed: context and special tokens are there for the others to look at, and nobody looks after the last layer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from models.columns import Encoded, Integers, before, ragged

Linear = Callable[[Tensor], Tensor]
MakeLinear = Callable[[str, Tensor, Tensor, Tensor | None], Linear]
"""From a layer's kind, weight (out, in), bias and the usual size of its inputs' columns, where that is known, to the layer.

Kinds are `attend`, `mix`, `widen` and `narrow`; to `widen` belongs GELU, so that both can be one step.
"""


@dataclass(frozen=True, slots=True)
class Packed:
    """A batch. N tokens, k of them read by the heads.

    Attributes:
        ids, positions, types: shape (N,).
        runs: how many units follow one another with the same length, and that length.
        kept: shape (k,), the texts' tokens.
    """

    ids: Tensor
    positions: Tensor
    types: Tensor
    runs: tuple[tuple[int, int], ...]
    kept: Tensor


def pack(units: Encoded) -> Packed:
    """Units as one row of tokens; few runs where units of equal length lie together."""
    inside = ragged(np.zeros(len(units), dtype=np.int64), units.lengths)
    first = np.repeat(units.first, units.lengths)
    edges = [0, *(np.flatnonzero(np.diff(units.lengths)) + 1).tolist(), len(units)]
    runs = tuple((end - start, int(units.lengths[start])) for start, end in pairwise(edges) if end > start)
    types = ((inside >= first) & (first > 1)).astype(np.int64)
    ids, positions, segments = (torch.from_numpy(array) for array in (units.ids, inside, types))
    return Packed(ids, positions, segments, runs, torch.from_numpy(read_tokens(units)))


def read_tokens(units: Encoded) -> Integers:
    """The tokens that the heads read, as places in the row; the last separator where a text has no token."""
    return ragged(before(units.lengths) + units.first, np.maximum(units.text_lengths, 1))


def is_bert(encoder: Any) -> bool:
    """Whether `PackedBert` computes what this encoder computes."""
    from transformers import BertModel

    config: Any = getattr(encoder, "config", None)
    return (
        type(encoder) is BertModel
        and config.hidden_act == "gelu"
        and getattr(config, "position_embedding_type", None) in (None, "absolute")
        and not config.is_decoder
        and config.type_vocab_size > 1  # context and text are told apart, as `pack` does
    )


class PackedBert:
    """The same numbers as `transformers.BertModel`, for the texts' tokens alone.

    Args:
        bert: a model for which `is_bert` holds; its weights are used as they are, not copied, where `dtype` is theirs.
        dtype: of the weights and of what is computed.
        linear: makes the linear layers, where they are to be others than float ones.
    """

    def __init__(self, bert: Any, *, dtype: torch.dtype = torch.float32, linear: MakeLinear | None = None) -> None:
        make = linear or _float_linear
        self._heads = int(bert.config.num_attention_heads)
        tables = (bert.embeddings.word_embeddings, bert.embeddings.position_embeddings)
        self._words, self._positions = (table.weight.detach().to(dtype) for table in tables)
        self._types = bert.embeddings.token_type_embeddings.weight.detach().to(dtype)
        self._norm = _Norm(bert.embeddings.LayerNorm, dtype)
        norm, self._layers = self._norm, []
        for layer in bert.encoder.layer:
            self._layers.append(_Layer(layer, norm, self._heads, dtype, make))
            norm = self._layers[-1].norm_out

    def __call__(self, batch: Packed) -> Tensor:
        """Vectors of the kept tokens, shape (k, d)."""
        x = F.embedding(batch.ids, self._words)
        x += F.embedding(batch.positions, self._positions)
        x += F.embedding(batch.types, self._types)
        x = self._norm(x)
        for layer in self._layers[:-1]:
            x = layer(x, batch.runs, None)
        return self._layers[-1](x, batch.runs, batch.kept)


class _Norm:
    """Layer normalisation."""

    def __init__(self, norm: Any, dtype: torch.dtype) -> None:
        self.weight: Tensor = norm.weight.detach().to(dtype)
        self.bias: Tensor = norm.bias.detach().to(dtype)
        self._eps = float(norm.eps)

    def __call__(self, x: Tensor) -> Tensor:
        return F.layer_norm(x, self.weight.shape, self.weight, self.bias, self._eps)

    def sizes(self) -> Tensor:
        """How large the values of each column get, give or take: the mean and four standard deviations."""
        return (self.bias.abs() + 4 * self.weight.abs()).float()


class _Layer:
    """One layer, its three projections for attention in one product.

    Args:
        norm_in: the normalisation that its input went through.
    """

    def __init__(self, layer: Any, norm_in: _Norm, heads: int, dtype: torch.dtype, make: MakeLinear) -> None:
        attention, self._heads = layer.attention, heads
        parts = (attention.self.query, attention.self.key, attention.self.value)
        weight, bias = (torch.cat([getattr(part, name) for part in parts]) for name in ("weight", "bias"))
        self._norm_mid = _Norm(attention.output.LayerNorm, dtype)
        self.norm_out = _Norm(layer.output.LayerNorm, dtype)

        def linear(kind: str, part: Any, sizes: Tensor | None = None) -> Linear:
            return make(kind, part.weight.detach().to(dtype), part.bias.detach().to(dtype), sizes)

        self._attend = make("attend", weight.detach().to(dtype), bias.detach().to(dtype), norm_in.sizes())
        self._mix = linear("mix", attention.output.dense)
        self._widen = linear("widen", layer.intermediate.dense, self._norm_mid.sizes())
        self._narrow = linear("narrow", layer.output.dense)

    def __call__(self, x: Tensor, runs: tuple[tuple[int, int], ...], kept: Tensor | None) -> Tensor:
        found = self._attention(self._attend(x), runs)
        if kept is not None:
            found, x = found[kept], x[kept]
        x = self._norm_mid(self._mix(found).add_(x))
        return self.norm_out(self._narrow(self._widen(x)).add_(x))

    def _attention(self, projected: Tensor, runs: tuple[tuple[int, int], ...]) -> Tensor:
        """From (N, 3 d) to (N, d); units see themselves only."""
        size = projected.shape[1] // 3 // self._heads
        # On a CPU torch's fused attention multiplies bfloat16 no faster than float32; plain products do.
        plain = projected.dtype == torch.bfloat16 and projected.device.type == "cpu"
        attend = _attended if plain else F.scaled_dot_product_attention
        found = projected.new_empty(len(projected), self._heads, size)
        start = 0
        for count, length in runs:
            end = start + count * length
            query, key, value = projected[start:end].view(count, length, 3, self._heads, size).permute(2, 0, 3, 1, 4)
            seen = attend(query, key, value)
            found[start:end].view(count, length, self._heads, size).copy_(seen.transpose(1, 2))
            start = end
        return found.view(len(projected), -1)


def _attended(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Scaled dot-product attention (Vaswani et al. 2017) by plain batched products, shape (b, h, t, d) each."""
    weights = torch.matmul(query * query.shape[-1] ** -0.5, key.transpose(-1, -2))
    return torch.matmul(torch.softmax(weights, dim=-1), value)


def _float_linear(kind: str, weight: Tensor, bias: Tensor, sizes: Tensor | None) -> Linear:
    return lambda x: F.gelu(F.linear(x, weight, bias)) if kind == "widen" else F.linear(x, weight, bias)
