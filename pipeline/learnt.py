"""What a model has learnt, code by code and overall, from the gold that was held out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from models.decisions import NEVER_REACHED, Decisions, Labels
from models.loading import load_model
from models.predict import Predictions, Predictor
from pipeline.codebook import Codebook
from pipeline.evaluate.ceiling import of_several, people_agree
from pipeline.evaluate.compare import WITHIN, Figure, Row
from pipeline.evaluate.evaluation import machine_against_gold
from pipeline.evaluate.figures import LEAST_GROUPS, rests_on
from pipeline.evaluate.judge import MachineCoding, as_coding, code_gold
from pipeline.given import odd_number
from pipeline.gold import ADJUDICATED, GoldUnit
from pipeline.holding_out import groups_of, ungrouped

THIN = 20
"""Fewer units than this with a code are too few to learn it from; the user is warned."""

THIN_HELD = 5
"""Fewer held-out units than this with a code are too few to measure it on, and to set its threshold."""

WORTH_TELLING = 0.02
"""Alpha within codes is told where it differs by so much from that of codes pooled."""

BATCH_TOKENS = 4096
_NOTHING = Figure(None, None, None)

_HELD_OUT = (
    "On the held-out part, whose labels also set the thresholds: too good, the more so the smaller that part is."
)
_FOLDS = (
    "Each unit was judged by a network that had not learnt from its fold, with probabilities and thresholds fitted on the other\n"
    "folds' answers; the model itself has learnt from all units."
)


@dataclass(frozen=True, slots=True)
class CodeLearnt:
    """A code's line in the table of what was learnt.

    Attributes:
        training, held_out: units with the code, by any coder.
        f1: on the held-out units, whose labels also set the threshold: too good; or in folds.
        threshold: the probability from which the code is given; None where it never is, and where a unit carries one code at
            most, as the code with the largest share is given then.
    """

    code: str
    training: int
    held_out: int
    f1: Figure
    alpha: Figure
    threshold: float | None
    warning: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement on all codes pooled: the machine's with gold, or the coders' with each other.

    Attributes:
        units: on which both answered, or which two coders or more coded.
        groups: that these are of.
        macro_f1: the mean over codes; only of the machine.
        within: alpha within codes, which does not take their different frequencies for agreement.
    """

    units: int
    alpha: Figure
    macro_f1: Figure
    within: Figure = _NOTHING
    groups: int = 0


@dataclass(frozen=True, slots=True)
class Learnt:
    """What was learnt.

    Attributes:
        people: the coders' own agreement on all of the gold; None where no two coded a unit.
        groups: held out, of units with codes.
        ungrouped: the gold names no groups, and every unit was taken for one.
        in_folds: all of the gold was held out, fold by fold (`models.crossfit`).
        odd: where far more codes were given than the coders gave, or far fewer (`pipeline.given`).
    """

    codes: list[CodeLearnt]
    overall: Agreement
    people: Agreement | None
    groups: int
    ungrouped: bool
    in_folds: bool = False
    odd: tuple[str, ...] = ()


def what_was_learnt(
    folder: Path,
    training: Sequence[GoldUnit],
    validation: Sequence[GoldUnit],
    codebook: Codebook,
    *,
    device: str = "auto",
) -> Learnt:
    """Measure the saved model in `folder` on its held-out gold."""
    predictor = Predictor(load_model(folder), device=device, batch_tokens=BATCH_TOKENS)
    machine = code_gold(predictor, [_settled(unit) for unit in validation])
    return _learnt(machine, predictor.model.decisions, training, validation, [*training, *validation], codebook)


def learnt_in_folds(
    folder: Path, gold: Sequence[GoldUnit], answers: Predictions, codebook: Codebook, *, device: str = "auto"
) -> Learnt:
    """What was learnt where all of the gold was held out once, from the answers given then (`models.crossfit`)."""
    predictor = Predictor(load_model(folder), device=device, batch_tokens=BATCH_TOKENS)
    model, settled = predictor.model, [_settled(unit) for unit in gold]
    learnt = _learnt(
        as_coding(answers, settled, model.codes, model.learnt), model.decisions, gold, gold, gold, codebook
    )
    # The thresholds are of other networks than the one that is kept, and it must fit them too.
    odd = odd_number(code_gold(predictor, settled), "the model, on the gold that it has learnt from,")
    return replace(learnt, in_folds=True, odd=(*learnt.odd, *odd))


