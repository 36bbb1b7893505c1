"""A unit's codes taken as one answer, a set: averages over units, and alpha with the MASI distance.

Two empty sets agree: a unit that both leave without a code counts as 1 in the averages, and as distance 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluate.figures import Figure, Resampler
from pipeline.evaluate.statistics import Floats

Flags = NDArray[np.bool_]
_BLOCK = 1000
_SAME = "every unit carries the same set of codes"


def set_figures(gold: Flags, other: Flags, resampler: Resampler) -> dict[str, Figure]:
    """Averages over units (F1, Jaccard, identical sets) and MASI alpha; `gold` and `other` are (units, codes)."""
    n = len(gold)
    both, mine, yours = (gold & other).sum(1), gold.sum(1), other.sum(1)
    either = mine + yours - both
    per_unit = np.stack(
        [
            np.where(mine + yours > 0, 2 * both / np.maximum(mine + yours, 1), 1),
            np.where(either > 0, both / np.maximum(either, 1), 1),
            (both == either).astype(float),
            np.ones(n),
        ],
        axis=1,
    )
    sums = resampler.sums(per_unit)
    figures = {
        name: resampler.figure(sums[:, [k, 3]], _mean_of_units, n, "no unit")
        for k, name in enumerate(("samples_f1", "samples_jaccard", "same_set"))
    }
    return figures | {"masi_alpha": masi_alpha(gold, other, resampler)}


def masi_alpha(gold: Flags, other: Flags, resampler: Resampler) -> Figure:
    """Krippendorff's alpha of two coders whose answers are sets, with the distance of Passonneau (2006).

    Disagreement by chance is a quadratic form in how often each distinct set was used, so that every resample is a
    product of weights and sums here too.
    """
    n = len(gold)
    if n == 0:
        return resampler.made(float("nan"), np.zeros(0), 0, "no unit")
    distinct, which = np.unique(np.concatenate([gold, other]), axis=0, return_inverse=True)
    which = which.reshape(-1)
    mine, yours = which[:n], which[n:]
    pairs, pair_of = np.unique(np.stack([mine, yours]), axis=1, return_inverse=True)
    apart_of = masi_distance(distinct[pairs[0]], distinct[pairs[1]], paired=True)[pair_of.reshape(-1)]
    observed = resampler.sums(np.stack([apart_of, np.ones(n)], axis=1))
    used = np.zeros((max(1, resampler.groups), len(distinct)))
    for answers in (mine, yours):
        np.add.at(used, (resampler.numbers, answers), resampler.units)
    by_group = len(used) < len(distinct)  # the smaller of two equal forms
    form = np.zeros((len(used), len(used))) if by_group else np.zeros((len(distinct), len(distinct)))
    for first in range(0, len(distinct), _BLOCK):
        block = slice(first, first + _BLOCK)
        distance = masi_distance(distinct[block], distinct)
        if by_group:
            form += used[:, block] @ (distance @ used.T)
        else:
            form[block] = distance

    def alpha(weights: Floats) -> Floats:
        apart, units = (weights @ observed).T
        chance = _quadratic(weights if by_group else weights @ used, form)
        expected = chance / np.maximum(2 * units * (2 * units - 1), 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.where(expected > 0, 1 - (apart / units) / expected, np.nan))

    everything = np.ones((1, len(used)))
    return resampler.made(float(alpha(everything)[0]), alpha(resampler.weights), n, _SAME)


def masi_distance(mine: Flags, yours: Flags, *, paired: bool = False) -> Floats:
    """1 - Jaccard × monotonicity; monotonicity is 1 (equal), 2/3 (one within the other), 1/3 (overlap) or 0.

    Of every row of `mine` with every row of `yours`; with the row of the same number only, where `paired`.
    """
    if paired:
        both = (mine & yours).sum(1).astype(np.float64)
        sizes, others = mine.sum(1), yours.sum(1)
    else:
        both = mine.astype(np.float64) @ yours.astype(np.float64).T
        sizes, others = mine.sum(1)[:, None], yours.sum(1)[None, :]
    either = sizes + others - both
    monotone = np.where(both == np.minimum(sizes, others), 2 / 3, 1 / 3)
    share = both / np.maximum(either, 1)
    return np.asarray(np.where(both == either, 0.0, 1 - share * monotone))


def _quadratic(vectors: Floats, matrix: Floats) -> Floats:
    return np.asarray(((vectors @ matrix) * vectors).sum(1))


def _mean_of_units(sums: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(sums[..., 0] / sums[..., 1])
