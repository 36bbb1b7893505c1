"""One evaluation: machine against the reference coding, and coder against coder, in the same units and figures."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from models.decisions import ATTITUDES
from pipeline.codebook import Codebook
from pipeline.evaluate.attitudes import ALL, Marked, Pair, Span, attitude_figures, detection_figures
from pipeline.evaluate.calibration import Calibration, calibrate, calibrate_classes
from pipeline.evaluate.compare import CLASS_FIGURES, Coded, Figure, class_of, compare_classes, compare_codes
from pipeline.evaluate.comparison import Comparison as Comparison
from pipeline.evaluate.figures import Resampler
from pipeline.evaluate.judge import NOWHERE, MachineCoding
from pipeline.evaluate.statistics import Floats
from pipeline.evaluate.unlearnt import without_unlearnt
from pipeline.evaluate.weighting import weights_of
from pipeline.gold import ADJUDICATED, GoldUnit
from pipeline.types import Coding

MACHINE, REFERENCE = "machine", "reference"
"""Names in the figures: the reference is the adjudicated coding, or that of the only coder of a unit."""


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
    return _machine_against(machine, [unit.reference for unit in machine.units], REFERENCE, codebook)


def machine_against_coder(machine: MachineCoding, coder: str, codebook: Codebook) -> Comparison:
    """The machine against one person, on all the units that they coded."""
    return _machine_against(machine, [unit.by(coder) for unit in machine.units], coder, codebook)


def coder_against_coder(units: Sequence[GoldUnit], first: str, second: str, codebook: Codebook) -> Comparison:
    """Two people on the units that both coded: the human ceiling."""
    both = [(a, b) for unit in units if (a := unit.by(first)) is not None and (b := unit.by(second)) is not None]
    counts_for = _counting([a for a, _ in both])
    # A coder codes attitudes throughout, or not at all.
    asked = all(b.attitudes is not None and b.partnership_asked for _, b in both)
    stances = np.array([class_of(_stance(b)) for _, b in both], dtype=np.int64)
    answered = np.array([b.codes is not None for _, b in both], dtype=bool)
    other = Coded(code_matrix([b for _, b in both], codebook), stances if asked else None, answered)
    pairs = [
        Pair(a.group, item.attitude.value, theirs[item.start, item.end], item.partner_type, weight)
        for (a, b), weight in zip(both, counts_for, strict=True)
        for theirs in [{(item.start, item.end): item.attitude.value for item in b.attitudes or ()}]
        for item in a.attitudes or ()
        if item.start is not None and (item.start, item.end) in theirs
    ]
    marked = [
        Marked(a.group, _spans(a), _spans(b), weight)
        for (a, b), weight in zip(both, counts_for, strict=True)
        if a.attitudes is not None and b.attitudes is not None and a.mentions_asked and b.mentions_asked
    ]
    return _comparison(first, second, [a for a, _ in both], other, codebook, pairs, marked)


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


def code_matrix(codings: Sequence[Coding], codebook: Codebook) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Codes as flags, shape (n, c)."""
    return np.array(
        [[name in (coding.codes or ()) for name in codebook.names] for coding in codings], dtype=bool
    ).reshape(-1, len(codebook.names))


def _machine_against(
    machine: MachineCoding, codings: Sequence[Coding | None], name: str, codebook: Codebook
) -> Comparison:
    rows = [i for i, coding in enumerate(codings) if coding is not None]
    gold = [coding for coding in codings if coding is not None]
    at = np.ix_(rows, [machine.codes.index(code) for code in codebook.names])
    other = Coded(machine.assigned[at], machine.partnership_classes()[rows], None, machine.probabilities[at])
    counts_for = _counting(gold)
    answered = [
        (Pair(coding.group, item.attitude.value, answer.attitude, item.partner_type, weight), answer.probabilities)
        for i, coding, weight in zip(rows, gold, counts_for, strict=True)
        for item in coding.attitudes or ()
        if item.start is not None
        and item.end is not None
        and (answer := machine.attitudes[i].get((item.start, item.end))) is not None
    ]
    pairs = [pair for pair, _ in answered]
    marked = [
        Marked(coding.group, _spans(coding), _without_stance(machine, i), weight)
        for i, coding, weight in zip(rows, gold, counts_for, strict=True)
        if machine.detects and coding.attitudes is not None and coding.mentions_asked
    ]
    found = _comparison(name, MACHINE, gold, other, codebook, pairs, marked)
    found = replace(found, attitude_calibration=_attitude_calibration(answered))
    return without_unlearnt(found, gold, machine) if machine.unlearnt else found


