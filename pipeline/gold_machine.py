"""Codings in gold that are this program's own, exported and read again: no person's, which whoever reads the gold is told."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.gold_unit import MACHINE, GoldUnit

OF_MACHINE = f"take the rows by {MACHINE} out of the gold, unless a person went through them all"


def machines_own(units: Sequence[GoldUnit]) -> str:
    """A sentence on the units that this program coded; empty where it coded none."""
    own = sum(unit.by(MACHINE) is not None for unit in units)
    if not own:
        return ""
    return (
        f"{own} of {len(units)} units of the gold were coded by this program ({MACHINE}), which is no person's judgement: what "
        f"is measured against it, or learnt from it, repeats a machine's faults; {OF_MACHINE}"
    )
