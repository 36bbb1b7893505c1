"""The machine's answers on gold units, from a model; `in_run` looks them up in a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from models import decisions
from models.decisions import Flags, Floats
from models.inputs import Unit
from models.predict import Predictions, Predictor
from pipeline import __version__
from pipeline.evaluate.compare import class_of
from pipeline.gold import GoldUnit
from pipeline.seen import known_again, too_short
from pipeline.types import MentionCoding

NOWHERE = (-1, -1)
"""The span that stands for partnership as such."""

THEMES, ATTITUDES, PARTNERSHIP = "themes", "attitudes", "partnership"
"""What a model can have learnt, as its settings and a run's manifest name it."""


@dataclass(frozen=True, slots=True)
class MachineAttitude:
    """The machine's attitude to one span of a unit; `partner_type` where the machine found the mention itself."""

    attitude: str
    probabilities: tuple[float, float, float]
    partner_type: str = ""


@dataclass(frozen=True, slots=True)
class MachineCoding:
    """The machine's answers on the units that it has answered.

    Attributes:
        units: in the order of the rows.
        codes: names of the columns.
        probabilities, assigned: shape (n, c).
        attitudes: for each unit, by span in the unit's text; partnership as such under `NOWHERE`.
        missing: gold units that the machine has no answer for.
        held: gold units that a run with --risk left to a human: no answer either, and not among `missing`.
        truncated: units that are longer than the encoder takes; what is over was not read.
        seen: units that the model was trained or calibrated on: its figures on them are too good.
        short: units of too few words to tell whether it was.
        detects: whether the mentions are the machine's own finding, rather than asked of it at gold's spans.
        segments: for each unit the run's segment, where it was looked up in a run.
        notices: what was wrong with units that have no answer.
        unlearnt: what the model has not learnt (`themes`, `attitudes`, `partnership`), and the reason in words.
        made_with: the `model`, its `sha256`, the `engine` (`models.engines`) and the `version` of the program that gave the
            answers; empty where that is not known.
    """

    units: list[GoldUnit]
    codes: tuple[str, ...]
    probabilities: Floats
    assigned: Flags
    attitudes: list[dict[tuple[int, int], MachineAttitude]]
    missing: int = 0
    held: int = 0
    truncated: int = 0
    seen: int = 0
    short: int = 0
    detects: bool = False
    segments: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    unlearnt: Mapping[str, str] = field(default_factory=dict)
    made_with: Mapping[str, str] = field(default_factory=dict)

    @property
    def seen_notice(self) -> str:
        """That figures are of units which the model has seen; empty where it has seen none that can be told."""
        if not self.seen:
            return ""
        aside = f", leaving {self.short} of fewer than five words aside, which anyone might say" if self.short else ""
        return (
            f"The model was trained or calibrated on {self.seen} of these {len(self.units)} units{aside}: its figures on them "
            "are too good. Evaluate on gold that it has not seen."
        )

    def partnership_classes(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Index into (none, negative, neutral, positive) for each unit."""
        found = [items.get(NOWHERE) for items in self.attitudes]
        return np.array([class_of(item.attitude if item else None) for item in found], dtype=np.int64)


def code_gold(predictor: Predictor, gold: Sequence[GoldUnit]) -> MachineCoding:
    """Let a model code gold units; the attitude is asked for at every span that any coder marked."""
    units = [Unit(unit.first.text, unit.first.context, tuple(marked_spans(unit))) for unit in gold]
    model = predictor.model
    known = frozenset(model.settings["training"].get("seen", ()))
    coding = as_coding(predictor.predict(units), gold, model.codes, model.learnt, seen=known_again(gold, known))
    made = made_with(model.name, model.sha256, predictor.engine, __version__)
    return replace(coding, short=too_short(gold), made_with=made)


def made_with(model: object, sha256: object, engine: object, version: object) -> dict[str, str]:
    """What answers were computed with; what an older run's manifest does not say is "unknown"."""
    told = {"model": model, "sha256": sha256, "engine": engine, "version": version}
    return {name: str(value or "unknown") for name, value in told.items()}


def as_coding(
    predictions: Predictions,
    gold: Sequence[GoldUnit],
    codes: tuple[str, ...],
    learnt: Mapping[str, bool],
    *,
    seen: int = 0,
) -> MachineCoding:
    """Predictions for gold units, with an attitude for each span that any coder marked, as the machine's coding of them."""
    attitudes: list[dict[tuple[int, int], MachineAttitude]] = []
    row = 0
    for i, unit in enumerate(gold):
        marked = marked_spans(unit)
        answers = {span: _machine_attitude(predictions.attitudes[row + k]) for k, span in enumerate(marked)}
        row += len(marked)
        answers = answers if learnt["attitudes"] else {}
        if predictions.present[i] and learnt["partnership"]:
            answers[NOWHERE] = _machine_attitude(predictions.partnership[i])
        attitudes.append(answers)
    return MachineCoding(
        units=list(gold),
        codes=codes,
        probabilities=predictions.themes,
        assigned=predictions.assigned,
        attitudes=attitudes,
        truncated=int(predictions.truncated.sum()),
        seen=seen,
        unlearnt=unlearnt(learnt),
    )


def marked_spans(unit: GoldUnit) -> list[tuple[int, int]]:
    """Every span of the unit's text to which any coder gave an attitude."""
    return sorted({_span(item) for coding in unit.codings for item in coding.attitudes or ()} - {NOWHERE})


def unlearnt(learnt: Mapping[str, bool]) -> dict[str, str]:
    """What of it a model has not learnt, each with the reason."""
    told = {
        THEMES: "the model has not learnt codes, and assigns none",
        ATTITUDES: "the model has not learnt attitudes, and gives none",
        PARTNERSHIP: "the model has not learnt partnership, and gives none",
    }
    return {kind: reason for kind, reason in told.items() if not learnt.get(kind, True)}


def _span(item: MentionCoding) -> tuple[int, int]:
    return (item.start, item.end) if item.start is not None and item.end is not None else NOWHERE


def _machine_attitude(probabilities: Floats) -> MachineAttitude:
    values = tuple(float(value) for value in probabilities)
    return MachineAttitude(decisions.ATTITUDES[int(np.argmax(probabilities))], (values[0], values[1], values[2]))
