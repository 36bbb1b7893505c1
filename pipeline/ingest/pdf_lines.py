"""From words on pages to lines in reading order, without what pages add: running heads, page and line numbers."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from pipeline.ingest.pdf_words import Word
from pipeline.plural import listed, numbered

_SAME_LINE = 0.45
"""Heights that baselines within a line may differ by, as a raised number's does."""
WIDE_GAP = 1.5
"""Heights of white space that stand as two spaces: what follows is set off, as a time after a name."""
_MARGIN = 0.12
"""Share of the printed height, at the top and at the bottom, in which running heads stand."""
_EDGE_LINES = 4
_REPEATED = 6
"""Words; fewer may well be said twice."""
_FEWEST_LINES = 10
"""In a column."""
_NUMBER = re.compile(r"\d{1,5}[.:]?$")
_PAGE_NUMBER = re.compile(r"\W*(?:(?:page|seite|p\.)\s*)?\d{1,4}(?:\s*(?:of|/|von|de)\s*\d{1,4})?\W*$", re.IGNORECASE)
_BROWSER = re.compile(
    r"(?:\d{1,4}[./-]\d{1,2}[./-]\d{1,4},? +\d{1,2}:\d{2}(?::\d{2})?(?: ?[AP]M)?\b|(?:https?|file)://\S+(?:\s+\d+/\d+)?\s*$)"
)
_RTL = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Line:
    """A printed line.

    Attributes:
        page: index of its page.
        column: 0, or 1 for the right-hand column of a page with two.
        words: from left to right (in right-to-left scripts, from right to left).
    """

    page: int
    column: int
    words: tuple[Word, ...]

    @property
    def left(self) -> float:
        """Left edge in points."""
        return min(word[1] for word in self.words)

    @property
    def right(self) -> float:
        """Right edge in points."""
        return max(word[2] for word in self.words)

    @property
    def baseline(self) -> float:
        """Height above the page's bottom, in points."""
        return median(word[3] for word in self.words)

    @property
    def height(self) -> float:
        """Of its letters, in points."""
        return median(word[4] for word in self.words)

    @property
    def text(self) -> str:
        """Its words, a wide gap as two spaces."""
        return "".join(self._pieces(self.words))

    @property
    def lead(self) -> str:
        """The bold words that it starts with."""
        count = next((place for place, word in enumerate(self.words) if not word[5]), len(self.words))
        return "".join(self._pieces(self.words[:count]))

    @property
    def slanted(self) -> bool:
        """Whether all of it is in italics."""
        return all(word[6] for word in self.words)

    @property
    def face(self) -> tuple[bool, bool] | None:
        """Whether it is bold, and whether in italics, where all its words are alike."""
        faces = {(word[5], word[6]) for word in self.words}
        return faces.pop() if len(faces) == 1 else None

    def _pieces(self, words: Sequence[Word]) -> Iterator[str]:
        for place, word in enumerate(words):
            if place:
                gap = max(word[1] - words[place - 1][2], words[place - 1][1] - word[2])
                yield "  " if gap > WIDE_GAP * max(word[4], 1.0) else " "
            yield word[0]


def lines_of(pages: Sequence[Sequence[Word]]) -> list[Line]:
    """The lines of talk of all pages, in reading order."""
    lines = [line for index, words in enumerate(pages) for line in _page_lines(index, words)]
    # A page number on a line with one in the gutter shows only when that is gone.
    lines = _without_heads(_without_gutter(_without_heads(lines, len(pages))), len(pages))
    lines = _without_repeats(lines)
    split = _columns(lines)
    if split is None:
        return lines
    sides = [part for line in lines for part in _split(line, split)]
    sides = _without_heads(sorted(sides, key=lambda line: (line.page, line.column, -line.baseline)), len(pages))
    kept = [line for column in (0, 1) for line in _without_gutter([one for one in sides if one.column == column])]
    return sorted(kept, key=lambda line: (line.page, line.column, -line.baseline))


def left_out(pages: Sequence[Sequence[Word]], lines: Sequence[Line]) -> list[str]:
    """What the user is told of the words on the pages that are in none of the lines of talk.

    Numbers alone, which nearly every PDF has on its pages, are not worth a warning.
    """
    kept = {(line.page, word) for line in lines for word in line.words}
    said = {line.text for line in lines if len(line.words) >= _REPEATED}
    numbers = words = 0
    shown: dict[str, str] = {}
    for page, found in enumerate(pages):
        for line in _page_lines(page, found):
            gone = [word[0] for word in line.words if (page, word) not in kept]
            if (
                len(gone) == len(line.words) and line.text in said
            ):  # printed again on the next page: its words are there
                continue
            text = " ".join(gone)
            if any(map(str.isalpha, text)):
                words += len(gone)
                shown.setdefault(_shape(text), f"'{text}'")
            else:
                numbers += len(gone)
    told = []
    if words:
        told.append(f"{numbered(words, '[word|words]')} of heads and feet ({listed(list(shown.values()), 3)})")
    if words and numbers:
        told.append(numbered(numbers, "[number or sign|numbers or signs] of pages and lines"))
    return [f"printed on the pages and left out as no talk: {'; '.join(told)}"] if told else []


def _page_lines(page: int, words: Sequence[Word]) -> Iterator[Line]:
    """Words on one baseline are a line, whatever order the PDF draws them in."""
    under_way: list[Word] = []
    for word in sorted((word for word in words if word[0].strip()), key=lambda word: -word[3]):
        if under_way and under_way[0][3] - word[3] > _SAME_LINE * max(word[4], under_way[0][4]):
            yield _line(page, under_way)
            under_way = []
        under_way.append(word)
    if under_way:
        yield _line(page, under_way)


