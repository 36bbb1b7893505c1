"""Every share overall and by group, corrected; tests between groups; what the reader must be warned of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import UsageError
from pipeline.prevalence import estimator
from pipeline.prevalence.intervals import design_error, exact_interval, holm, logit_interval, wald
from pipeline.prevalence.matching import Sampled
from pipeline.prevalence.measures import Measure, measures
from pipeline.prevalence.population import Population

Floats = NDArray[np.float64]

INTERVIEWS, CORPUS = "interviews", "corpus"
"""What a figure is about: interviews like these, or these transcripts and no others."""

THIN_SEGMENTS, THIN_INTERVIEWS = 30, 5
_FITTED = 2  # mean and tuning
_LONELY = "rests on one interview's mentions: no interval"


@dataclass(frozen=True, slots=True)
class Figure:
    """A share with its 95 % interval; None where it is undefined."""

    share: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Row:
    """One share in one group.

    Attributes:
        by, group: the attribute and its value; empty for all.
        segments, interviews: of the group.
        coded, coded_interviews: those that were hand-coded.
        machine, hand, corrected: as the machine says; by hand-coding alone; by both.
        tuning: how far the machine is relied on, 0 to 1.
        worth: how many hand-coded segments drawn simply at random would tell as much as hand-coding with the machine; both
            variances are without strata.
        note: why a figure is undefined or was made otherwise.
    """

    kind: str
    name: str
    attitude: str
    of: str
    by: str
    group: str
    segments: int
    interviews: int
    coded: int
    coded_interviews: int
    machine: Figure
    hand: Figure
    corrected: Figure
    tuning: float
    worth: float | None
    note: str


@dataclass(frozen=True, slots=True)
class GroupTest:
    """Whether groups differ: Wald's F on the corrected shares; `p_holm` is corrected for all tests by this attribute.

    `left_out` names the groups whose share is undefined or has no variance: they are not in the test.
    """

    kind: str
    name: str
    attitude: str
    by: str
    groups: tuple[str, ...]
    statistic: float | None
    df: tuple[float, float] | None
    p: float | None
    p_holm: float | None
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prevalence:
    """The whole answer; `coverage` is the share of the drawn sample that is coded."""

    target: str
    estimator: str
    segments: int
    interviews: int
    coded: int
    coverage: float
    rows: tuple[Row, ...]
    tests: tuple[GroupTest, ...]
    warnings: tuple[str, ...]
    unmatched: tuple[str, ...] = field(default=())

    @property
    def worth(self) -> float | None:
        """The median over codes (over attitudes, where there are none) of what the hand-coding amounts to."""
        overall = [row for row in self.rows if not row.by and row.worth is not None]
        chosen = [row.worth for row in overall if row.kind == "code"] or [row.worth for row in overall]
        return float(np.median([value for value in chosen if value is not None])) if chosen else None


def prevalence(
    population: Population,
    sampled: Sampled,
    by: Sequence[str] = (),
    *,
    target: str = INTERVIEWS,
    simple_random: bool = False,
) -> Prevalence:
    """Estimate every share.

    Args:
        by: attributes to compare groups by, one after the other.
        target: `interviews` or `corpus`.
        simple_random: the user says that gold without inclusion probabilities was drawn at random.

    Raises:
        UsageError: nobody has an attribute of `by`, or the run has nothing of what people coded.
    """
    found = measures(population, sampled)
    if not found:
        raise UsageError(
            "the gold has attitudes only, and this run has none",
            path=population.tables.path,
            remedy="give gold with codes, or a run by a model that was trained with attitudes",
        )
    splits: dict[str, list[str | None]] = {"": [""] * len(population)}
    splits |= {name: population.values(name) for name in by}
    rows: list[Row] = []
    tests: list[GroupTest] = []
    for name, values in splits.items():
        groups = tuple(sorted({value for value in values if value is not None}))
        index = np.array([groups.index(value) if value is not None else -1 for value in values], dtype=np.int64)
        split = _Split(name, groups, index, population, sampled)
        family: list[GroupTest] = []
        for measure in found:
            made, test = _measured(measure, split, target)
            rows += made
            family += [test] if name else []
        tests += _holm(family)
    return Prevalence(
        target=target,
        estimator="design-based" if sampled.known else "prediction-powered",
        segments=len(population),
        interviews=len(population.interviews),
        coded=len(sampled.units),
        coverage=sampled.coverage,
        rows=tuple(rows),
        tests=tuple(tests),
        warnings=tuple(_warnings(population, sampled, rows, splits, simple_random)),
        unmatched=sampled.unmatched,
    )


@dataclass(frozen=True)
class _Split:
    by: str
    groups: tuple[str, ...]
    index: NDArray[np.int64]
    population: Population
    sampled: Sampled


def _measured(measure: Measure, split: _Split, target: str) -> tuple[list[Row], GroupTest]:
    shape = (len(split.groups), len(split.population.interviews))
    where = (split.index, split.population.interview, shape)
    parts = (measure.y[None], measure.z[None], measure.weight)
    table = estimator.sums(measure.f[None], measure.d[None], *parts, *where)[0]
    plain = estimator.sums(measure.machine[None], measure.d[None], *parts, *where)[0]
    machine, hand, corrected = (
        estimator.machine_only(plain),
        estimator.by_hand(table),
        estimator.corrected(table),
    )
    rows = [_row(measure, split, g, table, machine, hand, corrected, target) for g in range(len(split.groups))]
    firm = [g for g in range(len(split.groups)) if np.isfinite(corrected.share[g]) and corrected.error[g] > 0]
    test = wald(corrected.share[firm], corrected.covariance[np.ix_(firm, firm)], corrected.interviews[firm])
    names = tuple(split.groups[g] for g in firm)
    left_out = tuple(name for name in split.groups if name not in names)
    head = (measure.kind, measure.name, measure.attitude)
    return rows, GroupTest(*head, split.by, names, test.statistic, test.df, test.p, None, left_out)


def _row(
    measure: Measure,
    split: _Split,
    g: int,
    table: Floats,
    machine: estimator.Estimate,
    hand: estimator.Estimate,
    corrected: estimator.Estimate,
    target: str,
) -> Row:
    members = split.index == g
    coded = np.flatnonzero(members & (measure.weight > 0))
    weight, inclusion = measure.weight[coded], split.sampled.inclusion[coded] * _asked(measure, split.sampled)
    y, z, f, d = (item[coded] for item in (measure.y, measure.z, measure.f, measure.d))
    tuned = y - corrected.tuning * f - corrected.share[g] * (z - corrected.tuning_below * d)
    alone = y - hand.share[g] * z
    base = _ratio(float((weight * z).sum()), float(weight.sum()))
    narrow = design_error(tuned, weight, inclusion, least=0.0, used=_FITTED)
    wide = design_error(alone, weight, inclusion, least=0.0)
    errors = {"hand": float(hand.error[g]), "corrected": float(corrected.error[g])}
    df = {name: float(corrected.interviews[g]) - 1 for name in errors}
    if target == CORPUS:
        errors = {
            "hand": float(design_error(alone, weight, inclusion)) / base,
            "corrected": float(design_error(tuned, weight, inclusion, used=_FITTED)) / base,
        }
        df = {name: float(len(coded) - _FITTED) for name in errors}
    # Where a share lies on or past the border, hand-coding alone bounds it: as many segments as its weights are worth.
    worth_of_weights = _ratio(float(weight.sum()) ** 2, float((weight**2).sum())) * base
    if target == INTERVIEWS:
        worth_of_weights = min(worth_of_weights, _effective(float(hand.share[g]), errors["hand"]))
    fallback = (float(hand.share[g]), worth_of_weights)
    own = machine.interviews[g] - 1
    figures = {
        "machine": _figure(float(machine.share[g]), float(machine.error[g]), float(own), None),
        "hand": _figure(float(hand.share[g]), errors["hand"], df["hand"], fallback),
        "corrected": _figure(float(corrected.share[g]), errors["corrected"], df["corrected"], fallback),
    }
    return Row(
        kind=measure.kind,
        name=measure.name,
        attitude=measure.attitude,
        of=measure.of,
        by=split.by,
        group=split.groups[g],
        segments=int(members.sum()),
        interviews=int((table[g, :, estimator.N] > 0).sum()),
        coded=len(coded),
        coded_interviews=int(corrected.interviews[g]),
        machine=figures["machine"],
        hand=figures["hand"],
        corrected=figures["corrected"],
        tuning=float(corrected.tuning),
        worth=_worth(len(coded), float(wide), float(narrow)),
        note=_note(
            len(coded),
            int(corrected.interviews[g]),
            float((weight * z).sum()),
            corrected.share[g],
            figures["corrected"],
        ),
    )


def _asked(measure: Measure, sampled: Sampled) -> float:
    """The share of the drawn sample that was hand-coded for this: some of the drawn are not coded yet, or for codes only."""
    return sampled.coverage * float((measure.weight > 0).sum()) / len(sampled.units)


def _figure(share: float, error: float, df: float, fallback: tuple[float, float] | None) -> Figure:
    if not np.isfinite(share):
        return Figure(None, None, None)
    low, high = logit_interval(np.array(share), np.array(error), np.array(df))
    if fallback is not None and not 0 < share < 1 and np.isfinite(fallback[0]):
        low, high = exact_interval(np.array(fallback[0]), np.array(fallback[1]))
    share = min(1.0, max(0.0, share))
    if not np.isfinite(low):
        return Figure(share, None, None)
    return Figure(share, min(float(low), share), max(float(high), share))


def _effective(share: float, error: float) -> float:
    """Korn and Graubard's n over the design effect: what a simple random sample with this error has; unbounded if unknown."""
    known = 0 < share < 1 and np.isfinite(error) and error > 0
    return share * (1 - share) / error**2 if known else float("inf")


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


