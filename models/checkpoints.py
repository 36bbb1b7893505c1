"""Checkpoints: all that is needed to go on with a training as if it had never stopped, in one file that is whole or not there.

safetensors with JSON in its header: nothing that is read from a folder can run code.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from models.disk import flush

STATE = "state.safetensors"
EVERY = 600.0
"""Seconds between checkpoints, where nothing else is asked for."""
_OS_ERROR = re.compile(r"os error (\d+)")
PARTS = "part-"
"""Prefix of the folders in which trainings on parts of the gold keep theirs."""


class CheckpointError(Exception):
    """A checkpoint that cannot be gone on from; the message says what is wrong with it, `remedy` what to do."""

    remedy = "name another folder with --out, or throw that training away with --overwrite"


@dataclass(slots=True)
class Checkpoints:
    """The checkpoint of one training.

    Attributes:
        folder: made when the first is written.
        every: seconds between two; 0 for one after each step.
        fingerprint: all that decides what is trained, as plain data; a checkpoint with another is refused.
        replace: a checkpoint of another training is thrown away instead. One of the same training never is: a command that is
            given again, by a cluster's queue for one, must go on.
        whole: the checkpoint of the training that this is a part of.
    """

    folder: Path
    every: float = EVERY
    fingerprint: Mapping[str, Any] = field(default_factory=dict)
    replace: bool = False
    whole: Checkpoints | None = None
    _last: float = field(default_factory=time.monotonic)

    def part(self, name: str) -> Checkpoints:
        """Those of a training on a part of the gold, kept until the whole is done.

        What is trained on a part follows from what the whole is, so that the fingerprint is the same.
        """
        return Checkpoints(self.folder / f"{PARTS}{name}", self.every, self.fingerprint, self.replace, whole=self)

    def due(self, *, epoch_end: bool = False) -> bool:
        """Whether it is time for another; the end of an epoch is a good place, but for tiny epochs writing takes longer."""
        return time.monotonic() - self._last >= (self.every / 10 if epoch_end else self.every)

    def save(self, progress: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> None:
        """Replace the checkpoint: written aside, flushed, then renamed.

        Raises:
            OSError: it cannot be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        aside = self.folder / f"{STATE}.tmp"
        header = {"fingerprint": json.dumps(self.fingerprint), "progress": json.dumps(progress)}
        try:
            save_file({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, aside, header)
        except SafetensorError as error:
            number = _OS_ERROR.search(str(error))
            told = (int(number[1]), os.strerror(int(number[1]))) if number else (None, str(error))
            aside.unlink(missing_ok=True)  # its room is wanted for what is saved instead
            raise OSError(*told, str(aside)) from error
        flush(aside)
        aside.replace(self.folder / STATE)
        flush(self.folder)
        self._last = time.monotonic()

    def check(self) -> bool:
        """Refuse, or throw away (`replace`), a checkpoint of another training; returns whether there is one of this.

        Those of the parts are looked at too: a training that is stopped in a part has no other yet.

        Raises:
            CheckpointError: there is one of another, or it is damaged.
        """
        try:
            found = [one.progress() for one in (self, *self._parts())]  # of all, as any may be another training's
            return any(progress is not None for progress in found)
        except CheckpointError:
            if not self.replace:
                raise
        self.remove()
        return False

    def load(self) -> tuple[dict[str, Any], dict[str, Tensor]] | None:
        """What was saved last; None where nothing was.

        Raises:
            CheckpointError: it is another training's, or damaged.
        """
        progress = self.progress()
        return None if progress is None else (progress, self.tensors())

    def tensors(self) -> dict[str, Tensor]:
        """The tensors that were saved last, where `progress` has found any."""
        found: dict[str, Tensor] = load_file(self.folder / STATE)
        return found

    def progress(self) -> dict[str, Any] | None:
        """As `load`, without the tensors."""
        path = self.folder / STATE
        if not path.is_file():
            return None
        try:
            with safe_open(path, "pt") as file:
                header = file.metadata()
            before, progress = json.loads(header["fingerprint"]), json.loads(header["progress"])
        except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
            raise CheckpointError(f"{path}: is damaged") from error
        others = differing(before, json.loads(json.dumps(self.fingerprint)))
        if others:
            raise CheckpointError(
                f"{(self.whole or self).folder.parent}: holds an unfinished training with another {', another '.join(others)}"
            )
        return dict(progress)

    def _parts(self) -> list[Checkpoints]:
        return [
            self.part(path.parent.name.removeprefix(PARTS)) for path in sorted(self.folder.glob(f"{PARTS}*/{STATE}"))
        ]

    def remove(self) -> None:
        """Remove the checkpoint and those of the parts, and the folder where nothing else is in it."""
        for name in (STATE, f"{STATE}.tmp"):
            (self.folder / name).unlink(missing_ok=True)
        for part in self.folder.glob(f"{PARTS}*"):
            shutil.rmtree(part, ignore_errors=True)
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()


def differing(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The names of what differs between two fingerprints, settings by their own names."""
    names = []
    for name in sorted({*before, *now}):
        old, new = before.get(name), now.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            names += differing(old, new)
        elif old != new:
            names.append(name)
    return names
