"""Logits to probabilities to decisions: the one place for it, in training, evaluation and prediction alike.

Probabilities of codes are Platt-scaled (Platt 1999) with one slope for all codes and a shift for each, shrunk to the mean
shift because most codes have few positives; attitudes are scaled by a temperature (Guo et al. 2017) and a shift per class.
Thresholds maximise Krippendorff's alpha per code on held-out gold, shrunk to the threshold that is best for all codes together.
F1 would do as well for rare codes and a good model; of a weak one it gives everything (Lipton et al. 2014). Where a unit carries
one code at most, probabilities are a softmax and the thresholds are handicaps: the code with the largest ratio of probability to
threshold is assigned. Coders who were never settled count by their votes: alpha is that with a coder drawn at random, so that
two coders' codings are not taken for their union.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
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

OWN_SHIFT, CHOICE_SHIFT, FREE_SHIFT = 0.5, 0.5**0.5, 5.0
"""Standard deviations of the priors on a code's own shift, on that where one code is chosen, and on that of a code that nobody
has used: its logits were not learnt, so that it must not move the others' slope and common shift."""

MOST_TRIED = 2000
"""Of more different probabilities so many are tried as thresholds, evenly by rank."""

TINY = 1e-12

HANDICAP_PRIOR = 60.0
"""Units' worth of trust in no handicap."""

NEVER_REACHED = 2.0
"""The threshold of a code that is not to be assigned: above every probability."""

NEVER_CHOSEN = 1e9
"""The handicap of such a code where one code is chosen: it is divided by this."""

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
        return self._shares(logits)[:, : len(self.shifts)]

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


def fit_binary(
    logits: Floats, gold: Floats, decided: Floats | None = None, unlearnt: Flags | None = None
) -> BinaryScale:
    """Fit slope, shifts and thresholds on held-out units.

    Args:
        logits: shape (n, columns).
        gold: same shape; the share of coders who gave the code (0 to 1), which probabilities are to meet.
        decided: same shape; what decisions are to meet, where coders were settled; else the same shares.
        unlearnt: shape (columns,), those that nothing was learnt of: they keep their order and are never assigned.
    """
    x, y = torch.from_numpy(logits).double(), torch.from_numpy(gold).double()
    slope = torch.zeros((), dtype=torch.float64, requires_grad=True)  # log of the slope
    shared = torch.zeros((), dtype=torch.float64, requires_grad=True)
    own = torch.zeros(x.shape[1], dtype=torch.float64, requires_grad=True)
    spread = _spread(x.shape[1], OWN_SHIFT, unlearnt)

    def loss() -> Tensor:
        scaled = slope.exp() * x + shared + own
        # Without a single positive nothing else would hold the common shift.
        priors = ((own / spread) ** 2).sum() / 2 + (shared / FREE_SHIFT) ** 2 / 2 + _prior(slope)
        return F.binary_cross_entropy_with_logits(scaled, y, reduction="sum") + priors

    _minimise(loss, [slope, shared, own])
    shifts = tuple(float(value) for value in (shared + own).detach())
    scale = BinaryScale(float(slope.detach().exp()), shifts, (0.5,) * x.shape[1])
    thresholds = fit_thresholds(scale.probabilities(logits), gold if decided is None else decided)
    found = BinaryScale(scale.slope, shifts, thresholds)
    return found if unlearnt is None else found.never_giving(unlearnt)


def fit_thresholds(probabilities: Floats, votes: Floats) -> tuple[float, ...]:
    """A threshold per column: the best alpha of the column, shrunk to the best of all columns together; both as (n, columns).

    Of all columns: 1 - sum of their observed over sum of their expected disagreement, each column's chance being its own.
    """
    common = _best_threshold(probabilities, votes, fallback=0.5)
    thresholds = []
    for column in range(probabilities.shape[1]):
        positives = float(votes[:, column].sum())
        own = _best_threshold(probabilities[:, [column]], votes[:, [column]], fallback=common)
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


