"""Linear layers in 8-bit integers on the CPU: about twice as many products per second, close to the same numbers.

Weights are rounded per output column, inputs per token, so that a unit's result never depends on its neighbours in a batch.
Columns that are always large (a few are, in every BERT) would leave the others no room; how large a column gets is known from
the normalisation before it, and is moved from the input into the weight (SmoothQuant, Xiao et al. 2023, without its
calibration text).
"""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from models.packed import Linear

WEIGHT_STEPS = 63
"""AVX2 adds products of bytes in pairs into 16 bits: 255 x 63 x 2 fits, 255 x 127 x 2 does not."""
LEAST_ACTIVATION = 1.36
"""GELU's smallest value is -0.17, an eighth of this: so one eighth of the range is enough for what is negative."""


def int8_available() -> bool:
    """Whether this build of torch multiplies bytes on this machine."""
    return "fbgemm" in torch.backends.quantized.supported_engines and hasattr(
        torch.ops.quantized, "linear_with_input_q_dq_qweight_dq_output_fp32"
    )


def int8_linear(kind: str, weight: Tensor, bias: Tensor, sizes: Tensor | None) -> Linear:
    """A linear layer as `models.packed.MakeLinear` wants it."""
    divisor = None
    if sizes is not None:
        # Half of a column's size stays in the input, half goes into the weight.
        divisor = (sizes.clamp(min=1e-3) / weight.abs().amax(0).clamp(min=1e-4)).sqrt()
        weight = weight * divisor
    packed = _packed(weight)
    factor = None if divisor is None else 1 / divisor
    product = torch.ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32

    def multiply(x: Tensor) -> Tensor:
        if factor is not None:
            x = x * factor
        largest = x.abs().amax(1, keepdim=True).clamp_(min=1e-6)
        return torch.addcmul(bias, product(x / largest, 1 / 127, 127, packed), largest)

    def multiply_active(x: Tensor) -> Tensor:
        largest = x.amax(1, keepdim=True).clamp_(min=LEAST_ACTIVATION)
        return torch.addcmul(bias, product(x / largest, 1.125 / 255, 28, packed), largest)

    if kind == "widen":
        return lambda x: F.gelu(multiply(x))
    return multiply_active if kind == "narrow" else multiply


def _packed(weight: Tensor) -> Any:
    scales = (weight.abs().amax(1).clamp(min=1e-8) / WEIGHT_STEPS).double()
    zeros = torch.zeros(len(weight), dtype=torch.long)
    with warnings.catch_warnings():  # torch announces that these types will move to another package
        warnings.simplefilter("ignore")
        rounded = torch.quantize_per_channel(weight.contiguous(), scales, zeros, 0, torch.qint8)
        return torch.ops.quantized.linear_prepack(rounded, None)
