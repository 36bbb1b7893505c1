"""Named colleagues in other agencies: "a chap at the housing, Graham Oldroyd" makes "Graham" housing from then on.

Trust in partnership is often trust in a person, and speakers name that person's agency once, if at all. Whoever is
introduced next to a mention is found by name in the whole transcript. A name given to two types is left alone.

The people whom agencies deal with stand next to mentions too ("Kelly's social worker", "Housing called Karen"), and
so does whoever is spoken to ("The police, Sarah, …"); none of these is introduced. All texts here are folded ones.
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


class Told(NamedTuple):
    """A mention, and whether it is of one person ("housing officer") or of an agency, a group or several people."""

    place: Place
    is_person: bool


_NAME = r"(?:(?:Mr|Mrs|Miss|Ms|Dr)\.? )?(?:O'|Ma?c)?[A-Z][a-zà-ÿ]+(?:['-][A-Z][a-zà-ÿ]+)?"
_TITLED = re.compile(r"(?:Mr|Mrs|Miss|Ms|Dr)\b\.?")
_DATES = frozenset(
    {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "January", "February", "March"}
    | {"April", "May", "June", "July", "August", "September", "October", "November", "December"}
)

# "a social worker at the school called Ifeoma": between the two is where the person works, but no verb of their own.
_WHERE = r"(?: (?:at|in|from|of|off|on|for|with|up|down|over|there|here|then|now|who)(?: [\w']+){0,3}?)?"
_CALLED = re.compile(rf"{_WHERE}(?:'s| is| was)?,? (?:called|named) ({_NAME})")
_AGENCY_CALLED = re.compile(rf"(?: [\w']+){{0,2}}? (?:called|named) ({_NAME})")
_APPOSED = re.compile(rf"(?: [\w']+){{0,3}}?, ({_NAME})(?: [A-Z][a-z]+)?(?=[,.;?!])")
_APPOSED_AT_ONCE = re.compile(rf", ({_NAME})(?: [A-Z][a-z]+)?(?=[,.;?!])")
_IS_NAMED = re.compile(rf"(?:'s| is| was) ({_NAME})(?=[,.;?!])")
_POSSESSES = re.compile(rf"'s ({_NAME})(?=[,.;?!])")
_INSIDE = re.compile(rf"({_NAME})(?: [A-Z][a-z]+)? (?:from|at|in) ")
_TITLE_INSIDE = re.compile(rf" ({_NAME})$")  # "PC Ahmed" is then just "Ahmed"
_ARTICLE = r"(?:the|our|a|an|my) (?:[\w-]+'s )?"
_BEFORE = re.compile(
    rf"\b({_NAME})(?: [A-Z][a-z]+)?(?:(?:,? (?:from|at|in)| is| was|,? who(?:'s| is| was)) (?:{_ARTICLE})?|'s {_ARTICLE})$"
)
_APPOSED_BEFORE = re.compile(rf"\b({_NAME})(?: [A-Z][a-z]+)?, (?:{_ARTICLE})?$")
_LISTED = re.compile(r"\b(?:[A-Z][\w']*|me|us), $")
_CLOSES = re.compile(r"$|[,.;?!]| (?:at|from|in|of|for|there|here)\b")
_INDEFINITE = re.compile(r"\b(?:an?|some) $", re.IGNORECASE)
# "one of the [social workers], Gail", "a supervisor at the [council], Glenys", "the head of [housing], Barry"
_ONE_OF = re.compile(
    r"\b(?:one of (?:[\w'-]+ ){1,2}|(?:an?|one|head|director) (?:[\w'-]+ ){0,4}?(?:of|at|from|in|off) (?:the |our )?)$",
    re.IGNORECASE,
)
_JOINS = re.compile(r"(?:,| called| named)? $")
_REACH = 60
"""How many characters before a mention an introduction may begin."""

# Names that are words too, and the words that show which it is at a sentence's start: "Will they", but "Will rang".
_ALSO_WORDS = frozenset(
    {"Art", "Ash", "Bill", "Carol", "Chase", "Chuck", "Dale", "Dawn", "Dean", "Don", "Drew", "Eve", "Faith"}
    | {"Frank", "Grace", "Grant", "Guy", "Harry", "Hazel", "Heather", "Holly", "Hope", "Ivy", "Jack", "Josh"}
    | {"Joy", "Lance", "Lily", "Mark", "Max", "May", "Miles", "Nick", "Norm", "Pat", "Penny", "Ray", "Rich"}
    | {"Rob", "Robin", "Rose", "Ruby", "Skip", "Sue", "Summer", "Victor", "Wade", "Will"}
)
_SENTENCE_STARTS = re.compile(r"(?:^|[.?!:…\"“([*–—] ?['\"“(]?)$")
_NO_NAME_BEFORE = re.compile(
    r" (?:I|you|he|she|it|we|they|me|him|us|them|the|an?|my|your|his|her|its|our|their|this|that|these|those|there"
    r"|(?:any|every|some|no)(?:body|one|thing)|people|all|both|either|not|of|up|down|out|off|be|as|and|period)\b"
)


def introductions(text: str, mentions: Iterable[Told], names: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Names introduced next to a mention, with its partner type.

    Args:
        text: folded (see `Folded`).
        names: the first names that are known; others are believed only after "called" or with a title.
    """
    for place, is_person in mentions:
        believed, known = _behind(text, place, is_person, names)
        inside = text[place.start : place.end]
        before = text[max(0, place.start - _REACH) : place.start]
        if " " in inside:
            known += [_INSIDE.match(inside), _TITLE_INSIDE.search(inside)]
        if not before.islower():  # most have no capital: no name is looked for in vain
            known += [_BEFORE.search(before), _apposed_before(text, place.end, before) if is_person else None]
        yield from ((match[1], place.partner_type) for match in believed if match[1] not in _DATES)
        yield from ((match[1], place.partner_type) for match in known if match and _is_name(match[1], names))


