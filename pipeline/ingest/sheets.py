"""Spreadsheet files as plain cells: Excel workbooks by openpyxl, OpenDocument spreadsheets by their XML."""

from __future__ import annotations

import datetime as dt
import io
import re
import warnings
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from pipeline.cells import FAULTS
from pipeline.errors import UnreadableInput
from pipeline.ingest.office import open_archive, part_of
from pipeline.safety import xml_parser

MOST_CELLS = 5_000_000
"""Cells in all sheets together; more are no transcript and would fill the memory."""
_WIDEST = 256
_MOST_SHEETS = 100
_LONGEST_GAP = 1000
"""Blank rows after which a sheet is taken to end: a stray cell in its last row would have a million."""
_URN = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
_OFFICE, _TABLE, _TEXT = (_URN % name for name in ("office", "table", "text"))
_CELLS = {_TABLE + "table-cell", _TABLE + "covered-table-cell"}
_ROW_GROUPS = {_TABLE + name for name in ("table-header-rows", "table-rows", "table-row-group")}
_PASSWORD = "open it, remove the password and save it again"
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


class Limit(NamedTuple):
    """How many cells all sheets may have together, why no more, and what to do about it."""

    cells: int
    reason: str
    remedy: str


class Sheet(NamedTuple):
    """A sheet's name, and its rows of cells as text, blank rows left out."""

    name: str
    rows: list[list[str]]


def xlsx_sheets(data: bytes, limit: Limit | None = None) -> list[Sheet]:
    """The sheets of an Excel workbook, in its order; formulas by the values that were saved with them.

    Args:
        limit: that of a transcript's, if none is given.

    Raises:
        UnreadableInput: damaged, encrypted, or too large.
    """
    with open_archive(data, "xlsx") as archive:
        if not any(name.startswith("xl/") for name in archive.namelist()):
            raise UnreadableInput("a zip archive, but no Excel workbook", remedy="save it again as .xlsx, or as .csv")
    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions that nothing here depends on
            workbook = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            return _limited(((sheet.title, _excel_rows(sheet)) for sheet in workbook.worksheets), limit)
    except UnreadableInput:
        raise
    except Exception as error:  # openpyxl lets whatever its parsers raise on a damaged part through
        raise UnreadableInput(
            f"the workbook is damaged ({type(error).__name__})", remedy="open it in Excel and save it again, or as .csv"
        ) from error


def _excel_rows(sheet: Any) -> Iterator[list[str]]:
    sheet.reset_dimensions()  # what a file says of its own size may be wrong
    for row in sheet.iter_rows(values_only=True):
        yield [_shown(value) for value in row[:_WIDEST]]


def _shown(value: Any) -> str:
    """A cell's value as its reader would see it."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime) and value.year <= 1900:
        value = value - dt.datetime(1899, 12, 30)  # Excel's day nought: a length of time over 24 hours
    if isinstance(value, dt.timedelta):
        total = round(value.total_seconds(), 3)
        return f"{int(total // 3600)}:{int(total % 3600 // 60):02d}:{total % 60:06.3f}"
    if isinstance(value, dt.time):
        return value.isoformat("milliseconds" if value.microsecond else "seconds")
    text = _ESCAPED.sub(_unescaped, str(value)).replace("\r\n", "\n").replace("\r", "\n")
    return "" if text in FAULTS else text


def _unescaped(match: re.Match[str]) -> str:
    """The character that a workbook writes by its number; a line end's first half goes, what no cell can show stays as it is."""
    character = chr(int(match[1], 16))
    if character == "\r":
        return ""
    return character if character.isprintable() or character in "\n\t" else match[0]


def ods_sheets(data: bytes) -> list[Sheet]:
    """The sheets of an OpenDocument spreadsheet, cells as they are displayed.

    Raises:
        UnreadableInput: damaged, encrypted, or too large.
    """
    from lxml import etree

    with open_archive(data, "ods", ("content.xml",)) as archive:
        manifest = part_of(archive, "META-INF/manifest.xml")
        content = part_of(archive, "content.xml")
    if manifest and b"encryption-data" in manifest:
        raise UnreadableInput("the ods is encrypted with a password", remedy=_PASSWORD)
    if content is None:
        raise UnreadableInput("a zip archive, but no OpenDocument spreadsheet", remedy="save it again as .ods or .csv")
    parser = xml_parser(remove_comments=True)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise UnreadableInput(f"damaged inside: {error.msg}", remedy="open it and save it again as .ods") from error
    tables = root.iterfind(f"{_OFFICE}body/{_OFFICE}spreadsheet/{_TABLE}table")
    return _limited((table.get(_TABLE + "name") or "", _ods_rows(table)) for table in tables)


def _ods_rows(parent: Any) -> Iterator[list[str]]:
    for element in parent:
        if element.tag == _TABLE + "table-row":
            cells = _ods_cells(element)
            for _ in range(_repeat(element, _TABLE + "number-rows-repeated") if any(cells) else 1):
                yield cells
        elif element.tag in _ROW_GROUPS:
            yield from _ods_rows(element)


def _ods_cells(row: Any) -> list[str]:
    cells: list[str] = []
    for cell in row:
        if cell.tag in _CELLS and len(cells) < _WIDEST:
            text = "\n".join("".join(_ods_text(p)) for p in cell if p.tag == _TEXT + "p")
            cells += [text] * min(_repeat(cell, _TABLE + "number-columns-repeated"), _WIDEST - len(cells))
    return cells


def _ods_text(element: Any) -> Iterator[str]:
    """A paragraph's text, with its spaces, tabs and breaks; comments are no part of it."""
    yield element.text or ""
    for child in element:
        if child.tag == _TEXT + "s":
            yield " " * min(_repeat(child, _TEXT + "c"), 200)
        elif child.tag in {_TEXT + "tab", _TEXT + "line-break"}:
            yield "\t" if child.tag == _TEXT + "tab" else "\n"
        elif isinstance(child.tag, str) and child.tag.startswith(_TEXT):
            yield from _ods_text(child)
        yield child.tail or ""


def _repeat(element: Any, name: str) -> int:
    value = element.get(name) or "1"
    return max(1, int(value)) if value.isdecimal() and len(value) < 9 else 1


def _limited(sheets: Iterable[tuple[str, Iterator[list[str]]]], limit: Limit | None = None) -> list[Sheet]:
    """Sheets without blank rows, while they are of a size that a person could have typed."""
    limit = limit or Limit(MOST_CELLS, "which no transcript has", "save the transcript's sheet alone")
    found = []
    cells = 0
    for name, rows in islice(sheets, _MOST_SHEETS):
        kept: list[list[str]] = []
        gap = 0
        for row in rows:
            if not any(cell.strip() for cell in row):
                gap += 1
                if gap > _LONGEST_GAP:
                    break
                continue
            gap = 0
            cells += len(row)
            if cells > limit.cells:
                raise UnreadableInput(f"more than {limit.cells:,} cells, {limit.reason}", remedy=limit.remedy)
            kept.append(row)
        found.append(Sheet(name, kept))
    return found
