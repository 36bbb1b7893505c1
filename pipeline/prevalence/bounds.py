"""The interval of a share wherever it lies: by its error within 0 and 1, from hand-coding alone at the borders.

Leading dimensions (groups, codes, replications of a simulation) are free. Undefined is NaN.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.prevalence.estimator import WW, WZ, Estimate, W
from pipeline.prevalence.intervals import exact_interval, logit_interval

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bounded:
    """Shares within 0 and 1, and the ends of their 95 % intervals."""

    share: Floats
    low: Floats
    high: Floats


def bounded(share: Floats, error: Floats, df: Floats, border: tuple[Floats, Floats] | None = None) -> Bounded:
    """Student's interval on the logit scale; a share on or past the border has that of hand-coding alone.

    Args:
        border: the share by hand-coding alone, and as many segments as it is worth (`effective_size`); None where a share
            at the border has no interval.
    """
    low, high = logit_interval(share, error, df)
    if border is not None:
        known = np.isfinite(share) & ~((share > 0) & (share < 1)) & np.isfinite(border[0]) & (border[1] > 0)
        one, other = exact_interval(np.where(known, border[0], 0.5), np.where(known, border[1], 1.0))
        low, high = np.where(known, one, low), np.where(known, other, high)
    inside = np.clip(share, 0.0, 1.0)
    return Bounded(inside, np.minimum(low, inside), np.maximum(high, inside))


def of_one_whole(share: Floats) -> Floats:
    """Shares of one whole, brought within 0 and 1 so that they still sum to 1: none below 0, the others less in proportion.

    Args:
        share: shape (parts, …); sums to 1 along the first axis, or is NaN.
    """
    above = np.maximum(share, 0.0)
    return np.asarray(above / above.sum(0))


def about_interviews(table: Floats, hand: Estimate, found: Estimate) -> Bounded:
    """Intervals about interviews like these.

    Args:
        table: sums per group and interview, see `estimator.sums`.
        hand, found: hand-coding alone, and the estimate whose intervals are wanted.
    """
    border = hand.share, effective_size(table.sum(-2), hand.share, hand.error)
    return bounded(found.share, found.error, found.interviews - 1, border)


def effective_size(total: Floats, share: Floats, error: Floats | None = None) -> Floats:
    """As many hand-coded segments as the weights are worth (Kish), or as the error of hand-coding leaves where that is fewer.

    The error's is Korn and Graubard's (1998) n over the design effect: what a simple random sample with this error has. Where
    hand-coding lies at the border itself its error is not known, and the weights alone count.

    Args:
        total: sums per group, shape (…, groups, 16).
        share, error: by hand-coding alone; no error where this corpus and no other is asked about.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        worth = total[..., W] ** 2 / total[..., WW] * total[..., WZ] / total[..., W]
        if error is None:
            return np.asarray(worth)
        known = (share > 0) & (share < 1) & np.isfinite(error) & (error > 0)
        return np.asarray(np.where(known, np.fmin(worth, share * (1 - share) / error**2), worth))
