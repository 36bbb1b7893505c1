"""Named colleagues in other agencies: "a chap at the housing, Graham Oldroyd" makes "Graham" housing from then on.

Trust in partnership is often trust in a person, and speakers name that person's agency once, if at all. Whoever is
introduced next to a mention is found by name in the whole transcript. A name given to two types is left alone.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple


class Place(NamedTuple):
    """A mention's place in a text, half-open, and its partner type."""

    start: int
    end: int
    partner_type: str


_NAME = r"(?:(?:Mr|Mrs|Miss|Ms|Dr)\.? )?[A-Z][a-zà-ÿ]+(?:['’-][A-Z][a-zà-ÿ]+)?"
_TITLED = re.compile(r"(?:Mr|Mrs|Miss|Ms|Dr)\b")

_CALLED = re.compile(rf"(?:\s+[\w'’]+){{0,4}}?\s+(?:called|named)\s+({_NAME})")
_APPOSED = re.compile(rf"(?:\s+[\w'’]+){{0,2}}?,\s+({_NAME})(?: [A-Z][a-z]+)?(?=[,.;?!])")
_IS_NAMED = re.compile(rf"(?:['’]s|\s+is|\s+was)\s+({_NAME})(?=[,.;?!])")
_BEFORE = re.compile(
    rf"\b({_NAME})(?: [A-Z][a-z]+)?(?:,? (?:from|at|in)|['’]s| is| was|,|, who['’]?s?(?: is| was)?) "
    r"(?:(?:the|our|a|an|my) )?$"
)
_JOINS = re.compile(r"(?:,| called| named)? $")
_REACH = 60
"""How many characters before a mention an introduction may begin."""


def introductions(text: str, mentions: Iterable[Place], names: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Names introduced next to a mention, with its partner type.

    Args:
        names: the first names that are known; others are believed only after "called" or with a title.
    """
    for place in mentions:
        for pattern in (_CALLED, _APPOSED, _IS_NAMED):
            match = pattern.match(text, place.end)
            if match and (pattern is _CALLED or _is_name(match[1], names)):
                yield match[1], place.partner_type
        inside = re.match(rf"({_NAME})(?: [A-Z][a-z]+)? (?:from|at|in) ", text[place.start : place.end])
        titled = re.search(rf" ({_NAME})$", text[place.start : place.end])  # "PC Ahmed" is then just "Ahmed"
        before = _BEFORE.search(text[max(0, place.start - _REACH) : place.start])
        for match in (inside, titled, before):
            if match and _is_name(match[1], names):
                yield match[1], place.partner_type


def _is_name(word: str, names: frozenset[str]) -> bool:
    return word in names or bool(_TITLED.match(word))


def agreed(introduced: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The partner type of each name that was given one type only."""
    types: defaultdict[str, set[str]] = defaultdict(set)
    for name, partner_type in introduced:
        types[name].add(partner_type)
    return {name: given.pop() for name, given in types.items() if len(given) == 1}


def with_people(text: str, mentions: list[Place], people: Mapping[str, str]) -> list[Place]:
    """`mentions` and, in order, those of `people` by name; a name joins the mention that it stands behind."""
    if not people:
        return mentions
    found = list(mentions)
    for match in _any_of(tuple(people))(text):
        start, end, partner_type = match.start(), match.end(), people[match.group()]
        if any(place.start < end and start < place.end for place in found):
            continue
        behind = next((p for p in found if p.end <= start and _JOINS.fullmatch(text[p.end : start])), None)
        if behind and behind.partner_type == partner_type:
            found.remove(behind)
            start = behind.start
        found.append(Place(start, end, partner_type))
    return sorted(found)


def _any_of(names: tuple[str, ...]) -> Callable[[str], Iterator[re.Match[str]]]:
    longest_first = sorted(names, key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b").finditer
