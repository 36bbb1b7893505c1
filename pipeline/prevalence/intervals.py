"""Intervals that stay within 0 and 1, the sampling error within one corpus, tests between groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

Floats = NDArray[np.float64]

LEVEL = 0.95


def logit_interval(share: Floats, error: Floats, df: Floats, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Student's interval on the logit scale, mapped back; NaN where the share is not strictly within 0 and 1."""
    inside = (share > 0) & (share < 1) & (df > 0) & np.isfinite(error)
    p = np.where(inside, share, 0.5)
    half = stats.t.ppf((1 + level) / 2, np.where(df > 0, df, 1)) * np.where(inside, error, 0.0) / (p * (1 - p))
    middle = np.log(p / (1 - p))
    low, high = special.expit(middle - half), special.expit(middle + half)
    return np.where(inside, low, np.nan), np.where(inside, high, np.nan)


def exact_interval(share: Floats, n: Floats, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Clopper and Pearson's interval with an effective sample size (Korn and Graubard 1998): it stands at 0 and 1 too."""
    n = np.maximum(n, 1e-9)
    hits, tail = np.clip(share, 0, 1) * n, (1 - level) / 2
    low = stats.beta.ppf(tail, np.maximum(hits, 1e-9), n - hits + 1)
    high = stats.beta.ppf(1 - tail, hits + 1, np.maximum(n - hits, 1e-9))
    return np.where(hits > 1e-9, low, 0.0), np.where(n - hits > 1e-9, high, 1.0)


def design_error(rectifier: Floats, weight: Floats, inclusion: Floats, *, least: float = 1.0, used: int = 1) -> Floats:
    """The standard error that comes from hand-coding a sample only: this corpus and no other is asked about.

    Hájek's approximation for unequal inclusion probabilities. One more error, of average weight, is put in: a sample
    without any does not prove a machine that makes none.

    Args:
        rectifier: what people's answers add to the machine's, shape (…, sampled segments of the group).
        used: parameters fitted on the sample.
    """
    n = weight.shape[-1]
    if n <= used:
        return np.full(rectifier.shape[:-1], np.nan)
    whole = weight.sum(-1)
    centre = (weight * rectifier).sum(-1) / whole
    squares = (weight**2 * (1 - inclusion) * (rectifier - centre[..., None]) ** 2).sum(-1)
    squares = squares * n / (n - used) + least * (weight**2 * (1 - inclusion)).sum(-1) / n
    return np.asarray(np.sqrt(squares) / whole)


@dataclass(frozen=True, slots=True)
class WaldTest:
    """A test that all groups have one share; all None where it is undefined."""

    statistic: float | None
    df: tuple[float, float] | None
    p: float | None


def wald(share: Floats, covariance: Floats, interviews: Floats) -> WaldTest:
    """Wald's F with few clusters in mind: Welch and Satterthwaite's degrees of freedom, Hotelling's correction.

    Args:
        share: of each group, defined.
        interviews: hand-coded ones in each group.
    """
    q = len(share) - 1
    variance = np.diagonal(covariance)
    if q < 1 or not np.isfinite(covariance).all() or (variance <= 0).any():
        return WaldTest(None, None, None)
    contrast = np.column_stack([np.ones(q), -np.eye(q)])
    difference = contrast @ share
    spread = contrast @ covariance @ contrast.T
    df = float(variance.sum() ** 2 / (variance**2 / (interviews - 1)).sum())
    if df - q + 1 <= 0 or np.linalg.matrix_rank(spread) < q:
        return WaldTest(None, None, None)
    quadratic = float(difference @ np.linalg.solve(spread, difference))
    statistic = quadratic * (df - q + 1) / (df * q)
    return WaldTest(statistic, (q, df - q + 1), float(stats.f.sf(statistic, q, df - q + 1)))
