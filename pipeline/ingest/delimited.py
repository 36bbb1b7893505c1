"""Tables of separated values: which sign parts their cells, and the cells. Bytes, marks and line ends are `decode`'s."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

DELIMITERS = ",;\t|"
_LONGEST_CELL = 10**9
"""Characters; a whole interview may stand in a cell, and the module's own limit is 131,072."""
_SAMPLE = 60_000
_MARK = re.compile(r"sep=(.)\n", re.IGNORECASE)


class BrokenTable(ValueError):
    """Quotation marks that do not follow the rules of CSV.

    Attributes:
        line: of the text, counted from one.
    """

    def __init__(self, problem: str, line: int) -> None:
        super().__init__(problem)
        self.line = line


def unmarked(text: str) -> tuple[str, str | None]:
    """The text without Excel's own first line `sep=;`, and the sign that it names."""
    marked = _MARK.match(text)
    return (text[marked.end() :], marked[1]) if marked else (text, None)


def delimiter_of(text: str) -> str:
    """The sign that parts most rows into the same number of cells, above one."""
    sample = text[:_SAMPLE]
    lines = sample.splitlines(keepends=True)
    if len(lines) < 2:
        return max(DELIMITERS, key=sample.count)
    whole = lines if len(sample) == len(text) or sample.endswith("\n") else lines[:-1]
    return max(DELIMITERS, key=lambda sign: _evenness(whole, sign))


def head_of(text: str, delimiter: str) -> list[str]:
    """The first row's cells; none where its quotation marks are broken."""
    try:
        return next((cells for _, cells in rows_of(text, delimiter)), [])
    except BrokenTable:
        return []


def rows_of(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows, blank ones without cells, each with the line that it ends on.

    Raises:
        BrokenTable: while they are read.
    """
    csv.field_size_limit(
        _LONGEST_CELL
    )  # of the whole process: other libraries set it too, so each reading sets it anew
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise BrokenTable(str(error), reader.line_num) from error


def _evenness(lines: list[str], delimiter: str) -> tuple[float, int]:
    """The share of rows that have as many cells as the first, and how many."""
    try:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
    except csv.Error:
        return 0.0, 0
    first = widths[0] if widths else 0
    return (widths.count(first) / len(widths), first) if first > 1 else (0.0, first)
