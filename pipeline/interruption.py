"""Ctrl-C before a command has begun and after it has ended, when Python would show a traceback. Imports next to nothing."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130
"""The exit status that shells give what Ctrl-C has ended: 128 and the signal's number."""


@contextmanager
def minded() -> Iterator[None]:
    """Within it Ctrl-C ends the program at once, with a line, until a command has `begun`."""
    # What was started deaf to Ctrl-C, as shells start what they send to the background, stays so.
    hears = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if hears:
        signal.signal(signal.SIGINT, _end)
    try:
        yield
    finally:
        if hears:  # all is done, and Python's own end can only be cut short
            signal.signal(signal.SIGINT, signal.SIG_DFL)


def begun() -> None:
    """From now on Ctrl-C is an exception again, for a command to end its work in good order."""
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(number: int, frame: FrameType | None) -> None:
    """An exception could come in the middle of a library that takes it for a failure of its own."""
    os.write(2, b"themes: interrupted (nothing was begun yet)\n")
    os._exit(INTERRUPTED)
