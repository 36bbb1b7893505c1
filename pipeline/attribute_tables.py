"""A table of attributes that lies among the transcripts: told as what it is, with what to do."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.errors import UnreadableInput, clipped
from pipeline.ingest.attributes import KEYS
from pipeline.ingest.columns import is_coding
from pipeline.ingest.decode import decode
from pipeline.ingest.delimited import BrokenTable, delimiter_of, rows_of, unmarked
from pipeline.ingest.registry import BY_SUFFIX
from pipeline.ingest.sheets import ods_sheets, xlsx_sheets

_LARGEST = 10_000_000
"""Bytes; a larger file is no table of attributes."""
_SHARE = 0.5
"""Of a column's cells at least so many must name transcripts that are there."""
_ROWS_EACH = 10
"""At most so many on average: a transcript is named in a row for each of its speakers, not in one for each turn."""

Rows = list[list[str]]


def is_same_file(path: Path, other: str | Path) -> bool:
    """Whether two paths lead to one file."""
    return os.path.realpath(path) == os.path.realpath(other)


def attributes_hint(path: Path, transcripts: Iterable[Path]) -> str:
    """What to do with a file that looks like a table of attributes; nothing where it does not.

    Args:
        transcripts: those that it may name, by their files' names with or without suffix.
    """
    names = {_fold(name) for file in transcripts if file != path for name in (file.name, file.stem, str(file))}
    names -= {_fold(path.stem)}  # a table of turns may name itself in each
    for rows in _tables(path):
        head, place = _naming(rows, names)
        if place is None:
            continue
        steps = [] if _is_text(path) else ["save it as CSV"]
        if head[place] not in KEYS or any(key in head for key in KEYS[: KEYS.index(head[place])]):
            steps.append(f"call that column {KEYS[0]!r}")
        steps.append("give it with --attributes")
        column = clipped(head[place], 40) or f"number {place + 1}"
        what = f"looks like a table of attributes, as its column {column} names transcripts"
        return f"{what} ({', '.join(steps[:-1])}{' and ' if steps[:-1] else ''}{steps[-1]})"
    return ""


def _naming(rows: Rows, names: set[str]) -> tuple[list[str], int | None]:
    """A table's heads as `--attributes` knows them, and the place of the first column that names transcripts."""
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    if len(filled) < 2 or is_coding(filled):
        return [], None
    head = ["_".join(cell.casefold().split()) for cell in filled[0]]
    for place in range(len(head)):
        cells = [_fold(row[place]) for row in filled[1:] if place < len(row) and row[place].strip()]
        naming = [cell for cell in cells if cell in names]
        if naming and _SHARE * len(cells) <= len(naming) <= _ROWS_EACH * len(set(naming)):
            return head, place
    return head, None


def _tables(path: Path) -> Sequence[Rows]:
    """The tables in a file; none where it cannot be read as any."""
    format_ = BY_SUFFIX.get(path.suffix.lower())
    try:
        if format_ is None or format_.name not in ("csv", "xlsx", "ods") or path.stat().st_size > _LARGEST:
            return []
        data = path.read_bytes()
        if _is_text(path):
            text, given = unmarked(decode(data)[0])
            return [[cells for _, cells in rows_of(text, given or delimiter_of(text.lstrip("\n ")))]]
        sheets = xlsx_sheets(data) if format_.name == "xlsx" else ods_sheets(data)
        return [sheet.rows for sheet in sheets]
    except (OSError, UnreadableInput, BrokenTable):
        return []


def _is_text(path: Path) -> bool:
    return path.suffix.lower() in (".csv", ".tsv", ".tab")


def _fold(name: str) -> str:
    return " ".join(name.casefold().split())
