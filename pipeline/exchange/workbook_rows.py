"""What stands in a run's workbook: rows of its sheets, what the machine gave, the codebook, and who saved it last."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from lxml import etree

from pipeline.errors import UnreadableInput, printable
from pipeline.exchange import run_workbook as wb
from pipeline.exchange.comment_codes import unpacked
from pipeline.exchange.files import bytes_of, parsed
from pipeline.exchange.project import ProjectCode
from pipeline.gold_unit import MACHINE
from pipeline.ingest.office import open_archive, part_of
from pipeline.ingest.sheets import Limit, Sheet, xlsx_sheets
from pipeline.safety import xml_parser

_SAVED_BY = "{http://schemas.openxmlformats.org/package/2006/metadata/core-properties}lastModifiedBy"
_AGAIN = "export the run again, and keep the heads of its sheets"
_LIMIT = Limit(
    20_000_000,
    "which would fill the memory",
    f"delete the sheet {wb.CODINGS}, which is not read, and in the sheet {wb.SEGMENTS} rows that nobody changed or checked; "
    "keep all other sheets",
)
"""Cells; a segment has some fifty in all sheets."""

Row = Mapping[str, str]


class Stance(NamedTuple):
    """An attitude; offsets in the segment's text, none for partnership as such."""

    start: int | None
    end: int | None
    partner_type: str
    attitude: str


@dataclass(frozen=True, slots=True)
class Given:
    """A segment and what the machine gave it.

    Attributes:
        transcript: as the run knows it.
        before: the id of the segment before it in its transcript; "" for the first.
        codes: as the sheet Segments had them.
        text: where no cell can hold it; else "".
        context: the talk before it; None where the workbook does not say.
    """

    transcript: str
    role: str
    start: int
    end: int
    codes: str
    stances: frozenset[Stance]
    text: str
    before: str
    context: str | None


@dataclass(frozen=True, slots=True)
class Workbook:
    """A run's workbook.

    Attributes:
        given: by segment, in the run's order.
        saved_by: the user who saved it last, where a program wrote that.
    """

    path: Path
    given: Mapping[str, Given]
    codes: Sequence[ProjectCode]
    saved_by: str
    _sheets: Sequence[Sheet] = field(repr=False)

    def rows(self, name: str, needed: Sequence[str]) -> Iterator[Row]:
        """The rows of a sheet and of those that it goes on in, by their columns' heads.

        Raises:
            UnreadableInput: the sheet, or a column that is needed, is gone.
        """
        return _rows(self._sheets, name, needed, self.path)


def is_workbook(path: Path) -> bool:
    """Whether a workbook carries what the machine gave; a cheap look."""
    try:
        with open_archive(bytes_of(path), "xlsx", ()) as archive:
            return f'name="{wb.MACHINE_GAVE}"'.encode() in (part_of(archive, "xl/workbook.xml") or b"")
    except UnreadableInput:
        return False


def load(path: Path) -> Workbook:
    """Read a workbook.

    Raises:
        UnreadableInput: it is none of a run, damaged, or what it carries unseen is gone.
    """
    data = bytes_of(path)
    try:
        sheets = xlsx_sheets(data, _LIMIT)
        with open_archive(data, "xlsx") as archive:
            core = part_of(archive, "docProps/core.xml")
    except UnreadableInput as error:
        raise UnreadableInput(error.problem, path=path, place=error.place, remedy=error.remedy) from error
    given: dict[str, Given] = {}
    last: dict[str, str] = {}
    for row in _whole(_rows(sheets, wb.MACHINE_GAVE, wb.NEEDED_COLUMNS, path)):
        segment_id, transcript = row[wb.SEGMENT], row[wb.TRANSCRIPT]
        given[segment_id] = _given(row, last.get(transcript, ""), path)
        last[transcript] = segment_id
    pieces = [row[wb.CODEBOOK] for row in _rows(sheets, wb.CODEBOOK, (wb.CODEBOOK,), path)]
    codes = unpacked({wb.CODEBOOK: "".join(pieces).encode()})
    if not codes:
        raise UnreadableInput("the codebook that it carries is gone", path=path, remedy=_AGAIN)
    return Workbook(path, given, codes, _saved_by(core), sheets)


def _rows(sheets: Sequence[Sheet], name: str, needed: Sequence[str], path: Path) -> Iterator[Row]:
    parts = [sheet for sheet in sheets if sheet.rows and re.fullmatch(rf"{re.escape(name)}(?: \d+)?", sheet.name)]
    if not parts:
        raise UnreadableInput(f"has no sheet {name}", path=path, remedy=_AGAIN)
    for sheet in parts:
        heads = [" ".join(cell.split()) for cell in sheet.rows[0]]
        missing = [head for head in needed if head not in heads]
        if missing:
            raise UnreadableInput(
                f"the first row has no column {missing[0]}", path=path, place=f"sheet {sheet.name}", remedy=_AGAIN
            )
        for cells in sheet.rows[1:]:
            yield {head: cells[place] if place < len(cells) else "" for place, head in enumerate(heads)}


def _whole(rows: Iterator[Row]) -> Iterator[Row]:
    """The rows, each with the further pieces of its text, which stand in rows of their own below it."""
    last: dict[str, str] = {}
    for row in rows:
        if last and row[wb.SEGMENT] == last[wb.SEGMENT] and not row[wb.START]:
            last[wb.TEXT] += row[wb.TEXT]
            continue
        if last:
            yield last
        last = dict(row)
    if last:
        yield last


def _given(row: Row, before: str, path: Path) -> Given:
    try:
        start, end = int(row[wb.START]), int(row[wb.END])
        content: Any = parsed(row[wb.GIVEN] or "[]", path)
        stances = frozenset(_stance(item, start) for item in content)
        text = str(parsed(row[wb.TEXT] or '""', path))
        context = str(parsed(row[wb.CONTEXT], path)) if row.get(wb.CONTEXT) else None
    except (ValueError, TypeError, OverflowError, UnreadableInput) as error:
        place = f"sheet {wb.MACHINE_GAVE}, segment {printable(row[wb.SEGMENT])[:80]}"
        raise UnreadableInput("what the machine gave was changed", path=path, place=place, remedy=_AGAIN) from error
    return Given(row[wb.TRANSCRIPT], row[wb.ROLE], start, end, row[wb.CODES], stances, text, before, context)


def _stance(item: Any, offset: int) -> Stance:
    start, end, partner_type, attitude = item
    if start is None or end is None:
        return Stance(None, None, str(partner_type), str(attitude))
    return Stance(int(start) - offset, int(end) - offset, str(partner_type), str(attitude))


def _saved_by(core: bytes | None) -> str:
    """The user who saved the workbook last; "" where no program wrote one."""
    try:
        name = etree.fromstring(core, xml_parser()).findtext(_SAVED_BY) if core else ""
    except etree.XMLSyntaxError:
        return ""
    name = " ".join((name or "").split())
    return "" if name == MACHINE else name
