"""Agreement statistics from counts, so that a bootstrap over interviews is one matrix product.

Every function takes counts whose leading dimensions are free (codes, resamples) and returns an array of that shape; where
a statistic is undefined (no positives, no variation) it is NaN, never 0 and never 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

TP, FP, FN, TN = range(4)


def binary_counts(gold: NDArray[np.bool_], other: NDArray[np.bool_]) -> Floats:
    """Counts (…, 4) over the first axis: both, only `other`, only `gold`, neither."""
    return np.stack(
        [(gold & other).sum(0), (~gold & other).sum(0), (gold & ~other).sum(0), (~gold & ~other).sum(0)], axis=-1
    ).astype(np.float64)


def precision(counts: Floats) -> Floats:
    """Of the units that the other coder gave the code, the share that gold has too."""
    return _ratio(counts[..., TP], counts[..., TP] + counts[..., FP])


def recall(counts: Floats) -> Floats:
    """Of the units that gold gave the code, the share that the other coder has too."""
    return _ratio(counts[..., TP], counts[..., TP] + counts[..., FN])


def f1(counts: Floats) -> Floats:
    """Harmonic mean of precision and recall; undefined where neither coder used the code."""
    return _ratio(2 * counts[..., TP], 2 * counts[..., TP] + counts[..., FP] + counts[..., FN])


def percent_agreement(counts: Floats) -> Floats:
    """Share of units on which both say the same."""
    return _ratio(counts[..., TP] + counts[..., TN], counts.sum(-1))


def krippendorff_alpha(counts: Floats) -> Floats:
    """Nominal alpha of two coders who both coded every unit (Krippendorff 2011, "Computing Krippendorff's alpha")."""
    values = 2 * counts.sum(-1)
    ones = 2 * counts[..., TP] + counts[..., FP] + counts[..., FN]
    observed = _ratio(counts[..., FP] + counts[..., FN], counts.sum(-1))
    expected = _ratio(2 * ones * (values - ones), values * (values - 1))
    return 1 - _ratio(observed, expected)


def cohen_kappa(counts: Floats) -> Floats:
    """Cohen (1960): chance from each coder's own use of the code."""
    total = counts.sum(-1)
    mine = _ratio(counts[..., TP] + counts[..., FN], total)
    yours = _ratio(counts[..., TP] + counts[..., FP], total)
    expected = mine * yours + (1 - mine) * (1 - yours)
    return _ratio(percent_agreement(counts) - expected, 1 - expected)


def macro_f1(confusion: Floats) -> Floats:
    """Mean F1 over the classes that occur in gold or in the answers; `confusion` is (…, gold, answer)."""
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    occurring = confusion.sum(-1) + confusion.sum(-2)
    return _mean(_ratio(2 * hits, occurring))


def nominal_alpha(confusion: Floats) -> Floats:
    """Nominal alpha of two coders over several classes; `confusion` is (…, gold, answer)."""
    margins = confusion.sum(-1) + confusion.sum(-2)
    values = margins.sum(-1)
    observed = 1 - _ratio(np.diagonal(confusion, axis1=-2, axis2=-1).sum(-1), confusion.sum((-2, -1)))
    expected = 1 - _ratio((margins * (margins - 1)).sum(-1), values * (values - 1))
    return 1 - _ratio(observed, expected)


def quadratic_kappa(confusion: Floats) -> Floats:
    """Cohen's kappa with quadratic weights, for ordered classes."""
    size = confusion.shape[-1]
    steps = np.arange(size)
    weights = (steps[:, None] - steps[None, :]) ** 2 / max(1, (size - 1) ** 2)
    total = confusion.sum((-2, -1))
    chance = confusion.sum(-1)[..., :, None] * confusion.sum(-2)[..., None, :]
    expected = _ratio((weights * chance).sum((-2, -1)), total)
    return 1 - _ratio((weights * confusion).sum((-2, -1)), expected)


def interval(values: Floats, level: float = 0.95) -> tuple[float, float]:
    """Percentile interval of bootstrap values; NaN where more than half of the resamples are undefined."""
    defined = values[~np.isnan(values)]
    if len(defined) * 2 < len(values) or len(defined) == 0:
        return float("nan"), float("nan")
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def group_weights(n_groups: int, resamples: int, seed: int) -> Floats:
    """How often each group is drawn in each resample, shape (resamples, groups): a bootstrap over interviews, not rows."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(n_groups, np.full(n_groups, 1 / n_groups), size=resamples).astype(np.float64)


def _ratio(above: Floats, below: Floats) -> Floats:
    out = np.full(np.broadcast(above, below).shape, np.nan)
    return np.asarray(np.divide(above, below, out=out, where=below > 0))


def _mean(values: Floats) -> Floats:
    """Mean over the last axis of what is defined."""
    defined = ~np.isnan(values)
    return _ratio(np.where(defined, values, 0).sum(-1), defined.sum(-1).astype(np.float64))
