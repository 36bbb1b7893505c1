"""Whether a probability means what it says: reliability curves, and the expected calibration error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluate.figures import Figure, Resampler
from pipeline.evaluate.statistics import Floats

BINS = 10
FEWEST = 5
"""Decisions that a bin holds at least; with fewer decisions there are fewer bins."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Decisions of like probability: the mean probability, and how often gold has the code."""

    n: int
    probability: float
    frequency: Figure


@dataclass(frozen=True, slots=True)
class Calibration:
    """Of one code, or of all decisions pooled.

    Attributes:
        error: expected calibration error, the mean gap between probability and frequency, weighted by the bins' sizes.
        brier: mean squared difference of probability and gold.
    """

    name: str
    n: int
    bins: tuple[Bin, ...]
    error: Figure
    brier: Figure


def calibrate(name: str, gold: NDArray[np.bool_], probabilities: Floats, resampler: Resampler) -> Calibration:
    """The reliability curve over bins of equal mass (Nixon et al. 2019, "adaptive" bins).

    Args:
        gold, probabilities: shape (units,) or (units, codes); several codes are pooled.
    """
    if gold.ndim == 1:
        gold, probabilities = gold[:, None], probabilities[:, None]
    n = gold.size
    which = _bins(probabilities)
    size = int(which.max(initial=-1)) + 1
    per_bin = np.zeros((max(1, resampler.groups), size, 3))
    rows = np.broadcast_to(resampler.numbers[:, None], gold.shape)
    for k, values in enumerate((np.ones(gold.shape), probabilities, gold.astype(float))):
        np.add.at(per_bin[:, :, k], (rows, which), values * resampler.units[:, None])
    frequencies = resampler.figures(per_bin, _frequency, n) if size else []
    total, listed = per_bin.sum(0), np.bincount(which.ravel(), minlength=size)
    bins = tuple(
        Bin(int(n_of_bin), round(float(probability / weight), 4), frequency)
        for n_of_bin, (weight, probability, _), frequency in zip(listed, total, frequencies, strict=True)
    )
    squares = np.stack([((probabilities - gold) ** 2).sum(1), np.full(len(gold), gold.shape[1])], axis=1)
    return Calibration(
        name=name,
        n=n,
        bins=bins,
        error=resampler.figure(per_bin, _error, n, "no decision"),
        brier=resampler.figure(resampler.sums(squares), _mean, n, "no decision"),
    )


def calibrate_classes(
    names: Sequence[str], gold: NDArray[np.int64], probabilities: Floats, resampler: Resampler
) -> list[Calibration]:
    """Of one answer out of several classes: each class, and all pooled (each class of each answer one decision).

    Args:
        gold: shape (n,), index into `names`.
        probabilities: shape (n, classes).
    """
    right = gold[:, None] == np.arange(len(names))
    each = [calibrate(name, right[:, k], probabilities[:, k], resampler) for k, name in enumerate(names)]
    return [*each, calibrate("overall", right, probabilities, resampler)]


def _bins(probabilities: Floats) -> NDArray[np.int64]:
    """A bin for each decision: about equally many in each, equal probabilities always in the same one."""
    count = max(1, min(BINS, probabilities.size // FEWEST))
    if not probabilities.size:
        return np.zeros(probabilities.shape, dtype=np.int64)
    edges = np.quantile(probabilities, np.arange(1, count) / count, method="lower")
    placed = np.searchsorted(np.unique(edges), probabilities, side="right")
    return np.unique(placed, return_inverse=True)[1].reshape(probabilities.shape)


def _frequency(sums: Floats) -> Floats:
    return _divide(sums[..., 2], sums[..., 0])


def _error(sums: Floats) -> Floats:
    gaps = np.abs(sums[..., 1] - sums[..., 2]).sum(-1)
    return _divide(gaps, sums[..., 0].sum(-1))


def _mean(sums: Floats) -> Floats:
    return _divide(sums[..., 0], sums[..., 1])


def _divide(above: Floats, below: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(below > 0, above / below, np.nan))
