"""Tables of a Word document whose rows are turns: a column of speakers, a column of speech, perhaps one of times."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.ingest.conventions import key_of, words_of
from pipeline.ingest.draft import Draft, Rendering
from pipeline.ingest.notes import is_note
from pipeline.ingest.speakers import shape
from pipeline.ingest.times import STAMP, seconds

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_WRAPPERS = frozenset(_W + name for name in ("sdt", "sdtContent", "ins", "customXml"))
_SPEAKER = words_of("speaker speakers name participant who person role sprecher sprecherin locuteur hablante")
_SPEECH = words_of(
    "transcription transcript text speech utterance content dialogue dialog words turn talk inhalt texte texto"
)
_TIME = words_of("start time timestamp timecode timespan starttime begin zeit temps tc")
_STAMP = re.compile(STAMP)

Table = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds what; `first` is the first row of talk."""

    speaker: int
    speech: int
    time: int | None
    first: int


def table_rows(table: Any, read_cell: Callable[[Any], str]) -> list[list[str]]:
    """A table's cells as text; a cell that spans columns is followed by empty ones."""
    rows = []
    for row in _children(table, "tr"):
        if row.find(f"{_W}trPr/{_W}del") is not None:  # a row that tracked changes delete
            continue
        cells: list[str] = []
        for cell in _children(row, "tc"):
            span = cell.find(f"{_W}tcPr/{_W}gridSpan")
            width = int(span.get(_W + "val") or 1) if span is not None else 1
            cells += [read_cell(cell), *[""] * (min(width, 64) - 1)]
        rows.append(cells)
    return rows


def _children(parent: Any, name: str) -> Iterator[Any]:
    for child in parent:
        if child.tag == _W + name:
            yield child
        elif child.tag in _WRAPPERS:
            yield from _children(child, name)


def is_transcript_table(table: Table) -> bool:
    """Whether the rows of a table are turns."""
    return _columns(table) is not None


def _columns(table: Table) -> Columns | None:
    return (_columns_by_header(table) or _columns_by_content(table)) if len(table) > 1 else None


def _columns_by_header(table: Table) -> Columns | None:
    """From the words of a header row, which may have a title row above it."""
    for index, row in enumerate(table[:3]):
        heads = [key_of(cell) for cell in row]
        speaker = next((place for place, head in enumerate(heads) if head in _SPEAKER), None)
        speech = next((place for place, head in enumerate(heads) if head in _SPEECH), None)
        if speaker is not None and speech is not None:
            time = next((place for place, head in enumerate(heads) if head in _TIME), None)
            return Columns(speaker, speech, time, index + 1)
    return None


def _columns_by_content(table: Table) -> Columns | None:
    """A table without header: a column of few recurring labels beside the wordiest column."""
    width = max(map(len, table))
    if not 2 <= width <= 4 or len(table) < 4:
        return None
    columns = [[row[place].strip() if place < len(row) else "" for row in table] for place in range(width)]
    words = [sum(len(cell.split()) for cell in column) for column in columns]
    speech = words.index(max(words))
    for place, column in enumerate(columns):
        labels = [cell.rstrip(":") for cell in column if cell]
        fits = [label for label in labels if len(label) <= 40 and shape(label) not in {None, "lower", "number"}]
        recurring = len(set(map(key_of, labels))) <= 0.5 * len(labels)
        if place != speech and labels and len(fits) >= 0.9 * len(labels) and recurring:
            time = next((at for at, cells in enumerate(columns) if all(map(_STAMP.search, filter(None, cells)))), None)
            return Columns(place, speech, time if time not in {place, speech} else None, 0)
    return None


def talk_from_tables(blocks: Sequence[str | Table]) -> Draft:
    """Render a document whose talk is in tables; its paragraphs and other tables are not speech."""
    rendering = Rendering()
    spelled: dict[str, str] = {}
    speaker: str | None = None
    for block in blocks:
        columns = None if isinstance(block, str) else _columns(block)
        if isinstance(block, str) or columns is None:
            _aside(rendering, block)
            continue
        for row in block[columns.first :]:
            label = _cell(row, columns.speaker).rstrip(":").strip()
            if label:
                speaker = spelled.setdefault(key_of(label), label)
            _row(rendering, speaker, row, columns)
    return rendering.draft()


def _row(rendering: Rendering, speaker: str | None, row: Sequence[str], columns: Columns) -> None:
    speech = _cell(row, columns.speech)
    stamp = _STAMP.search(_cell(row, columns.time)) if columns.time is not None else None
    if is_note(speech):
        rendering.note(speech)
    else:
        rendering.speech(speaker, speech, joiner="\n", start_time=seconds(stamp.group()) if stamp else None)


def _cell(row: Sequence[str], place: int) -> str:
    return row[place].strip() if place < len(row) else ""


def _aside(rendering: Rendering, block: str | Table) -> None:
    lines = [block] if isinstance(block, str) else ["\t".join(filter(None, row)) for row in block]
    rendering.end_turn()
    for line in lines:
        rendering.note(line)
