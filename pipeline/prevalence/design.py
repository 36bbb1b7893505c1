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
    labels = _labels(assigned, uncertainty, codes, within)
    names, stratum = np.unique(labels, return_inverse=True)
    if within is not None:
        names, stratum = _merged_within(names, stratum, np.asarray(within), size)
    names, stratum = _merged(names, stratum, size)
    sizes = np.bincount(stratum, minlength=len(names))
    spread = np.sqrt(np.bincount(stratum, _open(probabilities) ** 2, len(names)) / sizes)
    return Design(tuple(map(str, names)), stratum, sizes, _allocate(sizes, spread, min(size, len(labels))))


def draw(design: Design, rng: np.random.Generator) -> Whole:
    """Indices of the sampled segments, in random order: whoever stops halfway has coded a random part."""
    key = rng.random(len(design.stratum))
    order = np.lexsort((key, design.stratum))
    rank = np.arange(len(order)) - np.repeat(np.cumsum(design.sizes) - design.sizes, design.sizes)
    chosen = order[rank < design.drawn[design.stratum[order]]]
    return np.asarray(rng.permutation(chosen))


def _labels(
    assigned: Flags, uncertainty: Floats | None, codes: Sequence[str], within: Sequence[str] | None
) -> NDArray[np.str_]:
    """A name for each segment's cell: attribute, the rarest code that the machine gave, sure or unsure."""
    names = [*codes, NO_CODE]
    order = np.argsort(assigned.sum(0), kind="stable")
    coded = np.where(assigned.any(1), order[assigned[:, order].argmax(1)], len(codes)) if len(codes) else None
    cell = np.array(names)[coded] if coded is not None else np.full(len(assigned), NO_CODE)
    if within is not None:
        cell = np.array([f"{value} | {name}" for value, name in zip(within, cell, strict=True)])
    if uncertainty is None:
        return cell
    found, index = np.unique(cell, return_inverse=True)
    half = np.zeros(len(cell), dtype=np.int64)
    for number in range(len(found)):
        members = index == number
        if members.sum() >= _SPLIT_FROM:
            half[members] = 1 + (uncertainty[members] > np.median(uncertainty[members]))
    split = np.array([[name, f"{name} | sure", f"{name} | unsure"] for name in found])
    return np.asarray(split[index, half])


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
