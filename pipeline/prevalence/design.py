"""Which segments to hand-code: strata by the machine's coding and its uncertainty, with known inclusion probabilities.

Allocation follows Neyman (1934): the more the machine's own probabilities leave open in a stratum, the larger the share of it
that is drawn, so that rare codes and unsure codings are well covered. No segment is certain to be left out: the machine
may be sure and wrong, so every stratum keeps a floor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]

FLOOR = 0.4
"""Every segment's inclusion probability is at least this share of what a simple random sample would give it."""

LEAST = 2
"""Segments drawn from each stratum, where it has as many: with one, nothing is known of its spread."""

_SPLIT_FROM = 20
NO_CODE = "no code"
OTHERS = "small strata"


@dataclass(frozen=True, slots=True)
class Design:
    """A stratified sample before it is drawn.

    Attributes:
        names: of the strata.
        stratum: index of each segment's stratum.
        sizes, drawn: segments in each stratum, and how many of them are drawn.
    """

    names: tuple[str, ...]
    stratum: Whole
    sizes: Whole
    drawn: Whole

    @property
    def inclusion(self) -> Floats:
        """Each segment's probability to be in the sample."""
        return np.asarray((self.drawn / self.sizes)[self.stratum])


def simple(segments: int, size: int) -> Design:
    """A simple random sample: one stratum."""
    counts = np.array([segments])
    return Design(("all",), np.zeros(segments, dtype=np.int64), counts, np.minimum(size, counts))


def stratified(
    probabilities: Floats,
    assigned: Flags,
    uncertainty: Floats | None,
    codes: Sequence[str],
    size: int,
    within: Sequence[str] | None = None,
) -> Design:
    """Plan a stratified sample of `size` segments.

    Args:
        probabilities, assigned: the machine's coding, shape (segments, codes).
        uncertainty: splits each stratum in two halves; None for no split.
        within: a value (an attribute) for each segment; strata do not mix values, unless there are too many for the sample.
    """
    names, stratum = _cells(assigned, uncertainty, codes, within)
    if within is not None:
        names, stratum = _merged_within(names, stratum, np.asarray(within), size)
    names, stratum = _merged(names, stratum, size)
    sizes = np.bincount(stratum, minlength=len(names))
    spread = np.sqrt(np.bincount(stratum, _open(probabilities) ** 2, len(names)) / sizes)
    return Design(tuple(map(str, names)), stratum, sizes, _allocate(sizes, spread, min(size, len(stratum))))


def draw(design: Design, rng: np.random.Generator) -> Whole:
    """Indices of the sampled segments, in random order: whoever stops halfway has coded a random part."""
    key = rng.random(len(design.stratum))
    order = np.lexsort((key, design.stratum))
    rank = np.arange(len(order)) - np.repeat(np.cumsum(design.sizes) - design.sizes, design.sizes)
    chosen = order[rank < design.drawn[design.stratum[order]]]
    return np.asarray(rng.permutation(chosen))


def _cells(
    assigned: Flags, uncertainty: Floats | None, codes: Sequence[str], within: Sequence[str] | None
) -> tuple[NDArray[np.str_], Whole]:
    """Names of the cells (attribute, the rarest code that the machine gave, sure or unsure), sorted; and each segment's."""
    order = np.argsort(assigned.sum(0), kind="stable")
    first = assigned[:, order].argmax(1) if len(codes) else 0
    cell = np.where(assigned.any(1), order[first] if len(codes) else 0, len(codes))
    names = [*codes, NO_CODE]
    if within is not None:
        values, value = np.unique(np.asarray(within), return_inverse=True)
        cell = value * len(names) + cell
        names = [f"{item} | {name}" for item in values for name in names]
    half = np.zeros(len(cell), dtype=np.int64)
    if uncertainty is not None:
        for number in np.flatnonzero(np.bincount(cell, minlength=len(names)) >= _SPLIT_FROM):
            members = cell == number
            half[members] = 1 + (uncertainty[members] > np.median(uncertainty[members]))
    label = np.array([told for name in names for told in (name, f"{name} | sure", f"{name} | unsure")])
    used, index = np.unique(3 * cell + half, return_inverse=True)
    names_in_order, place = np.unique(label[used], return_inverse=True)
    return names_in_order, np.asarray(place[index], dtype=np.int64)


def _merged_within(
    names: NDArray[np.str_], stratum: Whole, within: NDArray[np.str_], size: int
) -> tuple[NDArray[np.str_], Whole]:
    """The smallest strata of each attribute value thrown together, so that every value is still drawn from."""
    values, value = np.unique(within, return_inverse=True)
    most = size // (2 * LEAST) - len(values)
    if len(names) <= most + len(values) or most < 0:
        return names, stratum
    order = np.argsort(-np.bincount(stratum, minlength=len(names)), kind="stable")
    kept = np.isin(stratum, order[:most])
    labels = np.where(kept, names[stratum], np.array([f"{item} | {OTHERS}" for item in values])[value])
    found, index = np.unique(labels, return_inverse=True)
    return found, index


def _merged(names: NDArray[np.str_], stratum: Whole, size: int) -> tuple[NDArray[np.str_], Whole]:
    """The smallest strata thrown together, until all can have `LEAST` and half of the sample is left to allocate."""
    counts = np.bincount(stratum, minlength=len(names))
    most = max(1, size // (2 * LEAST))
    order = np.argsort(-counts, kind="stable")
    small = order[most - 1 :] if len(names) > most else order[len(names) :]
    if len(small) == 0:
        return names, stratum
    kept = order[: most - 1]
    to = np.full(len(names), len(kept))
    to[kept] = np.arange(len(kept))
    return np.append(names[kept], OTHERS), to[stratum]


def _open(probabilities: Floats) -> Floats:
    """How much the machine leaves open about each segment: the spread of its codes, each relative to how rare it is."""
    if probabilities.shape[1] == 0:
        return np.ones(len(probabilities))
    mean = np.clip(probabilities.mean(0), 5 / max(10, len(probabilities)), None)
    return np.asarray(np.sqrt((probabilities * (1 - probabilities) / (mean * (1 - mean / 2))).sum(1)) + 1e-6)


def _allocate(sizes: Whole, spread: Floats, size: int) -> Whole:
    """Segments to draw from each stratum: in proportion to size times spread, within floor and size."""
    total = sizes.sum()
    lowest = np.minimum(sizes, np.maximum(LEAST, FLOOR * size * sizes / total))
    low, high = 0.0, size / float((sizes * spread).min())
    for _ in range(60):  # the scale at which the bounded allocation sums to the sample
        scale = (low + high) / 2
        wanted = np.clip(scale * sizes * spread, lowest, sizes)
        low, high = (scale, high) if wanted.sum() < size else (low, scale)
    drawn = np.floor(wanted + 1e-9).astype(np.int64)
    drawn = np.maximum(drawn, np.minimum(LEAST, sizes))
    # What rounding left over goes to the largest remainders, what it took too much from the largest strata.
    while drawn.sum() < size:
        drawn[np.argmax(np.where(drawn < sizes, wanted - drawn, -np.inf))] += 1
    while drawn.sum() > size and (drawn > 1).any():
        drawn[np.argmax(drawn)] -= 1
    return drawn
