"""The alternative-annotator test: may the machine stand in for one of the coders?

Calderon, Reichart and Dror (2025), "The alternative annotator test for LLM-as-a-judge" (ACL 2025, pages 16051-16081). Each
coder in turn is left out. On each of their units it is asked who agrees better with the other coders, the machine or the
one left out; a coder's cost lets the machine win although it agrees up to `epsilon` less often. The machine passes
where it wins against at least half of the coders (the winning rate).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from pipeline.evaluate.statistics import Floats

EPSILON = 0.15
"""The paper's value for trained coders; it gives 0.2 for experts and 0.1 for crowd workers."""

FALSE_DISCOVERIES = 0.05
FEWEST_FOR_T = 30
"""Units; with fewer the paper takes Wilcoxon's signed-rank test."""

FEWEST_GROUPS = 5
"""With fewer, the spread between groups is too poorly known for a test."""

NO_SPREAD = 1e-9
RECOMMENDED_CODERS = 3


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One coder left out.

    Attributes:
        units: that the coder shares with at least one other.
        advantage: share of units on which the machine agrees with the others at least as well as the coder does.
        p: one-sided, that the machine is not as good (as in the paper, units taken as independent).
        p_groups: the same with units of one group allowed to depend on each other (a t-test robust to clusters); None
            with fewer than five groups, and where the groups do not differ at all (nothing tells how far they might).
        wins, wins_groups: whether the machine wins, false discoveries held at 5 % (Benjamini and Yekutieli 2001).
    """

    coder: str
    units: int
    advantage: float
    test: str
    p: float
    p_groups: float | None
    wins: bool = False
    wins_groups: bool = False


@dataclass(frozen=True, slots=True)
class AlternativeTest:
    """The test of one question.

    Attributes:
        name: a code, or `all codes` where a unit's answer is its set of codes and agreement is the sets' Jaccard index.
        advantage: mean over coders of their `advantage`.
        winning_rate, winning_rate_groups: share of coders against whom the machine wins.
    """

    name: str
    epsilon: float
    coders: tuple[LeftOut, ...]
    advantage: float
    winning_rate: float
    winning_rate_groups: float | None
    note: str

    @property
    def passed(self) -> bool:
        """Whether the machine wins against at least half of the coders, units of one group dependent where that can be had."""
        return (self.winning_rate if self.winning_rate_groups is None else self.winning_rate_groups) >= 0.5

    @property
    def verdict(self) -> str:
        """In words, with what the verdict takes for granted."""
        told = "passed" if self.passed else "not passed"
        return told if self.winning_rate_groups is not None else f"{told}, if units of one group were independent"


def alternative_test(
    name: str,
    machine: NDArray[np.bool_],
    coders: Sequence[str],
    answers: NDArray[np.bool_],
    answered: NDArray[np.bool_],
    groups: NDArray[np.int64],
    epsilon: float = EPSILON,
    weights: Floats | None = None,
) -> AlternativeTest | None:
    """Test one question; None where no coder shares a unit with another.

    Args:
        machine: shape (units, codes); one column for one code.
        answers: shape (coders, units, codes); `answered` (coders, units) says which count.
        groups: each unit's group, as a number.
        weights: what each unit counts for in `advantage` and `p_groups`; the paper's own `p` knows no weights.
    """
    counts_for = np.ones(len(groups)) if weights is None else weights
    left_out = []
    for j, coder in enumerate(coders):
        others = answered & (np.arange(len(coders)) != j)[:, None]
        rows = np.flatnonzero(answered[j] & others.any(0))
        if not len(rows):
            continue
        theirs = _agreement(answers[j], answers, others)[rows]
        ours = _agreement(machine, answers, others)[rows]
        difference = (theirs >= ours).astype(np.float64) - (ours >= theirs)
        left_out.append(
            LeftOut(
                coder=coder,
                units=len(rows),
                advantage=round(float(np.average(ours >= theirs, weights=counts_for[rows])), 4),
                test="t" if len(rows) >= FEWEST_FOR_T else "wilcoxon",
                p=_p_value(difference, epsilon),
                p_groups=_p_of_groups(difference, groups[rows], epsilon, counts_for[rows]),
            )
        )
    return _judged(name, left_out, epsilon) if left_out else None


def _judged(name: str, left_out: Sequence[LeftOut], epsilon: float) -> AlternativeTest:
    wins = _rejected([item.p for item in left_out])
    robust = [item.p_groups for item in left_out if item.p_groups is not None]
    wins_groups = _rejected(robust) if len(robust) == len(left_out) else [False] * len(left_out)
    settled = tuple(
        LeftOut(
            item.coder, item.units, item.advantage, item.test, round(item.p, 6), _rounded(item.p_groups), won, again
        )
        for item, won, again in zip(left_out, wins, wins_groups, strict=True)
    )
    few = f"{len(left_out)} coders; the test's authors advise {RECOMMENDED_CODERS} or more"
    return AlternativeTest(
        name=name,
        epsilon=epsilon,
        coders=settled,
        advantage=round(float(np.mean([item.advantage for item in settled])), 4),
        winning_rate=round(float(np.mean(wins)), 4),
        winning_rate_groups=round(float(np.mean(wins_groups)), 4) if len(robust) == len(left_out) else None,
        note=few if len(left_out) < RECOMMENDED_CODERS else "",
    )


def _agreement(one: NDArray[np.bool_], answers: NDArray[np.bool_], others: NDArray[np.bool_]) -> Floats:
    """Mean agreement of `one` with the others on each unit: the same answer to one code, Jaccard index of several."""
    if one.shape[1] == 1:
        alike = (one[None, :, 0] == answers[:, :, 0]).astype(np.float64)
    else:
        either = (one[None] | answers).sum(2)
        alike = np.where(either > 0, (one[None] & answers).sum(2) / np.maximum(either, 1), 1.0)
    return np.asarray((alike * others).sum(0) / np.maximum(others.sum(0), 1))


def _p_value(difference: Floats, epsilon: float) -> float:
    """That the coder left out is better by `epsilon` or more, against that it is not."""
    shifted = difference - epsilon
    if not shifted.any():
        return 1.0
    if len(difference) < FEWEST_FOR_T:
        # All ties, three values at most: the exact test would run through every permutation, for seconds.
        p = float(stats.wilcoxon(shifted, alternative="less", method="approx").pvalue)
        return 1.0 if math.isnan(p) else p
    if np.ptp(difference) == 0:
        return 0.0 if difference[0] < epsilon else 1.0
    return float(stats.ttest_1samp(difference, epsilon, alternative="less").pvalue)


def _p_of_groups(difference: Floats, groups: NDArray[np.int64], epsilon: float, weights: Floats) -> float | None:
    """The same; the variance of the (weighted) mean from the groups' sums of residuals, t with groups - 1 degrees of freedom."""
    numbers = np.unique(groups, return_inverse=True)[1]
    count = int(numbers.max()) + 1
    if count < FEWEST_GROUPS:
        return None
    mean = float(np.average(difference, weights=weights))
    residuals = np.bincount(numbers, weights=weights * (difference - mean))
    error = float(np.sqrt(count / (count - 1) * (residuals**2).sum())) / float(weights.sum())
    if error < NO_SPREAD:
        return None
    return float(stats.t.cdf((mean - epsilon) / error, count - 1))


def _rejected(p_values: Sequence[float]) -> list[bool]:
    adjusted = stats.false_discovery_control(p_values, method="by")
    return [bool(value <= FALSE_DISCOVERIES) for value in adjusted]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
