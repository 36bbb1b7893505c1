"""Excel sheets written a row at a time, within Excel's limits, in which nothing that was said can turn into a formula."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import xlsxwriter

from pipeline.cells import is_formula_like

LONGEST_CELL = 32_767
"""Excel's limit, in UTF-16 units."""
MOST_ROWS = 1_048_576
"""Excel's limit for a sheet, its header included."""
_CUT = " … [cut]"
_NO_XML = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")
Value = str | int | float | None


class Column(NamedTuple):
    """A column's heading, its width in characters, and how numbers are shown."""

    heading: str
    width: float
    number: str = "General"


class Book:
    """A workbook that is written to a file as it grows.

    Args:
        path: of the file; temporary files lie beside it.
        most_rows: of a sheet; more go on to a further sheet.

    Attributes:
        warnings: what did not fit, after `close`.
    """

    def __init__(self, path: Path, most_rows: int = MOST_ROWS) -> None:
        options = {"constant_memory": True, "tmpdir": str(path.parent), "in_memory": False}
        self._book = xlsxwriter.Workbook(str(path), options)
        self._most_rows = most_rows
        self._sheets: list[Sheet] = []
        self.cut = self.replaced = 0
        self.warnings: list[str] = []

    def sheet(self, name: str, columns: Sequence[Column]) -> Sheet:
        """A sheet with its header frozen and, once closed, filters on it."""
        sheet = Sheet(self, self._book, name, columns, self._most_rows)
        self._sheets.append(sheet)
        return sheet

    def close(self) -> None:
        """Write the file."""
        for sheet in self._sheets:
            sheet.close()
            if sheet.parts > 1:
                self.warnings.append(
                    f"sheet {sheet.name} has more rows than Excel takes; it goes on in {sheet.name} 2"
                    + (f" to {sheet.name} {sheet.parts}" if sheet.parts > 2 else "")
                )
        if self.cut:
            self.warnings.append(f"{self.cut} cells were longer than Excel's {LONGEST_CELL:,} characters and were cut")
        if self.replaced:
            self.warnings.append(f"{self.replaced} cells held control characters, which stand as \ufffd")
        self._book.close()

    def fitting(self, text: str) -> str:
        """The text as a cell can hold it; what had to be changed is counted."""
        clean = _NO_XML.sub("\ufffd", text)
        self.replaced += clean != text
        # XlsxWriter takes a text from <r> to </r> for XML of its own and would write it as such.
        if clean.startswith("<r>") and clean.endswith("</r>"):
            clean += " "
        if len(clean) <= LONGEST_CELL // 2:
            return clean
        units = clean.encode("utf-16-le")
        if len(units) // 2 <= LONGEST_CELL:
            return clean
        self.cut += 1
        return units[: 2 * (LONGEST_CELL - len(_CUT))].decode("utf-16-le", "ignore") + _CUT


class Sheet:
    """One table; made by `Book.sheet`."""

    def __init__(self, owner: Book, book: Any, name: str, columns: Sequence[Column], most_rows: int) -> None:
        self._owner, self._workbook, self.name, self._columns, self._most_rows = owner, book, name, columns, most_rows
        self.parts = 0
        look = {"valign": "top", "text_wrap": True}
        self._formats = [book.add_format(look | {"num_format": column.number}) for column in columns]
        self._quoted = book.add_format(look | {"quote_prefix": True})
        self._heading = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self._begin()

    def _begin(self) -> None:
        self.parts += 1
        self._sheet = self._workbook.add_worksheet(self.name if self.parts == 1 else f"{self.name} {self.parts}")
        self._row = 0
        self._sheet.freeze_panes(1, 0)
        for number, column in enumerate(self._columns):
            self._sheet.set_column(number, number, column.width, self._formats[number])
            self._sheet.write_string(0, number, self._owner.fitting(column.heading), self._heading)

    def add(self, values: Sequence[Value]) -> None:
        """A row; texts stay texts, whatever they look like."""
        if self._row + 1 >= self._most_rows:
            self.close()
            self._begin()
        self._row += 1
        for number, value in enumerate(values):
            if isinstance(value, str):
                if value:
                    # Marked as text also for when somebody edits the cell.
                    look = self._quoted if is_formula_like(value) else self._formats[number]
                    self._sheet.write_string(self._row, number, self._owner.fitting(value), look)
            elif value is not None:
                self._sheet.write_number(self._row, number, value, self._formats[number])

    def close(self) -> None:
        """Put filters on all rows."""
        self._sheet.autofilter(0, 0, self._row, len(self._columns) - 1)
