"""Attitudes: whether the mentions were found, scored apart from whether the attitude to those found is right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.decisions import ATTITUDES
from pipeline.evaluate.compare import ATTITUDE_FIGURES, compare_classes
from pipeline.evaluate.figures import Figure, Resampler
from pipeline.evaluate.statistics import Floats

ALL = "all"
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Pair:
    """The attitudes of two coders to one mention; `weight` is what its unit counts for."""

    group: str
    gold: str
    other: str
    partner_type: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Marked:
    """The mentions of one unit by two coders, each with its partner type."""

    group: str
    gold: Mapping[Span, str]
    other: Mapping[Span, str]
    weight: float = 1.0


def attitude_figures(pairs: Sequence[Pair]) -> dict[str, dict[str, Figure]]:
    """Figures on negative, neutral, positive: of all mentions, and of those of each partner type (as gold has it)."""
    found = {}
    for name in [ALL, *_types(pair.partner_type for pair in pairs)]:
        chosen = [pair for pair in pairs if name in (ALL, pair.partner_type)]
        gold, other = (
            np.array([ATTITUDES.index(getattr(pair, side)) for pair in chosen], dtype=np.int64)
            for side in ("gold", "other")
        )
        groups = [pair.group for pair in chosen]
        weights = np.array([pair.weight for pair in chosen])
        found[name] = compare_classes(gold, other, groups, classes=3, figures=ATTITUDE_FIGURES, units=weights)
    return found if pairs else {}


def detection_figures(units: Sequence[Marked]) -> dict[str, dict[str, Figure]]:
    """Precision, recall and F1 of finding mentions: of all, and of each partner type.

    `exact` counts a mention where both begin and end alike. `overlap` counts a mention of one coder that shares a
    character with any of the other's; its F1 is the harmonic mean of the two shares.
    """
    if not any(unit.gold or unit.other for unit in units):
        return {}
    resampler = Resampler([unit.group for unit in units], units=np.array([unit.weight for unit in units]))
    found = {}
    for name in [ALL, *_types(kind for unit in units for kind in (*unit.gold.values(), *unit.other.values()))]:
        counts = np.array([_counts(unit, name) for unit in units], dtype=np.float64)
        sums, (gold, other) = resampler.sums(counts), (int(counts[:, k].sum()) for k in (0, 1))
        found[name] = {
            f"{kind}_{statistic}": resampler.figure(sums[:, columns], function, n, reason)
            for kind, columns in (("exact", [0, 1, 2, 2]), ("overlap", [0, 1, 3, 4]))
            for statistic, function, n, reason in (
                ("precision", _precision, other, "no mention was found"),
                ("recall", _recall, gold, "gold has no mention"),
                ("f1", _f1, gold + other, "there is no mention"),
            )
        }
    return found


def overlap(one: Span, other: Span) -> bool:
    """Whether two spans share a character."""
    return one[0] < other[1] and other[0] < one[1]


def _counts(unit: Marked, name: str) -> tuple[int, int, int, int, int]:
    """Mentions in gold, of the other, the same in both, in gold and met by the other, of the other and met by gold."""
    gold, other = ([span for span, kind in side.items() if name in (ALL, kind)] for side in (unit.gold, unit.other))
    return (
        len(gold),
        len(other),
        len(set(gold) & set(other)),
        sum(any(overlap(mine, yours) for yours in other) for mine in gold),
        sum(any(overlap(mine, yours) for mine in gold) for yours in other),
    )


def _types(kinds: Iterable[str]) -> list[str]:
    return sorted({kind for kind in kinds if kind})


def _recall(sums: Floats) -> Floats:
    return _divide(sums[..., 2], sums[..., 0])


def _precision(sums: Floats) -> Floats:
    return _divide(sums[..., 3], sums[..., 1])


def _f1(sums: Floats) -> Floats:
    mine, yours = _recall(sums), _precision(sums)
    either = sums[..., 0] + sums[..., 1] > 0
    total = np.nan_to_num(mine) + np.nan_to_num(yours)
    value = _divide(2 * np.nan_to_num(mine) * np.nan_to_num(yours), total)
    return np.asarray(np.where(either, np.nan_to_num(value), np.nan))


def _divide(above: Floats, below: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(below > 0, above / below, np.nan))