def _line(page: int, words: Sequence[Word]) -> Line:
    backwards = sum(bool(_RTL.search(word[0])) for word in words) > 0.5 * len(words)
    return Line(page, 0, tuple(sorted(words, key=lambda word: -word[2] if backwards else word[1])))


def _without_heads(lines: Sequence[Line], pages: int) -> list[Line]:
    """Drop what recurs at one height at the top or bottom of pages, and page numbers there."""
    if not lines:
        return []
    heights = [line.baseline for line in lines]
    low, high = min(heights), max(heights)
    margin = _MARGIN * (high - low)
    by_page: dict[tuple[int, int], list[int]] = defaultdict(list)
    for index, line in enumerate(lines):
        by_page[line.page, line.column].append(index)
    edges = {
        index
        for found in by_page.values()
        for index in (*found[:_EDGE_LINES], *found[-_EDGE_LINES:])
        if not low + margin < lines[index].baseline < high - margin
    }
    inner = {_shape(line.text) for index, line in enumerate(lines) if index not in edges}
    on_pages: dict[tuple[str, int], set[int]] = defaultdict(set)
    for index in edges:
        for place in _places(lines[index]):
            on_pages[place].add(lines[index].page)
    often = max(2, 0.3 * pages)
    outermost = {index for found in by_page.values() for index in (found[0], found[-1])}

    def is_head(index: int) -> bool:
        text = lines[index].text
        if (index in outermost and _PAGE_NUMBER.match(text)) or _BROWSER.match(text):
            return True
        return _shape(text) not in inner and max(len(on_pages[place]) for place in _places(lines[index])) >= often

    return [line for index, line in enumerate(lines) if index not in edges or not is_head(index)]


def _without_repeats(lines: Sequence[Line]) -> list[Line]:
    """Drop a page's first line where it is the last of the page before: MAXQDA prints again what barely fitted."""
    repeated = {
        index
        for index, (last, first) in enumerate(pairwise(lines), 1)
        if first.page == last.page + 1 and first.text == last.text and len(first.words) >= _REPEATED
    }
    return [line for index, line in enumerate(lines) if index not in repeated]


def _shape(text: str) -> str:
    """A line's words with every number alike, as those of a running head differ by the page's number."""
    return _DIGITS.sub("#", text.casefold())


def _places(line: Line) -> list[tuple[str, int]]:
    """Where a line stands, coarsely and in two ways, so that rounding parts no two that are a point apart."""
    return [(_shape(line.text), 2 * int(line.baseline / 6)), (_shape(line.text), 2 * int((line.baseline + 3) / 6) + 1)]


def _without_gutter(lines: Sequence[Line]) -> list[Line]:
    """Drop line and paragraph numbers that stand in a column of their own beside the text."""
    text = [line for line in lines if any(not _NUMBER.match(word[0]) for word in line.words)]
    if not text:
        return list(lines)
    lefts = sorted(min(word[1] for word in line.words if not _NUMBER.match(word[0])) for line in text)
    rights = sorted(max(word[2] for word in line.words if not _NUMBER.match(word[0])) for line in text)
    left, right = lefts[len(lefts) // 100], rights[-1 - len(rights) // 100]
    numbers = {word for line in lines for word in line.words if _NUMBER.match(word[0])}
    # They stand apart: a number that ends a line is a word's space from the text.
    before = {word for word in numbers if left - word[2] > 0.5 * word[4]}
    after = {word for word in numbers if word[1] - right > 0.5 * word[4]}
    for beside in (before, after):
        counted = [(line.page, int(word[0].rstrip(".:"))) for line in lines for word in line.words if word in beside]
        if _counts_up(counted):
            kept = [(line, tuple(word for word in line.words if word not in beside)) for line in lines]
            lines = [replace(line, words=words) for line, words in kept if words]
    return list(lines)


def _counts_up(numbers: Sequence[tuple[int, int]]) -> bool:
    """Whether the numbers rise, on each page at least."""
    if len(numbers) < 3:
        return False
    steps = [after[1] > before[1] or after[0] != before[0] for before, after in pairwise(numbers)]
    return sum(steps) >= 0.9 * len(steps)


def _columns(lines: Sequence[Line]) -> float | None:
    """Where the two columns of every page part; None where there is one, or a column of names beside one of talk."""
    if len(lines) < _FEWEST_LINES:
        return None
    left, right = min(line.left for line in lines), max(line.right for line in lines)
    tries = [left + share / 100 * (right - left) for share in range(42, 60, 2)]
    found = [(sum(_crosses(line, at) for line in lines), abs(at - (left + right) / 2), at) for at in tries]
    crossing, _, at = min(found)
    sides = [[part for line in lines for part in _split(line, at) if part.column == column] for column in (0, 1)]
    full = all(
        len(side) >= max(_FEWEST_LINES, 0.25 * len(lines)) and sum(len(one.words) for one in side) >= 3 * len(side)
        for side in sides
    )
    return at if full and crossing <= max(2, 0.02 * len(lines)) else None


def _crosses(line: Line, at: float) -> bool:
    before = max((word[2] for word in line.words if word[1] < at), default=None)
    after = min((word[1] for word in line.words if word[2] > at), default=None)
    return before is not None and after is not None and after - before < line.height


def _split(line: Line, at: float) -> Iterator[Line]:
    """A line's parts in the two columns; a title across both stays whole."""
    if _crosses(line, at):
        yield line
        return
    for column in (0, 1):
        words = tuple(word for word in line.words if (word[1] + word[2] > 2 * at) == bool(column))
        if words:
            yield Line(line.page, column, words)