def _holm(tests: list[GroupTest]) -> list[GroupTest]:
    values = holm([item.p for item in tests if item.p is not None])
    left = iter(values)
    return [replace(item, p_holm=None if item.p is None else next(left)) for item in tests]


def _warnings(
    population: Population,
    sampled: Sampled,
    rows: Sequence[Row],
    splits: dict[str, list[str | None]],
    simple_random: bool,
) -> list[str]:
    out = []
    if not sampled.known and not simple_random:
        out.append(
            "the gold does not say how its segments were sampled. The correction holds only if every segment had the same "
            "chance: say so with --simple-random, or draw a sample with `themes sample`"
        )
    if sampled.unmatched:
        shown = ", ".join(sampled.unmatched[:5]) + (" …" if len(sampled.unmatched) > 5 else "")
        out.append(
            f"{len(sampled.unmatched)} gold units are no participant segments of this run and were left out: {shown}"
        )
    if sampled.twice:
        out.append(
            f"{len(sampled.twice)} gold units are a segment that another unit is too, left out: {sampled.twice[0]} …"
        )
    for name, values in splits.items():
        unknown = sum(value is None for value in values)
        if unknown:
            out.append(f"{name} is not known of {unknown} segments; they are in no group")
    thin = {
        (row.by, row.group): (row.coded, row.coded_interviews)
        for row in rows
        if row.kind == "code" and (row.coded < THIN_SEGMENTS or row.coded_interviews < THIN_INTERVIEWS)
    }
    for (name, group), (coded, interviews) in thin.items():
        place = f"{name} {group}" if name else "the gold"
        out.append(
            f"{place}: {coded} hand-coded segments in {interviews} interviews are thin "
            f"(fewer than {THIN_SEGMENTS} or {THIN_INTERVIEWS}); do not lean on its figures"
        )
    return out


def _ratio(above: float, below: float) -> float:
    return above / below if below > 0 else float("nan")
