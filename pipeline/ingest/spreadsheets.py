"""Transcripts in tables (CSV, TSV, Excel, OpenDocument), one row a turn or a sentence; columns of codes are no speech."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Mapping, Sequence

from pipeline.errors import NotATranscript, UnreadableInput
from pipeline.ingest.columns import Columns, Table, heads_of, is_coding, is_of_pairs, recognise
from pipeline.ingest.decode import decode
from pipeline.ingest.delimited import BrokenTable, delimiter_of, rows_of, unmarked
from pipeline.ingest.draft import Draft, Place
from pipeline.ingest.rows import Talk
from pipeline.ingest.sheets import Sheet, ods_sheets, xlsx_sheets
from pipeline.plural import listed

Places = Mapping[tuple[int, int], Place]
"""Where a row stands in a transcript's text, by the number of its sheet and its own, both from nought."""

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_NAME_THEM = "name its columns speaker and text, and if there are times start and end, in the first row"


def read_csv(data: bytes) -> Draft:
    """Read a table of values separated by commas, semicolons, tabs or bars, whatever the suffix says."""
    sheet, warnings = csv_sheet(data)
    return drafted([sheet], warnings)[0]


def read_xlsx(data: bytes) -> Draft:
    """Read an Excel workbook: the sheets that look like transcripts."""
    return drafted(xlsx_sheets(data))[0]


def read_ods(data: bytes) -> Draft:
    """Read an OpenDocument spreadsheet: the sheets that look like transcripts."""
    return drafted(ods_sheets(data))[0]


def csv_sheet(data: bytes) -> tuple[Sheet, list[str]]:
    """The rows of a table of separated values that are not blank, and warnings.

    Raises:
        UnreadableInput: it is no text, or its quotation marks are broken.
    """
    text, warnings = decode(data)
    text, given = unmarked(text)
    rows = _parsed(text, given or delimiter_of(text))
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    return Sheet("", rows), [*warnings, *_too_wide(rows)]


def _parsed(text: str, delimiter: str) -> list[list[str]]:
    """The rows; where quotation marks do not follow the rules of CSV, as near as can be."""
    try:
        return [cells for _, cells in rows_of(text, delimiter)]
    except BrokenTable as error:
        line, problem = error.line, str(error)
    if delimiter == "\t":  # programs that write tabs often do not quote at all
        return list(csv.reader(io.StringIO(text), delimiter=delimiter, quoting=csv.QUOTE_NONE))
    if "end of data" not in problem:
        try:
            return list(csv.reader(io.StringIO(text), delimiter=delimiter))
        except csv.Error as error:
            problem = str(error)
    raise UnreadableInput(
        f"not a table that can be read: {problem}",
        place=f"line {line}",
        remedy="a quotation mark may be open to the end; open the table in a spreadsheet program and save it again",
    )


def drafted(sheets: Sequence[Sheet], warnings: Sequence[str] = ()) -> tuple[Draft, Places]:
    """The transcript in the sheets that look like one, and where each row stands in its text.

    Raises:
        NotATranscript: none of them does.
        UnreadableInput: there is nothing in them.
    """
    plain = [Sheet(sheet.name, [[_unescaped(cell) for cell in row] for row in sheet.rows]) for sheet in sheets]
    found = [(at, columns) for at, sheet in enumerate(plain) if (columns := recognise(sheet.rows)) is not None]
    if not found:
        raise _unknown(plain)
    talk = Talk()
    talk.know((plain[at].rows, columns) for at, columns in found)
    places: dict[tuple[int, int], Place] = {}
    taken: dict[str, str] = {}
    for at, columns in found:
        sheet = plain[at]
        if len(found) > 1:
            talk.aside([sheet.name])
        for row in sheet.rows[: columns.first - 1]:
            talk.aside([" ".join(filter(None, row))])
        stand = talk.add(sheet.rows, columns)
        places |= {(at, row): place for row, place in enumerate(stand, columns.first) if place is not None}
        taken = columns.named(sheet.rows) | taken
    of = [(plain[at], columns) for at, columns in found]
    return talk.draft([*warnings, *_which(of, plain), *_speakerless(of)], taken), places


def _too_wide(rows: Table) -> list[str]:
    """Speech that holds the sign between columns without quotation marks is cut there, and the rest lies in other columns."""
    columns = recognise(rows)
    if columns is None or not columns.first:
        return []
    width = len(rows[columns.first - 1])
    wide = sum(any(cell.strip() for cell in row[width:]) for row in rows[columns.first :])
    if not wide:
        return []
    return [
        f"rows with more cells than the head has columns: {wide}; speech that holds the sign between columns must stand in "
        "quotation marks, and is cut there where it does not"
    ]


def _unescaped(cell: str) -> str:
    """Characters for the entities that web pages write; a bare `&` stays."""
    return _ENTITY.sub(lambda match: html.unescape(match.group()), cell) if "&" in cell else cell


def _which(found: Sequence[tuple[Sheet, Columns]], sheets: Sequence[Sheet]) -> list[str]:
    """What was read, where there was a choice."""
    taken = [sheet.name for sheet, _ in found]
    left = [sheet.name for sheet in sheets if sheet.rows and sheet.name not in taken]
    if len(taken) + len(left) < 2:
        return []
    also = f"; left out, as they do not look like transcripts: {', '.join(left)}" if left else ""
    return [f"read the sheet{'s' if len(taken) > 1 else ''} {', '.join(taken)}{also}"]


def _speakerless(found: Sequence[tuple[Sheet, Columns]]) -> list[str]:
    if any(columns.speaker is not None for _, columns in found):
        return []
    return ["no column of speakers was found: the whole is taken as one participant's"]


def _unknown(sheets: Sequence[Sheet]) -> UnreadableInput:
    filled = [sheet for sheet in sheets if sheet.rows]
    if not filled:
        return UnreadableInput("the table is empty", remedy="check that it was saved in full")
    if all(is_of_pairs(sheet.rows) for sheet in filled):
        return NotATranscript(
            "a table of pieces of talk with the piece before each, and no speakers: coded units, not a transcript",
            remedy="give it to `themes import`",
        )
    if all(is_coding(sheet.rows) for sheet in filled):
        return NotATranscript(
            "a table of coded units, not a transcript", remedy="give it to `themes train` or `themes evaluate`"
        )
    shown = [f"{f'sheet {sheet.name}: ' if len(filled) > 1 else ''}{', '.join(_heads(sheet.rows))}" for sheet in filled]
    return NotATranscript(
        f"no columns of speakers and speech were recognised; the columns are: {listed(shown, sign='; ')}",
        remedy=_NAME_THEM,
    )


def _heads(table: Table) -> list[str]:
    heads = heads_of(table)
    return [*heads[:12], "…"] if len(heads) > 12 else heads
