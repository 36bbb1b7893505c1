"""Abstention: which units' codings are too uncertain to stand without a human's look.

A unit's uncertainty is the probability that its coding holds at least one wrong decision, were the probabilities right and
the decisions independent. How uncertainty relates to real error is learnt on held-out gold: for a risk that the user sets, the
least uncertain units are kept, as many as keep an upper bound of the share of wrongly coded ones below that risk (after
Geifman and El-Yaniv 2017, with the pointwise 90 % bound of Clopper and Pearson 1934). It is no guarantee: the best of many cuts
is taken, on the units that the thresholds were fitted on, and units of one interview are alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

CONFIDENCE = 0.9
POINTS = 40
"""So many points of the curve are kept with the model."""


@dataclass(frozen=True, slots=True)
class ReviewScale:
    """Coverage and risk on held-out gold, in ascending order of uncertainty.

    Attributes:
        uncertainty: the largest uncertainty among the units kept.
        coverage: the share of units kept.
        error: the share of the kept units whose coding differs from gold in at least one code; where coders were never settled,
            the share of coders from whose coding it differs, averaged over the units.
        bound: upper confidence bound of that share.
    """

    uncertainty: tuple[float, ...] = ()
    coverage: tuple[float, ...] = ()
    error: tuple[float, ...] = ()
    bound: tuple[float, ...] = ()

    def limit(self, risk: float) -> float | None:
        """The uncertainty above which a unit goes to a human so that risk stays below `risk`.

        None where no part of the held-out gold was coded that well: then everything goes to a human.
        """
        kept = [limit for limit, bound in zip(self.uncertainty, self.bound, strict=True) if bound <= risk]
        return max(kept) if kept else None

    def coverage_at(self, risk: float) -> float:
        """The share of held-out units that was kept at this risk."""
        kept = [share for share, bound in zip(self.coverage, self.bound, strict=True) if bound <= risk]
        return max(kept, default=0.0)


def uncertainty(probabilities: Floats, assigned: Flags, *, choice: bool) -> Floats:
    """Shape (n,): the probability that at least one decision on the unit is wrong.

    Args:
        probabilities, assigned: shape (n, codes).
        choice: whether a unit carries one code at most, so that there is one decision instead of one per code.
    """
    if choice:
        none = np.clip(1 - probabilities.sum(axis=1), 0, 1)
        return np.asarray(1 - np.where(assigned.any(axis=1), (probabilities * assigned).sum(axis=1), none))
    right = np.where(assigned, probabilities, 1 - probabilities)
    return np.asarray(1 - right.prod(axis=1))


def fit_review(uncertain: Floats, wrong: Floats) -> ReviewScale:
    """The curve on held-out units.

    Args:
        uncertain: shape (n,).
        wrong: shape (n,), whether the unit's coding differs from gold in at least one code, as 0 or 1; or the share of coders
            from whose coding it differs. The bound holds for shares too: they vary less than 0 and 1 with the same mean do.
    """
    from scipy.stats import beta

    if not len(uncertain):
        return ReviewScale()
    order = np.argsort(uncertain, kind="stable")
    errors = np.cumsum(np.asarray(wrong, dtype=np.float64)[order])
    sizes = np.unique(np.linspace(1, len(order), min(POINTS, len(order))).round().astype(int))
    # No cut between units of equal uncertainty: at prediction they could not be told apart.
    ranked = np.append(uncertain[order], np.inf)
    sizes = sizes[ranked[sizes] > ranked[sizes - 1]]
    found = errors[sizes - 1]
    rest = sizes - found
    bounds = np.where(rest < 1e-9, 1.0, beta.ppf(CONFIDENCE, found + 1, np.maximum(rest, 1e-9)))
    return ReviewScale(
        uncertainty=tuple(
            float(limit) for limit in ranked[sizes - 1]
        ),  # exact: a rounded limit could cut off its own unit
        coverage=_rounded(sizes / len(order)),
        error=_rounded(found / sizes),
        bound=_rounded(bounds),
    )


def _rounded(values: Floats) -> tuple[float, ...]:
    return tuple(round(float(value), 6) for value in values)


def to_review(uncertain: Floats, limit: float | None) -> Flags:
    """Which units a human should look at."""
    return np.asarray(uncertain > (-1.0 if limit is None else limit))