def _learnt(
    machine: MachineCoding,
    decisions: Decisions,
    training: Sequence[GoldUnit],
    validation: Sequence[GoldUnit],
    everything: Sequence[GoldUnit],
    codebook: Codebook,
) -> Learnt:
    overall, every = _agreement(machine, validation, codebook)
    groups = len(_coded_groups(validation))
    rows = {row.name: row for row in every if row.level == "code"}
    choice = decisions.labels is not Labels.MANY
    thresholds = decisions.themes.thresholds
    learnt = []
    # What no unit has is given only where a model was gone on from that knew it.
    giving = decisions.themes.giving & ("themes" not in machine.unlearnt)
    for code, threshold, may_give in zip(codebook.names, thresholds, giving.tolist(), strict=False):
        seen, held = (units_with(code, part) for part in (training, validation))
        figures = rows[code].figures if code in rows else {}
        f1, alpha = (_with_enough(figures.get(name, _NOTHING), groups) for name in ("f1", "alpha"))
        given_from = None if choice or threshold >= NEVER_REACHED else float(threshold)
        known = may_give and not seen and not held
        learnt.append(CodeLearnt(code, seen, held, f1, alpha, given_from, _KNOWN if known else _warning(seen, held)))
    people, odd = _people(everything, codebook), odd_number(machine, "what was learnt, on held-out units,")
    return Learnt(learnt, overall, people, groups, ungrouped(everything), odd=tuple(odd))


def compared(
    predictor: Predictor, validation: Sequence[GoldUnit], codebook: Codebook
) -> tuple[MachineCoding, Agreement, list[Row]]:
    """A model's answers on held-out gold, how far they agree with it over all codes, and every row of the comparison."""
    machine = code_gold(predictor, [_settled(unit) for unit in validation])
    return machine, *_agreement(machine, validation, codebook)


def _agreement(
    machine: MachineCoding, validation: Sequence[GoldUnit], codebook: Codebook
) -> tuple[Agreement, list[Row]]:
    rows, groups = machine_against_gold(machine, codebook).rows, len(_coded_groups(validation))
    figures = rows[-1].figures if rows else {}
    alpha, macro, within = (_with_enough(figures.get(name, _NOTHING), groups) for name in ("alpha", "macro_f1", WITHIN))
    return Agreement(rows[-1].units if rows else 0, alpha, macro, within, groups), rows


def units_with(code: str, units: Sequence[GoldUnit]) -> int:
    """How many units any coder gave the code."""
    return sum(any(code in (coding.codes or ()) for coding in unit.codings) for unit in units)


def overall_line(learnt: Learnt) -> str:
    """The machine's agreement with held-out gold, beside the coders' with each other."""
    overall, people = learnt.overall, learnt.people
    where = "over the folds" if learnt.in_folds else "on the held-out part"
    machine = f"all codes, {where}: alpha {_alpha(overall)}, macro-F1 {figure(overall.macro_f1)}{_few(overall)}"
    if people is None:
        return f"{machine}; how far coders agree is unknown, as no unit has two"
    return f"{machine}; the coders with each other, on {people.units} units: alpha {_alpha(people)}{_few(people)}"


def few_held_out(learnt: Learnt) -> str:
    """On how little the table's figures rest; empty where it is enough."""
    return rests_on(learnt.overall.units, learnt.groups)


def _few(agreement: Agreement) -> str:
    told = rests_on(agreement.units, agreement.groups) if agreement.alpha.value is not None else ""
    return f" ({told})" if told else ""


def _alpha(agreement: Agreement) -> str:
    """Alpha, and alpha within codes where the two differ by what matters."""
    pooled, within = agreement.alpha.value, agreement.within.value
    also = pooled is not None and within is not None and abs(pooled - within) >= WORTH_TELLING
    return figure(agreement.alpha) + (f", within codes {figure(agreement.within)}" if also else "")


