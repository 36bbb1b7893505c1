"""Who may write a run folder: one whole run, or any number of shards of it, each by one process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from pipeline.errors import ThemesError
from pipeline.store import LOCK

PATIENCE = 60
"""Seconds that a shard waits while another reads or writes the manifest."""


@dataclass(frozen=True, slots=True)
class Shard:
    """A share of a run: of every `count` groups of inputs, the one with this number.

    Attributes:
        number: from 1 to `count`.
    """

    number: int
    count: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.count:
            raise ValueError(f"a shard needs 1 <= number <= count, got {self.number}/{self.count}")

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


@contextmanager
def whole_folder(out: Path) -> Iterator[None]:
    """Keep every other run, and every shard, from writing.

    Raises:
        ThemesError: one is writing.
    """
    with _held(out, out / LOCK, "another run is writing here", 0):
        for lock in sorted(out.glob(f"{LOCK}-*")):
            with _held(out, lock, f"a shard ({lock.name.removeprefix(f'{LOCK}-')}) is being coded here", 0):
                pass
        yield


@contextmanager
def shard_of_folder(out: Path, shard: Shard) -> Iterator[None]:
    """Keep the same shard from being coded twice at a time; a whole run sees it and does not start.

    Raises:
        ThemesError: it is being coded.
    """
    lock = out / f"{LOCK}-{shard.number}-of-{shard.count}"
    with _held(out, lock, f"shard {shard} is being coded already", 0):
        yield


@contextmanager
def manifest_of_folder(out: Path) -> Iterator[None]:
    """For a shard: nobody else changes the manifest meanwhile.

    Raises:
        ThemesError: a whole run is writing.
    """
    with _held(out, out / LOCK, "another run is writing here", PATIENCE):
        yield


@contextmanager
def _held(out: Path, lock: Path, problem: str, patience: float) -> Iterator[None]:
    held = FileLock(lock)
    try:
        held.acquire(timeout=patience)
    except Timeout as error:
        raise ThemesError(problem, path=out, remedy="wait for it, or name another folder") from error
    try:
        yield
    finally:
        held.release()
