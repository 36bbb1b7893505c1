"""Memory that is no longer used goes back to the system, so that a long run needs no more of it than a short one."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import cache


def give_back() -> None:
    """Return what was freed to the system, where its C library is asked to (glibc); elsewhere nothing happens.

    glibc keeps what was freed for later, each thread's apart, and pieces that are still in use cut it up. Group after group a
    run takes vectors of a few megabytes beside millions of small things, and less of what lies free fits: the run's process
    grew with the corpus though it kept nothing of it (docs/speed.md). Takes milliseconds: for after some thousand segments.
    """
    if trim := _malloc_trim():
        trim(0)


@cache
def _malloc_trim() -> Callable[[int], int] | None:
    if not sys.platform.startswith("linux"):
        return None
    found: Callable[[int], int] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)  # another C library has none
    return found