def notes(learnt: Learnt) -> list[str]:
    """What to mind about the figures; what holds of several codes is said once."""
    of: dict[str, list[str]] = defaultdict(list)
    for item in learnt.codes:
        if item.f1.note:
            of[item.f1.note].append(item.code)
    named = [
        f"F1 of {'all codes' if len(codes) == len(learnt.codes) else ', '.join(codes)}: {note}"
        for note, codes in of.items()
    ]
    overall = learnt.overall
    known = [(name, item.note) for name, item in (("alpha", overall.alpha), ("macro-F1", overall.macro_f1))]
    return [*learnt.odd, *named, *(f"{name} of all codes: {note}" for name, note in known if note and note not in of)]


def as_markdown(learnt: Learnt) -> str:
    """The table for the model's card."""
    lines = [
        "## What was learnt",
        "",
        " ".join(filter(None, (_FOLDS if learnt.in_folds else _HELD_OUT, _intervals(learnt), _told_few(learnt)))),
        "",
        "| code | units to learn from | held out | F1 | threshold | |",
        "|---|---|---|---|---|---|",
        *(
            f"| {item.code} | {item.training} | {item.held_out} | {figure(item.f1)} | {number(item.threshold)} | {item.warning} |"
            for item in learnt.codes
        ),
        "",
        *(f"- {line}" for line in (overall_line(learnt), *notes(learnt))),
        "",
    ]
    return "\n".join(lines)


def figure(value: Figure) -> str:
    """A figure with its interval, for people."""
    if value.value is None:
        return "–"
    span = f" ({value.low:.2f}–{value.high:.2f})" if value.low is not None and value.high is not None else ""
    return f"{value.value:.2f}{span}"


def number(value: float | None) -> str:
    """A number for people, a dash where there is none."""
    return "–" if value is None else f"{value:.2f}"


def _people(units: Sequence[GoldUnit], codebook: Codebook) -> Agreement | None:
    found = people_agree(units, codebook)
    if found is None:
        return None
    few = len(groups_of(units)) < LEAST_GROUPS
    groups = len(groups_of([unit for unit in units if of_several(unit)]))
    alpha, within = (replace(item, low=None, high=None) if few else item for item in found[:2])
    return Agreement(found[2], alpha, _NOTHING, within, groups)


def _intervals(learnt: Learnt) -> str:
    if learnt.groups < LEAST_GROUPS:
        return f"F1 without an interval: that takes {LEAST_GROUPS} held-out groups, and there are {learnt.groups}."
    if learnt.ungrouped:
        return (
            "F1 with a 95 % interval (bootstrap over single units, as the gold names no groups: too narrow where several are of "
            "one interview)."
        )
    return f"F1 with a 95 % interval (bootstrap over the {learnt.groups} held-out groups)."


def _told_few(learnt: Learnt) -> str:
    few = few_held_out(learnt)
    return f"All of it is {few}." if few else ""


def _with_enough(value: Figure, groups: int) -> Figure:
    """The figure as it is, or without the interval that so few groups cannot give."""
    if value.value is None or groups >= LEAST_GROUPS:
        return value
    plural = "group is" if groups == 1 else "groups are"
    return replace(value, low=None, high=None, note=f"no interval: only {groups} {plural} held out")


def _coded_groups(units: Sequence[GoldUnit]) -> set[str]:
    return groups_of([unit for unit in units if any(coding.codes is not None for coding in unit.codings)])


def _settled(unit: GoldUnit) -> GoldUnit:
    """A unit with a reference: where coders were never settled, one of them, drawn by the unit's name.

    Thresholds are set for a coder drawn at random (`models.decisions`), and what two coders gave together neither of them gave.
    """
    if unit.reference is not None and not unit.unsettled("codes"):
        return unit
    asked = [coding for coding in unit.codings if coding.codes is not None]
    drawn = asked[sha256(unit.unit_id.encode()).digest()[0] % len(asked)].codes if asked else None
    settled = replace(unit.first, coder=ADJUDICATED, codes=drawn, attitudes=None)
    return GoldUnit(unit.unit_id, (*unit.codings, settled))


_KNOWN = "not in this gold: rests on what the base knew"


def _warning(training: int, held_out: int) -> str:
    if not training:
        return "never coded: known by its definition only" if not held_out else "coded in held-out units only"
    if training < THIN:
        return "too few to learn from" + (" and to measure" if held_out < THIN_HELD else "")
    return "too few held out to measure" if held_out < THIN_HELD else ""
