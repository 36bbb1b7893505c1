"""Comparing two coders (machine and gold, or two people) on the same units: per code, per theme, overall; attitudes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.decisions import ATTITUDES
from pipeline.codebook import Codebook
from pipeline.evaluate import statistics as stats
from pipeline.evaluate.statistics import Floats

RESAMPLES = 2000
SEED = 1
NOT_SAID = "none"
"""The class of a segment that says nothing about partnership."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A statistic with its 95 % interval from a bootstrap over groups; None where it is undefined."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the comparison.

    Attributes:
        level: `code`, `theme` or `overall`.
        gold, other: how many units carry it, by each coder.
    """

    name: str
    level: str
    units: int
    gold: int
    other: int
    figures: Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class Coded:
    """One coder's answers on n units.

    Attributes:
        codes: shape (n, c).
        partnership: shape (n,), index into (none, negative, neutral, positive), or None where not coded.
        asked: shape (n,), on which units codes were asked for; None for all.
    """

    codes: NDArray[np.bool_]
    partnership: NDArray[np.int64] | None = None
    asked: NDArray[np.bool_] | None = None


CODE_FIGURES: dict[str, Callable[[Floats], Floats]] = {
    "precision": stats.precision,
    "recall": stats.recall,
    "f1": stats.f1,
    "alpha": stats.krippendorff_alpha,
    "kappa": stats.cohen_kappa,
    "agreement": stats.percent_agreement,
}
CLASS_FIGURES: dict[str, Callable[[Floats], Floats]] = {
    "macro_f1": stats.macro_f1,
    "alpha": stats.nominal_alpha,
}
ATTITUDE_FIGURES = CLASS_FIGURES | {"quadratic_kappa": stats.quadratic_kappa}


def compare_codes(gold: Coded, other: Coded, groups: Sequence[str], codebook: Codebook) -> list[Row]:
    """Rows for every code, every theme (any of its codes), and overall.

    Overall pools every decision (each code on each unit); `macro_f1` is the mean over the codes that either coder used;
    `any_alpha` is the agreement on whether a unit carries any code at all.
    """
    numbers = group_numbers(groups)
    per_code = _counts_by_group(gold.codes, other.codes, numbers)  # (groups, c, 4)
    weights = stats.group_weights(len(per_code), RESAMPLES, SEED)
    rows = [
        _row(name, "code", per_code[:, column], weights, CODE_FIGURES) for column, name in enumerate(codebook.names)
    ]
    for theme in codebook.themes:
        columns = [codebook.names.index(code.name) for code in theme.codes]
        counts = _counts_by_group(_any(gold.codes[:, columns]), _any(other.codes[:, columns]), numbers)[:, 0]
        rows.append(_row(theme.name, "theme", counts, weights, CODE_FIGURES))
    anything = _counts_by_group(_any(gold.codes), _any(other.codes), numbers)[:, 0]
    overall = _row("overall", "overall", per_code.sum(1), weights, CODE_FIGURES)
    figures = {
        **overall.figures,
        "macro_f1": _figure(per_code, weights, _macro),
        "any_alpha": _figure(anything, weights, stats.krippendorff_alpha),
    }
    n = len(gold.codes)
    rows.append(Row("overall", "overall", n, int(gold.codes.sum()), int(other.codes.sum()), figures))
    return rows


def compare_classes(
    gold: NDArray[np.int64],
    other: NDArray[np.int64],
    groups: Sequence[str],
    *,
    classes: int,
    figures: Mapping[str, Callable[[Floats], Floats]],
) -> dict[str, Figure]:
    """Figures on one answer per unit out of several classes."""
    numbers = group_numbers(groups)
    confusion = np.zeros((max(numbers, default=-1) + 1, classes, classes))
    np.add.at(confusion, (numbers, gold, other), 1)
    weights = stats.group_weights(max(1, len(confusion)), RESAMPLES, SEED)
    if len(confusion) == 0:
        return {name: Figure(None, None, None) for name in figures}
    return {name: _figure(confusion, weights, function) for name, function in figures.items()}


def group_numbers(groups: Sequence[str]) -> NDArray[np.int64]:
    """A number from 0 for every unit's group, in order of first appearance."""
    order = {name: number for number, name in enumerate(dict.fromkeys(groups))}
    return np.array([order[name] for name in groups], dtype=np.int64)


def class_of(attitude: str | None) -> int:
    """Index into (none, negative, neutral, positive)."""
    return 0 if attitude is None else 1 + ATTITUDES.index(attitude)


def as_plain(row: Row) -> dict[str, Any]:
    """A row for JSON."""
    content = asdict(row)
    content["figures"] = {name: asdict(figure) for name, figure in row.figures.items()}
    return content


def _row(
    name: str, level: str, counts: Floats, weights: Floats, figures: Mapping[str, Callable[[Floats], Floats]]
) -> Row:
    total = counts.sum(0)
    return Row(
        name=name,
        level=level,
        units=int(total.sum()),
        gold=int(total[stats.TP] + total[stats.FN]),
        other=int(total[stats.TP] + total[stats.FP]),
        figures={key: _figure(counts, weights, function) for key, function in figures.items()},
    )


def _counts_by_group(gold: NDArray[np.bool_], other: NDArray[np.bool_], numbers: NDArray[np.int64]) -> Floats:
    """Shape (groups, c, 4)."""
    n_groups = int(numbers.max()) + 1 if len(numbers) else 0
    return np.array([stats.binary_counts(gold[numbers == g], other[numbers == g]) for g in range(n_groups)])


def _figure(counts: Floats, weights: Floats, function: Callable[[Floats], Floats]) -> Figure:
    """The statistic of all groups together, and its interval; `counts` has the groups first."""
    value = float(function(counts.sum(0)))
    resampled = np.tensordot(weights, counts, axes=(1, 0))
    low, high = stats.interval(np.asarray(function(resampled))) if len(counts) > 1 else (math.nan, math.nan)
    return Figure(_or_none(value), _or_none(low), _or_none(high))


def _any(codes: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether a unit carries any of the codes, shape (n, 1)."""
    return np.asarray(codes.any(1))[:, None]


def _macro(counts: Floats) -> Floats:
    values = stats.f1(counts)
    defined = ~np.isnan(values)
    total = np.where(defined, values, 0).sum(-1)
    out = np.full(np.shape(total), np.nan)
    return np.asarray(np.divide(total, defined.sum(-1), out=out, where=defined.any(-1)))


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 4)
