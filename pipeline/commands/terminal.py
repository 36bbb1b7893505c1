"""The terminal as the commands write to it: text as it is, so that a transcript's "[laughs]" is not taken for markup."""

from __future__ import annotations

from rich.console import Console


def terminal(*, stderr: bool = False) -> Console:
    """Standard output for tables, or standard error for messages, whose lines are left as long as they are."""
    return Console(stderr=stderr, soft_wrap=stderr, highlight=False, markup=False, emoji=False)
