"""Tables of coded segments, a row a coding: what MAXQDA, NVivo, Dedoose, ATLAS.ti and Taguette export to Excel or CSV.

Such a table holds the coded words, not the texts. Where the transcripts are at hand the words are looked for in them; else the
sources are made of the segments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UnreadableInput, UsageError
from pipeline.exchange.building import ProjectBuilder, path_of
from pipeline.exchange.likely_codes import left_out, maps_of, may_hold_codes
from pipeline.exchange.meanings import Meaning
from pipeline.exchange.naming import NO_CONTEXT
from pipeline.exchange.placing import Finder, squashed
from pipeline.exchange.project import Project
from pipeline.exchange.run_tasks import CORRECT, NOBODYS
from pipeline.exchange.tables import Columns, columns_of, sheets_of, shown_heads
from pipeline.ingest.columns import is_gold, is_of_run
from pipeline.lookup import transcripts_in
from pipeline.types import Transcript

_TOPS = {"codes", "nodes", "knoten", "noeuds", "nodos", "codesystem", "code system"}
_ONLY = "segments"
"""The source of segments whose document is not named."""


@dataclass(frozen=True, slots=True)
class CodedSegment:
    """A row: words with their codes, each code as its path of names.

    Attributes:
        near: where the words start in the document, if that is known.
        context: the talk just before; None where the table does not tell it.
        unit: what tells the segment from others of the same words.
    """

    document: str
    words: str
    codes: tuple[tuple[str, ...], ...]
    coder: str = ""
    memo: str = ""
    near: int | None = None
    context: str | None = None
    unit: str = ""


def read(path: Path, *, mapping: Mapping[str, str] | None = None, transcripts: Path | None = None) -> Project:
    """Read a table of coded segments.

    Args:
        mapping: column to meaning (`pipeline.exchange.tables.Meaning`), where a column's name does not say it.
        transcripts: folder in which the documents are looked for by name.

    Raises:
        UnreadableInput, UsageError: it is no such table.
    """
    sheets = sheets_of(path)
    builder = ProjectBuilder(path.stem)
    segments: list[CodedSegment] = []
    left = []
    for sheet in sheets:
        if is_of_run(sheet.rows):
            raise UsageError(NOBODYS, path=path, remedy=CORRECT)
        if is_gold(sheet.rows):
            raise UsageError("is a gold table already", path=path, remedy="give it to `themes train` or `evaluate`")
        columns = _columns(sheet.rows, mapping if len(sheets) == 1 else None, mapping, path)
        if columns is None:
            left.append(sheet.name)
            continue
        if columns.guessed and not mapping and (told := left_out(sheet.rows, columns)):
            builder.warn(told)
        segments += segments_of(columns, builder)
    if len(left) == len(sheets):
        raise UnreadableInput(
            "no columns of coded text and codes were recognised; "
            f"the columns are {', '.join(shown_heads(sheets[0].rows))}" + may_hold_codes(sheets),
            path=path,
            remedy="say what they hold: --map 'COLUMN=text' --map 'OTHER=code' (document, coder, flag, memo …)",
            add=maps_of(sheets, mapping),
        )
    if left:
        builder.warn(f"sheets without coded segments were left out: {', '.join(left)}")
    if not segments:
        raise UnreadableInput("the table has no row with words", path=path, remedy="check that it was saved in full")
    return project_of(segments, builder, transcripts)


def segments_of(columns: Columns, builder: ProjectBuilder) -> list[CodedSegment]:
    """The rows of a table that have words."""
    builder.columns(columns.named())
    found = []
    before = columns.has(Meaning.CONTEXT)
    for number, row in columns.rows:
        words = columns.cell(row, Meaning.TEXT)
        if not words:
            builder.count("[row holds|rows hold] no words and [was|were] left out")
            continue
        near = columns.cell(row, Meaning.START)
        found.append(
            CodedSegment(
                columns.cell(row, Meaning.DOCUMENT),
                words,
                tuple(_path(code) for code in columns.codes(row)),
                columns.cell(row, Meaning.CODER),
                columns.cell(row, Meaning.MEMO),
                int(near) if near.isdecimal() and len(near) < 10 else None,
                (columns.cell(row, Meaning.CONTEXT) or NO_CONTEXT) if before else None,
                # Where the talk before is told, a row is a unit: people say the same words again.
                columns.cell(row, Meaning.UNIT) or (str(number) if before else ""),
            )
        )
    return found


def project_of(segments: Sequence[CodedSegment], builder: ProjectBuilder, transcripts: Path | None) -> Project:
    """The segments on their transcripts, or on sources made of them."""
    if transcripts is not None and not transcripts.is_dir():
        raise UsageError("is not a folder", path=transcripts, remedy="give the folder that holds the transcripts")
    find = transcripts_in(transcripts)
    for document in dict.fromkeys(segment.document for segment in segments):
        rows = [segment for segment in segments if segment.document == document]
        found = _transcript(find, document) if transcripts is not None else None
        if found is not None:
            rows = _on_transcript(rows, found, builder, document)
        elif transcripts is not None:
            builder.warn(f"no transcript is called {document or _ONLY!r} in the folder")
        if rows:
            _on_themselves(rows, builder, document, " (not found in it)" if found is not None else "")
    return builder.project()


def _columns(
    rows: Sequence[Sequence[str]], strict: Mapping[str, str] | None, mapping: Mapping[str, str] | None, path: Path
) -> Columns | None:
    """A sheet's columns; of several sheets, one that lacks a mapped column is another table."""
    try:
        columns = columns_of(rows, mapping)
    except UsageError as error:
        if strict is None and "no column" in error.problem:
            return None
        raise UsageError(error.problem, path=path, place=error.place, remedy=error.remedy) from error
    if columns is None or not columns.has(Meaning.TEXT) or not (columns.has(Meaning.CODE) or columns.has(Meaning.FLAG)):
        return None
    return columns


