"""Low-rank adapters on an encoder (LoRA, Hu et al. 2022): small additions that learn in the place of its weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models.encoder import EncoderError

if TYPE_CHECKING:
    from models.joint import JointModel


def add_adapters(encoder: Any, rank: int) -> Any:
    """The encoder with low-rank adapters (LoRA, Hu et al. 2022) on all of its linear layers; nothing else of it learns.

    Raises:
        EncoderError: the package peft is not installed.
    """
    try:
        from peft import LoraConfig, get_peft_model
    except ImportError as error:
        raise EncoderError(
            "low-rank adapters need the package peft: pip install peft, or set lora_rank to 0"
        ) from error
    return get_peft_model(encoder, LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear"))


def merge_adapters(network: JointModel) -> None:
    """Add the adapters to the weights, so that prediction is as fast as without them."""
    network.encoder = network.encoder.merge_and_unload()
