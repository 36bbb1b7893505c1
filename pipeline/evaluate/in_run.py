"""The machine's answers on gold units, looked up in a run."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.evaluate import judge
from pipeline.evaluate.judge import NOWHERE, MachineAttitude, MachineCoding, made_with, unlearnt
from pipeline.gold import GoldUnit, TextOf
from pipeline.lookup import names_in, texts_of_run
from pipeline.seen import known_again, known_to_model_of, too_short
from pipeline.store import REVIEW
from pipeline.tables import RunTables, open_run
from pipeline.types import PARTNERSHIP


def look_up(run: Path, gold: Sequence[GoldUnit]) -> MachineCoding:
    """Find gold units among a run's segments: the same transcript, exactly the same offsets and the same words.

    A unit that the run cut otherwise, or did not code, is counted as missing; one that the run left to a human (--risk) has no
    answer either, since its codes were never given. Two units at one place get the same answer.

    Raises:
        UsageError: the name of a transcript may mean several.
    """
    tables = open_run(run)
    codes = tuple(tables.manifest["codebook"]["codes"])
    names = names_in(tables)
    by_place = {
        (row["transcript_id"], row["start"], row["end"]): row["segment_id"]
        for row in tables.rows("segments", ["transcript_id", "segment_id", "start", "end"])
    }
    units, faults = placed_in_run(tables, gold)
    places = [(names.find(unit.first.transcript or ""), unit.first.start, unit.first.end) for unit in units]
    placed = [(unit, by_place.get(place, "")) for unit, place in zip(units, places, strict=True)]
    scores = _scores(tables.rows("themes"), {segment_id for _, segment_id in placed}, codes)
    placed = [(unit, segment_id) for unit, segment_id in placed if segment_id in scores]
    known, left = len(placed), left_to_human(tables)
    placed = [(unit, segment_id) for unit, segment_id in placed if segment_id not in left]
    held = known - len(placed)
    answered, seen_before = [unit for unit, _ in placed], known_to_model_of(tables)
    attitudes = _attitudes(tables.rows("attitudes"), {segment_id: unit.first.start or 0 for unit, segment_id in placed})
    return MachineCoding(
        units=answered,
        codes=codes,
        probabilities=np.array([scores[segment_id][0] for _, segment_id in placed]).reshape(-1, len(codes)),
        assigned=np.array([scores[segment_id][1] for _, segment_id in placed], dtype=bool).reshape(-1, len(codes)),
        attitudes=[attitudes.get(segment_id, {}) for _, segment_id in placed],
        missing=len(gold) - known,
        held=held,
        seen=known_again(answered, seen_before),
        short=too_short(answered) if seen_before else 0,
        detects=True,
        segments=tuple(segment_id for _, segment_id in placed),
        notices=(*faults, *_held_notice(held, known)),
        unlearnt=_unlearnt(tables),
        made_with=_made_with(tables),
    )


def placed_in_run(tables: RunTables, gold: Sequence[GoldUnit]) -> tuple[list[GoldUnit], tuple[str, ...]]:
    """The units whose words are at their offsets in the run's transcripts; and sentences on the others.

    Raises:
        UsageError: the name of a transcript may mean several.
    """
    faulty = _Faults(texts_of_run(tables))
    return [unit for unit in gold if not faulty.any(unit)], faulty.told()


def _unlearnt(tables: RunTables) -> dict[str, str]:
    """What the run's model has not learnt; where an older manifest does not say it, what the run has none of."""
    learnt = tables.manifest.get("model", {}).get("learnt")
    if learnt is not None:
        return unlearnt(learnt)
    kinds = {row["partner_type"] == PARTNERSHIP for row in tables.rows("attitudes", ["partner_type"])}
    return {
        kind: f"the run has no {kind} at all, and its manifest does not say whether its model has learnt any"
        for kind, general in ((judge.ATTITUDES, False), (judge.PARTNERSHIP, True))
        if general not in kinds
    }


