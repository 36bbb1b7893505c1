"""Logits to probabilities to decisions: the one place for it, in training, evaluation and prediction alike.

Probabilities of codes are Platt-scaled (Platt 1999) with one slope for all codes and a shift for each, shrunk to the mean
shift because most codes have few positives; attitudes are scaled by a temperature (Guo et al. 2017) and a shift per class.
Thresholds maximise F1 per code on held-out gold, shrunk to the threshold that is best for all codes together. Where a unit
carries one code at most, probabilities are a softmax and the thresholds are handicaps: the code with the largest ratio of
probability to threshold is assigned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit
from torch import Tensor
from torch.nn import functional as F

from models.review import ReviewScale

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

ATTITUDES = ("negative", "neutral", "positive")
THRESHOLD_PRIOR = 60.0
"""Positives' worth of trust in the common threshold: a threshold fitted on fifty positives of one code is mostly noise."""

HANDICAP_PRIOR = 15.0
"""Units' worth of trust in no handicap."""

HANDICAPS = tuple(float(value) for value in np.exp(np.linspace(-1.2, 1.2, 13)))


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
        return self._shares(logits)[:, : len(self.shifts)]

    def assigned(self, probabilities: Floats) -> Flags:
        """At most one column in each row; from the probabilities alone, so that it can be told from a run's tables."""
        if self.none_possible:
            rest = np.clip(1 - probabilities.sum(axis=1, keepdims=True), 0, 1)
            probabilities = np.hstack([probabilities, rest])
        chosen = (probabilities / np.asarray(self.thresholds)).argmax(axis=1)
        return np.asarray(chosen[:, None] == np.arange(len(self.shifts)))

    def _shares(self, logits: Floats) -> Floats:
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


def fit_binary(logits: Floats, gold: Floats) -> BinaryScale:
    """Fit slope, shifts and thresholds on held-out units.

    Args:
        logits: shape (n, columns).
        gold: same shape; the share of coders who gave the code (0 to 1).
    """
    x, y = torch.from_numpy(logits).double(), torch.from_numpy(gold).double()
    slope = torch.zeros((), dtype=torch.float64, requires_grad=True)  # log of the slope
    shared = torch.zeros((), dtype=torch.float64, requires_grad=True)
    own = torch.zeros(x.shape[1], dtype=torch.float64, requires_grad=True)

    def loss() -> Tensor:
        scaled = slope.exp() * x + shared + own
        # A normal prior with standard deviation 0.5 on each code's own shift.
        return F.binary_cross_entropy_with_logits(scaled, y, reduction="sum") + 2.0 * (own**2).sum() + _prior(slope)

    _minimise(loss, [slope, shared, own])
    shifts = tuple(float(value) for value in (shared + own).detach())
    scale = BinaryScale(float(slope.detach().exp()), shifts, (0.5,) * x.shape[1])
    thresholds = fit_thresholds(scale.probabilities(logits), gold >= 0.5)
    return BinaryScale(scale.slope, shifts, thresholds)


def fit_thresholds(probabilities: Floats, gold: Flags) -> tuple[float, ...]:
    """A threshold per column: the best F1 of the column, shrunk to the best F1 of all columns pooled."""
    common = _best_threshold(probabilities.ravel(), gold.ravel(), fallback=0.5)
    thresholds = []
    for column in range(probabilities.shape[1]):
        positives = float(gold[:, column].sum())
        own = _best_threshold(probabilities[:, column], gold[:, column], fallback=common)
        thresholds.append((positives * own + THRESHOLD_PRIOR * common) / (positives + THRESHOLD_PRIOR))
    return tuple(round(float(threshold), 4) for threshold in thresholds)


def fit_classes(logits: Floats, gold: Floats) -> ClassScale:
    """Fit temperature and class shifts; `gold` has shape (n, 3), rows of votes that sum to 1."""
    if len(logits) == 0:
        return ClassScale(1.0, (0.0, 0.0, 0.0))
    x, y = torch.from_numpy(logits).double(), torch.from_numpy(gold).double()
    slope = torch.zeros((), dtype=torch.float64, requires_grad=True)
    shifts = torch.zeros(3, dtype=torch.float64, requires_grad=True)

    def loss() -> Tensor:
        return -(y * F.log_softmax(slope.exp() * x + shifts, dim=-1)).sum() + (shifts**2).sum() + _prior(slope)

    _minimise(loss, [slope, shifts])
    return ClassScale(float(slope.detach().exp()), tuple(float(value) for value in shifts.detach()))


