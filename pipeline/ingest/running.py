"""Running heads and feet of printed pages, which a copy of their text leaves in the middle of somebody's turn.

`Interview 14 – Sgt Osei – Page 3 of 12` is known by its page number, which goes up while the words stay; `CONFIDENTIAL` by
standing beside such a line each time, or by what it says. Where no word says that a number is a page's, people say such lines as
well (`7/10`, `3`): then the text has to be divided by them as by pages.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from itertools import accumulate, pairwise

from pipeline.ingest.conventions import key_of
from pipeline.ingest.labels import Candidate, Style
from pipeline.ingest.notes import title_like
from pipeline.plural import at_lines

_NUMBER = re.compile(r"\d+")
_PAGE = re.compile(
    r"\b(?:page|seite|página|pagina)[ \t]*(?P<page>\d{1,4})\b"
    r"|\b(?P<first>\d{1,4})[ \t]*(?:/|of|von|de|sur|di)[ \t]*(?P<last>\d{1,4})\s*$",
    re.IGNORECASE,
)
"""What says of a number that it is a page's."""
_STOCK = re.compile(
    r"\b(?:confidential|official[ -]+sensitive|not for (?:circulation|distribution|publication)"
    r"|do not (?:copy|cite|quote|distribute)|in confidence|copyright|vertraulich|confidentiel|confidencial|riservato)\b|©"
    r"|^\W*(?:draft|restricted|official)\W*$|^\W*(?:interview|transcript|focus group)\b.*\d",
    re.IGNORECASE,
)
"""What only a page's head or foot says again and again in the same words."""
_LONGEST = 120
_COPIES = 3
"""Lines alike that make a head, where none says of a number that it is a page's: else two are enough."""
_WORDS = 4
"""Words beside a number that is not said to be a page's: `Speaker 1`, `Speaker 2` are people."""
_APART = 5
"""Filled lines that a page has at least: a list counts on from line to line."""
_PAGEFUL = 600
"""Characters that a page has at least, where nothing but the places of the numbers says that they are pages'."""
_REGULAR = 2.5
"""How many times as long as the shortest of such pages the longest may be: talk has its scores close together or far apart."""
_EARLY, _LATE = 0.3, 1.7
"""Pages, short of or beyond what the first number says, at which it may stand; the second also for what follows the last."""
_ANSWERS = 0.5
"""Share of the lines that may stand where an answer does, right below a question or a label."""
_SENTENCE_ENDS = (".", "?", "!", "…", ":", ";", ",", "-", "–", "—")
_BESIDE = 2
"""Filled lines from a line with a page number within which the rest of the head stands."""
_EACH = 3
"""A line that is part of a head stands beside one in `_EACH` of the page numbers at least: `Yes.` may do so by chance."""


def running_heads(lines: Sequence[str], found: Sequence[Candidate]) -> frozenset[int]:
    """Indices of the lines that are heads or feet of pages.

    Args:
        lines: the file.
        found: what may be labels in it: `Walsh: 3 of 12` is what Walsh says, if other lines begin so as well.
    """
    filled = [index for index, line in enumerate(lines) if line and not line.isspace()]
    place = {index: position for position, index in enumerate(filled)}
    alike: dict[str, list[int]] = defaultdict(list)
    same: dict[str, list[int]] = defaultdict(list)
    for index in filled:
        line = lines[index]
        if len(line) <= _LONGEST and title_like(line) and _ends_as_titles_do(line):
            words = " ".join(line.casefold().split())
            alike[_NUMBER.sub("#", words)].append(index)
            same[words].append(index)
    spoken = _Labelled(found)
    text = _Text(lines, filled, place)
    pages = {i for group in alike.values() if _are_pages(group, text) and not spoken.has(group) for i in group}
    numbered = {place[index] for index in pages}
    rest = {i for group in same.values() if _are_copies(group, text, numbered) and not spoken.has(group) for i in group}
    return frozenset(pages | rest)


def _ends_as_titles_do(line: str) -> bool:
    """Whether a line does not break off; `- 3 -` does not."""
    return line.rstrip()[-1] not in ":;-–—" or not any(map(str.isalpha, line))


class _Labelled:
    """Which lines begin with what other lines begin with too, as with a speaker's label."""

    def __init__(self, found: Sequence[Candidate]) -> None:
        self._counts = Counter((one.style, key_of(one.label)) for one in found)
        self._heads: dict[int, list[tuple[Style, str]]] = defaultdict(list)
        for one in found:
            self._heads[one.line].append((one.style, key_of(one.label)))

    def has(self, group: Sequence[int]) -> bool:
        """Whether one of these lines begins so."""
        inside = Counter(head for index in group for head in self._heads.get(index, ()))
        return any(self._counts[head] > count for head, count in inside.items())