def _path(code: tuple[str, ...]) -> tuple[str, ...]:
    """A code's names; the root that MAXQDA and NVivo put before every path says nothing."""
    names = [name for part in code for name in path_of(part)]
    return tuple(names[1:] if len(names) > 1 and names[0].casefold() in _TOPS else names)


def _transcript(find: Callable[[str], Transcript], document: str) -> Transcript | None:
    for name in (document, Path(document.replace("\\", "/")).stem):
        try:
            return find(name)
        except KeyError:
            continue
    return None


def _on_transcript(
    rows: Sequence[CodedSegment], transcript: Transcript, builder: ProjectBuilder, document: str
) -> list[CodedSegment]:
    """Put the segments on the transcript; returns those whose words are not in it."""
    finder = Finder(transcript.text)
    source_id = builder.source(
        document, transcript.text, attributes=dict(transcript.attributes), path=Path(transcript.path).name
    )
    missing = []
    for segment in rows:
        whole = finder.whole(segment.words)
        places = whole or finder.all(segment.words)
        if not places:
            missing.append(segment)
            continue
        if not whole:
            builder.count(
                "[segment stands in its|segments stand in their] transcript only inside or across words; [it "
                "was|they were] put there"
            )
        if len(places) > 1 and segment.near is None:
            builder.count(
                "[segment stands in its|segments stand in their] transcript more than once; the first place was taken"
            )
        near = segment.near
        place = places[0] if near is None else min(places, key=lambda place: abs(place[0] - near))
        _code(builder, source_id, *place, segment)
    if missing:
        builder.count(
            "[segment is not in its|segments are not in their] transcript word for word and [stands|stand] in a "
            "source of their own",
            len(missing),
        )
    return missing


def _on_themselves(rows: Sequence[CodedSegment], builder: ProjectBuilder, document: str, note: str) -> None:
    """One source of all distinct segments, a blank line between two."""
    parts: list[str] = []
    places: dict[tuple[str, str], tuple[int, int]] = {}
    length = 0
    for segment in rows:
        key = (segment.unit, squashed(segment.words))
        if key not in places:
            start = length + 2 if parts else 0
            length = start + len(segment.words)
            places[key] = start, length
            parts.append(segment.words)
    source_id = builder.source((document or _ONLY) + note, "\n\n".join(parts))
    builder.warn(
        "the table holds coded words only: sources are made of the segments, without what stood between them "
        "(--transcripts FOLDER puts the codings on the transcripts)"
    )
    for segment in rows:
        _code(builder, source_id, *places[segment.unit, squashed(segment.words)], segment)


def _code(builder: ProjectBuilder, source_id: str, start: int, end: int, segment: CodedSegment) -> None:
    """Its codings; a row without code in a table that names documents was marked only, else it was read and given none."""
    said = {"coder": segment.coder, "memo": segment.memo, "context": segment.context or ""}
    for code in segment.codes:
        builder.coding(source_id, start, end, builder.code(*code), **said)
    if not segment.codes and segment.document:
        builder.count("[segment carries|segments carry] no code and [was|were] left out")
    elif not segment.codes:
        builder.coding(source_id, start, end, None, **said)
