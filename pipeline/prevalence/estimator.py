"""Shares corrected with a hand-coded sample: point estimates, variances over interviews, intervals, tests.

A share is (sum of `y`) / (sum of `z`) over segments: for a code `y` says whether a segment carries it and `z` is 1; for an
attitude `y` counts the mentions with it and `z` all mentions. The machine gives `f` for `y` and `d` for `z` on every segment;
people give `y` and `z` on sampled ones, whose weight `w` is 1 / (their probability of being sampled). A mean is estimated by

    mean over all of (k f)  +  weighted mean over the sample of (y - k f)

which is unbiased whatever the machine does: the design-based estimator of Egami et al. 2023 ("Using imperfect surrogates for
downstream inference", NeurIPS) where weights differ, prediction-powered inference (Angelopoulos et al. 2023, Science 382) where
they do not. The share is the ratio of two such means with one `k` between 0 and 1, which makes its variance least (PPI++,
Angelopoulos, Duchi and Zrnic 2023, arXiv 2311.01453): a useless machine gets 0, and hand-coding stands alone. Shares that
part one whole, as the attitudes to a type of partner do, have one `k` in common, which makes the sum of their variances least
(the trace that PPI++ tunes for an estimate of several dimensions). Where their `y` sum to `z` and their `f` to `d`, so do the
means, whatever `k` is: the shares sum to 1.

Everything is a function of sums per group and interview, so that leaving an interview out is a subtraction, and a thousand
simulated studies are one array operation. Leading dimensions (codes, replications) are free. Undefined is NaN.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

N, F, D, W, WY, WZ, WF, WD, WYF, WYD, WZF, WZD, WFF, WFD, WDD, WW = range(16)
_COLUMNS = 16


@dataclass(frozen=True, slots=True)
class Estimate:
    """Shares of one measure in each group.

    Attributes:
        share: shape (…, groups); within [0, 1] only in expectation, see `interval`.
        covariance: of the shares, shape (…, groups, groups), over interviews.
        tuning: `k`, shape (…).
        interviews: how many of each group hold what the share is of (mentions that people marked, hand-coded segments; for the
            machine alone what it found).
    """

    share: Floats
    covariance: Floats
    tuning: Floats
    interviews: Floats

    @property
    def error(self) -> Floats:
        """Standard errors."""
        return np.asarray(np.sqrt(np.diagonal(self.covariance, axis1=-2, axis2=-1)))

    def of(self, i: int) -> Estimate:
        """One along the first axis."""
        return Estimate(self.share[i], self.covariance[i], self.tuning[i], self.interviews[i])


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
    """Sums per group and interview, shape (…, groups, interviews, 16).

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
    products = (w * y * f, w * y * d, w * z * f, w * z * d, w * f * f, w * f * d, w * d * d)
    columns = (one, f, d, w * one, w * y, w * z, w * f, w * d, *products, w * w * one)
    size = shape[0] * shape[1]
    flat = [column.reshape(-1, len(cell)) for column in columns]
    out = np.array([[np.bincount(cell, row, size) for row in column] for column in flat])
    return np.moveaxis(out, 0, -1).reshape(*f.shape[:-1], *shape, _COLUMNS)


def corrected(table: Floats, *, parts: bool = False) -> Estimate:
    """The machine's figures corrected with the hand-coded sample.

    Args:
        parts: the shares along the first axis part one whole: `k` is common to them.
    """
    return _estimate(table, tuned=True, parts=parts)


def by_hand(table: Floats) -> Estimate:
    """The hand-coded sample alone, weighted."""
    return _estimate(table, tuned=False)


def machine_only(table: Floats) -> Estimate:
    """The machine's figures as they are."""
    plain = np.zeros_like(table)
    for target, source in ((N, N), (W, N), (WY, F), (WZ, D), (WW, N)):
        plain[..., target] = table[..., source]
    return _estimate(plain, tuned=False)


def _estimate(table: Floats, *, tuned: bool, parts: bool = False) -> Estimate:
    total = table.sum(-2)
    share, tuning = _shares(total, tuned=tuned, parts=parts)
    # Leave one interview out at a time, tuning included: the jackknife over clusters (CR3), which is not too small with few.
    without, _ = _shares(np.moveaxis(total[..., None, :] - table, -2, -3), tuned=tuned, parts=parts)
    deviation = np.moveaxis(without - share[..., None, :], -2, -1)
    # An interview that holds none of what the share is of has nothing to differ by: degrees of freedom are of the others, as
    # Korn and Graubard (1999, Analysis of Health Surveys, 5.2) count clusters for a subpopulation.
    held = table[..., WZ] > 0
    clusters = (table[..., N].sum(-2) > 0).sum(-1)
    factor = _ratio(clusters - 1.0, clusters.astype(np.float64))
    covariance = factor[..., None, None] * np.einsum("...gc,...hc->...gh", deviation, deviation)
    interviews = held.sum(-1).astype(np.float64)
    lonely = interviews < 2
    covariance = np.where(lonely[..., None, :] | lonely[..., :, None], np.nan, covariance)
    return Estimate(share, covariance, tuning, interviews)


def _shares(total: Floats, *, tuned: bool, parts: bool) -> tuple[Floats, Floats]:
    """Shares (…, groups) and their tuning (…), from sums (…, groups, 16)."""
    whole = total.sum(-2)
    k = _tuning(whole, parts=parts) if tuned else np.zeros(whole.shape[:-1])
    above, below = _mean(total, F, WY, WF, k[..., None]), _mean(total, D, WZ, WD, k[..., None])
    return _ratio(above, below), k


def _mean(total: Floats, machine: int, human: int, both: int, k: Floats) -> Floats:
    rectifier = _ratio(total[..., human] - k * total[..., both], total[..., W])
    return np.asarray(_ratio(k * total[..., machine], total[..., N]) + rectifier)


def _tuning(whole: Floats, *, parts: bool) -> Floats:
    """The slope of people's answers on the machine's in the sample, kept within [0, 1] as PPI++ advises.

    A share p varies as the mean of (y - p z) - k (f - p d) does, over the mean of z (linearised). With the share by hand for p
    this is least where k is the slope of y - p z on f - p d; of several shares of one whole the covariances and the variances
    are each summed, since the mean of z is the same. Where z and d are 1 this is the slope of y on f.

    The machine's mean is over all segments, the hand-coded among them; the factor 1 / (1 + n / N) of the paper, where they
    are not, is in that.
    """
    mean = whole / np.where(whole[..., [W]] > 0, whole[..., [W]], np.nan)
    p = _ratio(mean[..., WY], mean[..., WZ])

    def moment(together: int, human: int, machine: int) -> Floats:
        return np.asarray(mean[..., together] - mean[..., human] * mean[..., machine])

    covariance = moment(WYF, WY, WF) - p * (moment(WYD, WY, WD) + moment(WZF, WZ, WF)) + p**2 * moment(WZD, WZ, WD)
    variance = moment(WFF, WF, WF) - 2 * p * moment(WFD, WF, WD) + p**2 * moment(WDD, WD, WD)
    if parts:
        covariance, variance = (np.broadcast_to(item.sum(0), item.shape) for item in (covariance, variance))
    slope = _ratio(covariance, np.where(variance > 1e-12, variance, 0.0))
    return np.asarray(np.clip(np.nan_to_num(slope, nan=0.0), 0.0, 1.0))


def _ratio(above: Floats, below: Floats) -> Floats:
    out = np.full(np.broadcast(above, below).shape, np.nan)
    return np.asarray(np.divide(above, below, out=out, where=below > 0))