_Matches = list[re.Match[str] | None]


def _behind(text: str, place: Place, is_person: bool, names: frozenset[str]) -> tuple[list[re.Match[str]], _Matches]:
    """Names that stand behind a mention: those believed whatever they are, and those to be believed if they are known."""
    if is_person:
        called = _CALLED.match(text, place.end)
        return [called] if called else [], [_APPOSED.match(text, place.end), _IS_NAMED.match(text, place.end)]
    called = _agency_called(text, place.end, names)
    apposed = _APPOSED_AT_ONCE.match(text, place.end)
    before = text[max(0, place.start - _REACH) : place.start] if called or apposed else ""
    return (
        [called] if called and _INDEFINITE.search(before) else [],
        [_POSSESSES.match(text, place.end), apposed if _ONE_OF.search(before) else None],
    )


def _apposed_before(text: str, end: int, before: str) -> re.Match[str] | None:
    """The name in "Denise, the housing officer, …"; not in a list ("me, Bev, the nurse, …") or before a statement."""
    match = _APPOSED_BEFORE.search(before)
    if match and _TITLED.match(match[1]):
        return match
    return match if match and _CLOSES.match(text, end) and not _LISTED.search(before[: match.start()]) else None


def _agency_called(text: str, end: int, names: frozenset[str]) -> re.Match[str] | None:
    """The name in "a charity called Haven" or "a police typist called Stacey", but not in "a school called Stacey"."""
    match = _AGENCY_CALLED.match(text, end)
    if match is None:
        return None
    stands_behind = text.startswith((" called", " named"), end)
    return match if stands_behind != _is_name(match[1], names) else None


def _is_name(word: str, names: frozenset[str]) -> bool:
    return word in names or bool(_TITLED.match(word))


def parts(speaker: str) -> set[str]:
    """The words of a speaker's name that tell who it is: "Mrs Rose Bashir" is Rose, or Bashir."""
    return set(_TITLED.sub("", speaker).split())


def agreed(introduced: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The partner type of each name that was given one type only."""
    types: defaultdict[str, set[str]] = defaultdict(set)
    for name, partner_type in introduced:
        types[name].add(partner_type)
    return {name: given.pop() for name, given in types.items() if len(given) == 1}


def with_people(text: str, mentions: list[Place], people: Mapping[str, str]) -> list[Place]:
    """`mentions` and, in order, those of `people` by name; a name joins the mention that it stands behind.

    Args:
        text: folded (see `Folded`).
    """
    if not people:
        return mentions
    found = list(mentions)
    for match in _any_of(tuple(people))(text):
        start, end, partner_type = match.start(), match.end(), people[match.group()]
        if any(place.start < end and start < place.end for place in found) or _is_word(text, match):
            continue
        behind = next((p for p in found if p.end <= start and _JOINS.fullmatch(text[p.end : start])), None)
        if behind and behind.partner_type == partner_type:
            found.remove(behind)
            start = behind.start
        found.append(Place(start, end, partner_type))
    return sorted(found)


def _is_word(text: str, name: re.Match[str]) -> bool:
    """Whether a name at a sentence's start is the ordinary word: "Will they come?", "Mark my words"."""
    return (
        name.group() in _ALSO_WORDS
        and _SENTENCE_STARTS.search(text[max(0, name.start() - 3) : name.start()]) is not None
        and _NO_NAME_BEFORE.match(text, name.end()) is not None
    )


def _any_of(names: tuple[str, ...]) -> Callable[[str], Iterator[re.Match[str]]]:
    longest_first = sorted(names, key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b").finditer
