"""One map of offsets per source text, for programs that count in something else than Unicode code points.

REFI-QDA counts code points, Taguette bytes of UTF-8, Label Studio and JavaScript UTF-16 units, some Windows programs count a
line end as two characters. `OffsetMap` turns each into code points of our text (line ends as `\\n`, no byte order mark) and back.
"""

from __future__ import annotations

import re
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class Unit(StrEnum):
    """What a program counts."""

    CODE_POINT = "code points"
    UTF8 = "bytes of UTF-8"
    UTF16 = "UTF-16 units"
    CRLF = "code points, a line end counted as two"
    UTF16_CRLF = "UTF-16 units, a line end counted as two"
    STORED = "code points, line ends counted as they are stored"
    UTF16_STORED = "UTF-16 units, line ends counted as they are stored"


_LINE_END = re.compile(r"\r\n?|\n")


class OffsetMap:
    """Offsets of one text in any unit.

    Args:
        text: with line ends as `\\n`.
        stored: the same text with the line ends that its file has, where they may be others.
    """

    def __init__(self, text: str, stored: str | None = None) -> None:
        self._stored = stored
        self._points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        self._tables: dict[Unit, NDArray[np.int64]] = {}

    def to_unit(self, offset: int, unit: Unit) -> int:
        """An offset in code points, counted in `unit`.

        Raises:
            ValueError: the offset is not within the text.
        """
        if not 0 <= offset <= len(self._points):
            raise ValueError(f"{offset} is not within the text's {len(self._points)} characters")
        return int(self._table(unit)[offset])

    def from_unit(self, offset: int, unit: Unit) -> int:
        """An offset counted in `unit`, in code points.

        Raises:
            ValueError: it is not within the text, or lies inside a character.
        """
        table = self._table(unit)
        at = int(np.searchsorted(table, offset))
        if at >= len(table) or table[at] != offset:
            where = "inside a character" if 0 <= offset <= table[-1] else f"past the end at {int(table[-1])}"
            raise ValueError(f"{offset} ({unit}) lies {where}")
        return at

    def _table(self, unit: Unit) -> NDArray[np.int64]:
        """Where each code point starts, and the end of the last."""
        if unit not in self._tables:
            self._tables[unit] = np.concatenate(([0], np.cumsum(self._widths(unit)))).astype(np.int64)
        return self._tables[unit]

    def _widths(self, unit: Unit) -> NDArray[np.int64]:
        points = self._points
        widths = np.ones(len(points), dtype=np.int64)
        if unit is Unit.UTF8:
            return widths + (points > 0x7F) + (points > 0x7FF) + (points > 0xFFFF)
        if unit in (Unit.UTF16, Unit.UTF16_CRLF, Unit.UTF16_STORED):
            widths += points > 0xFFFF
        if unit in (Unit.STORED, Unit.UTF16_STORED) and self._stored is not None:
            widths[points == ord("\n")] = [len(end) for end in _LINE_END.findall(self._stored)]
        if unit in (Unit.CRLF, Unit.UTF16_CRLF):
            widths += points == ord("\n")
        return widths
