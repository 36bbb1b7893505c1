"""One share in each group of a split: as the machine says, by hand-coding alone, corrected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.plural import numbered
from pipeline.prevalence import estimator
from pipeline.prevalence.bounds import Bounded, about_interviews, bounded, effective_size, of_one_whole
from pipeline.prevalence.intervals import design_error
from pipeline.prevalence.matching import Sampled
from pipeline.prevalence.measures import Measure
from pipeline.prevalence.population import Population
from pipeline.prevalence.results import Figure, Row

Floats = NDArray[np.float64]

INTERVIEWS, CORPUS = "interviews", "corpus"
"""What a figure is about: interviews like these, or these transcripts and no others."""

FEWEST, FEWEST_INTERVIEWS = 6, 2
"""Mentions that people marked, and interviews that these are from, below which no share of attitudes is told.

Six that agree are the fewest whose exact interval (Clopper and Pearson 1934) tells that more than half are like them: it begins
at 0.025 ** (1 / 6) = 0.54, that of five at 0.48. Fewer leave open which attitude is the commonest, whatever they are; and what
interviews differ by needs two of them.
"""

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


@dataclass(frozen=True, slots=True)
class _Marked:
    """What the shares of one group are of: how many people marked, in how many interviews, and how many the machine found."""

    count: float
    interviews: int
    found: float
    withheld: bool


def rows_of(family: Sequence[Measure], split: Split, target: str) -> tuple[list[Row], list[estimator.Estimate]]:
    """A row for each measure and group, and for each measure the shares for a test between groups.

    These are corrected, but by hand for what the model never learnt, and where hand-coding cannot correct it.

    Args:
        family: one measure, or those that part one whole and share their `d`, `z`, `weight`, `learnt` and `alone`.
    """
    parts, one = len(family) > 1, family[0]
    marked = [_marked(one, split, g, parts=parts) for g in range(len(split.groups))]
    table, plain = (_sums(family, split, machine) for machine in (False, True))
    told = np.where([item.withheld for item in marked], np.nan, 1.0)
    hand = estimator.by_hand(table)
    both = estimator.corrected(table, parts=parts) if one.corrects else hand
    hand, both = replace(hand, share=hand.share * told), replace(both, share=both.share * told)
    inside = replace(both, share=of_one_whole(both.share)) if parts else both
    machine = estimator.machine_only(plain)
    shares = {"machine": bounded(machine.share, machine.error, machine.interviews - 1)}
    coded = [
        [_coded(measure, split, g, hand.of(i), both.of(i)) for g in range(len(split.groups))]
        for i, measure in enumerate(family)
    ]
    if target == CORPUS:
        df = np.array([[float(item.segments - _FITTED) for item in items] for items in coded])
        border = hand.share, effective_size(table.sum(-2), hand.share)
        for name, share in (("hand", hand.share), ("corrected", inside.share)):
            errors = np.array([[getattr(item, name) for item in items] for items in coded])
            shares[name] = bounded(share, errors, df, border)
    else:
        shares |= {name: about_interviews(table, hand, e) for name, e in (("hand", hand), ("corrected", inside))}
    rows = [
        _row(
            measure,
            split,
            g,
            coded[i][g],
            marked[g],
            {name: _figure(item, i, g) for name, item in shares.items()},
            both.of(i),
        )
        for i, measure in enumerate(family)
        for g in range(len(split.groups))
    ]
    return rows, [both.of(i) for i in range(len(family))]


def _sums(family: Sequence[Measure], split: Split, machine: bool) -> Floats:
    """Sums per measure, group and interview, of the machine's counts as they are reported, or of its probabilities."""
    f = np.stack([measure.machine if machine else measure.f for measure in family])
    d, y, z = (np.stack([getattr(measure, name) for measure in family]) for name in ("d", "y", "z"))
    shape = (len(split.groups), len(split.population.interviews))
    return estimator.sums(f, d, y, z, family[0].weight, split.index, split.population.interview, shape)


def _marked(measure: Measure, split: Split, g: int, *, parts: bool) -> _Marked:
    own = split.index == g
    z = np.where(own & (measure.weight > 0), measure.z, 0.0)
    count, interviews = float(z.sum()), len(set(split.population.interview[z > 0].tolist()))
    few = parts and (count < FEWEST or interviews < FEWEST_INTERVIEWS)
    return _Marked(count, interviews, float(measure.d[own].sum()), few)


