"""The entry point of `themes`: it minds Ctrl-C before anything else is loaded, which takes seconds where the disk is slow."""

from __future__ import annotations

import os
import signal
from types import FrameType

INTERRUPTED = 130
"""The exit status that shells give what Ctrl-C has ended: 128 and the signal's number."""


def main() -> None:
    """Run the command, as `pipeline.cli.main`; while that is being loaded, Ctrl-C ends the program with a line."""
    # What was started deaf to Ctrl-C, as shells start what they send to the background, stays so.
    minded = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if minded:
        signal.signal(signal.SIGINT, _end)
    from pipeline.cli import main as command

    if minded:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        command()
    finally:
        if minded:  # all is done, and Python's own end can only be cut short
            signal.signal(signal.SIGINT, signal.SIG_DFL)


def _end(number: int, frame: FrameType | None) -> None:
    """End at once: an exception could come in the middle of a library that takes it for a failure of its own."""
    os.write(2, b"themes: interrupted (nothing was begun yet)\n")
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    main()
