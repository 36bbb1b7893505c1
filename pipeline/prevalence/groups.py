"""One share in each group of a split: as the machine says, by hand-coding alone, corrected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.prevalence import estimator
from pipeline.prevalence.bounds import Bounded, about_interviews, bounded, effective_size
from pipeline.prevalence.intervals import design_error
from pipeline.prevalence.matching import Sampled
from pipeline.prevalence.measures import Measure
from pipeline.prevalence.population import Population
from pipeline.prevalence.results import Figure, Row

Floats = NDArray[np.float64]

INTERVIEWS, CORPUS = "interviews", "corpus"
"""What a figure is about: interviews like these, or these transcripts and no others."""

_FITTED = 2  # mean and tuning
_NOTHING = Figure(None, None, None)
_UNLEARNT = "the model has not learnt it: by hand-coding alone"
_LONELY = "rests on one interview's mentions: no interval"


@dataclass(frozen=True)
class Split:
    """Segments by the values of an attribute; `index` is -1 for those in no group."""

    by: str
    groups: tuple[str, ...]
    index: NDArray[np.int64]
    population: Population
    sampled: Sampled


@dataclass(frozen=True, slots=True)
class _Coded:
    """The hand-coding of one group: errors of the two estimates from the draw alone, and what it is worth with the machine."""

    segments: int
    hand: float
    corrected: float
    worth: float | None


def rows_of(measure: Measure, split: Split, target: str) -> tuple[list[Row], estimator.Estimate]:
    """A row for each group, and the corrected shares for a test between them; those by hand of what the model never learnt."""
    shape = (len(split.groups), len(split.population.interviews))
    where = (split.index, split.population.interview, shape)
    parts = (measure.y[None], measure.z[None], measure.weight)
    table = estimator.sums(measure.f[None], measure.d[None], *parts, *where)[0]
    plain = estimator.sums(measure.machine[None], measure.d[None], *parts, *where)[0]
    machine, hand = estimator.machine_only(plain), estimator.by_hand(table)
    corrected = estimator.corrected(table) if measure.learnt else hand
    coded = [_coded(measure, split, g, hand, corrected) for g in range(len(split.groups))]
    shares = {"machine": bounded(machine.share, machine.error, machine.interviews - 1)}
    if target == CORPUS:
        df = np.array([float(item.segments - _FITTED) for item in coded])
        border = hand.share, effective_size(table.sum(-2), hand.share)
        for name, share in (("hand", hand.share), ("corrected", corrected.share)):
            errors = np.array([getattr(item, name) for item in coded])
            shares[name] = bounded(share, errors, df, border)
    else:
        shares |= {name: about_interviews(table, hand, e) for name, e in (("hand", hand), ("corrected", corrected))}
    rows = [_row(measure, split, g, table[g], coded[g], shares, corrected) for g in range(len(split.groups))]
    return rows, corrected


def _coded(measure: Measure, split: Split, g: int, hand: estimator.Estimate, corrected: estimator.Estimate) -> _Coded:
    coded = np.flatnonzero((split.index == g) & (measure.weight > 0))
    weight, inclusion = measure.weight[coded], split.sampled.inclusion[coded] * _asked(measure, split.sampled)
    y, z, f, d = (item[coded] for item in (measure.y, measure.z, measure.f, measure.d))
    tuned = y - corrected.tuning * f - corrected.share[g] * (z - corrected.tuning_below * d)
    alone = y - hand.share[g] * z
    base = float((weight * z).sum()) / float(weight.sum()) if len(coded) else 0.0
    narrow = design_error(tuned, weight, inclusion, least=0.0, used=_FITTED)
    wide = design_error(alone, weight, inclusion, least=0.0)
    by_hand, by_both = design_error(alone, weight, inclusion), design_error(tuned, weight, inclusion, used=_FITTED)
    return _Coded(
        segments=len(coded),
        hand=float(by_hand) / base if base > 0 else float("nan"),
        corrected=float(by_both) / base if base > 0 else float("nan"),
        worth=_worth(len(coded), float(wide), float(narrow)),
    )


def _row(
    measure: Measure,
    split: Split,
    g: int,
    table: Floats,
    coded: _Coded,
    shares: Mapping[str, Bounded],
    corrected: estimator.Estimate,
) -> Row:
    interviews, share = int(corrected.interviews[g]), float(corrected.share[g])
    figures = {name: _figure(item, g) for name, item in shares.items()}
    note = _note(coded.segments, interviews, float(table[:, estimator.WZ].sum()), share, figures["corrected"])
    if not measure.learnt:
        figures |= {"machine": _NOTHING, "corrected": _NOTHING}
        note = "; ".join(filter(None, (_UNLEARNT, note)))
    return Row(
        kind=measure.kind,
        name=measure.name,
        attitude=measure.attitude,
        of=measure.of,
        by=split.by,
        group=split.groups[g],
        segments=int((split.index == g).sum()),
        interviews=int((table[:, estimator.N] > 0).sum()),
        coded=coded.segments,
        coded_interviews=interviews,
        machine=figures["machine"],
        hand=figures["hand"],
        corrected=figures["corrected"],
        tuning=float(corrected.tuning),
        worth=coded.worth if measure.learnt else None,
        note=note,
        learnt=measure.learnt,
    )


def _asked(measure: Measure, sampled: Sampled) -> float:
    """The share of the drawn sample that was hand-coded for this: some of the drawn are not coded yet, or for codes only."""
    return sampled.coverage * float((measure.weight > 0).sum()) / len(sampled.units)


def _figure(item: Bounded, g: int) -> Figure:
    share, low, high = float(item.share[g]), float(item.low[g]), float(item.high[g])
    if not np.isfinite(share):
        return _NOTHING
    return Figure(share, low, high) if np.isfinite(low) and np.isfinite(high) else Figure(share, None, None)


def _worth(coded: int, wide: float, narrow: float) -> float | None:
    """Sampling variance goes with 1 / n: the ratio of variances is the ratio of sample sizes."""
    return coded * wide**2 / narrow**2 if np.isfinite(wide) and narrow > 0 and wide > 0 else None


def _note(coded: int, interviews: int, whole: float, share: float, figure: Figure) -> str:
    if coded == 0:
        return "no hand-coded segment"
    if whole == 0:
        return "none among the hand-coded"
    if figure.share is None:
        return "undefined"
    if not 0 < share < 1:
        return "at the border: interval from hand-coding alone"
    if figure.low is not None:
        return ""
    return "hand-coded in one interview only: no interval" if interviews < 2 else _LONELY
