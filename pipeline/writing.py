"""What is said where nothing can be written: a full disk, a quota, a folder that is not one's own."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from pipeline.errors import ThemesError

_NO_ROOM = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your share of the disk is used up (its quota)",
    errno.EFBIG: "a file has become larger than is allowed here (`ulimit -f` tells, or the kind of file system)",
}


def cannot_write(error: OSError, out: Path) -> ThemesError:
    """The message for what ended a command that was writing to `out`."""
    full = no_room(error, out)
    if full:
        return full
    # Not `strerror`: Arrow has words of its own in it.
    problem = f"cannot be written: {os.strerror(error.errno) if error.errno else error}"
    return ThemesError(problem, path=_place(error, out), remedy="name another folder with --out")


def no_room(error: OSError, out: Path) -> ThemesError | None:
    """The message for a lack of room; None where it is something else."""
    if error.errno not in _NO_ROOM:
        return None
    return ThemesError(
        _NO_ROOM[error.errno],
        path=_place(error, out),
        remedy="make room, or have the limit raised, and give the same command again: what was finished is kept",
    )


def _place(error: OSError, out: Path) -> Path:
    return out if error.filename is None else Path(os.fsdecode(error.filename))
