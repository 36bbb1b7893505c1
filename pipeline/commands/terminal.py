"""The terminal as the commands write to it: text as it is, so that a transcript's "[laughs]" is not taken for markup."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from rich.console import Console

from pipeline.errors import printable
from pipeline.ingest.decode import SAVE_AS_CSV


class _Terminal(Console):
    def on_broken_pipe(self) -> None:
        """The reader has gone (`themes run … | head`): what was done stays done, the rest is not shown.

        rich's own would end the program with exit status 1.
        """
        self.quiet = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def terminal(*, stderr: bool = False) -> Console:
    """Standard output for tables, or standard error for messages, whose lines are left as long as they are."""
    return _Terminal(stderr=stderr, soft_wrap=stderr, highlight=False, markup=False, emoji=False)


def tell_guess(path: Path, guess: str) -> None:
    """Say on standard error what had to be guessed of a gold table."""
    terminal(stderr=True).print(f"themes: warning: {printable(path)}: {guess}; {SAVE_AS_CSV}")