def _coded(measure: Measure, split: Split, g: int, hand: estimator.Estimate, corrected: estimator.Estimate) -> _Coded:
    coded = np.flatnonzero((split.index == g) & (measure.weight > 0))
    weight, inclusion = measure.weight[coded], split.sampled.inclusion[coded] * _asked(measure, split.sampled)
    y, z, f, d = (item[coded] for item in (measure.y, measure.z, measure.f, measure.d))
    tuned = y - corrected.tuning * f - corrected.share[g] * (z - corrected.tuning * d)
    alone = y - hand.share[g] * z
    base = float((weight * z).sum()) / float(weight.sum()) if len(coded) else 0.0
    narrow = design_error(tuned, weight, inclusion, least=0.0, used=_FITTED)
    wide = design_error(alone, weight, inclusion, least=0.0)
    by_hand, by_both = design_error(alone, weight, inclusion), design_error(tuned, weight, inclusion, used=_FITTED)
    return _Coded(
        segments=len(coded),
        hand=float(by_hand) / base if base > 0 else float("nan"),
        corrected=float(by_both) / base if base > 0 else float("nan"),
        worth=_worth(int((split.index == g).sum()), len(coded), float(wide), float(narrow)),
    )


def _row(
    measure: Measure,
    split: Split,
    g: int,
    coded: _Coded,
    marked: _Marked,
    figures: dict[str, Figure],
    corrected: estimator.Estimate,
) -> Row:
    own = split.index == g
    interviews = len(set(split.population.interview[own & (measure.weight > 0)].tolist()))
    note = _note(coded.segments, interviews, marked, measure.of, float(corrected.share[g]), figures["corrected"])
    if not measure.learnt:
        figures |= {"machine": _NOTHING, "corrected": _NOTHING}
        note = "; ".join(filter(None, (_UNLEARNT, note)))
    elif measure.alone:
        figures |= {"corrected": _NOTHING}
        note = "; ".join((measure.alone, note)) if figures["hand"].share is None else measure.alone
    return Row(
        kind=measure.kind,
        name=measure.name,
        attitude=measure.attitude,
        of=measure.of,
        by=split.by,
        group=split.groups[g],
        segments=int(own.sum()),
        interviews=len(set(split.population.interview[own].tolist())),
        coded=coded.segments,
        coded_interviews=interviews,
        marked=marked.count,
        marked_interviews=marked.interviews,
        found=marked.found,
        machine=figures["machine"],
        hand=figures["hand"],
        corrected=figures["corrected"],
        tuning=float(corrected.tuning),
        worth=coded.worth if measure.corrects else None,
        note=note,
        learnt=measure.learnt,
    )


def _asked(measure: Measure, sampled: Sampled) -> float:
    """The share of the drawn sample that was hand-coded for this: some of the drawn are not coded yet, or for codes only."""
    return sampled.coverage * float((measure.weight > 0).sum()) / len(sampled.units)


def _figure(item: Bounded, i: int, g: int) -> Figure:
    share, low, high = float(item.share[i, g]), float(item.low[i, g]), float(item.high[i, g])
    if not np.isfinite(share):
        return _NOTHING
    return Figure(share, low, high) if np.isfinite(low) and np.isfinite(high) else Figure(share, None, None)


def _worth(segments: int, coded: int, wide: float, narrow: float) -> float | None:
    """Of a sample drawn simply at random without replacement, the size that leaves the narrow error.

    Sampling variance goes with 1 / n - 1 / N: no sample tells more of N segments than hand-coding them all does.
    """
    if not (np.isfinite(wide) and narrow > 0 and wide > 0):
        return None
    return 1 / (1 / segments + (1 / coded - 1 / segments) * narrow**2 / wide**2)


def _note(coded: int, interviews: int, marked: _Marked, of: str, share: float, figure: Figure) -> str:
    if coded == 0:
        return "no hand-coded segment"
    if marked.count == 0:
        return "none among the hand-coded"
    if marked.withheld:
        return (
            f"withheld for too few hand-marked {of}: {marked.count:g}, from "
            f"{numbered(marked.interviews, '[interview|interviews]')} (at least {FEWEST}, from {FEWEST_INTERVIEWS})"
        )
    if figure.share is None:
        return "undefined"
    if not 0 < share < 1:
        return "at the border: interval from hand-coding alone"
    if figure.low is not None:
        return ""
    return "hand-coded in one interview only: no interval" if interviews < 2 else _LONELY
