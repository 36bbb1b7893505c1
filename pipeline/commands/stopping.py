"""What is said of a training that was stopped. Imports next to nothing: it may be said while torch is still being loaded."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import Interrupted

CHECKPOINT = "checkpoint"
"""The folder within the model's, for as long as the training is not finished."""

STATE, CODEBOOK = "state.safetensors", "codebook.json"
"""As in `models.checkpoints` and `models.model_folder`, which load torch; the latter is written last of a model."""


def training_stopped(out: Path) -> Interrupted:
    """The message: whether there is a checkpoint to go on from, those of folds and of a learning curve's parts counted in."""
    if any((out / CHECKPOINT).rglob(STATE)):
        remedy = "give the same command again to go on from its checkpoint"
    elif (out / CODEBOOK).is_file():
        remedy = "a model is there, and no checkpoint: if it is the one that was asked for, nothing is left to do"
    else:
        remedy = "no checkpoint is kept yet: the same command begins anew"
    return Interrupted("stopped before the end, as a signal asked", remedy=remedy)
