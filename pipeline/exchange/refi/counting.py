"""What a program's offsets count, told by the words that its selections say they hold.

The standard says Unicode code points over the plain text, and programs disagree: some count a line end that is stored as two
characters as one (ATLAS.ti), some as two, some count UTF-16 units, some count the byte order mark. A selection's name or
description often repeats its words; the way of counting that finds the most of them wins, and after it the one that keeps the
most selections within their texts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pipeline.exchange.offsets import OffsetMap, Unit
from pipeline.exchange.refi.texts import SourceText

_SHORTEST = 4
"""Letters and digits that a name needs to be taken for words of the text."""
_LONGEST = 100
"""Characters of a name that are compared; no way of counting gets so many right by chance."""
_ALPHANUMERIC = re.compile(r"[^\W_]")
_CLEARLY = 0.3
"""How much larger another way's share of selections at word boundaries must be to be preferred for it alone."""
_FEW = 5


class Way(NamedTuple):
    """A way of counting; `marked` where the byte order mark counts too."""

    unit: Unit
    marked: bool = False

    def __str__(self) -> str:
        return self.unit.value + (", the byte order mark too" if self.marked else "")


class Said(NamedTuple):
    """A selection as the program gives it, and what may be its words."""

    start: int
    end: int
    words: tuple[str, ...] = ()


@dataclass(slots=True)
class CountedText:
    """A text with its selections."""

    source: SourceText
    selections: Sequence[Said]
    offsets: OffsetMap = field(init=False)
    _known: list[tuple[str, ...]] = field(init=False)

    def __post_init__(self) -> None:
        self.offsets = OffsetMap(self.source.text, self.source.stored)
        whole = _folded(self.source.text)
        self._known = [
            tuple(word for word in map(_as_words, s.words) if word and word in whole) for s in self.selections
        ]

    def span(self, said: Said, way: Way) -> tuple[int, int] | None:
        """The selection in code points of our text; None where it is not within it."""
        shift = int(way.marked and self.source.marked)
        try:
            start = self.offsets.from_unit(said.start - shift, way.unit)
            end = self.offsets.from_unit(said.end - shift, way.unit)
        except ValueError:
            return None
        return (start, end) if start < end else None

    def score(self, way: Way) -> _Score:
        """How well a way of counting fits."""
        score = _Score()
        text = self.source.text
        for said, known in zip(self.selections, self._known, strict=True):
            score.telling += bool(known)
            span = self.span(said, way)
            if span is None:
                continue
            start, end = span
            score.inside += 1
            score.whole += _is_boundary(text, start) and _is_boundary(text, end)
            if known:
                words = _folded(text[start:end])
                score.found += any(words.startswith(word) for word in known)
        return score


@dataclass(slots=True)
class _Score:
    """Selections: whose words are known; whose words are found; within the text; between whole words."""

    telling: int = 0
    found: int = 0
    inside: int = 0
    whole: int = 0

    def __add__(self, other: _Score) -> _Score:
        return _Score(
            self.telling + other.telling,
            self.found + other.found,
            self.inside + other.inside,
            self.whole + other.whole,
        )


def find_way(texts: Sequence[CountedText], origin: str) -> tuple[Way, list[str]]:
    """The way of counting that fits best, and warnings.

    Args:
        origin: the program, as the project names it: what is assumed where nothing tells.
    """
    ways = _ways(texts, origin)
    total = sum(len(text.selections) for text in texts)
    scores = [sum((text.score(way) for text in texts), _Score()) for way in ways]
    best = max(range(len(ways)), key=lambda i: (scores[i].found, scores[i].inside, -i))
    rivals = [
        i for i in range(len(ways)) if (scores[i].found, scores[i].inside) == (scores[best].found, scores[best].inside)
    ]
    by_words = max(rivals, key=lambda i: (scores[i].whole, -i))
    if total >= _FEW and scores[by_words].whole - scores[best].whole >= _CLEARLY * total:
        best = by_words
    return ways[best], _told(ways, scores, best)


def _told(ways: Sequence[Way], scores: Sequence[_Score], best: int) -> list[str]:
    score, warnings = scores[best], []
    if best:
        grounds = "where the coded words are" if score.found > scores[0].found else "where selections begin and end"
        warnings.append(f"its offsets count {ways[best]}, to judge by {grounds}; please check some codings")
    if score.found < score.telling:
        warnings.append(
            f"{score.telling - score.found} of {score.telling} selections are named after other words than stand at "
            "their offsets; please check some codings"
        )
    return warnings


def _ways(texts: Sequence[CountedText], origin: str) -> list[Way]:
    """Ways that differ on these texts, the likeliest first."""
    pairs = any("\r\n" in text.source.stored for text in texts)
    breaks = any("\n" in text.source.text for text in texts)
    wide = any(max(text.source.text, default="") > "\uffff" for text in texts)
    units = [Unit.CODE_POINT]
    if pairs:
        units.insert(len(units) if "atlas" in origin.lower() else 0, Unit.STORED)
    if breaks:
        units.append(Unit.CRLF)
    if wide:
        units += [Unit.UTF16, Unit.UTF16_CRLF, *([Unit.UTF16_STORED] if pairs else [])]
    marks = (False, True) if any(text.source.marked for text in texts) else (False,)
    return [Way(unit, marked) for marked in marks for unit in units]


def _as_words(value: str) -> str:
    """A name or description as the words that it may be; "" where it is too short to tell."""
    folded = _folded(value[:_LONGEST]).removesuffix("…").removesuffix("...")
    return folded if len(_ALPHANUMERIC.findall(folded)) >= _SHORTEST else ""


def _folded(text: str) -> str:
    return "".join(text.split()).casefold()


def _is_boundary(text: str, at: int) -> bool:
    return not (0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum())
