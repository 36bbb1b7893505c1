"""The encoder that a saved model was trained from, found where the model is now."""

from __future__ import annotations

import os
from pathlib import Path

from models.encoder import DEFAULT_ENCODER, WEIGHTS, EncoderError, EncoderSource, file_sha256, find_encoder
from models.model_folder import ModelError, read_settings


def base_of(folder: Path) -> EncoderSource:
    """The encoder that a saved model, which is not loaded, was trained from.

    Raises:
        ModelError: as `load_model`, of its settings and its base.
    """
    settings = read_settings(folder)
    return find_base(folder, settings["base"], settings["base_sha256"])


def find_base(folder: Path, base: str, sha256: str) -> EncoderSource:
    """The encoder that a model was trained from: as its settings name it, else beside the model or above it.

    A folder stands in the settings as it was given, mostly relative to where the training was started. Made absolute it would
    tell everybody who gets the model whose machine that was.

    Args:
        base, sha256: its name and the hash of its weights, as the model's settings keep them.

    Raises:
        ModelError: it is not there, or only another one of its name.
    """
    missing: EncoderError | None = None
    other: EncoderSource | None = None
    try:
        named = find_encoder(base)
        if named.sha256 == sha256:
            return named
        other = named
    except EncoderError as error:
        missing = error
    for place in _near(folder, base):
        if file_sha256(place / WEIGHTS) == sha256:
            return EncoderSource(os.path.relpath(place), place, sha256)
    may_be_relative = not (Path(base).is_absolute() or base.startswith("package:") or base == DEFAULT_ENCODER)
    relative = " (a folder's name is relative to where the model was trained)" if may_be_relative else ""
    if other is None:
        raise ModelError(
            f"{folder}: its base encoder is missing{relative}: {missing}; or put its folder beside the model's"
        ) from missing
    raise ModelError(
        f"{folder}: was trained from another {base}{relative} (sha256 {sha256[:12]}…, here {other.sha256[:12]}…); install the "
        "encoder that the model's card names, or put its folder beside the model's"
    )


def _near(folder: Path, base: str) -> list[Path]:
    """The folders near a model's that may be its base."""
    if base.startswith("package:"):
        return []
    above = folder.absolute().parents
    places = [above[0] / Path(base).name, *(place / base for place in above if not Path(base).is_absolute())]
    return [place for place in dict.fromkeys(places) if (place / WEIGHTS).is_file()]
