"""One evaluation: machine against the reference coding, and coder against coder, in the same units and figures."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from models.decisions import ATTITUDES
from pipeline.codebook import Codebook
from pipeline.evaluate.compare import (
    ATTITUDE_FIGURES,
    CLASS_FIGURES,
    Coded,
    Figure,
    Row,
    class_of,
    compare_classes,
    compare_codes,
)
from pipeline.evaluate.judge import NOWHERE, MachineCoding
from pipeline.gold import ADJUDICATED, GoldUnit
from pipeline.types import Coding

MACHINE, REFERENCE = "machine", "reference"
"""Names in the figures: the reference is the adjudicated coding, or that of the only coder of a unit."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two coders on the units that both coded.

    Attributes:
        rows: per code, theme and overall; empty where the gold has no codes.
        partnership: one of (none, negative, neutral, positive), on the `stances` units for which both coded attitudes.
        attitudes: on the mentions that both gave an attitude.
        adjudicated: how many of the units have a gold coding that was adjudicated, rather than one coder's.
    """

    gold: str
    other: str
    units: int
    groups: int
    rows: list[Row]
    partnership: dict[str, Figure] = field(default_factory=dict)
    attitudes: dict[str, Figure] = field(default_factory=dict)
    mentions: int = 0
    stances: int = 0
    adjudicated: int = 0


@dataclass(frozen=True, slots=True)
class AttitudeAnswer:
    """A line of `attitudes.csv`: gold and machine on one mention."""

    unit_id: str
    span: tuple[int, int]
    gold: str
    attitude: str
    probabilities: tuple[float, float, float]


def machine_against_gold(machine: MachineCoding, codebook: Codebook) -> Comparison:
    """The machine against the reference coding; units without one (coders never settled) are left out."""
    rows = [i for i, unit in enumerate(machine.units) if unit.reference is not None]
    references = [reference for i in rows if (reference := machine.units[i].reference) is not None]
    groups = [coding.group for coding in references]
    columns = [machine.codes.index(name) for name in codebook.names]
    partnership = machine.partnership_classes()[rows] if rows else np.zeros(0, dtype=np.int64)
    other = Coded(machine.assigned[rows][:, columns] if rows else np.zeros((0, len(columns)), bool), partnership)
    pairs = [
        (coding.group, item.attitude.value, answer.attitude)
        for i, coding in zip(rows, references, strict=True)
        for item in coding.attitudes or ()
        if item.start is not None
        and item.end is not None
        and (answer := machine.attitudes[i].get((item.start, item.end))) is not None
    ]
    return _comparison(REFERENCE, MACHINE, references, other, groups, codebook, pairs)


def coder_against_coder(units: Sequence[GoldUnit], first: str, second: str, codebook: Codebook) -> Comparison:
    """Two people on the units that both coded: the human ceiling."""
    both = [(a, b) for unit in units if (a := unit.by(first)) is not None and (b := unit.by(second)) is not None]
    asked = all(b.attitudes is not None for _, b in both)  # a coder codes attitudes throughout, or not at all
    stances = np.array([class_of(_stance(b)) for _, b in both], dtype=np.int64)
    answered = np.array([b.codes is not None for _, b in both], dtype=bool)
    other = Coded(_matrix([b for _, b in both], codebook), stances if asked else None, answered)
    pairs = [
        (a.group, item.attitude.value, theirs[item.start, item.end])
        for a, b in both
        for theirs in [{(item.start, item.end): item.attitude.value for item in b.attitudes or ()}]
        for item in a.attitudes or ()
        if item.start is not None and (item.start, item.end) in theirs
    ]
    return _comparison(first, second, [a for a, _ in both], other, [a.group for a, _ in both], codebook, pairs)


def coders_of(units: Sequence[GoldUnit]) -> list[str]:
    """The coders who worked independently, in order of appearance."""
    return list(dict.fromkeys(c.coder for unit in units for c in unit.codings if c.coder != ADJUDICATED))


def coder_pairs(units: Sequence[GoldUnit]) -> list[tuple[str, str]]:
    """Every pair of independent coders who share at least one unit."""
    together = {
        pair
        for unit in units
        for pair in itertools.permutations([c.coder for c in unit.codings if c.coder != ADJUDICATED], 2)
    }
    return [pair for pair in itertools.combinations(coders_of(units), 2) if pair in together]


def attitude_answers(machine: MachineCoding) -> list[AttitudeAnswer]:
    """Gold and machine on every mention of the reference coding, and on partnership as such."""
    answers = []
    for unit, found in zip(machine.units, machine.attitudes, strict=True):
        for item in unit.reference.attitudes or () if unit.reference else ():
            span = (item.start, item.end) if item.start is not None and item.end is not None else NOWHERE
            answer = found.get(span)
            answers.append(
                AttitudeAnswer(
                    unit.unit_id,
                    span,
                    item.attitude.value,
                    answer.attitude if answer else "",
                    answer.probabilities if answer else (float("nan"),) * 3,
                )
            )
    return answers


def _comparison(
    first: str,
    second: str,
    gold: Sequence[Coding],
    other: Coded,
    groups: Sequence[str],
    codebook: Codebook,
    pairs: Sequence[tuple[str, str, str]],
) -> Comparison:
    coded = [i for i, coding in enumerate(gold) if coding.codes is not None and (other.asked is None or other.asked[i])]
    both = Coded(other.codes[coded])
    rows = compare_codes(Coded(_matrix([gold[i] for i in coded], codebook)), both, [groups[i] for i in coded], codebook)
    has_codes = bool(coded) and (any(gold[i].codes for i in coded) or bool(both.codes.any()))
    stanced = [i for i, coding in enumerate(gold) if coding.attitudes is not None]
    partnership: dict[str, Figure] = {}
    said = np.array([class_of(_stance(gold[i])) for i in stanced], dtype=np.int64)
    if len(said) and said.any() and other.partnership is not None:
        answers = other.partnership[stanced]
        at = [groups[i] for i in stanced]
        partnership = compare_classes(said, answers, at, classes=4, figures=CLASS_FIGURES)
    attitudes: dict[str, Figure] = {}
    if pairs:
        mine, yours = (np.array([ATTITUDES.index(pair[k]) for pair in pairs], dtype=np.int64) for k in (1, 2))
        attitudes = compare_classes(mine, yours, [pair[0] for pair in pairs], classes=3, figures=ATTITUDE_FIGURES)
    return Comparison(
        gold=first,
        other=second,
        units=len(gold),
        groups=len(set(groups)),
        rows=rows if has_codes else [],
        partnership=partnership,
        attitudes=attitudes,
        mentions=len(pairs),
        stances=len(stanced) if partnership else 0,
        adjudicated=sum(coding.coder == ADJUDICATED for coding in gold),
    )


def _matrix(codings: Sequence[Coding], codebook: Codebook) -> np.ndarray[Any, np.dtype[np.bool_]]:
    return np.array(
        [[name in (coding.codes or ()) for name in codebook.names] for coding in codings], dtype=bool
    ).reshape(-1, len(codebook.names))


def _stance(coding: Coding) -> str | None:
    return next((item.attitude.value for item in coding.attitudes or () if item.start is None), None)
