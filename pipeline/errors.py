"""The errors that a user can cause, each saying what is wrong, where, and what to do."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path


class ThemesError(Exception):
    """Something that a user can mend.

    Args:
        problem: what is wrong, in a clause that starts in lower case.
        path: the file or folder that it concerns.
        place: where in it (a line, a key, a row).
        remedy: what the user can do about it.
        add: arguments that mend it, after those of the command that met it.
    """

    exit_status = 1

    def __init__(
        self,
        problem: str,
        *,
        path: str | Path | None = None,
        place: str | None = None,
        remedy: str | None = None,
        add: Sequence[str] = (),
    ) -> None:
        self.problem = problem
        self.path = None if path is None else printable(path)
        self.place = place
        self.remedy = remedy
        self.add = tuple(add)
        super().__init__(self.reason if self.path is None else f"{self.path}: {self.reason}")

    @property
    def reason(self) -> str:
        """The message without the file's name."""
        text = f"{self.place}: {self.problem}" if self.place else self.problem
        return f"{text} ({self.remedy})" if self.remedy else text


class UsageError(ThemesError):
    """Wrong arguments, or a configuration that cannot be used (exit status 2)."""

    exit_status = 2


class OtherEngine(UsageError):
    """A run folder whose run another engine began, and nothing else stands in the way of going on with it.

    Args:
        engine: that engine.
    """

    def __init__(self, engine: str, *, path: str | Path) -> None:
        self.engine = engine
        super().__init__(
            f"holds a run that was begun with the engine {engine}",
            path=path,
            remedy=f"go on with it where {engine} is computed, name another folder with --out, or start afresh with --overwrite",
        )


class Interrupted(ThemesError):
    """Work that was asked to stop and can be gone on with by the same command (exit status 75: try again)."""

    exit_status = 75


class UnreadableInput(ThemesError):
    """One input that cannot be read; the rest of a batch goes on (exit status 3)."""

    exit_status = 3


class NotATranscript(UnreadableInput):
    """A sound file of something else (a codebook, a table of attributes): in a folder it is passed over."""


def clipped(text: str, most: int = 80) -> str:
    """A piece of a file as a message can quote it: as `printable`, and no longer than `most` characters."""
    shown = printable(text[: most + 1])
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def printable(path: str | Path) -> str:
    """A path as one line that any terminal can show: control characters and lone surrogates escaped."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape", "surrogatepass").decode()
        for character in str(path)
    )


def typed(argument: str | Path) -> str:
    """A path, or what else stands for one argument, as it is typed at a prompt."""
    shown = printable(argument)
    return subprocess.list2cmdline([shown]) if os.name == "nt" else shlex.quote(shown)
