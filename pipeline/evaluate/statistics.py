"""Agreement statistics from counts, so that a bootstrap over interviews is one matrix product.

Every function takes counts whose leading dimensions are free (codes, resamples) and returns an array of that shape; where
a statistic is undefined (no positives, no variation) it is NaN, never 0 and never 1.
"""

from __future__ import annotations

from functools import lru_cache

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


def jaccard(counts: Floats) -> Floats:
    """Of what either coder gave the code, the share that both did."""
    return _ratio(counts[..., TP], counts[..., TP] + counts[..., FP] + counts[..., FN])


def prevalence_gold(counts: Floats) -> Floats:
    """Share of units that carry the code in gold."""
    return _ratio(counts[..., TP] + counts[..., FN], counts.sum(-1))


def prevalence_other(counts: Floats) -> Floats:
    """Share of units that carry the code by the other coder."""
    return _ratio(counts[..., TP] + counts[..., FP], counts.sum(-1))


def gwet_ac1(counts: Floats) -> Floats:
    """Gwet (2008), "Computing inter-rater reliability in the presence of high agreement", two raters, two categories.

    Chance agreement is 2 p (1 - p) with p the mean of both coders' prevalence, so it stays defined where a code is rare.
    """
    used = (prevalence_gold(counts) + prevalence_other(counts)) / 2
    chance = 2 * used * (1 - used)
    return (percent_agreement(counts) - chance) / (1 - chance)


def pabak(counts: Floats) -> Floats:
    """Byrt, Bishop and Carlin (1993): kappa as if both answers were equally common, 2 × agreement - 1."""
    return 2 * percent_agreement(counts) - 1


def macro_f1(confusion: Floats) -> Floats:
    """Mean F1 over the classes that occur in gold or in the answers; `confusion` is (…, gold, answer)."""
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    occurring = confusion.sum(-1) + confusion.sum(-2)
    return mean_defined(_ratio(2 * hits, occurring))


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


def ordinal_alpha(confusion: Floats) -> Floats:
    """Alpha of two coders over ordered classes; the ordinal metric of Krippendorff (2011).

    The distance of two classes is the number of values between them, half of each end's included, squared.
    """
    margins = confusion.sum(-1) + confusion.sum(-2)
    below = np.cumsum(margins, axis=-1) - margins / 2  # the mid-rank of each class
    distance = (below[..., :, None] - below[..., None, :]) ** 2
    pairs = confusion + np.swapaxes(confusion, -1, -2)
    values = margins.sum(-1)
    chance = margins[..., :, None] * margins[..., None, :]
    expected = _ratio((distance * chance).sum((-2, -1)), values - 1)
    return 1 - _ratio((distance * pairs).sum((-2, -1)), expected)


def mean_absolute_error(confusion: Floats) -> Floats:
    """Mean number of steps between the two answers, for ordered classes."""
    steps = np.arange(confusion.shape[-1])
    apart = np.abs(steps[:, None] - steps[None, :])
    return _ratio((apart * confusion).sum((-2, -1)), confusion.sum((-2, -1)))


def several_coders_alpha(sums: Floats) -> Floats:
    """Nominal alpha of any number of coders on a yes-or-no question, units by fewer than two left out (Krippendorff 2011).

    `sums` (…, 3) are over units: yes × no / (coders - 1), yes, coders.
    """
    ones, values = sums[..., 1], sums[..., 2]
    expected = _ratio(ones * (values - ones), values - 1)
    return 1 - _ratio(sums[..., 0], expected)


def several_coders_sums(votes: Floats, coders: Floats) -> Floats:
    """What `several_coders_alpha` needs of each unit: shape (…, 3) from the yes-votes and the number of coders."""
    enough = coders >= 2
    apart = np.where(enough, votes * (coders - votes) / np.maximum(coders - 1, 1), 0)
    return np.stack([apart, np.where(enough, votes, 0), np.where(enough, coders, 0)], axis=-1)


def within_alpha(counts: Floats) -> Floats:
    """Alpha of two coders over codes, each decision against the chance of its own code; counts are (…, codes, 4).

    1 - (observed disagreement of all codes) / (expected disagreement of all codes), which is the pooled kappa of De Vries et al.
    (2008, Field Methods 20(3)) with Krippendorff's expected disagreement. Pooling the counts first takes codes' different
    frequencies for agreement: independent coders of codes that 60 % and 5 % of the units carry reach 0.34 so, and 0 here.
    """
    apart = counts[..., FP] + counts[..., FN]
    ones, values = 2 * counts[..., TP] + apart, 2 * counts.sum(-1)
    return several_coders_within_alpha(np.stack([apart, ones, values], axis=-1))


def several_coders_within_alpha(sums: Floats) -> Floats:
    """`within_alpha` of any number of coders; `sums` are those of `several_coders_alpha`, (…, codes, 3)."""
    ones, values = sums[..., 1], sums[..., 2]
    expected = _ratio(ones * (values - ones), values - 1)
    known = ~np.isnan(expected)  # a code without a decision by two has neither
    return 1 - _ratio(np.where(known, sums[..., 0], 0).sum(-1), np.where(known, expected, 0).sum(-1))


def interval(values: Floats, level: float = 0.95) -> tuple[float, float]:
    """Percentile interval of bootstrap values; NaN where more than half of the resamples are undefined."""
    defined = values[~np.isnan(values)]
    if len(defined) * 2 < len(values) or len(defined) == 0:
        return float("nan"), float("nan")
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


@lru_cache(maxsize=2)
def group_weights(n_groups: int, resamples: int, seed: int) -> Floats:
    """How often each group is drawn in each resample, shape (resamples, groups): a bootstrap over interviews, not rows."""
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(n_groups, np.full(n_groups, 1 / n_groups), size=resamples).astype(np.float64)
    weights.flags.writeable = False  # shared by all who ask for the same
    return weights


def _ratio(above: Floats, below: Floats) -> Floats:
    out = np.full(np.broadcast(above, below).shape, np.nan)
    return np.asarray(np.divide(above, below, out=out, where=below > 0))


def mean_defined(values: Floats) -> Floats:
    """Mean over the last axis of what is defined."""
    defined = ~np.isnan(values)
    return _ratio(np.where(defined, values, 0).sum(-1), defined.sum(-1).astype(np.float64))
