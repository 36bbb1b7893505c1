"""Whether a model gives about as many codes as the coders did, or its thresholds do not fit it."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from scipy.stats import t

from pipeline.evaluate.judge import THEMES, MachineCoding
from pipeline.gold import GoldUnit
from pipeline.holding_out import groups_of
from pipeline.plural import numbered

TIMES = 2.0
"""So many times as many codes as the coders gave, or as few, are told, where the interviews do not differ as much."""

LEAST_GROUPS = 3
"""Of fewer groups each unit stands for itself."""

_REMEDY = (
    "shares of codes in what it codes will be off by as much, and its thresholds may not fit it: train longer (leave `epochs` "
    "out of the settings, so that small gold gets enough steps, or set `least_steps: 120`) or on more gold, and check a run with "
    "`themes evaluate`"
)


def odd_number(machine: MachineCoding, which: str) -> list[str]:
    """A notice where a model gave far more codes, or far fewer, than the coders.

    Args:
        machine: its answers on units with a reference.
        which: whose answers these are, for the notice.
    """
    rows = [
        i for i, unit in enumerate(machine.units) if unit.reference is not None and unit.reference.codes is not None
    ]
    if THEMES in machine.unlearnt or not rows:
        return []
    units = [machine.units[i] for i in rows]
    # Others the model may know from its base, and perhaps nobody was asked for them.
    used = np.isin(machine.codes, list(frozenset[str]().union(*map(_codes, units))))
    found = (machine.assigned[rows] & used).sum(axis=1)
    coded = np.array([len(_codes(unit) & set(machine.codes)) for unit in units])
    given, wanted = int(found.sum()), int(coded.sum())
    if not wanted or wanted / TIMES <= given <= wanted * TIMES or not _beyond_chance(units, found - coded):
        return []
    told = f"of the gold's codes {which} gave {given:,} to {numbered(len(rows), '[unit|units]')}"
    return [f"{told}, where the coders gave {wanted:,}: {_REMEDY}"]


def _codes(unit: GoldUnit) -> frozenset[str]:
    return frozenset((unit.reference.codes or ()) if unit.reference else ())


def _beyond_chance(units: list[GoldUnit], apart: np.ndarray[tuple[int], np.dtype[np.int64]]) -> bool:
    """Whether the mean difference lies beyond its 95 % interval, by groups where there are enough."""
    by_group = len(groups_of(units)) >= LEAST_GROUPS
    rest: dict[str, float] = defaultdict(float)
    mean = float(apart.mean())
    for i, (unit, difference) in enumerate(zip(units, apart, strict=True)):
        rest[unit.first.group if by_group else str(i)] += float(difference) - mean
    groups = len(rest)
    if groups < 2:
        return False
    error = np.sqrt(groups / (groups - 1) * sum(value**2 for value in rest.values())) / len(units)
    return bool(abs(mean) > t.ppf(0.975, groups - 1) * error)
