"""What stands around a training: the folder it may write to, its checkpoints, its team, the signals that stop it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from models.checkpoints import PARTS, STATE, CheckpointError, Checkpoints, differing
from models.distributed import Team, TeamError, team_of
from models.encoder import WEIGHTS, EncoderError
from models.job import Job, Stop, Stopped
from models.model_folder import CARD, CODEBOOK, CONFIG, ModelError, is_mixed, is_model
from pipeline.commands.stopping import CHECKPOINT, training_stopped
from pipeline.errors import Interrupted, ThemesError, UsageError, printable
from pipeline.learn import MADE_OF
from pipeline.locks import held
from pipeline.writing import no_room

LOCK = ".lock"


def check_out(out: Path) -> None:
    """Refuse, before any training, a folder that holds something else than a model.

    Raises:
        UsageError: it does, or it could not be written.
    """
    try:
        strangers = sorted(_strangers(out)) if out.exists() and not is_model(out) else []
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", path=out, remedy="name another folder") from error
    nearest = next(folder for folder in (out.absolute(), *out.absolute().parents) if folder.exists())
    if not nearest.is_dir():
        raise UsageError(f"cannot be written: {printable(nearest)} is a file", path=out, remedy="name another folder")
    if not os.access(nearest, os.W_OK):
        raise UsageError("cannot be written: permission denied", path=out, remedy="name another folder")
    if strangers:
        raise UsageError(
            f"is not empty and holds no model ({printable(strangers[0])} …)", path=out, remedy="name a new folder"
        )


def _strangers(out: Path) -> list[str]:
    """What is in the folder besides checkpoints of ours, and what an end in the middle of saving left there."""
    saved = (WEIGHTS, CARD, CONFIG, CODEBOOK)
    left = {CHECKPOINT, *(f"{name}.tmp" for name in saved)}
    if (out / CHECKPOINT / STATE).is_file():
        left.update(saved)
    names = [entry.name for entry in out.iterdir() if entry.name not in left]
    inside = [entry.name for entry in (out / CHECKPOINT).iterdir()] if (out / CHECKPOINT).is_dir() else []
    ours = (LOCK, STATE, f"{STATE}.tmp")
    return [*names, *(f"{CHECKPOINT}/{name}" for name in inside if name not in ours and not name.startswith(PARTS))]


def made_already(out: Path, made_of: Mapping[str, Any]) -> bool:
    """Whether the folder holds the very model that this training would make.

    Args:
        made_of: all that decides what is learnt.

    Raises:
        UsageError: it holds another model, that would be lost, or parts of two.
    """
    if not is_model(out):
        return False
    before = _made_of(out)
    others = differing(before, json.loads(json.dumps(made_of)))
    if before and not others and is_mixed(out):
        raise UsageError(
            "holds the weights of one training and the settings of another",
            path=out,
            remedy="name another folder with --out, or replace it with --overwrite",
        )
    if before and not others:
        return True
    trained = f", trained with another {', another '.join(others)}" if before else ""
    raise UsageError(
        f"holds a model already{trained}",
        path=out,
        remedy="name another folder with --out, or replace it with --overwrite",
    )


def _made_of(out: Path) -> dict[str, Any]:
    """What the model in the folder was made of; nothing where it does not say, as older ones do not."""
    try:
        return dict(json.loads((out / CONFIG).read_text(encoding="utf-8"))["training"][MADE_OF])
    except (OSError, ValueError, KeyError, TypeError):
        return {}


@contextmanager
def job_for(out: Path, *, device: str, seconds: float, afresh: bool) -> Iterator[Job]:
    """The job of training into a folder; its checkpoints go once all is done.

    Args:
        seconds: between checkpoints.
        afresh: an unfinished training that is there is thrown away, if it is another one.

    Raises:
        Interrupted: a signal asked to stop.
        UsageError: what is in the folder is another training's, or the model to start from cannot be used.
        ThemesError: another training is writing there, or a process of the team is gone.
    """
    checkpoints = Checkpoints(out / CHECKPOINT, seconds, replace=afresh)
    stop, team = Stop(), Team()
    try:
        with stop.listening(), team_of(device) as team, _alone(checkpoints.folder) if team.leads else nullcontext():
            stop.tells = team.leads
            yield Job(team, stop, checkpoints)
            if team.leads:
                checkpoints.remove()
    except Stopped as error:
        if not team.leads:  # the leader says it for all
            raise SystemExit(Interrupted.exit_status) from error
        raise training_stopped(out) from error
    except OSError as error:
        full = no_room(error, out)
        if full is None:
            raise
        raise full from error
    except CheckpointError as error:
        raise UsageError(str(error), remedy=error.remedy) from error
    except TeamError as error:
        raise ThemesError(str(error)) from error
    except (EncoderError, ModelError) as error:
        raise UsageError(str(error)) from error


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep a second training out of the folder, and leave no empty folders behind."""
    folder.mkdir(parents=True, exist_ok=True)
    ours = False
    try:
        with held(folder / LOCK, folder.parent, "another training is writing here"):
            ours = True
            yield
    finally:
        if ours and {entry.name for entry in folder.iterdir()} <= {LOCK}:
            shutil.rmtree(folder)
            if not any(folder.parent.iterdir()):
                folder.parent.rmdir()
