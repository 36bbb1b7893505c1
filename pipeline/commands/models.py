"""Loading a model by name or folder, with errors in the user's terms."""

from __future__ import annotations

from pathlib import Path

from models.encoder import EncoderError
from models.loading import load_model
from models.model_folder import ModelError, is_model
from models.predict import Predictor, pick_device
from pipeline.codebook import Codebook
from pipeline.commands.stopping import CHECKPOINT
from pipeline.commands.terminal import terminal
from pipeline.errors import UsageError, printable
from pipeline.resources import shipped_models


def load_predictor(name: str, *, device: str, batch_tokens: int | None = None, engine: str = "auto") -> Predictor:
    """Load a model onto a device.

    Raises:
        UsageError: no such model or device, the folder is not a model's, or the engine cannot run it on this device.
    """
    folder = Path(name)
    if not folder.is_dir():
        shipped = shipped_models() / name
        if not shipped.is_dir():
            names = sorted(entry.name for entry in shipped_models().glob("*/")) if shipped_models().is_dir() else []
            raise UsageError(
                "no such model",
                path=name,
                remedy=f"a model's folder, or one that ships: {', '.join(names) or 'none'}",
            )
        folder = shipped
    _check_finished(folder)
    check_device(device)
    try:
        return Predictor(load_model(folder), device=device, batch_tokens=batch_tokens, engine=engine)
    except (ModelError, EncoderError) as error:
        raise UsageError(str(error)) from error


def _check_finished(folder: Path) -> None:
    """Tell a training's folder from a model's: one that is unfinished, and one whose model is being trained anew.

    Raises:
        UsageError: there is no model in it yet.
    """
    if not (folder / CHECKPOINT).is_dir():
        return
    if is_model(folder):
        terminal(stderr=True).print(
            f"themes: warning: {printable(folder)}: an unfinished training is here too; the model is that of an earlier one"
        )
        return
    raise UsageError(
        "holds an unfinished training and no model yet",
        path=folder,
        remedy="wait for it where it is running, or give its `themes train` command again: it goes on from its checkpoint",
    )


def check_device(name: str) -> None:
    """Refuse a device that is not here before any work is done.

    Raises:
        UsageError: it is not here, or no device at all.
    """
    try:
        pick_device(name)
    except ValueError as error:
        raise UsageError(f"--device {name}: {error}") from error


def codebook_of(predictor: Predictor) -> Codebook:
    """The codebook that the model was trained for."""
    return Codebook.model_validate(predictor.model.codebook)
