"""How well probabilities rank the units, whatever the threshold: average precision and the area under the ROC curve.

Between two scores at which gold has a positive, only the number of negatives matters. Units are therefore counted by
level and group once, and every resample is a product of group weights with those counts: exact, ties included.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pipeline.evaluate.figures import Figure, Resampler
from pipeline.evaluate.statistics import Floats, mean_defined

Flags = NDArray[np.bool_]
AVERAGE_PRECISION, ROC_AUC = "average_precision", "roc_auc"
NO_POSITIVE, ONE_CLASS = "gold never has it", "gold has it everywhere or nowhere"
LEVELS = 512
"""In the resamples; about equally many positives in each."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """One code's statistics: of all units, and of every resample. NaN where undefined."""

    precision: float
    area: float
    drawn_precision: Floats
    drawn_area: Floats


def rank(
    gold: Flags, probabilities: Floats, numbers: NDArray[np.int64], weights: Floats, units: Floats | None = None
) -> Ranked:
    """Average precision and ROC area of one code; `numbers` are the units' groups, `units` what each counts for.

    The values are exact. In the resamples, neighbouring levels are joined where there are more than `LEVELS`, and what this
    takes from the value itself is given back to each.
    """
    levels = _levels(gold, probabilities)
    everything, units = np.ones((1, 1)), np.ones(len(gold)) if units is None else units
    exact = _drawn(everything, gold, levels, np.zeros_like(numbers), units)
    joined = _joined(gold, levels)
    coarse = _drawn(everything, gold, joined, np.zeros_like(numbers), units)
    drawn = _drawn(weights, gold, joined, numbers, units)
    precision, area = (drawn[k] + exact[k] - coarse[k] for k in (0, 1))
    return Ranked(float(exact[0][0]), float(exact[1][0]), precision, area)


def ranking_figures(ranked: Ranked, resampler: Resampler, n: int) -> dict[str, Figure]:
    """Both figures of one code, or of all decisions pooled."""
    return {
        AVERAGE_PRECISION: resampler.made(ranked.precision, ranked.drawn_precision, n, NO_POSITIVE),
        ROC_AUC: resampler.made(ranked.area, ranked.drawn_area, n, ONE_CLASS),
    }


def macro_ranking(ranked: list[Ranked], resampler: Resampler, n: int) -> dict[str, Figure]:
    """Means over the codes for which they are defined."""

    def mean(values: list[float], drawn: list[Floats]) -> Figure:
        value = float(mean_defined(np.array(values))) if values else float("nan")
        return resampler.made(value, mean_defined(np.stack(drawn, axis=1)) if drawn else np.zeros(0), n, NO_POSITIVE)

    return {
        f"macro_{AVERAGE_PRECISION}": mean([r.precision for r in ranked], [r.drawn_precision for r in ranked]),
        f"macro_{ROC_AUC}": mean([r.area for r in ranked], [r.drawn_area for r in ranked]),
    }


def _levels(gold: Flags, probabilities: Floats) -> NDArray[np.int64]:
    """0 for the highest score: scores that a positive has are levels of their own, those between two such are one level."""
    at = np.unique(probabilities[gold])
    below = np.searchsorted(at, probabilities, side="left")
    on = np.isin(probabilities, at)
    ascending = 2 * below + on
    return np.asarray(ascending.max(initial=0) - ascending, dtype=np.int64)


def _joined(gold: Flags, levels: NDArray[np.int64]) -> NDArray[np.int64]:
    size = int(levels.max(initial=-1)) + 1
    if size <= LEVELS:
        return levels
    above = np.cumsum(np.bincount(levels[gold], minlength=size))
    place = np.minimum(above * LEVELS // max(1, above[-1]), LEVELS - 1)
    return np.asarray(place[levels], dtype=np.int64)


def _drawn(
    weights: Floats, gold: Flags, levels: NDArray[np.int64], numbers: NDArray[np.int64], units: Floats
) -> tuple[Floats, Floats]:
    """Both statistics for each row of weights: these times positives and negatives by group and level."""
    shape = (weights.shape[1], int(levels.max(initial=-1)) + 1)
    positive, negative = (
        sparse.csr_matrix((units[mask], (numbers[mask], levels[mask])), shape=shape) for mask in (gold, ~gold)
    )
    return _both(np.asarray(weights @ positive), np.asarray(weights @ negative))


def _both(positive: Floats, negative: Floats) -> tuple[Floats, Floats]:
    """Average precision and ROC area of each row of counts by level, best level first."""
    true, false = np.cumsum(positive, axis=1), np.cumsum(negative, axis=1)
    if not positive.shape[1]:
        nothing = np.full(len(positive), np.nan)
        return nothing, nothing
    positives, negatives = true[:, -1], false[:, -1]
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = (positive * np.where(true > 0, true / (true + false), 0)).sum(1) / positives
        area = (positive * (negatives[:, None] - false + negative / 2)).sum(1) / (positives * negatives)
    return precision, area
