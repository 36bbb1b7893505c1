"""A run folder one transcript at a time: its segments with all that the model said of them. Memory holds one transcript."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipeline.codebook import Codebook
from pipeline.errors import ThemesError
from pipeline.exchange.attitudes import attitude_codes
from pipeline.exchange.codebook_codes import codes_of
from pipeline.exchange.project import ProjectCode
from pipeline.path_names import names_apart
from pipeline.store import ATTITUDES, REVIEW, SEGMENTS, THEMES, TRANSCRIPTS
from pipeline.tables import RunTables
from pipeline.types import Attitude, AttitudeScore, Attributes, CodedSegment, Mention, Role, Segment, ThemeScore

CODED = "coded"
_ROWS = 8_192
_ATTITUDE = {attitude.value: attitude for attitude in Attitude}
_ROLE = {role.value: role for role in Role}


@dataclass(frozen=True, slots=True)
class RunTranscript:
    """One coded transcript of a run.

    Attributes:
        name: the file's, made unique in the run.
        segments: of every role, in order; only participants' have themes and attitudes.
    """

    transcript_id: str
    name: str
    path: str
    text: str
    attributes: Attributes
    speakers: Mapping[str, Attributes]
    segments: tuple[CodedSegment, ...]

    def attributes_of(self, speaker: str | None) -> dict[str, str]:
        """The transcript's attributes, overlaid with those of `speaker`."""
        return {**self.attributes, **(self.speakers.get(speaker, {}) if speaker else {})}


def codebook_of(tables: RunTables) -> Codebook:
    """The codebook that the run was coded with."""
    return Codebook.model_validate(tables.manifest["codebook"]["content"])


def shown_names(codebook: Codebook) -> dict[str, str]:
    """What people read of each code, by its name: the same as in other exchange formats."""
    return {code.code_id: code.name for code in codes_of(codebook) if code.codable}


def attitude_names(tables: RunTables) -> dict[str, str]:
    """What people read of each attitude to each type of partner in the run, by `attitudes.code_id`."""
    return {code.code_id: code.name for code in _attitude_codes(tables) if code.codable}


def run_codes(tables: RunTables) -> list[ProjectCode]:
    """The codebook's codes and those of the attitudes in the run, as in other exchange formats."""
    return [*codes_of(codebook_of(tables)), *_attitude_codes(tables)]


def _attitude_codes(tables: RunTables) -> list[ProjectCode]:
    return attitude_codes(list(dict.fromkeys(row[0] for row in _records(tables, ATTITUDES, ["partner_type"]))))


def names_of(tables: RunTables) -> dict[str, str]:
    """The name of each coded transcript by its id, unique in the run."""
    rows = [row for row in _records(tables, TRANSCRIPTS, ["transcript_id", "path", "status"]) if row[2] == CODED]
    return names_apart({transcript_id: path for transcript_id, path, _ in rows})


def attribute_names(tables: RunTables) -> list[str]:
    """The attributes that any transcript or speaker of the run has, in the order in which they come."""
    found: dict[str, None] = {}
    for status, given in _records(tables, TRANSCRIPTS, ["status", "attributes"]):
        if status == CODED:
            attributes, speakers = _attributes(given)
            for one in (attributes, *speakers.values()):
                found |= dict.fromkeys(one)
    return list(found)


def transcripts_of(tables: RunTables, *, assigned_only: bool = False) -> Iterator[RunTranscript]:
    """The coded transcripts in the order of the run.

    Args:
        assigned_only: leave out codes that were not assigned, which are most of the rows.

    Raises:
        ThemesError: the tables are not of one run.
    """
    names = names_of(tables)
    segments = _Follower(_records(tables, SEGMENTS, ["transcript_id", "segment_id", *_SEGMENT]))
    themes = _Follower(_records(tables, THEMES, ["segment_id", "code", "probability", "assigned"], assigned_only))
    attitudes = _Follower(_records(tables, ATTITUDES, ["segment_id", *_MENTION]))
    review = _Follower(_records(tables, REVIEW, ["segment_id", "uncertainty", "review"]))
    columns = ["transcript_id", "path", "status", "text", "attributes"]
    for transcript_id, path, status, text, given in _records(tables, TRANSCRIPTS, columns, rows=1):
        if status != CODED:
            continue
        own = segments.take({transcript_id}).get(transcript_id, [])
        ids = {row[0] for row in own}
        scores, stances, doubts = themes.take(ids), attitudes.take(ids), review.take(ids)
        coded = tuple(
            _coded(transcript_id, row, scores.get(row[0], []), stances.get(row[0], []), doubts.get(row[0], []))
            for row in own
        )
        if tables.only_orders:  # its probabilities are not calibrated, and what is computed from them says nothing
            coded = tuple(replace(item, uncertainty=None) for item in coded)
        attributes, speakers = _attributes(given)
        yield RunTranscript(transcript_id, names[transcript_id], path, text, attributes, speakers, coded)
    if any(not follower.done for follower in (segments, themes, attitudes, review)):
        raise ThemesError(
            "holds tables that do not belong together", path=tables.path, remedy="run again with --overwrite"
        )


_SEGMENT = ["turn", "speaker", "role", "start", "end", "start_time", "end_time", "text"]
_MENTION = ["start", "end", "mention", "partner_type", "attitude", "negative", "neutral", "positive"]
Row = tuple[Any, ...]


def _coded(transcript_id: str, row: Row, themes: list[Row], attitudes: list[Row], doubts: list[Row]) -> CodedSegment:
    segment_id, turn, speaker, role, start, end, start_time, end_time, text = row
    segment = Segment(transcript_id, segment_id, turn, speaker, _ROLE[role], start, end, text, "", start_time, end_time)
    uncertainty, review = doubts[0] if doubts else (0.0, False)
    return CodedSegment(
        segment,
        tuple(ThemeScore(*theme) for theme in themes),
        tuple(_attitude(item) for item in attitudes),
        uncertainty,
        review,
    )


def _attitude(row: Row) -> AttitudeScore:
    start, end, text, partner_type, attitude, negative, neutral, positive = row
    mention = None if start is None else Mention(start, end, text, partner_type)
    return AttitudeScore(mention, _ATTITUDE[attitude], negative, neutral, positive)


def _attributes(given: str | None) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Those of the transcript, and those of single speakers."""
    content = json.loads(given or "{}")
    speakers = content.pop("speakers", {})
    if not isinstance(speakers, dict):  # an attribute of the transcript that happens to be called so
        content["speakers"], speakers = speakers, {}
    texts = {key: str(value) for key, value in content.items()}
    return texts, {name: {key: str(value) for key, value in facts.items()} for name, facts in speakers.items()}


def _records(
    tables: RunTables, name: str, columns: list[str], assigned_only: bool = False, rows: int = _ROWS
) -> Iterator[Row]:
    """Rows as tuples, which cost a fraction of dictionaries."""
    for batch in tables.batches(name, columns, rows):
        kept = batch.filter(batch.column("assigned")) if assigned_only else batch
        yield from zip(*(kept.column(column).to_pylist() for column in columns), strict=True)


class _Follower:
    """A table in the order of the transcripts, taken in step with them."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    @property
    def done(self) -> bool:
        return self._next is None

    def take(self, ids: set[str]) -> dict[str, list[Row]]:
        """The next rows as long as their first column is one of `ids`, by it; without that column."""
        found: dict[str, list[Row]] = {}
        while self._next is not None and self._next[0] in ids:
            found.setdefault(self._next[0], []).append(self._next[1:])
            self._next = next(self._rows, None)
        return found
