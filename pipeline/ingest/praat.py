"""Praat's TextGrid, long and short: interval tiers are talk, point tiers are measurements.

Praat itself reads both forms by one rule, which is followed here: strings, numbers and flags that stand free are values, all
else is comment. The library praatio cuts the long form wherever `item [` stands, in a label too, and ends the short form
without a word at the first fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isfinite

from pipeline.errors import UnreadableInput
from pipeline.ingest.decode import decode
from pipeline.ingest.draft import Draft
from pipeline.ingest.tiers import Label, Tier, render
from pipeline.plural import listed

_TOKEN = re.compile(
    r'"(?P<text>[^"]*(?:""[^"]*)*)"'
    r"|(?P<flag><(?:exists|absent)>)"
    r"|(?<!\S)(?P<number>[-+]?\d{1,30}(?:\.\d{0,30})?(?:[eE][-+]?\d{1,3})?)%?(?!\S)"
    r"|(?<!\S)![^\n]*"
)
_RESAVE = "open it in Praat and save it again as a text file (Save as text file…)"


class _Values:
    """The values of a file, one after another."""

    def __init__(self, text: str) -> None:
        self._tokens = (match for match in _TOKEN.finditer(text) if match.lastgroup)
        self.place = "the head"

    def text(self) -> str:
        """The next value, which must be a string."""
        return self._next("text").replace('""', '"')

    def number(self) -> float:
        """The next value, which must be a number."""
        value = float(self._next("number"))
        if not isfinite(value):
            raise self._damaged()
        return value

    def count(self) -> int:
        """The next value, which must be a number of things."""
        value = self.number()
        if not 0 <= value < 1e9 or value != int(value):
            raise self._damaged()
        return int(value)

    def flag(self) -> str:
        """The next value, which must be a flag."""
        return self._next("flag")

    def _next(self, kind: str) -> str:
        match = next(self._tokens, None)
        if match is None or match.lastgroup != kind:
            raise self._damaged(cut=match is None)
        return match.group(kind)

    def _damaged(self, *, cut: bool = False) -> UnreadableInput:
        problem = "the TextGrid is cut off here" if cut else "the TextGrid is damaged here"
        return UnreadableInput(problem, place=self.place, remedy=f"copy it again from its source, or {_RESAVE}")


def read(data: bytes) -> Draft:
    """Read a TextGrid; the tiers are the speakers.

    Raises:
        UnreadableInput: binary, damaged, or without words.
    """
    if data.startswith(b"ooBinaryFile"):
        raise UnreadableInput("a TextGrid in Praat's binary form", remedy=_RESAVE)
    text, warnings = decode(data)
    values = _Values(text)
    if not values.text().startswith("ooTextFile") or values.text() != "TextGrid":
        raise UnreadableInput("a file of Praat's, but no TextGrid", remedy="give the TextGrid with the transcription")
    values.number(), values.number()
    if values.flag() != "<exists>":
        raise UnreadableInput("a TextGrid without tiers", remedy="give the TextGrid with the transcription")
    tiers: list[Tier] = []
    points: list[str] = []
    for number in range(1, values.count() + 1):
        values.place = f"tier {number}"
        kind, name = values.text(), values.text()
        values.number(), values.number()
        labels = tuple(_labels(values, number, kind))
        if kind == "IntervalTier":
            tiers.append(Tier(name, labels))
        else:
            points.append(" ".join(name.split()) or "one without a name")
    if points:
        warnings.append(f"left out: point tiers, which mark moments ({listed(points, 12)})")
    return render(tiers, warnings=warnings)


def _labels(values: _Values, tier: int, kind: str) -> Iterator[Label]:
    if kind not in {"IntervalTier", "TextTier"}:
        raise UnreadableInput(f"a tier of the unknown kind {kind[:40]!r}", place=values.place, remedy=_RESAVE)
    for number in range(1, values.count() + 1):
        values.place = f"tier {tier}, label {number}"
        start = values.number()
        end = values.number() if kind == "IntervalTier" else start
        yield Label(values.text(), max(0.0, start), max(0.0, start, end), start)
