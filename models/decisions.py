"""Logits to probabilities to decisions: the one place for it, in training, evaluation and prediction alike.

Probabilities of codes are Platt-scaled (Platt 1999) with one slope for all codes and a shift for each; attitudes are scaled by a
temperature (Guo et al. 2017) and a shift per class. Where a unit carries one code at most, probabilities are a softmax and the
thresholds are handicaps: the code with the largest ratio of probability to threshold is assigned. How all of these are fitted to
held-out gold: `models.scaling`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from models.review import ReviewScale

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

ATTITUDES = ("negative", "neutral", "positive")

NEVER_REACHED = 2.0
"""The threshold of a code that is not to be assigned: above every probability."""

NEVER_CHOSEN = 1e9
"""The handicap of such a code where one code is chosen: it is divided by this."""


@dataclass(frozen=True, slots=True)
class BinaryScale:
    """`sigmoid(slope * logit + shift)`, one shift per column, and a threshold per column."""

    slope: float
    shifts: tuple[float, ...]
    thresholds: tuple[float, ...]

    def probabilities(self, logits: Floats) -> Floats:
        """Shape (n, columns) to the same shape."""
        scaled = self.slope * logits + np.asarray(self.shifts)
        return np.asarray(expit(scaled), dtype=np.float64)

    def assigned(self, probabilities: Floats) -> Flags:
        """Which columns pass their threshold."""
        return np.asarray(probabilities >= np.asarray(self.thresholds))

    @property
    def giving(self) -> Flags:
        """Which columns can be assigned at all."""
        return np.asarray(self.thresholds) < NEVER_REACHED

    def never_giving(self, columns: Flags) -> BinaryScale:
        """The same, but for columns that no probability is enough for."""
        return replace(self, thresholds=_where(columns, NEVER_REACHED, self.thresholds))


class Labels(StrEnum):
    """How many codes a unit may carry."""

    MANY = "many"
    ONE = "one"
    AT_MOST_ONE = "at_most_one"


@dataclass(frozen=True, slots=True)
class ChoiceScale:
    """`softmax(slope * logits + shifts)` over the codes, and "no code" with logit 0 where that is an answer.

    Attributes:
        thresholds: a handicap per code, and for "no code" last where that is an answer.
    """

    slope: float
    shifts: tuple[float, ...]
    thresholds: tuple[float, ...]

    @property
    def none_possible(self) -> bool:
        """Whether a unit may carry no code."""
        return len(self.thresholds) > len(self.shifts)

    def probabilities(self, logits: Floats) -> Floats:
        """Shape (n, codes) to the same shape; rows sum to 1, or to less where a unit may carry no code."""
        return self.shares(logits)[:, : len(self.shifts)]

    def assigned(self, probabilities: Floats) -> Flags:
        """At most one column in each row; from the probabilities alone, so that it can be told from a run's tables."""
        if self.none_possible:
            rest = np.clip(1 - probabilities.sum(axis=1, keepdims=True), 0, 1)
            probabilities = np.hstack([probabilities, rest])
        chosen = (probabilities / np.asarray(self.thresholds)).argmax(axis=1)
        return np.asarray(chosen[:, None] == np.arange(len(self.shifts)))

    @property
    def giving(self) -> Flags:
        """Which codes can be assigned while there is another; "no code" is not among them."""
        return np.asarray(self.thresholds[: len(self.shifts)]) < NEVER_CHOSEN

    def never_giving(self, columns: Flags) -> ChoiceScale:
        """The same, but for columns that are never chosen while there is another; shape (codes,)."""
        return replace(self, thresholds=_where(columns, NEVER_CHOSEN, self.thresholds))

    def shares(self, logits: Floats) -> Floats:
        """Probabilities of the codes, and of none where that is possible, (n, classes): what thresholds divide."""
        scaled = self.slope * logits + np.asarray(self.shifts)
        if self.none_possible:
            scaled = np.hstack([scaled, np.zeros((len(logits), 1))])
        return softmax(scaled)


@dataclass(frozen=True, slots=True)
class ClassScale:
    """`softmax(slope * logits + shifts)` over the three attitudes."""

    slope: float
    shifts: tuple[float, ...]

    def probabilities(self, logits: Floats) -> Floats:
        """Shape (n, 3) to the same shape; rows sum to 1."""
        scaled = self.slope * logits + np.asarray(self.shifts)
        return softmax(scaled)


def _where(columns: Flags, value: float, thresholds: tuple[float, ...]) -> tuple[float, ...]:
    """The thresholds with others in some columns; what is beyond the columns ("no code") stays."""
    flags = [*map(bool, columns), *[False] * (len(thresholds) - len(columns))]
    return tuple(value if flag else own for flag, own in zip(flags, thresholds, strict=True))


def softmax(scaled: Floats) -> Floats:
    """Rows that sum to 1; shape (n, classes) to the same shape, n may be 0."""
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True)) if len(scaled) else scaled
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Decisions:
    """All that stands between the network's logits and what is reported; saved with the model."""

    themes: BinaryScale | ChoiceScale
    presence: BinaryScale
    partnership: ClassScale
    attitudes: ClassScale
    review: ReviewScale = field(default_factory=ReviewScale)

    @classmethod
    def uncalibrated(cls, n_codes: int, labels: Labels = Labels.MANY) -> Decisions:
        """Plain sigmoid and softmax, thresholds of one half."""
        plain = ClassScale(1.0, (0.0, 0.0, 0.0))
        shifts = (0.0,) * n_codes
        choice = ChoiceScale(1.0, shifts, (0.5,) * (n_codes + (labels is Labels.AT_MOST_ONE)))
        return cls(
            themes=BinaryScale(1.0, shifts, (0.5,) * n_codes) if labels is Labels.MANY else choice,
            presence=BinaryScale(1.0, (0.0,), (0.5,)),
            partnership=plain,
            attitudes=plain,
        )

    def to_dict(self) -> dict[str, Any]:
        """As plain data, for the model's configuration file."""
        return asdict(self) | {"labels": self.labels.value}

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Decisions:
        """The reverse of `to_dict`."""
        return cls(
            themes=_choice(content["themes"])
            if content.get("labels", "many") != "many"
            else _binary(content["themes"]),
            presence=_binary(content["presence"]),
            partnership=ClassScale(content["partnership"]["slope"], tuple(content["partnership"]["shifts"])),
            attitudes=ClassScale(content["attitudes"]["slope"], tuple(content["attitudes"]["shifts"])),
            review=ReviewScale(**{name: tuple(values) for name, values in content.get("review", {}).items()}),
        )

    @property
    def labels(self) -> Labels:
        """How many codes a unit may carry."""
        if isinstance(self.themes, BinaryScale):
            return Labels.MANY
        return Labels.AT_MOST_ONE if self.themes.none_possible else Labels.ONE


def _choice(content: dict[str, Any]) -> ChoiceScale:
    return ChoiceScale(content["slope"], tuple(content["shifts"]), tuple(content["thresholds"]))


def _binary(content: dict[str, Any]) -> BinaryScale:
    return BinaryScale(content["slope"], tuple(content["shifts"]), tuple(content["thresholds"]))
