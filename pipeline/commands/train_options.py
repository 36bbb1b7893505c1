"""What `themes train` was asked for. Apart, so that what is said before torch is loaded and what needs torch can both take it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Say = Callable[[str], None]
"""Prints a line of how far it is."""


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for on the command line."""

    codebook: str
    out: Path
    config: Path | None = None
    base: str | None = None
    transcripts: Path | None = None
    device: str = "auto"
    seed: int | None = None
    folds: int | None = None
    curve: bool = False
    checkpoint_minutes: float = 10
    overwrite: bool = False
