"""Tokenised units in columns: a few long arrays instead of many small objects, so that no step walks over rows in Python."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class EncodedUnit:
    """A tokenised unit: `[CLS] context [SEP] text [SEP]`, or `[CLS] text [SEP]` where there is no context.

    Attributes:
        first: index of the text's first token; the text ends before the last `[SEP]`.
        targets: token spans, half-open; a target that was cut off takes the whole text's span.
        truncated: whether the text was longer than the encoder takes.
    """

    ids: tuple[int, ...]
    first: int
    targets: tuple[tuple[int, int], ...]
    truncated: bool


@dataclass(frozen=True, slots=True)
class Encoded:
    """n tokenised units with N tokens and m targets in all; what the fields mean is as in `EncodedUnit`.

    Attributes:
        ids: shape (N,), the units one behind the other.
        lengths: shape (n,), tokens of each unit.
        first: shape (n,).
        truncated: shape (n,).
        n_targets: shape (n,), targets of each unit.
        targets: shape (m, 2), counted from their unit's first token.
    """

    ids: Integers
    lengths: Integers
    first: Integers
    truncated: Flags
    n_targets: Integers
    targets: Integers

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def starts(self) -> Integers:
        """Shape (n,): where each unit's tokens begin."""
        return before(self.lengths)

    @property
    def text_lengths(self) -> Integers:
        """Shape (n,): tokens of the text alone."""
        return self.lengths - self.first - 1

    @property
    def target_rows(self) -> Integers:
        """Shape (m,): the unit of each target."""
        return np.repeat(np.arange(len(self)), self.n_targets)

    def take(self, rows: Integers) -> Encoded:
        """Some of the units, in the order of `rows`."""
        targets = ragged(before(self.n_targets)[rows], self.n_targets[rows])
        return Encoded(
            ids=self.ids[ragged(self.starts[rows], self.lengths[rows])],
            lengths=self.lengths[rows],
            first=self.first[rows],
            truncated=self.truncated[rows],
            n_targets=self.n_targets[rows],
            targets=self.targets[targets],
        )

    def units(self) -> list[EncodedUnit]:
        """As one object per unit."""
        targets = [(int(start), int(end)) for start, end in self.targets]
        ids, starts, firsts_of_targets = self.ids.tolist(), self.starts, before(self.n_targets)
        return [
            EncodedUnit(
                ids=tuple(ids[start : start + length]),
                first=int(first),
                targets=tuple(targets[at : at + count]),
                truncated=bool(cut),
            )
            for start, length, first, cut, at, count in zip(
                starts, self.lengths, self.first, self.truncated, firsts_of_targets, self.n_targets, strict=True
            )
        ]

    @classmethod
    def of(cls, units: Sequence[EncodedUnit]) -> Encoded:
        """The reverse of `units`."""
        spans = [span for unit in units for span in unit.targets]
        return cls(
            ids=flat([unit.ids for unit in units]),
            lengths=np.array([len(unit.ids) for unit in units], dtype=np.int64),
            first=np.array([unit.first for unit in units], dtype=np.int64),
            truncated=np.array([unit.truncated for unit in units], dtype=bool),
            n_targets=np.array([len(unit.targets) for unit in units], dtype=np.int64),
            targets=np.array(spans, dtype=np.int64).reshape(-1, 2),
        )


def flat(lists: Sequence[Sequence[int]]) -> Integers:
    """Lists of numbers, one behind the other."""
    return np.fromiter(chain.from_iterable(lists), dtype=np.int64, count=sum(map(len, lists)))


def before(lengths: Integers) -> Integers:
    """Where each of several pieces begins when they lie one behind the other."""
    return np.asarray(np.cumsum(lengths) - lengths)


def ragged(starts: Integers, lengths: Integers) -> Integers:
    """The indices of pieces: `starts[0]`, `starts[0] + 1`, … for `lengths[0]` of them, then those of the next piece."""
    return np.asarray(np.repeat(starts - before(lengths), lengths) + np.arange(lengths.sum()))


def token_spans(targets: Integers, offsets: Integers, starts: Integers, lengths: Integers) -> Integers:
    """The tokens that overlap each target's characters; all of its text's where none does.

    Args:
        targets: shape (m, 2), character spans.
        offsets: shape (k, 2), character spans of tokens.
        starts, lengths: shape (m,), which of those tokens are the target's text's.

    Returns:
        Shape (m, 2), half-open, counted from the text's first token.
    """
    if not len(targets):
        return np.zeros((0, 2), dtype=np.int64)
    tokens, owner = ragged(starts, lengths), np.repeat(np.arange(len(targets)), lengths)
    inside = (offsets[tokens, 0] < targets[owner, 1]) & (offsets[tokens, 1] > targets[owner, 0])
    found, place = owner[inside], (tokens - starts[owner])[inside]
    first, last = np.full(len(targets), np.iinfo(np.int64).max), np.full(len(targets), -1)
    np.minimum.at(first, found, place)
    np.maximum.at(last, found, place)
    none = last < 0
    return np.stack([np.where(none, 0, first), np.where(none, lengths, last + 1)], axis=1)
