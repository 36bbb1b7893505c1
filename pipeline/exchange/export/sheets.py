"""Excel sheets written a row at a time, within Excel's limits, in which nothing that was said can turn into a formula."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from pipeline.cells import LONGEST_CELL, fitting, is_formula_like, is_writable
from pipeline.plural import numbered

MOST_ROWS = 1_048_576
"""Excel's limit for a sheet, its header included."""
_ESCAPED = re.compile("_x[0-9A-Fa-f]{4}_")
"""What Excel reads as a character by its number."""
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

    def sheet(self, name: str, columns: Sequence[Column], *, hidden: bool = False) -> Sheet:
        """A sheet with its header frozen and, once closed, filters on it.

        Args:
            hidden: not even listed among those that can be shown; the first sheet cannot be hidden.
        """
        sheet = Sheet(self, self._book, name, columns, self._most_rows, hidden)
        self._sheets.append(sheet)
        return sheet

    def close(self) -> None:
        """Write the file."""
        for sheet in self._sheets:
            sheet.close()
            if sheet.parts > 1 and not sheet.hidden:
                self.warnings.append(
                    f"sheet {sheet.name} has more rows than Excel takes; it goes on in {sheet.name} 2"
                    + (f" to {sheet.name} {sheet.parts}" if sheet.parts > 2 else "")
                )
        if self.cut:
            told = f"[cell was|cells were] longer than Excel's {LONGEST_CELL:,} characters and [was|were] cut"
            self.warnings.append(numbered(self.cut, told))
        if self.replaced:
            self.warnings.append(f"{self.replaced} cells held control characters, which stand as \ufffd")
        self._book.close()

    def fitting(self, text: str) -> str:
        """The text as a cell can hold it; what had to be changed is counted."""
        held = fitting(text)
        self.replaced += not is_writable(text)
        self.cut += len(held.encode("utf-16-le")) < len(text.encode("utf-16-le"))
        return held


class _RowSheet(Worksheet):  # type: ignore[misc]
    """A sheet that takes a row's cells as XML: XlsxWriter's way of a dozen calls a cell takes four times as long."""

    def write_cells(self, row: int, cells: Sequence[str]) -> None:
        """Write a row; rows come in order. As `Worksheet` does in constant memory, at the place where it does."""
        self._check_dimensions(row, max(0, len(self.col_info) - 1))
        self.previous_row = row
        self.fh.write(f'<row r="{row + 1}">{"".join(cells)}</row>')


def _style(look: Any) -> int:
    index: int = look._get_xf_index()
    return index


class Sheet:
    """One table; made by `Book.sheet`."""

    def __init__(
        self, owner: Book, book: Any, name: str, columns: Sequence[Column], most_rows: int, hidden: bool
    ) -> None:
        self._owner, self._workbook, self.name, self._columns, self._most_rows = owner, book, name, columns, most_rows
        self.parts, self.hidden = 0, hidden
        look = {"valign": "top", "text_wrap": True}
        self._formats = [book.add_format(look | {"num_format": column.number}) for column in columns]
        self._styles = [_style(look) for look in self._formats]
        self._quoted = _style(book.add_format(look | {"quote_prefix": True}))
        self._heading = _style(book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}))
        self._letters = [xl_col_to_name(number) for number in range(len(columns))]
        self._begin()

    def _begin(self) -> None:
        self.parts += 1
        name = self.name if self.parts == 1 else f"{self.name} {self.parts}"
        self._sheet: _RowSheet = self._workbook.add_worksheet(name, worksheet_class=_RowSheet)
        if self.hidden:
            self._sheet.very_hidden()
        self._row = 0
        self._sheet.freeze_panes(1, 0)
        for number, column in enumerate(self._columns):
            self._sheet.set_column(number, number, column.width, self._formats[number])
        headings = zip(self._letters, self._columns, strict=True)
        self._sheet.write_cells(0, [self._text(at, 1, self._heading, column.heading) for at, column in headings])

    def add(self, values: Sequence[Value]) -> None:
        """A row; texts stay texts, whatever they look like."""
        if self._row + 1 >= self._most_rows:
            self.close()
            self._begin()
        self._row += 1
        row, cells = self._row + 1, []
        for at, style, value in zip(self._letters, self._styles, values, strict=True):
            if isinstance(value, str):
                if value:
                    # Marked as text also for when somebody edits the cell.
                    cells.append(self._text(at, row, self._quoted if is_formula_like(value) else style, value))
            elif value is not None:
                cells.append(f'<c r="{at}{row}" s="{style}"><v>{value:.16G}</v></c>')
        self._sheet.write_cells(self._row, cells)

    def _text(self, letters: str, row: int, style: int, text: str) -> str:
        """A cell's XML."""
        said = escape(_ESCAPED.sub(r"_x005F\g<0>", self._owner.fitting(text)))
        return f'<c r="{letters}{row}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{said}</t></is></c>'

    def close(self) -> None:
        """Put filters on all rows."""
        self._sheet.autofilter(0, 0, self._row, len(self._columns) - 1)
