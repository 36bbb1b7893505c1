"""Fitting decisions to held-out gold: slopes and shifts of probabilities, thresholds, handicaps; `models.decisions` applies them.

A code's shift is shrunk to the mean shift, because most codes have few positives. Thresholds maximise Krippendorff's alpha per
code, shrunk to the threshold that is best for all codes together: F1 would do as well for rare codes and a good model; of a
weak one it gives everything (Lipton et al. 2014). Coders who were never settled count by their votes: alpha is that with a coder
drawn at random, so that two coders' codings are not taken for their union.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from models.decisions import BinaryScale, ChoiceScale, ClassScale, Flags, Floats, Labels

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

HANDICAPS = tuple(float(value) for value in np.exp(np.linspace(-1.2, 1.2, 13)))


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
        scale = replace(scale, thresholds=_handicaps(scale.shares(logits), decided))
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
