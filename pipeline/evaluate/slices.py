"""Is the machine as good on all parts of the material? Agreement by attribute, and tests of the differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from pipeline.evaluate.compare import CODE_FIGURES, WITHIN
from pipeline.evaluate.figures import LEAST_GROUPS, SEED, Figure, Resampler
from pipeline.evaluate.statistics import Floats, within_alpha
from pipeline.multiplicity import holm

PERMUTATIONS = 5000
_TOO_FEW = "none: too few groups, or undefined without one of them"
NOT_GIVEN = "(not given)"
SLICE_FIGURES = ("alpha", "f1", "precision", "recall")
TESTED = ("alpha", "f1")


@dataclass(frozen=True, slots=True)
class Difference:
    """A slice against all other units whose attribute is given.

    Attributes:
        figure: slice less rest, with the interval of a bootstrap over groups.
        p: two-sided; None where there is too little for a test, and `test` says so.
        p_holm: after Holm's correction for all the tests of this evaluation.
    """

    figure: Figure
    test: str
    p: float | None = None
    p_holm: float | None = None


@dataclass(frozen=True, slots=True)
class Slice:
    """The units that share one value of an attribute; figures are of all codes pooled, but for `within_alpha`."""

    attribute: str
    value: str
    units: int
    groups: int
    figures: Mapping[str, Figure]
    differences: Mapping[str, Difference]


def slices_by(
    names: Sequence[str],
    attributes: Sequence[Mapping[str, str]],
    gold: NDArray[np.bool_],
    other: NDArray[np.bool_],
    groups: Sequence[str],
    units: Floats | None = None,
) -> list[Slice]:
    """Slices of each attribute, most units first.

    Args:
        attributes: of each unit.
        gold, other: shape (units, codes).
        units: what each unit counts for, where they do not all count alike.
    """
    units = np.ones(len(gold)) if units is None else units
    cells = [gold & other, ~gold & other, gold & ~other, ~gold & ~other]
    counts = np.stack(cells, axis=-1).astype(np.float64)
    found = []
    for name in names:
        values = [item.get(name, "") or NOT_GIVEN for item in attributes]
        found += _slices(name, values, counts, groups, units)
    return _corrected(found)


def lengths(texts: Sequence[str]) -> list[str]:
    """Short, middle and long, by thirds of the units' numbers of words."""
    words = np.array([len(text.split()) for text in texts])
    low, high = (int(value) for value in np.quantile(words, [1 / 3, 2 / 3])) if len(words) else (0, 0)
    told = (f"to {low} words", f"{low + 1} to {high} words", f"over {high} words")
    return [told[int(count > low) + int(count > high)] for count in words]


def _slices(name: str, values: Sequence[str], counts: Floats, groups: Sequence[str], units: Floats) -> list[Slice]:
    """Slices of one attribute; `counts` are (units, codes, 4)."""
    pooled = counts.sum(1)
    known = sorted({value for value in values if value != NOT_GIVEN}, key=lambda v: (-values.count(v), v))
    label = np.array(values)
    given = np.flatnonzero(label != NOT_GIVEN)
    resampler = Resampler([groups[int(i)] for i in given], units=units[given])
    sums = (
        np.stack(  # (groups, values, 4)
            [resampler.sums(pooled[given] * (label[given] == value)[:, None]) for value in known], axis=1
        )
        if known
        else np.zeros((1, 0, 4))
    )
    found = []
    for value in [*known, *([NOT_GIVEN] if len(given) < len(values) else [])]:
        rows = np.flatnonzero(label == value)
        own = Resampler([groups[int(i)] for i in rows], units=units[rows])
        mine = own.sums(counts[rows])
        n = int(pooled[rows].sum())
        figures = {key: own.figure(mine.sum(1), CODE_FIGURES[key][0], n, CODE_FIGURES[key][1]) for key in SLICE_FIGURES}
        figures[WITHIN] = own.figure(mine, within_alpha, n, CODE_FIGURES["alpha"][1])
        differences = {}
        if value != NOT_GIVEN and len(known) > 1:
            decisions = int(pooled[given].sum())
            differences = {key: _difference(sums, known.index(value), resampler, key, decisions) for key in TESTED}
        found.append(Slice(name, value, len(rows), own.groups, figures, differences))
    return found


def _difference(sums: Floats, k: int, resampler: Resampler, key: str, n: int) -> Difference:
    """Of slice `k` and the rest: a permutation of whole groups where each group has one value, else the jackknife."""
    statistic, reason = CODE_FIGURES[key]
    mine, rest = sums[:, k], sums.sum(1) - sums[:, k]

    def apart(one: Floats, other: Floats) -> Floats:
        return np.asarray(statistic(one) - statistic(other))

    value = float(apart(mine.sum(0), rest.sum(0)))
    drawn = apart(resampler.resampled(mine), resampler.resampled(rest))
    figure = resampler.made(value, drawn, n, reason)
    if np.isnan(value):
        return Difference(figure, "none: undefined")
    inside, outside = (array.sum(1) > 0 for array in (mine, rest))
    if (inside & outside).any():
        p = _jackknife_p(value, apart(mine.sum(0) - mine, rest.sum(0) - rest))
        return Difference(figure, "jackknife over groups", p) if p is not None else Difference(figure, _TOO_FEW)
    if min(inside.sum(), outside.sum()) < 2:
        return Difference(figure, "none: fewer than 2 groups on one side")
    rng = np.random.default_rng(SEED)
    drawn_in = rng.permuted(np.tile(inside.astype(np.float64), (PERMUTATIONS, 1)), axis=1)
    total = sums.sum(1)
    shuffled = apart(drawn_in @ total, (1 - drawn_in) @ total)
    shuffled = shuffled[~np.isnan(shuffled)]
    as_far = int((np.abs(shuffled) >= abs(value) - 1e-12).sum())
    return Difference(figure, "permutation of groups", (as_far + 1) / (len(shuffled) + 1))


def _jackknife_p(value: float, without: Floats) -> float | None:
    """Two-sided, Student's t with groups - 1 degrees of freedom: with few groups a bootstrap finds too many differences.

    Args:
        without: the difference with each group left out (Efron and Tibshirani 1993, chapter 11).
    """
    count = len(without)
    if count < LEAST_GROUPS or np.isnan(without).any():
        return None
    error = float(np.sqrt((count - 1) / count * ((without - without.mean()) ** 2).sum()))
    return float(2 * stats.t.sf(abs(value) / error, count - 1)) if error > 0 else None


def _corrected(slices: list[Slice]) -> list[Slice]:
    """Holm's correction over all tests; the two sides of an attribute with two values are one test."""
    tests: dict[tuple[str, str, str], float] = {}
    of: dict[tuple[str, str, str], tuple[str, str, str]] = {}
    for item in slices:
        pair = sum(other.attribute == item.attribute and other.value != NOT_GIVEN for other in slices) == 2
        for key, difference in item.differences.items():
            place = (item.attribute, "" if pair else item.value, key)
            of[item.attribute, item.value, key] = place
            if difference.p is not None:
                tests.setdefault(place, difference.p)
    adjusted = dict(zip(tests, holm(list(tests.values())), strict=True))
    return [
        replace(
            item,
            differences={
                key: replace(difference, p=_rounded(tests.get(place)), p_holm=_rounded(adjusted.get(place)))
                for key, difference in item.differences.items()
                for place in [of[item.attribute, item.value, key]]
            },
        )
        for item in slices
    ]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
