"""What the arithmetic needs and what the machine can do: counted operations, and bare matrix products of the encoder's shapes.

A multiplication with its addition counts as 2. For n tokens of one text, a layer of width d with a feed-forward part of width
f takes `2 n (4 d² + 2 d f)` in its linear layers (query, key, value, output; up, down) and `4 n² d` in attention (scores, and
the weighted sum of values): the forward part of the count in Chowdhery et al. (2022, PaLM, appendix B) and Kaplan et al. (2020,
table 1), with a text's own length for the context's. Look-ups, norms, activations, softmax and our heads are not counted, and
no padding is: what an engine spends on those lowers its share of the limit.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

TRIED_SIZES = (256, 512, 1024, 2048, 4096, 8192)
"""Rows of the left factor: tokens of a batch."""

PEAKS = {
    "H200": 989e12,
    "H100 PCIe": 756e12,
    "H100 NVL": 835e12,
    "H100": 989e12,
    "A100": 312e12,
    "L40S": 362e12,
    "L4": 121e12,
    "A10": 125e12,
    "RTX 4090": 165e12,
    "V100": 125e12,
    "T4": 65e12,
}
"""Dense 16-bit operations per second from the makers' data sheets, by whole words of the device's name; the first that fits."""


@dataclass(frozen=True, slots=True)
class Shape:
    """An encoder of the BERT family."""

    layers: int
    width: int
    inner: int

    @classmethod
    def of(cls, config: Any) -> Shape:
        """From a transformers configuration."""
        return cls(int(config.num_hidden_layers), int(config.hidden_size), int(config.intermediate_size))

    @property
    def linear_per_token(self) -> int:
        """Operations of all linear layers."""
        return 2 * self.layers * (4 * self.width**2 + 2 * self.width * self.inner)


def needed(lengths: Sequence[int], shape: Shape) -> float:
    """Operations that texts of these lengths (tokens, special ones included) need, each once and without padding."""
    tokens = np.asarray(lengths, dtype=np.float64)
    return float(shape.linear_per_token * tokens.sum() + 4 * shape.layers * shape.width * (tokens**2).sum())


class Products:
    """The encoder's matrix products and nothing else: every layer with weights of its own, outputs into memory at hand."""

    def __init__(self, shape: Shape, rows: int, device: torch.device, dtype: torch.dtype) -> None:
        self.shape, self.rows, self.device = shape, rows, device
        d, f = shape.width, shape.inner
        sizes = [(d, d)] * 4 + [(d, f), (f, d)]
        generator = torch.Generator().manual_seed(0)

        def matrix(*size: int) -> Tensor:
            return torch.randn(*size, generator=generator).to(device, dtype)

        self._weights = [matrix(*size) for _ in range(shape.layers) for size in sizes]
        self._inputs = {size: matrix(rows, size) for size in (d, f)}
        self._outputs = {size: torch.empty(rows, size, device=device, dtype=dtype) for size in (d, f)}

    @torch.inference_mode()
    def run(self, tokens: int) -> None:
        """The linear layers' products for (at least) so many tokens."""
        for _ in range(self.passes(tokens)):
            for weight in self._weights:
                torch.mm(self._inputs[weight.shape[0]], weight, out=self._outputs[weight.shape[1]])
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def passes(self, tokens: int) -> int:
        """Batches that hold so many tokens."""
        return -(-tokens // self.rows)

    def operations(self, tokens: int) -> float:
        """What `run` computes."""
        return float(self.passes(tokens) * self.rows * self.shape.linear_per_token)


def fastest_products(
    shape: Shape, device: torch.device, dtype: torch.dtype, *, seconds: float = 0.3
) -> tuple[Products, dict[int, float]]:
    """The products at the batch size that runs fastest here, and operations per second at every size tried."""
    rates, best = {}, None
    for rows in TRIED_SIZES if device.type == "cpu" else (*TRIED_SIZES, 32768, 131072):
        products = Products(shape, rows, device, dtype)
        products.run(rows)
        done, started = 0, time.perf_counter()
        while (spent := time.perf_counter() - started) < seconds or not done:
            products.run(rows)
            done += rows
        rates[rows] = products.operations(done) / spent
        if best is None or rates[rows] >= max(rates.values()):
            best = products
    assert best is not None, "at least one size is tried"
    return best, rates


def peak_of(device_name: str) -> float | None:
    """The data sheet's dense 16-bit rate, where the device is known."""
    return next((rate for part, rate in PEAKS.items() if re.search(rf"\b{part}\b", device_name, re.IGNORECASE)), None)
