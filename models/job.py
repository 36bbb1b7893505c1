"""How a training is run: alone or in a team, with checkpoints, stopped by a signal. None of it changes what is learnt."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import FrameType
from typing import Any

from models.checkpoints import Checkpoints
from models.distributed import Team

SIGNALS = ("SIGTERM", "SIGUSR1", "SIGINT")
"""What clusters warn with before they end a job, and Ctrl-C."""


class Stopped(BaseException):
    """Training was asked to stop before its end; what its last checkpoint holds is kept.

    No `Exception`: like Ctrl-C it may come anywhere, also within a library that takes every exception for its own failure.
    """


@dataclass(slots=True)
class Stop:
    """Whether a signal has asked to stop.

    Within `deferred` it is only noted, for training to end its step and write a checkpoint; elsewhere `Stopped` is raised.

    Attributes:
        tells: whether to say so; in a team one process does.
    """

    asked: bool = False
    tells: bool = True
    _deferred: bool = False
    _before: dict[int, Any] = field(default_factory=dict)

    @contextmanager
    def listening(self) -> Iterator[Stop]:
        """Listen to the signals; their former meaning comes back afterwards."""
        # Python lets only the main thread listen.
        if threading.current_thread() is threading.main_thread():
            numbers = [int(getattr(signal, name)) for name in SIGNALS if hasattr(signal, name)]
            self._before = {number: signal.signal(number, self._heard) for number in numbers}
        try:
            yield self
        finally:
            for number, handler in self._before.items():
                signal.signal(number, handler)
            self._before = {}

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Within it a signal is only noted."""
        self._deferred = True
        try:
            yield
        finally:
            self._deferred = False
        if self.asked:
            raise Stopped

    def _heard(self, number: int, frame: FrameType | None) -> None:
        first, self.asked = not self.asked, True
        if first and not self._deferred:
            raise Stopped
        if first:
            self._tell("asked to stop: ending the step and writing a checkpoint")
        elif number == signal.SIGINT and number in self._before:
            # Not ended by the second: one Ctrl-C reaches a process twice where torchrun hands it on.
            signal.signal(number, self._before.pop(number))
            self._tell("Ctrl-C once more ends at once, without that checkpoint")

    def _tell(self, line: str) -> None:
        if self.tells:  # past Python's own buffer, in the middle of which the signal may have come
            os.write(2, f"{line}\n".encode())


@dataclass(frozen=True, slots=True)
class Job:
    """How a training is run.

    Attributes:
        checkpoints: None for a training that is not kept.
    """

    team: Team = field(default_factory=Team)
    stop: Stop = field(default_factory=Stop)
    checkpoints: Checkpoints | None = None

    def part(self, name: str) -> Job:
        """The same for a training on a part of the gold."""
        return replace(self, checkpoints=self.checkpoints.part(name) if self.checkpoints else None)
