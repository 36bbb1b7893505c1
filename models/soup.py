"""The mean of models' weights (model soups: Wortsman et al. 2022)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save

from models.encoder import WEIGHTS, file_sha256
from models.lexical import PREFIX
from models.lowrank import DOWN, UP, in_pairs, mean_differences
from models.model_folder import (
    CONFIG,
    FORMAT,
    WEIGHTS_SHA256,
    ModelError,
    as_json,
    read_settings,
    replace_files,
    training_record,
)


def save_mean(folder: Path, others: Sequence[Path]) -> None:
    """Replace a saved model's weights by the mean of its own and those of others (model soups: Wortsman et al. 2022).

    That is worth something where one has gone on from the other. The linear part stays the model's own; probabilities and
    thresholds do not fit any more, and must be fitted anew. The mean of low-rank differences is cut to the model's own rank.

    Raises:
        ModelError: they are not of one base, codebook, and kind of weights (low-rank ones: of one rank); or they hold adapters,
            of which there is no mean.
    """
    ours, theirs = load_file(folder / WEIGHTS), [load_file(other / WEIGHTS) for other in others]
    shapes = _shapes(ours)
    for other, parts in zip(others, theirs, strict=True):
        mine, its = (read_settings(one) for one in (folder, other))
        for what in ("base_sha256", "codes"):
            if mine[what] != its[what]:
                raise ModelError(f"{other}: its {what} are not those of {folder}: there is no mean of them")
        if _shapes(parts) != shapes or any("lora_" in name for name in shapes) or not in_pairs(shapes):
            raise ModelError(
                f"{other}: its weights are not those of {folder} (of low-rank ones, the rank too), or adapters: there is no "
                "mean of them"
            )
    names = list(shapes)
    plain = [name for name in names if not name.endswith((UP, DOWN))]
    mean = mean_differences((ours, *theirs)) | {
        name: torch.stack([parts[name].float() for parts in (ours, *theirs)]).mean(dim=0).to(ours[name].dtype)
        for name in plain
    }
    weights = save(ours | mean, metadata={"format": "pt"})
    settings, records = read_settings(folder), [training_record(other) for other in others]
    record = settings["training"] | {"mean_with": [file_sha256(other / WEIGHTS) for other in others]}
    record["seen"] = sorted({text for one in (record, *records) for text in one.get("seen", ())})
    changed = {"format": FORMAT, WEIGHTS_SHA256: hashlib.sha256(weights).hexdigest(), "training": record}
    replace_files({folder / WEIGHTS: weights, folder / CONFIG: as_json(settings | changed)})


def _shapes(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Size]:
    """What a mean is taken of: all but the linear part."""
    return {name: tensor.shape for name, tensor in tensors.items() if not name.startswith(PREFIX)}
