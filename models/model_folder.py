"""The files of a model's folder: weights as safetensors, settings as JSON, the codebook, the card. Nothing else is read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from models.disk import flush
from models.encoder import WEIGHTS, file_sha256

FORMAT = 3
"""Of what is written."""
READABLE = (2, 3)
"""In format 2 the linear part knows no words of the context; what this version writes is too much for an earlier one."""
WEIGHTS_SHA256 = "weights_sha256"
"""Where `config.json` keeps the hash of the weights that it belongs to; older models lack it."""

CONFIG, CODEBOOK, CARD = "config.json", "codebook.json", "README.md"
PICKLED = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib")


class ModelError(Exception):
    """A model folder that cannot be used; the message names it and says what to do."""


def is_model(folder: Path) -> bool:
    """Whether a folder holds a model of ours, rather than a bare encoder."""
    return (folder / CODEBOOK).is_file() and (folder / CONFIG).is_file()


def codes_of(folder: Path) -> tuple[str, ...]:
    """The codes of a saved model, which is not loaded.

    Raises:
        ModelError: as `load_model`, of its settings.
    """
    return tuple(read_settings(folder)["codes"])


def training_record(folder: Path) -> dict[str, Any]:
    """How a saved model was trained, as its settings keep it, without its weights.

    Raises:
        ModelError: there is no model, or its settings cannot be read.
    """
    record: dict[str, Any] = read_settings(folder)["training"]
    return record


def model_sha256(folder: Path, weights_sha256: str | None = None) -> str:
    """Hash of what decides a model's codings: weights, settings, codebook.

    Args:
        weights_sha256: that of the weights, where it is known already: they are the largest of the files.
    """
    digest = hashlib.sha256(bytes.fromhex(weights_sha256 or file_sha256(folder / WEIGHTS)))
    for name in (CONFIG, CODEBOOK):
        digest.update(bytes.fromhex(file_sha256(folder / name)))
    return digest.hexdigest()


def is_mixed(folder: Path) -> bool:
    """Whether the weights in a model's folder are other ones than its settings were fitted to."""
    try:
        check_weights(folder, read_settings(folder), file_sha256(folder / WEIGHTS))
    except ModelError:
        return True
    return False


def check_weights(folder: Path, settings: Mapping[str, Any], found: str) -> None:
    """Refuse new weights beside old thresholds, which a copy or a saving that ended in between leaves.

    Args:
        found: the hash of the weights that are there.

    Raises:
        ModelError: the settings belong to other weights.
    """
    if settings.get(WEIGHTS_SHA256, found) != found:
        raise ModelError(
            f"{folder}: {WEIGHTS} and {CONFIG} are not of the same training, as after a copy or a saving that was cut off; "
            f"copy the folder anew as a whole, or train again with --overwrite"
        )


def read_settings(folder: Path) -> dict[str, Any]:
    """The whole of `config.json`.

    Raises:
        ModelError: the folder is missing or incomplete, pickled, or its settings are no model's or of another format.
    """
    if not folder.is_dir():
        raise ModelError(f"{folder}: there is no such model folder")
    path = folder / CONFIG
    missing = [name for name in (CONFIG, WEIGHTS, CODEBOOK) if not (folder / name).is_file()]
    pickled = sorted(file.name for file in folder.iterdir() if file.suffix in PICKLED)
    if WEIGHTS in missing and pickled:
        raise ModelError(f"{folder / pickled[0]}: pickled weights can run code and are refused; save as {WEIGHTS}")
    if missing:
        raise ModelError(
            f"{folder}: is not a model folder, it lacks {', '.join(missing)}; make one with `themes train`"
        )
    try:
        settings: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if settings["format"] not in READABLE:
            known = " and ".join(map(str, READABLE))
            raise ModelError(f"{path}: format {settings['format']}, this version reads {known}; retrain or upgrade")
        for key in ("base", "base_sha256", "codes", "inputs", "decisions", "training"):
            settings[key]
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{path}: is not the settings file of a model ({error}); retrain, or restore the file"
        ) from error
    return settings


def read_codebook(folder: Path) -> dict[str, Any]:
    """The codebook as plain data.

    Raises:
        ModelError: it cannot be read.
    """
    try:
        content: dict[str, Any] = json.loads((folder / CODEBOOK).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{folder / CODEBOOK}: cannot be read ({error}); retrain, or restore the file") from error
    return content


def read_weights(folder: Path) -> dict[str, torch.Tensor]:
    """All tensors by name, as they are stored.

    Raises:
        ModelError: the file is not whole.
    """
    try:
        return dict(load_file(folder / WEIGHTS))
    except (SafetensorError, OSError) as error:
        raise ModelError(f"{folder / WEIGHTS}: is not a whole safetensors file ({error}); restore it") from error


def as_json(content: dict[str, Any]) -> bytes:
    """As settings and codebook are written."""
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def replace_files(files: Mapping[Path, bytes]) -> None:
    """Replace files once all are written aside: a full disk, or an end before that, leaves a model that was there whole.

    All is on the disk when this returns: what it was made from, a checkpoint, may be removed next.
    """
    aside = {path: path.with_name(path.name + ".tmp") for path in files}
    try:
        for path, content in files.items():
            aside[path].write_bytes(content)
            flush(aside[path])
    except OSError:
        for file in aside.values():
            file.unlink(missing_ok=True)
        raise
    for path, file in aside.items():
        file.replace(path)
    for folder in {path.parent for path in files}:
        flush(folder)
        flush(folder.parent)  # which may have got this folder just now
