"""What is said of a training that was stopped. Imports next to nothing: it may be said while torch is still being loaded."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import Interrupted

CHECKPOINT = "checkpoint"
"""The folder within the model's, for as long as the training is not finished."""


def training_stopped(out: Path) -> Interrupted:
    """The message: whether there is a checkpoint to go on from, those of a learning curve's parts counted in."""
    if any((out / CHECKPOINT).rglob("*.safetensors")):
        remedy = "give the same command again to go on from its checkpoint"
    else:
        remedy = "no step was made yet, so that no checkpoint is kept: the same command begins anew"
    return Interrupted("stopped before the end, as a signal asked", remedy=remedy)
