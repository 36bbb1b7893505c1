"""Where quoted words stand in a text, white space and the shape of quotation marks aside."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from pipeline.exchange.offsets import OffsetMap, Unit

_SAME = str.maketrans("‘’‚‛′“”„‟″‐‑‒–—−", "'''''\"\"\"\"\"------")
_NOTHING = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff")
_MOST = 10_000
"""Occurrences that are looked at; `the` has that many in a long text."""

_CUT_WORDS = 300
"""Characters: `he` is rather looked for that far off than inside `the`."""


class Placed(NamedTuple):
    """Where a coding lies.

    Attributes:
        agrees: the offsets and the words say the same; False where the words were looked for.
    """

    start: int
    end: int
    agrees: bool = True


class Finder:
    """Finds words in one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._places = [at for at, character in enumerate(text) if not _is_space(character)]
        self._dense = _same("".join(text[at] for at in self._places))

    def all(self, words: str) -> list[tuple[int, int]]:
        """Every place of the words, in order."""
        return self._from(words, 0, _MOST)

    def whole(self, words: str) -> list[tuple[int, int]]:
        """Those of its places where the words begin and end as words of the text do, with the same white space between."""
        return [place for place in self.all(words) if self._is_whole(words, *place)]

    def _is_whole(self, words: str, start: int, end: int) -> bool:
        text = self._text
        inside = (text[at - 1 : at].isalnum() and text[at : at + 1].isalnum() for at in (start, end))
        same = [_same(word) for word in words.split()] == [_same(word) for word in text[start:end].split()]
        return same and not any(inside)

    def after(self, words: str, start: int) -> tuple[int, int] | None:
        """The first place of the words from an offset on."""
        found = self._from(words, bisect_left(self._places, start), 1)
        return found[0] if found else None

    def after_dense(self, start: int, skipped: int, words: str) -> tuple[int, int] | None:
        """The place of the words if they stand so many characters (white space not counted) after an offset."""
        dense = squashed(words)
        at = bisect_left(self._places, start) + skipped
        if not dense or self._dense[at : at + len(dense)] != dense:
            return None
        return self._places[at], self._places[at + len(dense) - 1] + 1

    def nearest(self, words: str, near: int) -> tuple[int, int] | None:
        """The place of the words that starts closest to an offset; one that cuts words of the text counts as further off."""
        whole = set(self.whole(words))
        return min(
            self.all(words), key=lambda place: abs(place[0] - near) + _CUT_WORDS * (place not in whole), default=None
        )

    def _from(self, words: str, at: int, most: int) -> list[tuple[int, int]]:
        dense = squashed(words)
        found: list[tuple[int, int]] = []
        at = self._dense.find(dense, at) if dense else -1
        while at >= 0 and len(found) < most:
            found.append((self._places[at], self._places[at + len(dense) - 1] + 1))
            at = self._dense.find(dense, at + 1)
        return found


class Placer:
    """Settles codings that a file gives as offsets and as words.

    Args:
        text: with line ends as `\\n`.
        stored: as the file holds it.
    """

    def __init__(self, text: str, stored: str | None = None) -> None:
        self._text = text
        self._map = OffsetMap(text, stored)
        self._finder: Finder | None = None

    @property
    def finder(self) -> Finder:
        """For the text, made when first needed."""
        self._finder = self._finder or Finder(self._text)
        return self._finder

    def place(self, start: int, end: int, words: str, units: Sequence[Unit]) -> Placed | None:
        """Where a coding lies: by its offsets in the first unit in which they give its words, else by its words.

        Args:
            words: as the file quotes them; without any, the first unit is believed.
            units: that the program may count in.
        """
        wanted = squashed(words)
        for unit in units:
            try:
                found = self._map.from_unit(start, unit), self._map.from_unit(end, unit)
            except ValueError:
                continue
            if found[0] < found[1] and (not wanted or squashed(self._text[found[0] : found[1]]) == wanted):
                return Placed(*found)
        nearest = self.finder.nearest(words, start) if wanted else None
        return Placed(*nearest, agrees=False) if nearest else None


def squashed(words: str) -> str:
    """The words without white space and soft hyphens, quotation marks and dashes of one shape."""
    return _same("".join(character for character in words if not _is_space(character)))


def _is_space(character: str) -> bool:
    return character.isspace() or character in _NOTHING


def _same(dense: str) -> str:
    return dense.translate(_SAME)
