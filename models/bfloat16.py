"""Linear layers in bfloat16 on the CPU, whose weights are laid out once as oneDNN multiplies them, and not for every batch."""

from __future__ import annotations

import os
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from models.packed import Linear


def multiplies_bfloat16(device: torch.device) -> bool:
    """Whether the device has instructions for products of bfloat16, which are several times as fast as float32's there.

    Without them torch computes such products too, but no faster.
    """
    if device.type == "cuda":
        with torch.cuda.device(device):
            return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type != "cpu" or not hasattr(torch.cpu, "get_capabilities"):  # which older versions of torch lack
        return False
    can = torch.cpu.get_capabilities()
    return any(can.get(name, False) for name in ("avx512_bf16", "amx_bf16"))


def keep_few_products() -> None:
    """Let oneDNN remember fewer of the products that it has made ready, where nobody set otherwise.

    It makes one ready for each shape that it meets, and nearly every batch has new ones. By default it keeps the last 1,024, once
    for itself and once in each of torch's threads: a long run grew by more than a gigabyte (docs/speed.md), and was no faster.
    All layers need the same ones again, two for each length in a batch: fewer than that would be made anew in each layer.
    To be called before the first product: both limits are read once.
    """
    os.environ.setdefault("LRU_CACHE_CAPACITY", "16")
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "128")


def bfloat16_linear(kind: str, weight: Tensor, bias: Tensor, sizes: Tensor | None) -> Linear:
    """A linear layer as `models.packed.MakeLinear` wants it; `weight` and `bias` are bfloat16."""
    after = "gelu" if kind == "widen" else "none"
    operations: Any = torch.ops.mkldnn
    if not hasattr(operations, "_linear_pointwise"):  # torch does not promise these two
        return lambda x: F.gelu(F.linear(x, weight, bias)) if kind == "widen" else F.linear(x, weight, bias)
    laid_out, product = operations._reorder_linear_weight(weight.contiguous()), operations._linear_pointwise

    def multiply(x: Tensor) -> Tensor:
        result: Tensor = product(x, laid_out, bias, after, [], "none")
        return result

    return multiply
