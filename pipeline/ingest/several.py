"""Tables that hold several transcripts: each is an input of its own, under a path such as `talks.csv/12.csv`.

A column says which transcript a row is of (`transcript_id`, `interview`, `file` …). What stands under such a path are the
transcript's rows of the columns that talk is read from, as a table of comma separated values; nothing is written to disk.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.ingest.archives import place_in_archive
from pipeline.ingest.columns import Columns, recognise
from pipeline.ingest.draft import Draft
from pipeline.ingest.heads import CODER, END, ROLE, SOURCE, SPEAKER, SPEECH, START, TURN, heads_as_known
from pipeline.ingest.registry import BY_NAME
from pipeline.ingest.sheets import Sheet, ods_sheets, xlsx_sheets
from pipeline.ingest.sniff import FORMAT_OF_KIND, kind_of
from pipeline.ingest.spreadsheets import Places, csv_sheet, drafted

SUFFIXES = frozenset(suffix for name in ("csv", "xlsx", "ods") for suffix in BY_NAME[name].suffixes)
MEMBER = ".csv"
_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\\\]+")
_FIELDS: Mapping[str, tuple[str, frozenset[str]]] = {
    "source": ("transcript_id", SOURCE - SPEECH),
    "turn": ("turn_id", TURN),
    "start": ("start", START),
    "end": ("end", END),
    "speaker": ("speaker", SPEAKER),
    "role": ("role", ROLE),
    "speech": ("text", SPEECH),
    "coder": ("coder", CODER),
}
"""What is kept of a table, in this order: a head that says so, and those that may stay."""
_LEAST_ROWS = 2
"""A row to a transcript on average, or hardly more, is a table of documents or answers; such is read as one."""


@dataclass(frozen=True, slots=True)
class Interview:
    """One transcript of a table.

    Attributes:
        name: what the table calls it; empty where the table is one transcript.
        draft: as `themes run` reads it.
        places: where the table's rows stand in its text.
    """

    name: str
    draft: Draft
    places: Places


Row = tuple[int, int]
"""The number of a sheet and of a row in it, from nought."""


def sheets_in(data: bytes) -> tuple[list[Sheet], list[str]]:
    """A table's sheets, whatever it is called, and warnings.

    Raises:
        UnreadableInput: it is damaged, too large or no table.
    """
    kind = FORMAT_OF_KIND.get(kind_of(data) or "", "")
    if kind in {"xlsx", "ods"}:
        return (xlsx_sheets(data) if kind == "xlsx" else ods_sheets(data)), []
    sheet, warnings = csv_sheet(data)
    return [sheet], warnings


def interviews(data: bytes) -> Iterator[Interview]:
    """The transcripts of a table, one after another.

    Raises:
        UnreadableInput: it holds none, or cannot be read.
    """
    sheets, warnings = sheets_in(data)
    parts = _parts(sheets)
    if not parts:
        draft, places = drafted(sheets, warnings)
        yield Interview("", draft, places)
        return
    for name, (rows, sheet) in parts.items():
        draft, places = drafted([sheet], warnings)
        yield Interview(name, draft, {rows[row - 1]: place for (_, row), place in places.items()})


def split(data: bytes) -> dict[str, bytes]:
    """The transcripts of a table that holds several, by name, each as a table; nothing where it holds one, or is none.

    Raises:
        UnreadableInput: it cannot be read.
    """
    return {name: _as_csv(sheet.rows) for name, (_, sheet) in _parts(sheets_in(data)[0]).items()}


def place_in_table(path: Path) -> tuple[Path, str] | None:
    """The table and the transcript's name that a path such as `talks.csv/12.csv` means; None for any other path."""
    table = path.parent
    if path.suffix != MEMBER or table.suffix.lower() not in SUFFIXES:
        return None
    return (table, path.stem) if table.is_file() or place_in_archive(table) else None


def _parts(sheets: Sequence[Sheet]) -> dict[str, tuple[list[Row], Sheet]]:
    """The rows of each transcript by its name, where they stood, and as a table; nothing where there are not several."""
    found = {at: columns for at, sheet in enumerate(sheets) if (columns := recognise(sheet.rows)) is not None}
    if not found or any(columns.source is None for columns in found.values()):
        return {}
    by_source: dict[str, list[Row]] = {}
    for at, columns in found.items():
        source = ""
        for number, row in enumerate(sheets[at].rows[columns.first :], columns.first):
            source = _cell(row, columns.source) or source  # a blank cell goes on with the one above
            by_source.setdefault(source, []).append((at, number))
    if len(by_source) < 2 or sum(map(len, by_source.values())) < _LEAST_ROWS * len(by_source):
        return {}
    heads = _heads(sheets, found)
    names = _names(list(by_source))
    return {
        names[source]: (rows, Sheet("", [list(heads.values()), *(_kept(sheets, found, heads, row) for row in rows)]))
        for source, rows in by_source.items()
    }


def _heads(sheets: Sequence[Sheet], found: Mapping[int, Columns]) -> dict[str, str]:
    """The columns that talk is read from, each with a head by which it is known again."""
    heads = {}
    for field, (plain, known) in _FIELDS.items():
        for at, columns in found.items():
            place = getattr(columns, field)
            if place is not None and field not in heads:
                head = _cell(sheets[at].rows[columns.first - 1], place)
                heads[field] = head if heads_as_known([head])[0] in known else plain
    return heads


def _kept(sheets: Sequence[Sheet], found: Mapping[int, Columns], fields: Iterable[str], row: Row) -> list[str]:
    at, number = row
    return [_cell(sheets[at].rows[number], getattr(found[at], field)) for field in fields]


def _names(sources: Sequence[str]) -> dict[str, str]:
    """A name for each transcript that a path can hold, no two alike in any file system."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for source in sources:
        name = wanted = _UNSAFE.sub("-", source).strip(" .") or "without a name"
        number = 1
        while name.casefold() in taken:
            number += 1
            name = f"{wanted} {number}"
        taken.add(name.casefold())
        names[source] = name
    return names


def _as_csv(rows: Sequence[Sequence[str]]) -> bytes:
    table = io.StringIO("sep=,\n")
    table.seek(0, io.SEEK_END)
    csv.writer(table, lineterminator="\n").writerows(rows)
    return table.getvalue().encode("utf-8", "replace")


def _cell(row: Sequence[str], place: int | None) -> str:
    return row[place].strip() if place is not None and place < len(row) else ""
