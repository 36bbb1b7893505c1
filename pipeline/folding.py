"""Text as the partner finder reads it: straight apostrophes and hyphens, one space between words.

Word processors curl apostrophes, and subtitles and PDF files break lines anywhere; neither may cost a mention.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property

_SAME = {"'": "’‘ʼ′´`＇", "-": "‐‑"}
_ODD = [(odd, plain) for plain, odds in _SAME.items() for odd in odds]
_WIDE_GAP = re.compile(r"\A\s+|\s\s+")


def straightened(text: str) -> str:
    """`text`, as long as before, with straight apostrophes and ordinary hyphens."""
    if text.isascii() and "`" not in text:
        return text
    for odd, plain in _ODD:
        text = text.replace(odd, plain)
    return text


def _spaced(text: str) -> str:
    # Of all white space only the ordinary space is printable; to look is faster than to split.
    if text.isprintable() and "  " not in text and text == text.strip():
        return text
    return " ".join(text.split())


class Folded:
    """A text folded for matching.

    Attributes:
        text: the folded text: straight apostrophes and hyphens, words one space apart, no space at either end.
    """

    def __init__(self, original: str) -> None:
        self._original = original
        self.text = straightened(_spaced(original))

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Where in the original text a stretch of the folded one is; it must begin and end in words."""
        if len(self.text) == len(self._original):
            return start, end
        return self._offset(start), self._offset(end - 1) + 1

    def _offset(self, offset: int) -> int:
        places, left_out = self._gaps
        before = bisect_right(places, offset)
        return offset + (left_out[before - 1] if before else 0)

    @cached_property
    def _gaps(self) -> tuple[list[int], list[int]]:
        """Places in the folded text behind a wide gap, and how many characters were left out before each."""
        places: list[int] = []
        left_out: list[int] = []
        for gap in _WIDE_GAP.finditer(self._original):
            narrow = 1 if gap.start() else 0
            left_out.append((left_out[-1] if left_out else 0) + len(gap.group()) - narrow)
            places.append(gap.end() - left_out[-1])
        return places, left_out
