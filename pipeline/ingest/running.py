"""Running heads and feet of printed pages, which a copy of their text leaves in the middle of somebody's turn.

`Interview 14 – Sgt Osei – Page 3 of 12` is known by its page number, which goes up while the words stay; `CONFIDENTIAL` by
standing beside such a line each time, or by what it says.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

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
_FULL = 15
"""Filled lines of a page after which two numbers alone, each one more than the one before, are pages'."""
_BESIDE = 2
"""Filled lines from a line with a page number within which the rest of the head stands."""


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
        if len(line) <= _LONGEST and title_like(line) and line.rstrip()[-1] not in ":;-–—":
            words = " ".join(line.casefold().split())
            alike[_NUMBER.sub("#", words)].append(index)
            same[words].append(index)
    spoken = _Labelled(found)
    pages = {i for group in alike.values() if _are_pages(group, lines, place) and not spoken.has(group) for i in group}
    beside = {place[index] + step for index in pages for step in range(-_BESIDE, _BESIDE + 1)}
    rest = {
        i
        for group in same.values()
        if _are_copies(group, lines, place, beside) and not spoken.has(group)
        for i in group
    }
    return frozenset(pages | rest)


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


def _are_pages(found: Sequence[int], lines: Sequence[str], place: Mapping[int, int]) -> bool:
    """Whether lines that differ in their numbers alone have the number of a page."""
    if len(found) < 2:
        return False
    matches = [_PAGE.search(lines[index]) for index in found]
    steps = [place[after] - place[before] for before, after in pairwise(found)]
    told = [int(match["page"]) for match in matches if match and match["page"]]
    if len(told) == len(found):
        return all(before < after for before, after in pairwise(told)) and min(steps) > 1
    parts = [(int(match["first"]), match["last"]) for match in matches if match and match["first"]]
    if len(parts) == len(found):
        counting = all(after[0] == before[0] + 1 and after[1] == before[1] for before, after in pairwise(parts))
        return counting and min(steps) >= _APART
    numbers = [_NUMBER.findall(lines[index]) for index in found]
    if any(len(one) != 1 for one in numbers) or min(steps) < _APART:
        return False
    counting = all(int(after) == int(before) + 1 for (before,), (after,) in pairwise(numbers))
    words = _NUMBER.sub(" ", lines[found[0]]).split()
    alone = not any(character.isalpha() for word in words for character in word)
    enough = len(found) >= _COPIES or (alone and min(steps) >= _FULL)
    return counting and enough and (alone or len(words) >= _WORDS)


def _are_copies(found: Sequence[int], lines: Sequence[str], place: Mapping[int, int], beside: set[int]) -> bool:
    """Whether lines alike are the part of a head that has no number."""
    if len(found) < 2:
        return False
    if all(place[index] in beside for index in found):
        return True
    apart = min(place[after] - place[before] for before, after in pairwise(found)) >= _APART
    return len(found) >= _COPIES and apart and bool(_STOCK.search(lines[found[0]]))
