"""From places in a document's paragraphs to places in the transcript that was read from it.

The reader leaves paragraphs out (the head of a table, a title) and joins others (a speaker's cell and the words beside it), so
the two are aligned as wholes, in order: a paragraph that was left out must not take the words of a later one.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from pipeline.exchange.placing import Finder, Placed, squashed

_Place = tuple[int, int]
_PARTED = re.compile(r"[\n\t]")


class ParagraphPlaces:
    """Where the paragraphs of a document, joined by line breaks, stand in a text.

    Args:
        paragraphs: of the document, all of them.
        text: that was made of them.
        stretches: of speech in the text; a table's cell is one of them, where its line has the speaker too.
    """

    def __init__(self, paragraphs: Sequence[str], text: str, stretches: Sequence[_Place]) -> None:
        self._content = "\n".join(paragraphs)
        self._length = len(text)
        self._finder = Finder(text)
        self._starts: list[int] = []
        length = 0
        self._cells = _PARTED.split(self._content)  # the reader parts the cells of a table's row by tabs
        for cell in self._cells:
            self._starts.append(length)
            length += len(cell) + 1
        self._targets = _aligned(self._cells, text, stretches, self._finder)

    def of(self, start: int, end: int) -> Placed | None:
        """The place of a range of the paragraphs; None where the text does not have its words there, or has them twice."""
        words = self._content[start:end]
        if not words.strip():
            return None
        start += len(words) - len(words.lstrip())
        end -= len(words) - len(words.rstrip())
        first, last = bisect_right(self._starts, start) - 1, bisect_right(self._starts, end - 1) - 1
        found = self._in_cell(first, start, end)
        if found:
            return Placed(*found)
        left, right = _between(self._targets, first, last, self._length)
        hits = [hit for hit in self._finder.all(words) if left <= hit[0] and hit[1] <= right]
        if len(hits) == 1:
            return Placed(*hits[0], agrees=False)
        return self._across(first, last, start, end) if first < last else None

    def _across(self, first: int, last: int, start: int, end: int) -> Placed | None:
        """From the first of several cells that is in the text to the last: between them it may say more (`PC: `)."""
        found: dict[int, _Place] = {}
        for index in range(first, last + 1):
            at = self._starts[index]
            if place := self._in_cell(index, max(start, at), min(end, at + len(self._cells[index]))):
                found[index] = place
        if not found:
            return None
        agrees = first in found and last in found
        return Placed(min(place[0] for place in found.values()), max(place[1] for place in found.values()), agrees)

    def _in_cell(self, index: int, start: int, end: int) -> _Place | None:
        """The place of words that start in a cell which stands in the text."""
        target = self._targets[index]
        if target is None:
            return None
        # White space may have been settled in reading, so the words before are counted without it.
        before = len(squashed(self._content[self._starts[index] : start]))
        return self._finder.after_dense(target[0], before, self._content[start:end])


def _aligned(paragraphs: Sequence[str], text: str, stretches: Sequence[_Place], finder: Finder) -> list[_Place | None]:
    """Each paragraph's place in the text: whole lines or stretches, in order; then what stands once between them."""
    lines = list(_lines(text))
    wholes = sorted(
        (_matched(paragraphs, text, pieces) for pieces in (lines, list(_cut(lines, stretches)))),
        key=lambda found: -sum(len(paragraphs[index]) for index in found),
    )
    targets: list[_Place | None] = [None] * len(paragraphs)
    for found in wholes:  # the second fills what the better one left
        for index, place in found.items():
            left, right = _between(targets, index, index, len(text))
            if targets[index] is None and left <= place[0] and place[1] <= right:
                targets[index] = place
    for index, paragraph in enumerate(paragraphs):
        if targets[index] is None and paragraph.strip():
            left, right = _between(targets, index, index, len(text))
            hits = [hit for hit in finder.all(paragraph) if left <= hit[0] and hit[1] <= right]
            # A word alone says too little: the head `Text` of a table is in many a sentence.
            if len(hits) == 1 and len(paragraph.split()) > 1:
                targets[index] = hits[0]
    return targets


def _matched(paragraphs: Sequence[str], text: str, pieces: Sequence[_Place]) -> dict[int, _Place]:
    """The paragraphs that are pieces of the text, by their numbers, as many as go in one order."""
    ours = [(index, squashed(paragraph)) for index, paragraph in enumerate(paragraphs) if paragraph.strip()]
    theirs = [(place, squashed(text[slice(*place)])) for place in pieces]
    matcher = SequenceMatcher(None, [key for _, key in ours], [key for _, key in theirs], autojunk=False)
    return {
        ours[block.a + step][0]: theirs[block.b + step][0]
        for block in matcher.get_matching_blocks()
        for step in range(block.size)
    }


def _between(targets: Sequence[_Place | None], first: int, last: int, length: int) -> _Place:
    """From the end of the paragraph placed before to the start of the one placed after."""
    left = next((place[1] for place in reversed(targets[:first]) if place), 0)
    right = next((place[0] for place in targets[last + 1 :] if place), length)
    return left, right


def _lines(text: str) -> Iterator[_Place]:
    start = 0
    for line in _PARTED.split(text):
        if line.strip():
            yield start, start + len(line)
        start += len(line) + 1


def _cut(lines: Sequence[_Place], stretches: Sequence[_Place]) -> Iterator[_Place]:
    """The lines, cut where speech begins and ends."""
    bounds = sorted({bound for stretch in stretches for bound in stretch})
    for start, end in lines:
        inside = bounds[bisect_right(bounds, start) : bisect_right(bounds, end - 1)]
        yield from zip((start, *inside), (*inside, end), strict=True)
