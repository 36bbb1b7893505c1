"""Who may write a run folder: one whole run, or any number of shards of it, each by one process."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from pipeline.errors import ThemesError
from pipeline.store import LOCK

PATIENCE = 60
"""Seconds that a shard waits while another reads or writes the manifest."""

_NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP)
"""What a file system answers that knows no locks: Lustre mounted without `flock`, NFS 3 without its lock service."""


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
    with held(out / LOCK, out, "another run is writing here"):
        for lock in sorted(out.glob(f"{LOCK}-*")):
            with held(lock, out, f"a shard ({lock.name.removeprefix(f'{LOCK}-')}) is being coded here"):
                pass
        yield


@contextmanager
def shard_of_folder(out: Path, shard: Shard) -> Iterator[None]:
    """Keep the same shard from being coded twice at a time; a whole run sees it and does not start.

    Raises:
        ThemesError: it is being coded.
    """
    lock = out / f"{LOCK}-{shard.number}-of-{shard.count}"
    with held(lock, out, f"shard {shard} is being coded already"):
        yield


@contextmanager
def manifest_of_folder(out: Path) -> Iterator[None]:
    """For a shard: nobody else changes the manifest meanwhile.

    Raises:
        ThemesError: a whole run is writing.
    """
    with held(out / LOCK, out, "another run is writing here", PATIENCE):
        yield


@contextmanager
def held(lock: Path, out: Path, problem: str, patience: float = 0) -> Iterator[None]:
    """Hold a lock that goes with the process, however that ends.

    Args:
        lock: the file that is locked.
        out: the folder that the user named.
        problem: what is said where another process holds it.
        patience: seconds to wait for that one.

    Raises:
        ThemesError: another process holds it, or the file system knows no locks.
    """
    # Without locks the library would take the file's being there for one, which the file of a killed process stays for ever.
    file = FileLock(lock, fallback_to_soft=False)
    try:
        file.acquire(timeout=patience)
    except Timeout as error:
        raise ThemesError(problem, path=out, remedy="wait for it, or name another folder") from error
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        raise ThemesError(
            "the file system here knows no file locks, without which two processes could write the same files",
            path=out,
            remedy="give --out on a local disk, or on NFS 4, NFS 3 with its lock service, or Lustre mounted with `flock`",
        ) from error
    try:
        yield
    finally:
        file.release()
