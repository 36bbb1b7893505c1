"""What `themes prevalence` answers: shares with intervals, tests between groups."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from pipeline.gold_codes import LeftOut


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
        marked, marked_interviews: how many of what `of` names people marked in them (the mean of coders who differ), and in how
            many interviews.
        found: how many the machine found, in all segments of the group.
        machine, hand, corrected: as the machine says; by hand-coding alone; by both.
        tuning: how far the machine is relied on, 0 to 1.
        worth: how many hand-coded segments drawn simply at random would tell as much as hand-coding with the machine, at most
            all of the group; both variances are without strata.
        note: why a figure is undefined or was made otherwise.
        learnt: by the run's model; else machine, corrected and worth are undefined, and hand-coding stands alone.
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
    marked: float
    marked_interviews: int
    found: float
    machine: Figure
    hand: Figure
    corrected: Figure
    tuning: float
    worth: float | None
    note: str
    learnt: bool = True


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
    """The whole answer; `coverage` is the share of the drawn sample that is coded, `codes_left_out` gold's unknown codes."""

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
    codes_left_out: LeftOut = field(default_factory=LeftOut)

    @property
    def worth(self) -> float | None:
        """The median over codes (over attitudes, where there are none) of what the hand-coding amounts to."""
        overall = [row for row in self.rows if not row.by and row.worth is not None]
        chosen = [row.worth for row in overall if row.kind == "code"] or [row.worth for row in overall]
        return float(np.median([value for value in chosen if value is not None])) if chosen else None
