"""What may not be written over: what was given to be read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.errors import UsageError


def spare(written: Iterable[Path], inputs: Sequence[Path]) -> None:
    """Refuse to write over or into an input, which no `--overwrite` means.

    Raises:
        UsageError: a file or folder to be written is an input, or lies in one.
    """
    for out in written:
        for given in inputs:
            if _same(out, given):
                raise UsageError("is read, and cannot be written too", path=out, remedy="name another with --out")
            if given.is_dir() and out.resolve().is_relative_to(given.resolve()):
                raise UsageError(
                    f"lies in {given.name or given.resolve().name}, which is read",
                    path=out,
                    remedy="name another with --out",
                )


def _same(one: Path, other: Path) -> bool:
    """Whether they are one file, links and a system's indifference to capitals included."""
    return one.resolve() == other.resolve() or (one.exists() and other.exists() and one.samefile(other))
