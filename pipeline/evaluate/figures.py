"""A figure and its interval: a bootstrap that draws whole groups, as weights on sums kept per group.

An interview is drawn or it is not; the units within it are never drawn one by one, because they are not independent. A
resample is therefore a vector of weights, and all resamples of a statistic are one matrix product with its per-group sums.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pipeline.evaluate.statistics import Floats, group_weights, interval
from pipeline.plural import numbered

RESAMPLES = 2000
SEED = 1
LEAST_GROUPS = 3
"""With fewer groups than this an interval is given, but said to be no use."""

FEW_GROUPS, FEW_UNITS = 10, 100
"""Of fewer an interval is rough, or wide: the figure is not to be cited without it."""

MANY_LOST = 0.05
"""An interval from fewer of the resamples than all but this share says so: it is of those that happened to be defined."""

Statistic = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True)
class Figure:
    """A statistic with its 95 % interval from a bootstrap over groups; None where it is undefined.

    Attributes:
        n: what it was computed on: units, decisions, mentions, characters, as the figure's place says.
        note: why there is no value or no interval, or what to mind about them; empty where there is nothing to say.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int = 0
    note: str = ""


class Resampler:
    """The resamples of one set of units.

    Args:
        groups: each unit's group.
        units: what each unit counts for, where they do not all count alike; only the proportions matter.

    Attributes:
        numbers: each unit's group as a number from 0, in order of first appearance.
        units: what each unit counts for, 1 on average: the sample is not larger for being weighted.
        weights: how often each group is drawn in each resample, shape (resamples, groups).
    """

    def __init__(
        self, groups: Sequence[str], resamples: int = RESAMPLES, seed: int = SEED, *, units: Floats | None = None
    ) -> None:
        order = {name: number for number, name in enumerate(dict.fromkeys(groups))}
        self.numbers = np.array([order[name] for name in groups], dtype=np.int64)
        self.groups = len(order)
        self.weights = group_weights(max(1, self.groups), resamples, seed)
        self.units = np.ones(len(self.numbers)) if units is None or not len(units) else units / units.mean()
        shape = (max(1, self.groups), len(self.numbers))
        self._member = sparse.csr_matrix((self.units, (self.numbers, np.arange(len(self.numbers)))), shape=shape)

    def sums(self, values: NDArray[Any]) -> Floats:
        """Sums per group over the first axis, each unit for what it counts, shape (groups, …)."""
        flat = values.reshape(len(values), math.prod(values.shape[1:]))
        return np.asarray(self._member @ flat.astype(np.float64)).reshape(-1, *values.shape[1:])

    def resampled(self, sums: Floats) -> Floats:
        """The sums of every resample, shape (resamples, …)."""
        return np.asarray(np.tensordot(self.weights, sums, axes=(1, 0)))

    def figure(self, sums: Floats, statistic: Statistic, n: int, undefined: str = "") -> Figure:
        """A statistic of sums, of all groups and of every resample."""
        return self.made(float(statistic(sums.sum(0))), statistic(self.resampled(sums)), n, undefined)

    def figures(self, sums: Floats, statistic: Statistic, n: int, undefined: str = "") -> list[Figure]:
        """The same for each of several things at once; `sums` is (groups, things, …)."""
        values, drawn = statistic(sums.sum(0)), statistic(self.resampled(sums))
        return [self.made(float(value), drawn[:, k], n, undefined) for k, value in enumerate(values)]

    def made(self, value: float, drawn: Floats, n: int, undefined: str = "") -> Figure:
        """A figure from its value and what it was in the resamples; NaN is undefined."""
        if math.isnan(value):
            return Figure(None, None, None, n, f"undefined: {undefined}" if undefined else "undefined")
        if self.groups < 2:
            return Figure(_rounded(value), None, None, n, "no interval: all units are of one group")
        low, high = interval(drawn)
        if math.isnan(low):
            return Figure(_rounded(value), None, None, n, "no interval: undefined in most resamples")
        lost = float(np.isnan(drawn).mean())
        note = (
            f"undefined in {100 * lost:.0f} % of the resamples; the interval is of the others"
            if lost > MANY_LOST
            else ""
        )
        if self.groups < LEAST_GROUPS:
            note = f"only {self.groups} groups: the interval is no use"
        return Figure(_rounded(value), _rounded(low), _rounded(high), n, note)


def rests_on(units: int, groups: int) -> str:
    """On how little figures rest, to stand on their line: who cites one copies the line alone. Empty where it is enough.

    Args:
        groups: as many as units where the gold names none.
    """
    if not units or (units >= FEW_UNITS and groups >= FEW_GROUPS):
        return ""
    counted, of = numbered(units, "[unit|units]"), numbered(groups, "[group|groups]")
    if groups == units > 1:
        few = f"only {counted}"
    else:
        few = f"{counted} of only {of}" if groups < FEW_GROUPS else f"only {counted} of {of}"
    remedy = ", too few for an interval to cite" if groups < LEAST_GROUPS else ": cite the interval"
    return f"from {few}{remedy}"


def undefined(reason: str, n: int = 0) -> Figure:
    """A figure that cannot be had."""
    return Figure(None, None, None, n, f"undefined: {reason}")


def _rounded(value: float) -> float:
    return round(value, 4) + 0.0  # no -0.0
