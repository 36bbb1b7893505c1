"""Where machine and gold differ, the most surprising first; and which codes stand in for which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from models.decisions import ATTITUDES
from pipeline.codebook import Codebook
from pipeline.evaluate.judge import NOWHERE, THEMES, MachineCoding

MOST = 400
CONTEXT_CHARACTERS = 400
TEXT_CHARACTERS = 1500


@dataclass(frozen=True, slots=True)
class Answer:
    """One code on one unit. `kind` is `both`, `missed` (gold only) or `added` (machine only)."""

    code: str
    kind: str
    probability: float

    @property
    def surprise(self) -> float:
        """How far the probability is from what gold says."""
        return {"both": 0.0, "missed": 1 - self.probability, "added": self.probability}[self.kind]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A unit with at least one code that only one of the two gave."""

    unit_id: str
    group: str
    context: str
    text: str
    answers: tuple[Answer, ...]

    @property
    def surprise(self) -> float:
        """That of its most surprising code."""
        return max(answer.surprise for answer in self.answers)


@dataclass(frozen=True, slots=True)
class AttitudeDisagreement:
    """A mention (partnership as such, where it is empty) to which gold and machine give different attitudes.

    Attributes:
        before, mention, after: the unit's text.
        probability: of the machine's attitude.
        surprise: how far the machine is from gold: 1 less the probability of gold's attitude.
    """

    unit_id: str
    group: str
    context: str
    before: str
    mention: str
    after: str
    gold: str
    attitude: str
    probability: float
    surprise: float


def attitude_disagreements(machine: MachineCoding) -> list[AttitudeDisagreement]:
    """All where both gave an attitude to the same span, most surprising first."""
    found = []
    for unit, answers in zip(machine.units, machine.attitudes, strict=True):
        reference = unit.reference
        for item in (reference.attitudes or ()) if reference else ():
            span = (item.start, item.end) if item.start is not None and item.end is not None else NOWHERE
            answer, gold = answers.get(span), item.attitude.value
            if answer is None or answer.attitude == gold:
                continue
            start, end = span if span != NOWHERE else (0, 0)
            text, sure = unit.first.text, dict(zip(ATTITUDES, answer.probabilities, strict=True))
            found.append(
                AttitudeDisagreement(
                    unit_id=unit.unit_id,
                    group=unit.first.group,
                    context=_end_of(unit.first.context),
                    before=_end_of(text[:start]),
                    mention=text[start:end],
                    after=_start_of(text[end:]),
                    gold=gold,
                    attitude=answer.attitude,
                    probability=round(sure[answer.attitude], 4),
                    surprise=round(1 - sure[gold], 4),
                )
            )
    return sorted(found, key=lambda item: (-item.surprise, item.unit_id, len(item.before)))


def disagreements(machine: MachineCoding, codebook: Codebook) -> list[Disagreement]:
    """All of them, most surprising first."""
    found = []
    for i, codes in _settled(machine):
        unit = machine.units[i]
        answers = []
        for name in codebook.names:
            column = machine.codes.index(name)
            gold, assigned = name in codes, bool(machine.assigned[i, column])
            if gold or assigned:
                kind = "both" if gold and assigned else "missed" if gold else "added"
                answers.append(Answer(name, kind, round(float(machine.probabilities[i, column]), 4)))
        if any(answer.kind != "both" for answer in answers):
            first = unit.first
            context, text = _end_of(first.context), _start_of(first.text)
            found.append(Disagreement(unit.unit_id, first.group, context, text, tuple(answers)))
    return sorted(found, key=lambda item: (-item.surprise, item.unit_id))


def confused(machine: MachineCoding, codebook: Codebook) -> Counter[tuple[str, str]]:
    """How often gold has the first code, which the machine missed, and the machine gave the second, which gold has not."""
    pairs: Counter[tuple[str, str]] = Counter()
    for i, codes in _settled(machine):
        assigned = {name for name in codebook.names if machine.assigned[i, machine.codes.index(name)]}
        pairs.update((missed, added) for missed in codes - assigned for added in assigned - codes)
    return pairs


def _settled(machine: MachineCoding) -> Iterable[tuple[int, frozenset[str]]]:
    for i, unit in enumerate(machine.units if THEMES not in machine.unlearnt else ()):
        if unit.reference is not None and unit.reference.codes is not None:
            yield i, unit.reference.codes


def _end_of(text: str) -> str:
    return text if len(text) <= CONTEXT_CHARACTERS else "…" + text[-CONTEXT_CHARACTERS:]


def _start_of(text: str) -> str:
    return text if len(text) <= TEXT_CHARACTERS else text[:TEXT_CHARACTERS] + "…"