def warning_of(heads: frozenset[int]) -> tuple[str, ...]:
    """What the user is told of the lines left out."""
    if not heads:
        return ()
    return (f"lines that look like the heads or feet of printed pages are no speech ({at_lines(sorted(heads))})",)


class _Text:
    """The lines, and what stands around those that may be heads."""

    def __init__(self, lines: Sequence[str], filled: Sequence[int], place: Mapping[int, int]) -> None:
        self.lines, self.place = lines, place
        self._filled = filled
        self._starts = [0, *accumulate(len(line) + 1 for line in lines)]

    def steps(self, found: Sequence[int]) -> list[int]:
        """Filled lines from each to the next."""
        return [self.place[after] - self.place[before] for before, after in pairwise(found)]

    def answers(self, index: int) -> bool:
        """Whether an answer may stand there: right below a question or a label."""
        return self._beside(index, -1).rstrip(" \t\"'’”)]*_").endswith(("?", ":"))

    def cuts(self, index: int) -> bool:
        """Whether a sentence goes on over the line, as over the end of a page."""
        before, after = self._beside(index, -1).rstrip(" \t\"'’”)]*_"), self._beside(index, 1).lstrip()
        return bool(before) and not before.endswith(_SENTENCE_ENDS) and after[:1].islower()

    def at_form_feed(self, index: int) -> bool:
        """Whether a form feed, which is where a page ends, stands beside the line."""
        near = range(max(0, index - 1), min(len(self.lines), index + 2))
        here = self.place[index]
        filled = (self._filled[at] for at in range(max(0, here - 1), min(len(self._filled), here + 2)))
        return any("\f" in self.lines[at] for at in (*near, *filled))

    def divided(self, found: Sequence[int], numbers: Sequence[int]) -> bool:
        """Whether pages of like length, counted from the text's beginning, would have these numbers there."""
        starts = [self._starts[index] for index in found]
        lengths = [after - before for before, after in pairwise(starts)]
        mean = sum(lengths) / len(lengths)
        above, below = starts[0] / mean, (self._starts[-1] - starts[-1]) / mean
        return (
            min(lengths) >= _PAGEFUL
            and max(lengths) <= _REGULAR * min(lengths)
            and numbers[0] - 1 - _EARLY <= above <= numbers[0] - 1 + _LATE
            and below <= _LATE
        )

    def _beside(self, index: int, step: int) -> str:
        at = self.place[index] + step
        return self.lines[self._filled[at]] if 0 <= at < len(self._filled) else ""


def _are_pages(found: Sequence[int], text: _Text) -> bool:
    """Whether lines that differ in their numbers alone have the number of a page."""
    if len(found) < 2:
        return False
    matches = [_PAGE.search(text.lines[index]) for index in found]
    steps = text.steps(found)
    told = [int(match["page"]) for match in matches if match and match["page"]]
    if len(told) == len(found):
        return all(before < after for before, after in pairwise(told)) and min(steps) > 1 and _at_ends(found, text)
    parts = [(int(match["first"]), match["last"]) for match in matches if match and match["first"]]
    of_several = len(parts) == len(found)
    if of_several and len({last for _, last in parts}) > 1:
        return False
    figures = [_NUMBER.findall(text.lines[index]) for index in found]
    if min(steps) < _APART or not (of_several or all(len(one) == 1 for one in figures)):
        return False
    numbers = [first for first, _ in parts] if of_several else [int(one) for (one,) in figures]
    if any(after != before + 1 for before, after in pairwise(numbers)) or not _at_ends(found, text):
        return False
    words = _NUMBER.sub(" ", text.lines[found[0]]).split()
    alone = not any(character.isalpha() for word in words for character in word)
    if not (of_several or alone or (len(words) >= _WORDS and len(found) >= _COPIES)):
        return False
    if any(map(text.at_form_feed, found)):
        return True
    return (len(found) >= _COPIES or any(map(text.cuts, found))) and text.divided(found, numbers)


def _at_ends(found: Sequence[int], text: _Text) -> bool:
    """Whether hardly any of the lines stands where an answer does: scores are given when somebody asks for them."""
    return sum(map(text.answers, found)) <= _ANSWERS * len(found)


def _are_copies(found: Sequence[int], text: _Text, numbered: Collection[int]) -> bool:
    """Whether lines alike are the part of a head that has no number.

    Args:
        found: the lines.
        text: that they are of.
        numbered: places of the lines with page numbers.
    """
    if len(found) < 2:
        return False
    places = [text.place[index] for index in found]
    same_step = any(all(at + step in numbered for at in places) for step in range(-_BESIDE, _BESIDE + 1) if step)
    if same_step and _EACH * len(found) >= len(numbered):
        return True
    return len(found) >= _COPIES and min(text.steps(found)) >= _APART and bool(_STOCK.search(text.lines[found[0]]))
