"""The machine's answers on gold units: from a model, or looked up in a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.decisions import ATTITUDES, Flags, Floats
from models.inputs import Unit
from models.predict import Predictor
from pipeline.evaluate.compare import class_of
from pipeline.gold import GoldUnit, TextOf, text_between, text_hash
from pipeline.tables import RunTables, open_run
from pipeline.types import PARTNERSHIP, MentionCoding

NOWHERE = (-1, -1)
"""The span that stands for partnership as such."""


@dataclass(frozen=True, slots=True)
class MachineAttitude:
    """The machine's attitude to one span of a unit."""

    attitude: str
    probabilities: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class MachineCoding:
    """The machine's answers on the units that it has answered.

    Attributes:
        units: in the order of the rows.
        codes: names of the columns.
        probabilities, assigned: shape (n, c).
        attitudes: for each unit, by span in the unit's text; partnership as such under `NOWHERE`.
        missing: gold units that the machine has no answer for.
        truncated: units that are longer than the encoder takes; what is over was not read.
        seen: units that the model was trained or calibrated on: its figures on them are too good.
    """

    units: list[GoldUnit]
    codes: tuple[str, ...]
    probabilities: Floats
    assigned: Flags
    attitudes: list[dict[tuple[int, int], MachineAttitude]]
    missing: int = 0
    truncated: int = 0
    seen: int = 0

    def partnership_classes(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Index into (none, negative, neutral, positive) for each unit."""
        found = [items.get(NOWHERE) for items in self.attitudes]
        return np.array([class_of(item.attitude if item else None) for item in found], dtype=np.int64)


def code_gold(predictor: Predictor, gold: Sequence[GoldUnit]) -> MachineCoding:
    """Let a model code gold units; the attitude is asked for at every span that any coder marked."""
    spans: list[list[tuple[int, int]]] = [
        sorted({_span(item) for coding in unit.codings for item in coding.attitudes or ()} - {NOWHERE}) for unit in gold
    ]
    units = [Unit(unit.first.text, unit.first.context, tuple(marked)) for unit, marked in zip(gold, spans, strict=True)]
    predictions = predictor.predict(units)
    attitudes: list[dict[tuple[int, int], MachineAttitude]] = []
    row = 0
    for i, marked in enumerate(spans):
        answers = {span: _machine_attitude(predictions.attitudes[row + k]) for k, span in enumerate(marked)}
        row += len(marked)
        answers = answers if predictor.model.learnt["attitudes"] else {}
        if predictions.present[i] and predictor.model.learnt["partnership"]:
            answers[NOWHERE] = _machine_attitude(predictions.partnership[i])
        attitudes.append(answers)
    return MachineCoding(
        units=list(gold),
        codes=predictor.model.codes,
        probabilities=predictions.themes,
        assigned=predictions.assigned,
        attitudes=attitudes,
        truncated=predictions.truncated,
        seen=_seen(predictor, gold),
    )


def _seen(predictor: Predictor, gold: Sequence[GoldUnit]) -> int:
    """How many units the model has seen; very short ones ("Yeah.") are the same everywhere and do not count."""
    known = set(predictor.model.settings["training"].get("seen", ()))
    return sum(len(unit.first.text.split()) >= 5 and text_hash(unit.first.text) in known for unit in gold)


def look_up(run: Path, gold: Sequence[GoldUnit]) -> MachineCoding:
    """Find gold units among a run's segments: the same transcript, exactly the same offsets and the same words.

    A unit that the run cut otherwise, or did not code, is counted as missing.
    """
    tables = open_run(run)
    codes = tuple(tables.manifest["codebook"]["codes"])
    by_place: dict[tuple[str, int, int], tuple[str, str]] = {}
    names = _names_of(tables.rows("transcripts", ["transcript_id", "path", "status"]))
    for row in tables.rows("segments", ["transcript_id", "segment_id", "start", "end", "text"]):
        for name in names[row["transcript_id"]]:
            by_place[name, row["start"], row["end"]] = (row["segment_id"], row["text"])
    found = {}
    for unit in gold:
        first = unit.first
        if first.transcript and first.start is not None and first.end is not None:
            segment_id, text = by_place.get((first.transcript, first.start, first.end), ("", ""))
            if segment_id and text == first.text:
                found[segment_id] = unit
    scores = _scores(tables.rows("themes"), found, codes)
    attitudes = _attitudes(tables.rows("attitudes"), found)
    ids = [segment_id for segment_id in found if segment_id in scores]
    return MachineCoding(
        units=[found[segment_id] for segment_id in ids],
        codes=codes,
        probabilities=np.array([scores[segment_id][0] for segment_id in ids]).reshape(-1, len(codes)),
        assigned=np.array([scores[segment_id][1] for segment_id in ids], dtype=bool).reshape(-1, len(codes)),
        attitudes=[attitudes.get(segment_id, {}) for segment_id in ids],
        missing=len(gold) - len(ids),
    )


def texts_in_run(tables: RunTables) -> TextOf:
    """For `load_gold`: the text between two offsets of a transcript of the run, by any of its names."""
    texts: dict[str, str] = {}
    names = _names_of(tables.rows("transcripts", ["transcript_id", "path", "status"]))
    for row in tables.rows("transcripts", ["transcript_id", "text", "status"]):
        if row["status"] == "coded":
            texts |= dict.fromkeys(names[row["transcript_id"]], row["text"])

    def text_of(name: str, start: int, end: int) -> str:
        return text_between(texts[name], start, end)

    return text_of


def _names_of(rows: Any) -> dict[str, set[str]]:
    """Every name under which gold may know a transcript: its id, its file's name, its stem."""
    return {
        row["transcript_id"]: {row["transcript_id"], Path(row["path"]).name, Path(row["path"]).stem}
        for row in rows
        if row["status"] == "coded"
    }


def _scores(
    rows: Any, found: Mapping[str, GoldUnit], codes: Sequence[str]
) -> dict[str, tuple[list[float], list[bool]]]:
    scores: dict[str, tuple[list[float], list[bool]]] = {}
    for row in rows:
        if row["segment_id"] in found:
            probabilities, assigned = scores.setdefault(row["segment_id"], ([0.0] * len(codes), [False] * len(codes)))
            column = codes.index(row["code"])
            probabilities[column], assigned[column] = row["probability"], row["assigned"]
    return scores


def _attitudes(rows: Any, found: Mapping[str, GoldUnit]) -> dict[str, dict[tuple[int, int], MachineAttitude]]:
    attitudes: dict[str, dict[tuple[int, int], MachineAttitude]] = {}
    for row in rows:
        unit = found.get(row["segment_id"])
        if unit is None:
            continue
        offset = unit.first.start or 0
        general = row["partner_type"] == PARTNERSHIP
        span = NOWHERE if general else (row["start"] - offset, row["end"] - offset)
        probabilities = (row["negative"], row["neutral"], row["positive"])
        attitudes.setdefault(row["segment_id"], {})[span] = MachineAttitude(row["attitude"], probabilities)
    return attitudes


def _span(item: MentionCoding) -> tuple[int, int]:
    return (item.start, item.end) if item.start is not None and item.end is not None else NOWHERE


def _machine_attitude(probabilities: Floats) -> MachineAttitude:
    values = tuple(float(value) for value in probabilities)
    return MachineAttitude(ATTITUDES[int(np.argmax(probabilities))], (values[0], values[1], values[2]))
