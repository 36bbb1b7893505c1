"""Attributes of gold's units: from the run, from the transcripts' heads, from a table, from further columns of the gold."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ThemesError, UsageError
from pipeline.evaluate.slices import lengths
from pipeline.gold import GoldUnit, further_columns
from pipeline.ingest.attributes import AttributesTable, names_of
from pipeline.ingest.conventions import key_of
from pipeline.lookup import transcripts_in
from pipeline.tables import RunTables

LENGTH, TRANSCRIPT_LENGTH = "length", "transcript_length"
Attributes = dict[str, str]


def unit_attributes(
    units: Sequence[GoldUnit],
    names: Sequence[str],
    *,
    gold: Sequence[Path],
    tables: RunTables | None = None,
    segments: Sequence[str] = (),
    transcripts: Path | None = None,
    table: Path | None = None,
) -> list[Attributes]:
    """The attributes of each unit; what comes later in the list above wins.

    `length` is made from the unit's text, `transcript_length` from its transcript's, where that is known: thirds of the units,
    thirds of the transcripts, by words.

    Args:
        segments: the run's segment of each unit, where there is a run.

    Raises:
        UsageError: no unit has one of the attributes asked for.
    """
    places = _of_run(tables, segments) if tables is not None else _of_heads(units, transcripts)
    found = [place.attributes for place in places]
    if table is not None:
        rows = AttributesTable.read(table)
        for unit, place in zip(units, places, strict=True):
            for row in rows.matching(dict.fromkeys([unit.first.group, *reversed(place.names)])):
                if row.speaker is None or (place.speaker and key_of(row.speaker) == key_of(place.speaker)):
                    place.attributes.update(row.values)
    columns = further_columns(gold, [name for name in names if name not in (LENGTH, TRANSCRIPT_LENGTH)])
    for unit, mine in zip(units, found, strict=True):
        mine |= columns.get(unit.unit_id, {})
    for mine, length in zip(found, lengths([unit.first.text for unit in units]), strict=True):
        mine[LENGTH] = length
    told = {place.names[0]: place.text for place in places if place.text}
    of_transcript = dict(zip(told, lengths(list(told.values())), strict=True))
    for mine, place in zip(found, places, strict=True):
        if place.names[0] in of_transcript:
            mine[TRANSCRIPT_LENGTH] = of_transcript[place.names[0]]
    known = sorted({name for mine in found for name in mine})
    for name in names:
        if units and name not in known:
            raise UsageError(
                f"--by {name}: no unit has such an attribute (there are: {', '.join(known)})",
                remedy="give it as a column of the gold, or in a table with --attributes",
            )
    return found


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a unit comes from: its transcript's names (the most telling first), speaker, what is known of both, the text."""

    names: tuple[str, ...]
    speaker: str
    attributes: Attributes
    text: str = ""


def _of_run(tables: RunTables, segments: Sequence[str]) -> list[_Place]:
    of = {
        row["transcript_id"]: (Path(row["path"]), json.loads(row["attributes"] or "{}"), row["text"] or "")
        for row in tables.rows("transcripts", ["transcript_id", "path", "attributes", "text"])
        if row["transcript_id"]
    }
    wanted = set(segments)
    at = {
        row["segment_id"]: (row["transcript_id"], row["speaker"] or "")
        for row in tables.rows("segments", ["transcript_id", "segment_id", "speaker"])
        if row["segment_id"] in wanted
    }
    found = []
    for segment_id in segments:
        name, speaker = at[segment_id]
        path, values, text = of[name]
        mine = {key: str(value) for key, value in values.items() if key != "speakers"}
        mine |= values.get("speakers", {}).get(speaker, {})
        names = reversed(names_of(path, mine.get("interview")))
        found.append(_Place((name, *names), speaker, mine, text))
    return found


def _of_heads(units: Sequence[GoldUnit], folder: Path | None) -> list[_Place]:
    find = transcripts_in(folder)
    known: dict[str, tuple[Attributes, str]] = {}
    for name in {unit.first.transcript or "" for unit in units}:
        try:
            transcript = find(name)
            known[name] = dict(transcript.attributes), transcript.text
        except (KeyError, ThemesError):
            known[name] = {}, ""  # load_gold has told, where the text was needed
    names = [unit.first.transcript or "" for unit in units]
    return [_Place((name, Path(name).stem), "", dict(known[name][0]), known[name][1]) for name in names]
