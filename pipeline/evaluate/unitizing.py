"""Agreement of coders who cut the text themselves: alpha for unitizing, and gamma where its package is installed.

Krippendorff (1995), "On the reliability of unitizing continuous data", and (2004) "Content Analysis", chapter 11: each coder's
coding of one code is a row of units and gaps along a continuum; disagreement is the squared distance of the ends of units
that meet, and the squared length of a unit that lies in the other's gap. Here every stretch (a transcript, or the part of
it that was read) has a row of its own: no unit can reach from one to the next, so no gap does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import UsageError
from pipeline.evaluate.attitudes import Span
from pipeline.evaluate.figures import Figure, Resampler
from pipeline.evaluate.statistics import Floats

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stretch:
    """One continuum: its length, and for each coder the units of one code, in order, not overlapping, from 0."""

    group: str
    length: int
    units: tuple[Sequence[Span], ...]


@dataclass(frozen=True, slots=True)
class _Sums:
    """Of one code, by group; `within` is units × gaps by group and group."""

    observed: Floats
    cubes: Floats
    units: Floats
    own: Floats
    within: Floats
    length: Floats
    coders: int

    def disagreement(self, weights: Floats) -> tuple[Floats, Floats]:
        """Observed and expected disagreement of each row of weights."""
        length = weights @ self.length
        m = self.coders
        chance = (weights @ self.units - 1) * (weights @ self.cubes) + ((weights @ self.within) * weights).sum(1)
        below = m * length * (m * length - 1) - weights @ self.own
        with np.errstate(divide="ignore", invalid="ignore"):
            observed = (weights @ self.observed) / (m * (m - 1) * length**2)
            return observed, 2 / length * chance / below


def alpha_for_unitizing(codes: Sequence[Sequence[Stretch]]) -> list[Figure]:
    """Alpha of each code, and last of all codes together (their disagreements summed).

    Args:
        codes: for each code its stretches, the same ones in the same order; two or more coders.
    """
    groups = [stretch.group for stretch in codes[0]] if codes else []
    resampler = Resampler(groups)
    n = sum(stretch.length for stretch in codes[0]) if codes else 0
    everything = np.ones((1, max(1, resampler.groups)))
    values, draws = [], []
    for stretches in codes:
        sums = _sums_of(stretches, resampler)
        values.append(np.stack(sums.disagreement(everything)))
        draws.append(np.stack(sums.disagreement(resampler.weights)))
    figures = [
        resampler.made(float(_alpha(*value)[0]), _alpha(*drawn), n, "no coder marked it")
        for value, drawn in zip(values, draws, strict=True)
    ]
    if codes:
        together, drawn = np.nansum(values, axis=0), np.nansum(draws, axis=0)
        figures.append(resampler.made(float(_alpha(*together)[0]), _alpha(*drawn), n, "no coder marked anything"))
    return figures


def gamma(stretches: Sequence[tuple[str, dict[str, Sequence[tuple[int, int, str]]]]]) -> Figure:
    """Gamma (Mathet, Widlöcher and Métivier 2015) by the package pygamma-agreement: mean over stretches, by their units.

    Args:
        stretches: group, and for each coder (start, end, code).

    Raises:
        UsageError: the package is not installed.
    """
    try:
        import pygamma_agreement as package
        from pyannote.core import Segment
    except ImportError as error:
        raise UsageError("gamma needs the package pygamma-agreement", remedy="pip install pygamma-agreement") from error
    found, groups = [], []
    for group, coders in stretches:
        if not all(coders.values()):
            continue  # gamma aligns units: a coder without any leaves nothing to align
        continuum: Any = package.Continuum()
        for coder, spans in coders.items():
            for start, end, code in spans:
                continuum.add(coder, Segment(start, end), code)
        units = sum(map(len, coders.values()))
        np.random.seed(0)  # its chance is sampled, from numpy's global state
        found.append((units * float(continuum.compute_gamma().gamma), float(units)))
        groups.append(group)
    resampler = Resampler(groups)
    sums = resampler.sums(np.array(found).reshape(-1, 2))
    total = int(sums[:, 1].sum())
    return resampler.figure(sums, _ratio, total, "in no transcript do all coders have units")


def gaps_of(units: Sequence[Span], length: int) -> list[int]:
    """Lengths of what lies before, between and after units."""
    ends = [0, *(end for _, end in units)]
    starts = [*(start for start, _ in units), length]
    return [start - end for start, end in zip(starts, ends, strict=True) if start > end]


def observed_disagreement(one: Sequence[Span], other: Sequence[Span]) -> float:
    """Sum of squared differences of two coders' units, each pair taken once."""
    if not one or not other:
        return float(sum((end - start) ** 2 for start, end in (*one, *other)))
    a, b = np.array(one, dtype=np.float64), np.array(other, dtype=np.float64)
    meet = (a[:, None, 0] < b[None, :, 1]) & (b[None, :, 0] < a[:, None, 1])
    apart = (a[:, None, 0] - b[None, :, 0]) ** 2 + (a[:, None, 1] - b[None, :, 1]) ** 2
    alone = [((side[:, 1] - side[:, 0]) ** 2)[~meet.any(axis)].sum() for side, axis in ((a, 1), (b, 0))]
    return float(apart[meet].sum() + sum(alone))


def _sums_of(stretches: Sequence[Stretch], resampler: Resampler) -> _Sums:
    observed, lengths, where, gaps, at = [], [], [], [], []
    for number, stretch in zip(resampler.numbers, stretches, strict=True):
        pairs = [(i, j) for j in range(len(stretch.units)) for i in range(j)]
        observed.append(2 * sum(observed_disagreement(stretch.units[i], stretch.units[j]) for i, j in pairs))
        for units in stretch.units:
            lengths += [end - start for start, end in units]
            where += [number] * len(units)
            found = gaps_of(units, stretch.length)
            gaps += found
            at += [number] * len(found)
    count = max(1, resampler.groups)
    size, group = np.array(lengths, dtype=np.float64), np.array(where, dtype=np.int64)

    def total(values: Floats) -> Floats:
        return np.bincount(group, weights=values, minlength=count).astype(np.float64)

    return _Sums(
        observed=resampler.sums(np.array(observed)),
        cubes=total((2 * size**3 - 3 * size**2 + size) / 3),
        units=total(np.ones(len(size))),
        own=total(size * (size - 1)),
        within=_within(size, group, np.array(gaps, dtype=np.float64), np.array(at, dtype=np.int64), count),
        length=resampler.sums(np.array([float(stretch.length) for stretch in stretches])),
        coders=len(stretches[0].units),
    )


def _within(size: Floats, group: Ints, gaps: Floats, at: Ints, count: int) -> Floats:
    """Squared length of each unit × the places it has in each gap, by the unit's group and the gap's."""
    matrix = np.zeros((count, count))
    for number in np.unique(at):
        lengths = np.sort(gaps[at == number])
        sums = np.concatenate([np.cumsum(lengths[::-1])[::-1], [0.0]])
        first = np.searchsorted(lengths, size, side="left")
        places = sums[first] - (len(lengths) - first) * (size - 1)
        matrix[:, number] = np.bincount(group, weights=size**2 * places, minlength=count)
    return matrix


def _alpha(observed: Floats, expected: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(expected > 0, 1 - observed / expected, np.nan))


def _ratio(sums: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(sums[..., 1] > 0, sums[..., 0] / sums[..., 1], np.nan))
