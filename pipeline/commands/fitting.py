"""Tables that fit the terminal: the first column wraps between words, then columns are left out, and a line says which."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

WIDEST = 100
LEAST_FIRST = 14
"""The first column is not wrapped narrower than this while there is another to leave out."""

LONGEST_WORD = 20
"""A longer one is broken before a column is left out for it."""

_PIECES = re.compile(r"[^\s_/-]*[\s_/-]+|[^\s_/-]+")
"""What of a name stays in one line: a word with the spaces, hyphens, underscores or slashes after it."""

_GAP, _EDGES = 2, 2  # a line and a blank between columns; the lines at both ends


class Fitted:
    """A table whose first column names a row and whose others are short.

    Args:
        spare: numbers of the columns that may be left out, the first of them first; 0 is the column after the first.
        widest: of the first column.
    """

    def __init__(self, title: str, first: str, headings: Sequence[str], *, spare: Sequence[int], widest: int) -> None:
        self._title, self._first, self._headings = title, first, tuple(headings)
        self._spare, self._widest = tuple(spare), widest
        self._rows: list[tuple[str, ...]] = []

    def add(self, name: str, *cells: str) -> None:
        """One row; cells that are missing at its end are empty."""
        self._rows.append((name, *cells, *[""] * (len(self._headings) - len(cells))))

    def print(self, console: Console) -> None:
        """Print within the console's width, and no wider than 100 columns."""
        room = min(console.width, WIDEST)
        widths = [
            max([cell_len(word) for word in _words(heading)] + [cell_len(row[k + 1]) for row in self._rows])
            for k, heading in enumerate(self._headings)
        ]
        named = min(self._widest, max([cell_len(self._first)] + [cell_len(row[0]) for row in self._rows]))
        longest = max(
            [0, *(cell_len(_indent(row[0]) + piece.rstrip()) for row in self._rows for piece in _pieces(row[0]))]
        )
        shown, left_out = list(range(len(widths))), list(self._spare)
        while left_out and self._left(room, widths, shown) < min(named, max(LEAST_FIRST, min(longest, LONGEST_WORD))):
            shown.remove(left_out.pop(0))
        table = Table(title=self._title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
        width = max(1, min(named, self._left(room, widths, shown)))
        table.add_column(self._first, overflow="fold", width=width)
        for k in shown:
            table.add_column(_wrapped(self._headings[k], widths[k]), justify="right", width=widths[k], overflow="fold")
        for row in self._rows:
            table.add_row(_broken(row[0], width), *(row[k + 1] for k in shown))
        console.print(table)
        missing = [name for k, name in enumerate(self._headings) if k not in shown]
        if missing:
            console.print(
                f" left out for want of room: {', '.join(missing)} (a terminal of {WIDEST} columns shows all)"
            )
            console.print()

    def _left(self, room: int, widths: Sequence[int], shown: Sequence[int]) -> int:
        """Columns for the first column."""
        return room - _EDGES - sum(widths[k] + _GAP for k in shown)


def _indent(name: str) -> str:
    return name[: len(name) - len(name.lstrip())]


def _pieces(name: str) -> list[str]:
    return _PIECES.findall(name.lstrip()) or [""]


def _broken(name: str, width: int) -> str:
    """A name in lines of `width`; a word that is longer is left to the table, which must break it somewhere."""
    lines = [_indent(name)]
    for piece in _pieces(name):
        if lines[-1].strip() and cell_len(lines[-1] + piece.rstrip()) > width:
            lines.append(_indent(name))
        lines[-1] += piece
    return "\n".join(line.rstrip() for line in lines)


def _words(heading: str) -> list[str]:
    """What stands in one line: "95 %" is one word."""
    return re.split(r" (?!%)", heading)


def _wrapped(heading: str, width: int) -> str:
    """A heading in lines of `width`."""
    lines: list[str] = []
    for word in _words(heading):
        if lines and cell_len(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return "\n".join(lines)