def _made_with(tables: RunTables) -> dict[str, str]:
    manifest = tables.manifest
    model = manifest.get("model", {})
    return made_with(model.get("name"), model.get("sha256"), manifest.get("engine"), manifest.get("version"))


def left_to_human(tables: RunTables) -> set[str]:
    """The segments that a run with --risk found too uncertain to code."""
    return {row["segment_id"] for row in tables.rows(REVIEW, ["segment_id", "review"]) if row["review"]}


def _held_notice(held: int, known: int) -> list[str]:
    if not held:
        return []
    return [
        f"{held} of {known} units found in the run were left to a human (--risk) and have no machine answer: they are in no "
        f"figure, and agreement is that of the other {known - held}, the surer ones"
    ]


def misplaced(units: Sequence[GoldUnit], text_of: TextOf) -> tuple[str, ...]:
    """For gold that brings its own text: sentences on units whose text is not at their offsets in the transcripts."""
    faulty = _Faults(text_of)
    for unit in units:
        if unit.first.transcript is not None:
            faulty.any(unit)
    return faulty.told("the text in the gold was coded")


class _Faults:
    """Units whose place in the run's transcripts is not what they say; told together, by kind, the first in full."""

    def __init__(self, text_of: TextOf) -> None:
        self._text_of = text_of
        self._found: dict[str, list[str]] = {}

    def any(self, unit: GoldUnit) -> bool:
        """Whether the unit cannot be looked up; remembers why."""
        first = unit.first
        if first.transcript is None or first.start is None or first.end is None:
            return self._add("no transcript, start and end", unit.unit_id)
        try:
            text = self._text_of(first.transcript, first.start, first.end)
        except KeyError:
            return self._add("a transcript that is not there", f"{unit.unit_id}: {first.transcript}")
        except ValueError as error:
            return self._add("offsets outside the transcript", f"{unit.unit_id}: {error}")
        if text.split() != first.text.split():
            said = f"{unit.unit_id}: gold says {_clip(first.text)!r}, the transcript {_clip(text)!r}"
            return self._add("another text than the transcript at their offsets", said)
        return False

    def told(self, consequence: str = "counted as without an answer, and left out by character too") -> tuple[str, ...]:
        """A sentence for each kind of fault."""
        return tuple(
            f"{len(items)} {'unit has' if len(items) == 1 else 'units have'} {kind} (the first: {items[0]}); {consequence}"
            for kind, items in self._found.items()
        )

    def _add(self, kind: str, item: str) -> bool:
        self._found.setdefault(kind, []).append(item)
        return True


def _clip(text: str, longest: int = 40) -> str:
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def _scores(rows: Any, found: Collection[str], codes: Sequence[str]) -> dict[str, tuple[list[float], list[bool]]]:
    scores: dict[str, tuple[list[float], list[bool]]] = {}
    for row in rows:
        if row["segment_id"] in found:
            probabilities, assigned = scores.setdefault(row["segment_id"], ([0.0] * len(codes), [False] * len(codes)))
            column = codes.index(row["code"])
            probabilities[column], assigned[column] = row["probability"], row["assigned"]
    return scores


def _attitudes(rows: Any, offsets: Mapping[str, int]) -> dict[str, dict[tuple[int, int], MachineAttitude]]:
    attitudes: dict[str, dict[tuple[int, int], MachineAttitude]] = {}
    for row in rows:
        offset = offsets.get(row["segment_id"])
        if offset is None:
            continue
        general = row["partner_type"] == PARTNERSHIP
        span = NOWHERE if general else (row["start"] - offset, row["end"] - offset)
        probabilities = (row["negative"], row["neutral"], row["positive"])
        attitudes.setdefault(row["segment_id"], {})[span] = MachineAttitude(
            row["attitude"], probabilities, row["partner_type"]
        )
    return attitudes
