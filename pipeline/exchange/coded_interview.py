"""Coded interviews in tables: a row a turn or a sentence, its codes in a column, or a column of 0 and 1 for each code.

The text is what `themes run` reads from the same file, so that codes lie where a run's do.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.errors import ThemesError, UnreadableInput, UsageError
from pipeline.exchange.building import ProjectBuilder, path_of
from pipeline.exchange.placing import Finder
from pipeline.exchange.project import Project
from pipeline.exchange.tables import Columns, Meaning, columns_of, sheets_of
from pipeline.ingest import read_transcript
from pipeline.ingest.columns import recognise as recognise_talk
from pipeline.types import Transcript


def recognise(path: Path) -> bool:
    """Whether a table is talk by named speakers or with times, and has codes; a table of segments names documents."""
    try:
        return any(_is_interview(sheet.rows) for sheet in sheets_of(path))
    except ThemesError:
        return False


def read(path: Path, *, mapping: Mapping[str, str] | None = None) -> Project:
    """Read a coded interview; a row without code was read and given none.

    Args:
        mapping: column to meaning, for columns of codes, flags, coders and memos.

    Raises:
        UnreadableInput, UsageError: it is no such table.
    """
    transcript = read_transcript(path)
    builder = ProjectBuilder(path.stem)
    for warning in transcript.warnings:
        builder.warn(warning)
    source_id = builder.source(path.name, transcript.text, path=path.name)
    speech = _Speech(transcript)
    for sheet in sheets_of(path):
        talk = recognise_talk(sheet.rows)
        try:
            columns = columns_of(sheet.rows, mapping)
        except UsageError as error:
            raise UsageError(error.problem, path=path, place=error.place, remedy=error.remedy) from error
        if talk is None or columns is None or not (columns.has(Meaning.CODE) or columns.has(Meaning.FLAG)):
            continue
        for _, row in columns.rows:
            words = html.unescape(row[talk.speech]) if talk.speech < len(row) else ""
            place = speech.next(words) if words.strip() else None
            if place is None:
                builder.count(
                    "[row is|rows are] not in the text as `themes run` reads it and [was|were] left out",
                    bool(words.strip()),
                )
                continue
            _code(builder, source_id, place, columns, row)
    if not builder.coded:
        raise UnreadableInput(
            "no row of talk with a column of codes was found", path=path, remedy="say which: --map 'COLUMN=code'"
        )
    return builder.project()


class _Speech:
    """The rows' words, in order: none must lie on a speaker's label, which may be a word as well."""

    def __init__(self, transcript: Transcript) -> None:
        text = transcript.text
        kept = list(text)
        for stretch in (stretch for turn in transcript.turns for stretch in turn.stretches):
            line = text.rfind("\n", 0, stretch.start) + 1
            # Labels become line breaks, so that places stay; stage directions are rows' words and no label.
            if text[line : stretch.start].rstrip().endswith(":"):
                kept[line : stretch.start] = "\n" * (stretch.start - line)
        self._finder = Finder("".join(kept))
        self._at = 0

    def next(self, words: str) -> tuple[int, int] | None:
        """The place of a row's words after those of the row before."""
        place = self._finder.after(words, self._at)
        self._at = place[1] if place else self._at
        return place


def _code(
    builder: ProjectBuilder, source_id: str, place: tuple[int, int], columns: Columns, row: Sequence[str]
) -> None:
    codes = columns.codes(row)
    coder, memo = columns.cell(row, Meaning.CODER), columns.cell(row, Meaning.MEMO)
    for names in codes:
        code = builder.code(*(part for name in names for part in path_of(name)))
        builder.coding(source_id, *place, code, coder=coder, memo=memo)
    if not codes:
        builder.coding(source_id, *place, None, coder=coder, memo=memo)


def _is_interview(rows: list[list[str]]) -> bool:
    talk, columns = recognise_talk(rows), columns_of(rows)
    if talk is None or columns is None or not talk.first or (talk.speaker is None and talk.start is None):
        return False
    return (columns.has(Meaning.CODE) or columns.has(Meaning.FLAG)) and not columns.has(Meaning.DOCUMENT)
