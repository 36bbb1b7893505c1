"""The rows of a gold table, from CSV, JSON Lines or a workbook; what they mean is `pipeline.gold`'s."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pipeline.errors import UnreadableInput, UsageError, typed
from pipeline.exchange.meanings import Meaning
from pipeline.exchange.run_workbook import MACHINE_GAVE
from pipeline.gold_heads import is_missing_any, likely, missing, names_of, told
from pipeline.ingest.decode import decode
from pipeline.ingest.delimited import DELIMITERS, BrokenTable, delimiter_of, head_of, rows_of, unmarked
from pipeline.ingest.sheets import Sheet, ods_sheets, xlsx_sheets

CODE_SEPARATOR = ";"
_WORKBOOKS: Mapping[str, Callable[[bytes], list[Sheet]]] = {".xlsx": xlsx_sheets, ".ods": ods_sheets}

_NO_SUCH_WORKBOOKS = (".xls", ".xlsm", ".xlsb", ".xlt", ".xltx", ".numbers")
"""Spreadsheets that neither this nor an import reads."""
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_SAVE = "save it as xlsx or CSV UTF-8"

_NO_TABLE = (b"PK\x03\x04", b"SQLite format 3", b"%PDF")
"""How the files of other programs begin."""

Row = Mapping[str, str]
Tell = Callable[[Path, str], None]
"""Takes a file and what had to be guessed of it."""


def no_guess(path: Path, guess: str) -> None:
    """For who has nobody to tell: a wrong guess at an encoding would change codes unseen.

    Raises:
        UsageError: always.
    """
    raise UsageError("is not UTF-8 text", path=path, remedy="save it as CSV UTF-8")


def read_rows(path: Path, known: Sequence[str], *, tell: Tell = no_guess) -> Iterator[tuple[int, Row]]:
    """Rows with their numbers as a spreadsheet shows them, of the columns in `known`; values stripped of nothing but None.

    Args:
        tell: takes a guess at the encoding, where one had to be made; by default it is a fault.

    Raises:
        UsageError: it cannot be read, is no table, or lacks a column.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"cannot be read: {error.strerror}", path=path, remedy="give a CSV, JSONL or Excel file"
        ) from error
    suffix = path.suffix.lower()
    if suffix in _NO_SUCH_WORKBOOKS or data.startswith(_OLD_OFFICE):
        raise UsageError("is a workbook of a kind that is not read", path=path, remedy=_SAVE)
    if suffix not in _WORKBOOKS and data.startswith(_NO_TABLE):
        raise UsageError("is no table", path=path, remedy=_import(path))
    if suffix in _WORKBOOKS:
        return _workbook(path, data, _WORKBOOKS[suffix], known)
    text = _text(path, data, tell)
    return _jsonl(path, text, known) if suffix == ".jsonl" else _csv(path, text, known)


def _text(path: Path, data: bytes, tell: Tell) -> str:
    """What is neither UTF-8 nor marked is read as transcripts and imported tables are, which is told: it is a guess."""
    if b"\x00" not in data:
        with suppress(UnicodeDecodeError):
            # However many control characters there are: a small table of a transcript that holds one has many.
            return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    try:
        text, guesses = decode(data)
    except UnreadableInput as error:
        raise UsageError("is no text", path=path, remedy=_import(path)) from error
    for guess in guesses:
        tell(path, guess)
    return text


def _import(path: Path, columns: Mapping[str, Meaning] | None = None) -> str:
    """What to do about what other programs, and people in a run's workbook, coded.

    Args:
        columns: what a table's columns hold, where they seem to hold enough.
    """
    # An import does not write over what it reads.
    out = "imported.csv" if path.name.lower() == "gold.csv" else "gold.csv"
    maps = "".join(f" --map {typed(f'{name}={meaning}')}" for name, meaning in (columns or {}).items())
    return f"first `themes import {typed(path)} --out {out}{maps}`, and give {out}"