def fit_choice(
    logits: Floats,
    gold: Floats,
    labels: Labels,
    decided: Floats | None = None,
    unlearnt: Flags | None = None,
    *,
    handicaps: bool = True,
) -> ChoiceScale:
    """Fit temperature, shifts and handicaps on held-out units that carry one code (at most).

    Args:
        logits: shape (n, codes).
        gold: same shape; the share of coders who gave the code; rows sum to 1 at most.
        decided, unlearnt: as in `fit_binary`.
        handicaps: also fit what is divided by, which takes a while and changes no probability.
    """
    if labels is Labels.ONE:  # a unit without a code says nothing of which one it has
        coded = gold.sum(axis=1) > 0
        logits, gold, decided = logits[coded], gold[coded], None if decided is None else decided[coded]
    votes, decided = gold, gold if decided is None else decided
    if labels is Labels.AT_MOST_ONE:
        votes, decided = with_no_code(votes), with_no_code(decided)
    x, y = torch.from_numpy(logits).double(), torch.from_numpy(votes).double()
    slope = torch.zeros((), dtype=torch.float64, requires_grad=True)
    shifts = torch.zeros(x.shape[1], dtype=torch.float64, requires_grad=True)
    spread = _spread(x.shape[1], CHOICE_SHIFT, unlearnt)

    def loss() -> Tensor:
        scaled = slope.exp() * x + shifts
        if labels is Labels.AT_MOST_ONE:
            scaled = torch.cat([scaled, torch.zeros(len(scaled), 1, dtype=torch.float64)], dim=1)
        priors = ((shifts / spread) ** 2).sum() / 2 + _prior(slope)
        return -(y * F.log_softmax(scaled, dim=-1)).sum() + priors

    _minimise(loss, [slope, shifts])
    found = tuple(float(value) for value in shifts.detach())
    even = (1.0,) * votes.shape[1]
    scale = ChoiceScale(float(slope.detach().exp()), found, even)
    if handicaps and len(votes):
        scale = replace(scale, thresholds=_handicaps(scale._shares(logits), decided))
    return scale if unlearnt is None else scale.never_giving(unlearnt)


def with_no_code(votes: Floats) -> Floats:
    """The votes (n, codes) with a column for "no code", which has what they leave of 1."""
    return np.hstack([votes, np.clip(1 - votes.sum(axis=1, keepdims=True), 0, 1)])


def _handicaps(shares: Floats, votes: Floats) -> tuple[float, ...]:
    """A divisor per class that maximises macro-F1, found class by class, shrunk to 1 where a class is small."""
    classes, totals = shares.shape[1], votes.sum(axis=0)
    divisors = np.ones(classes)
    present = np.flatnonzero(totals > 0)
    units = np.arange(len(votes))

    def score(candidate: Floats) -> float:
        chosen = (shares / candidate).argmax(axis=1)
        hits = np.bincount(chosen, votes[units, chosen], minlength=classes)
        f1 = 2 * hits / np.maximum(np.bincount(chosen, minlength=classes) + totals, 1e-9)
        return float(f1[present].mean())

    for _ in range(2):
        for column in present:
            tried = [(score(np.where(np.arange(classes) == column, value, divisors)), value) for value in HANDICAPS]
            best = max(tried, key=lambda item: (item[0], -abs(np.log(item[1]))))
            divisors[column] = best[1] if best[0] > score(divisors) else divisors[column]
    trust = totals / (totals + HANDICAP_PRIOR)
    return tuple(round(float(value), 4) for value in np.exp(trust * np.log(divisors)))


def _choice(content: dict[str, Any]) -> ChoiceScale:
    return ChoiceScale(content["slope"], tuple(content["shifts"]), tuple(content["thresholds"]))


def _binary(content: dict[str, Any]) -> BinaryScale:
    return BinaryScale(content["slope"], tuple(content["shifts"]), tuple(content["thresholds"]))


def _best_threshold(probabilities: Floats, votes: Floats, *, fallback: float) -> float:
    """The threshold with the best alpha over all columns with a coder drawn at random; half way between probabilities.

    Both have shape (n, columns).
    """
    if not votes.any():
        return fallback
    n = len(votes)
    ranked = np.append(np.unique(probabilities)[::-1], 0.0)
    if len(ranked) > MOST_TRIED:
        ranked = ranked[np.linspace(0, len(ranked) - 1, MOST_TRIED).astype(np.int64)]
    cuts = (ranked[:-1] + ranked[1:]) / 2
    observed, expected = np.zeros(len(cuts)), np.zeros(len(cuts))
    for column, given in zip(probabilities.T, votes.T, strict=True):
        order = np.argsort(-column, kind="stable")
        hits = np.append(0.0, np.cumsum(given[order]))
        found = np.searchsorted(-column[order], -cuts, side="right")  # so many pass
        both = found + hits[-1]
        observed += (both - 2 * hits[found]) / n
        expected += both / n * (1 - both / (2 * n))
    alpha = 1 - observed / np.maximum(expected, TINY)
    return float(cuts[int(np.argmax(np.where(observed < TINY, 1.0, alpha)))])


def _spread(columns: int, own: float, unlearnt: Flags | None) -> Tensor:
    """The standard deviation of the prior on each column's shift."""
    flags = np.zeros(columns, dtype=bool) if unlearnt is None else unlearnt
    return torch.from_numpy(np.where(flags, FREE_SHIFT, own))


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
