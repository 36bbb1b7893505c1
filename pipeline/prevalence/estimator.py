"""Shares corrected with a hand-coded sample: point estimates, variances over interviews, intervals, tests.

A share is (sum of `y`) / (sum of `z`) over segments: for a code `y` says whether a segment carries it and `z` is 1; for an
attitude `y` counts the mentions with it and `z` all mentions. The machine gives `f` for `y` and `d` for `z` on every segment;
people give `y` and `z` on sampled ones, whose weight `w` is 1 / (their probability of being sampled). A mean is estimated by

    mean over all of (k f)  +  weighted mean over the sample of (y - k f)

which is unbiased whatever the machine does: the design-based estimator of Egami et al. 2023 ("Using imperfect surrogates for
downstream inference", NeurIPS) where weights differ, prediction-powered inference (Angelopoulos et al. 2023, Science 382) where
they do not. `k` between 0 and 1 makes the variance least (PPI++, Angelopoulos, Duchi and Zrnic 2023, arXiv 2311.01453): a
useless machine gets 0, and hand-coding stands alone.

Everything is a function of sums per group and interview, so that leaving an interview out is a subtraction, and a thousand
simulated studies are one array operation. Leading dimensions (codes, replications) are free. Undefined is NaN.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

N, F, D, W, WY, WZ, WF, WD, WYF, WFF, WZD, WDD, WW = range(13)
_COLUMNS = 13


@dataclass(frozen=True, slots=True)
class Estimate:
    """Shares of one measure in each group.

    Attributes:
        share: shape (…, groups); within [0, 1] only in expectation, see `interval`.
        covariance: of the shares, shape (…, groups, groups), over interviews.
        tuning, tuning_below: `k` of `y` and of `z`, shape (…).
        interviews: how many with hand-coding each group has (for the machine alone: how many at all).
    """

    share: Floats
    covariance: Floats
    tuning: Floats
    tuning_below: Floats
    interviews: Floats

    @property
    def error(self) -> Floats:
        """Standard errors."""
        return np.asarray(np.sqrt(np.diagonal(self.covariance, axis1=-2, axis2=-1)))


def sums(
    f: Floats,
    d: Floats,
    y: Floats,
    z: Floats,
    weight: Floats,
    group: NDArray[np.int64],
    interview: NDArray[np.int64],
    shape: tuple[int, int],
) -> Floats:
    """Sums per group and interview, shape (…, groups, interviews, 13).

    Args:
        f, d, y, z: shape (…, segments); `y` and `z` are ignored where the weight is 0.
        weight: shape (segments,); 0 for segments that were not hand-coded.
        group: -1 for segments that belong to no group.
        shape: how many groups and interviews there are.
    """
    kept = group >= 0
    cell = group[kept] * shape[1] + interview[kept]
    f, d, w = f[..., kept], d[..., kept], weight[kept]
    y, z = (np.where(w > 0, item[..., kept], 0.0) for item in (y, z))
    one = np.ones_like(f)
    columns = (one, f, d, w * one, w * y, w * z, w * f, w * d, w * y * f, w * f * f, w * z * d, w * d * d, w * w * one)
    size = shape[0] * shape[1]
    flat = [column.reshape(-1, len(cell)) for column in columns]
    out = np.array([[np.bincount(cell, row, size) for row in column] for column in flat])
    return np.moveaxis(out, 0, -1).reshape(*f.shape[:-1], *shape, _COLUMNS)


def corrected(table: Floats) -> Estimate:
    """The machine's figures corrected with the hand-coded sample."""
    return _estimate(table, tuned=True)


def by_hand(table: Floats) -> Estimate:
    """The hand-coded sample alone, weighted."""
    return _estimate(table, tuned=False)


def machine_only(table: Floats) -> Estimate:
    """The machine's figures as they are."""
    plain = np.zeros_like(table)
    for target, source in ((N, N), (W, N), (WY, F), (WZ, D), (WW, N)):
        plain[..., target] = table[..., source]
    return _estimate(plain, tuned=False)


def _estimate(table: Floats, *, tuned: bool) -> Estimate:
    total = table.sum(-2)
    share, tuning, below = _shares(total, tuned=tuned)
    # Leave one interview out at a time, tuning included: the jackknife over clusters (CR3), which is not too small with few.
    without, _, _ = _shares(np.moveaxis(total[..., None, :] - table, -2, -3), tuned=tuned)
    deviation = np.moveaxis(without - share[..., None, :], -2, -1)
    held = table[..., W] > 0
    clusters = (table[..., N].sum(-2) > 0).sum(-1)
    factor = _ratio(clusters - 1.0, clusters.astype(np.float64))
    covariance = factor[..., None, None] * np.einsum("...gc,...hc->...gh", deviation, deviation)
    # An interview that holds none of a group's hand-coding and none of its talk tells nothing about its spread.
    interviews = held.sum(-1).astype(np.float64)
    lonely = interviews < 2
    covariance = np.where(lonely[..., None, :] | lonely[..., :, None], np.nan, covariance)
    return Estimate(share, covariance, tuning, below, interviews)


def _shares(total: Floats, *, tuned: bool) -> tuple[Floats, Floats, Floats]:
    """Shares (…, groups) and the tuning (…) of above and below, from sums (…, groups, 13)."""
    whole = total.sum(-2)
    above = _tuning(whole, WY, WF, WYF, WFF) if tuned else np.zeros(whole.shape[:-1])
    below = _tuning(whole, WZ, WD, WZD, WDD) if tuned else np.zeros(whole.shape[:-1])
    numerator = _mean(total, F, WY, WF, above[..., None])
    denominator = _mean(total, D, WZ, WD, below[..., None])
    return _ratio(numerator, denominator), above, below


def _mean(total: Floats, machine: int, human: int, both: int, k: Floats) -> Floats:
    rectifier = _ratio(total[..., human] - k * total[..., both], total[..., W])
    return np.asarray(_ratio(k * total[..., machine], total[..., N]) + rectifier)


def _tuning(whole: Floats, human: int, machine: int, product: int, square: int) -> Floats:
    """The slope of people's answers on the machine's in the sample, kept within [0, 1] as PPI++ advises.

    The machine's mean is over all segments, the hand-coded among them; the factor 1 / (1 + n / N) of the paper, where they
    are not, is in that.
    """
    weight = whole[..., W]
    covariance = _ratio(whole[..., product], weight) - _ratio(whole[..., human], weight) * _ratio(
        whole[..., machine], weight
    )
    variance = _ratio(whole[..., square], weight) - _ratio(whole[..., machine], weight) ** 2
    slope = _ratio(covariance, np.where(variance > 1e-12, variance, 0.0))
    return np.asarray(np.clip(np.nan_to_num(slope, nan=0.0), 0.0, 1.0))


def _ratio(above: Floats, below: Floats) -> Floats:
    out = np.full(np.broadcast(above, below).shape, np.nan)
    return np.asarray(np.divide(above, below, out=out, where=below > 0))