def _csv(path: Path, text: str, known: Sequence[str]) -> Iterator[tuple[int, Row]]:
    text, given = unmarked(text)
    # Spreadsheets of some languages part columns by semicolons; that is told by the head, as codes are parted so too.
    delimiter = given or next(
        (sign for sign in DELIMITERS if not is_missing_any(head_of(text, sign))), delimiter_of(text)
    )
    try:
        yield from _table((cells for _, cells in rows_of(text, delimiter)), path, known)
    except BrokenTable as error:
        raise UsageError(str(error), path=path, place=f"line {error.line}", remedy="mend the quoting") from error


def _workbook(
    path: Path, data: bytes, read: Callable[[bytes], list[Sheet]], known: Sequence[str]
) -> Iterator[tuple[int, Row]]:
    try:
        sheets = [sheet for sheet in read(data) if sheet.rows]
    except UnreadableInput as error:
        raise UsageError(error.problem, path=path, place=error.place, remedy=error.remedy) from error
    fitting = [sheet for sheet in sheets if not is_missing_any(sheet.rows[0])]
    if not fitting and any(sheet.name == MACHINE_GAVE for sheet in sheets):
        raise UsageError("is a run's workbook, no gold table", path=path, remedy=_import(path))
    if len(fitting) > 1:
        raise UsageError(
            f"has several sheets of gold: {', '.join(sheet.name for sheet in fitting)}",
            path=path,
            remedy="keep one, or save each as CSV UTF-8",
        )
    yield from _table(iter((fitting or sheets or [Sheet("", [])])[0].rows), path, known)


def _table(rows: Iterator[list[str]], path: Path, known: Sequence[str]) -> Iterator[tuple[int, Row]]:
    head = next(rows, [])
    names = names_of(head)
    if is_missing_any(head):
        raise _no_gold(path, head)
    for number, cells in enumerate(rows, start=2):
        if any(cell.strip() for cell in cells[len(names) :]):
            raise UsageError(
                f"{len(cells)} cells under {len(names)} columns",
                path=path,
                place=f"row {number}",
                remedy="put quotation marks around cells that hold the sign between columns",
            )
        row = dict(zip(names, cells, strict=False))
        if row:
            yield number, {name: row[name] for name in known if name in row}


def _no_gold(path: Path, head: Sequence[str]) -> UsageError:
    """All that is missing at once, what may be meant by other names, and the import that makes a gold table of it."""
    named = any(name.strip() for name in head)
    found, columns = ", ".join(names_of(head)) or "none", likely(head)
    meant = told(columns)
    problem = f"{'' if named else 'is empty: it '}has {missing(head)} (found: {found}{f'; {meant}' if meant else ''})"
    if not named:
        return UsageError(problem, path=path, place="row 1", remedy="see docs/gold.md")
    enough = {Meaning.TEXT, Meaning.CODE} <= set(columns.values())
    remedy = f"see docs/gold.md; where another program wrote it: {_import(path, columns if enough else None)}"
    if not enough:
        remedy += "; say of columns of other names what they hold: --map 'COLUMN=text' --map 'OTHER=code'"
    return UsageError(problem, path=path, place="row 1", remedy=remedy)


def _jsonl(path: Path, text: str, known: Sequence[str]) -> Iterator[tuple[int, Row]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            content: Any = json.loads(line)
        except ValueError as error:
            raise UsageError("is not JSON", path=path, place=f"line {number}", remedy="one object per line") from error
        if not isinstance(content, dict):
            raise UsageError("is not an object", path=path, place=f"line {number}", remedy="one object per line")
        if number == 1 and "id" not in content:
            raise UsageError(
                "has no id",
                path=path,
                place="line 1",
                remedy=f"see docs/gold.md; where another program wrote it: {_import(path)}",
            )
        yield number, {name: _as_text(content[name]) for name in known if content.get(name) is not None}


def _as_text(value: Any) -> str:
    return CODE_SEPARATOR.join(str(item) for item in value) if isinstance(value, list) else str(value)