def _comparison(
    first: str,
    second: str,
    gold: Sequence[Coding],
    other: Coded,
    codebook: Codebook,
    pairs: Sequence[Pair],
    marked: Sequence[Marked],
) -> Comparison:
    coded = [i for i, coding in enumerate(gold) if coding.codes is not None and (other.asked is None or other.asked[i])]
    p = other.probabilities[coded] if other.probabilities is not None else None
    mine, both = code_matrix([gold[i] for i in coded], codebook), Coded(other.codes[coded], probabilities=p)
    has_codes = bool(coded) and bool(mine.any() or both.codes.any())
    at = [gold[i].group for i in coded]
    stanced = [i for i, coding in enumerate(gold) if coding.attitudes is not None and coding.partnership_asked]
    partnership: dict[str, Figure] = {}
    said = np.array([class_of(_stance(gold[i])) for i in stanced], dtype=np.int64)
    if len(said) and said.any() and other.partnership is not None:
        answers, where = other.partnership[stanced], [gold[i].group for i in stanced]
        weights = weights_of([gold[i] for i in stanced])
        partnership = compare_classes(said, answers, where, classes=4, figures=CLASS_FIGURES, units=weights)
    by_type = attitude_figures(pairs)
    weights = weights_of([gold[i] for i in coded])
    return Comparison(
        gold=first,
        other=second,
        units=len(gold),
        groups=len({coding.group for coding in gold}),
        rows=compare_codes(Coded(mine), both, at, codebook, weights) if has_codes else [],
        partnership=partnership,
        attitudes=by_type.pop(ALL, {}),
        mentions=len(pairs),
        stances=len(stanced) if partnership else 0,
        adjudicated=sum(coding.coder == ADJUDICATED for coding in gold),
        partner_types=by_type,
        detection=detection_figures(marked),
        calibration=_calibration(mine, both, at, codebook, weights) if has_codes else [],
    )


def _calibration(
    gold: Any, other: Coded, groups: Sequence[str], codebook: Codebook, weights: Floats | None
) -> list[Calibration]:
    if other.probabilities is None:
        return []
    resampler = Resampler(groups, units=weights)
    each = [calibrate(name, gold[:, k], other.probabilities[:, k], resampler) for k, name in enumerate(codebook.names)]
    return [*each, calibrate("overall", gold, other.probabilities, resampler)]


def _attitude_calibration(answered: Sequence[tuple[Pair, tuple[float, ...]]]) -> list[Calibration]:
    if not answered:
        return []
    pairs = [pair for pair, _ in answered]
    resampler = Resampler([pair.group for pair in pairs], units=np.array([pair.weight for pair in pairs]))
    gold = np.array([ATTITUDES.index(pair.gold) for pair in pairs], dtype=np.int64)
    return calibrate_classes(ATTITUDES, gold, np.array([given for _, given in answered]), resampler)


def _counting(codings: Sequence[Coding]) -> list[float]:
    """What each coding's unit counts for."""
    weights = weights_of(codings)
    return [1.0] * len(codings) if weights is None else weights.tolist()


def _spans(coding: Coding) -> dict[Span, str]:
    return {
        (item.start, item.end): item.partner_type
        for item in coding.attitudes or ()
        if item.start is not None and item.end is not None
    }


def _without_stance(machine: MachineCoding, i: int) -> dict[Span, str]:
    return {span: answer.partner_type for span, answer in machine.attitudes[i].items() if span != NOWHERE}


def _stance(coding: Coding) -> str | None:
    return next((item.attitude.value for item in coding.attitudes or () if item.start is None), None)
