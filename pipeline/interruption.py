"""Ctrl-C before a command has begun and after it has ended, when Python would show a traceback; SIGTERM within one.

Imports next to nothing.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130
"""The exit status that shells give what Ctrl-C has ended: 128 and the signal's number."""
TERMINATED = 143
"""That of SIGTERM, by which schedulers, `timeout` and `kill` end a program."""


class Terminated(KeyboardInterrupt):
    """SIGTERM, where a command is to end its work in good order as with Ctrl-C."""


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


@contextmanager
def terminable() -> Iterator[None]:
    """Within it SIGTERM raises `Terminated`, once: a second one must not cut the good order short."""
    # Python lets only the main thread listen; and who was started deaf to it, or listens already, stays so.
    hears = threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    if hears:
        signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        if hears:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _terminate(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Terminated


def _end(number: int, frame: FrameType | None) -> None:
    """An exception could come in the middle of a library that takes it for a failure of its own."""
    os.write(2, b"themes: interrupted (nothing was begun yet)\n")
    os._exit(INTERRUPTED)