def fit_choice(logits: Floats, gold: Floats, labels: Labels, *, handicaps: bool = True) -> ChoiceScale:
    """Fit temperature, shifts and handicaps on held-out units that carry one code (at most).

    Args:
        logits: shape (n, codes).
        gold: same shape; the share of coders who gave the code; rows sum to 1 at most.
        handicaps: also fit what is divided by, which takes a while and changes no probability.
    """
    if labels is Labels.ONE:  # a unit without a code says nothing of which one it has
        logits, gold = (values[gold.sum(axis=1) > 0] for values in (logits, gold))
    votes = _with_none(gold) if labels is Labels.AT_MOST_ONE else gold
    x, y = torch.from_numpy(logits).double(), torch.from_numpy(votes).double()
    slope = torch.zeros((), dtype=torch.float64, requires_grad=True)
    shifts = torch.zeros(x.shape[1], dtype=torch.float64, requires_grad=True)

    def loss() -> Tensor:
        scaled = slope.exp() * x + shifts
        if labels is Labels.AT_MOST_ONE:
            scaled = torch.cat([scaled, torch.zeros(len(scaled), 1, dtype=torch.float64)], dim=1)
        return -(y * F.log_softmax(scaled, dim=-1)).sum() + (shifts**2).sum() + _prior(slope)

    _minimise(loss, [slope, shifts])
    found = tuple(float(value) for value in shifts.detach())
    even = (1.0,) * votes.shape[1]
    scale = ChoiceScale(float(slope.detach().exp()), found, even)
    if not handicaps or not len(votes):
        return scale
    return ChoiceScale(scale.slope, found, _handicaps(scale._shares(logits), votes.argmax(axis=1)))


def _with_none(gold: Floats) -> Floats:
    return np.hstack([gold, np.clip(1 - gold.sum(axis=1, keepdims=True), 0, 1)])


def _handicaps(shares: Floats, gold: NDArray[np.int64]) -> tuple[float, ...]:
    """A divisor per class that maximises macro-F1, found class by class, shrunk to 1 where a class is small."""
    from sklearn.metrics import f1_score

    classes = shares.shape[1]
    divisors = np.ones(classes)
    present = [int(name) for name in np.unique(gold)]

    def score(candidate: Floats) -> float:
        return float(
            f1_score(gold, (shares / candidate).argmax(axis=1), labels=present, average="macro", zero_division=0)
        )

    for _ in range(2):
        for column in present:
            tried = [(score(np.where(np.arange(classes) == column, value, divisors)), value) for value in HANDICAPS]
            best = max(tried, key=lambda item: (item[0], -abs(np.log(item[1]))))
            divisors[column] = best[1] if best[0] > score(divisors) else divisors[column]
    counts = np.bincount(gold, minlength=classes)
    trust = counts / (counts + HANDICAP_PRIOR)
    return tuple(round(float(value), 4) for value in np.exp(trust * np.log(divisors)))


def _choice(content: dict[str, Any]) -> ChoiceScale:
    return ChoiceScale(content["slope"], tuple(content["shifts"]), tuple(content["thresholds"]))


def _binary(content: dict[str, Any]) -> BinaryScale:
    return BinaryScale(content["slope"], tuple(content["shifts"]), tuple(content["thresholds"]))


def _best_threshold(probabilities: Floats, gold: Flags, *, fallback: float) -> float:
    """The threshold with the best F1; half way between neighbouring probabilities."""
    total = int(gold.sum())
    if total == 0:
        return fallback
    order = np.argsort(-probabilities, kind="stable")
    hits = np.cumsum(gold[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + total)
    ranked = np.append(probabilities[order], 0.0)
    f1[ranked[1:] == ranked[:-1]] = 0  # no threshold cuts between equal probabilities
    best = int(np.argmax(f1))
    return float((ranked[best] + ranked[best + 1]) / 2)


def _prior(log_slope: Tensor) -> Tensor:
    """A normal prior with standard deviation 0.5 on the slope's logarithm: a handful of held-out units must not make it huge."""
    return 2.0 * log_slope**2


def _minimise(loss: Callable[[], Tensor], parameters: list[Tensor]) -> None:
    optimiser = torch.optim.LBFGS(parameters, max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> float:
        optimiser.zero_grad()
        value = loss()
        value.backward()  # type: ignore[no-untyped-call]
        return float(value.detach())

    optimiser.step(closure)  # type: ignore[no-untyped-call]
