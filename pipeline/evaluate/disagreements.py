"""Where machine and gold differ, the most surprising first; and which codes stand in for which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.codebook import Codebook
from pipeline.evaluate.judge import THEMES, MachineCoding

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
            context = (
                first.context if len(first.context) <= CONTEXT_CHARACTERS else "…" + first.context[-CONTEXT_CHARACTERS:]
            )
            text = first.text if len(first.text) <= TEXT_CHARACTERS else first.text[:TEXT_CHARACTERS] + "…"
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
