"""Which column of a table holds the speakers, which the speech, which the times: by the head's words and by content."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from pipeline.ingest.conventions import key_of, role_by_convention, says_its_role
from pipeline.ingest.heads import (
    BEFORE,
    CODER,
    END,
    KNOWN,
    REMARKS,
    ROLE,
    SOURCE,
    SPEAKER,
    SPEECH,
    START,
    TURN,
    heads_as_known,
    rank,
)
from pipeline.ingest.speakers import shape
from pipeline.ingest.times import STAMP

Table = Sequence[Sequence[str]]

_RUN = ({"transcriptid", "segmentid", "uncertainty"}, {"codes", "probabilities", "uncertainty"})
"""Heads that only tables of an exported run have together."""
_GOLD = ({"codes", "coder"}, {"mentionstart", "mentionend"})
_SEGMENTS = ({"transcriptid", "segmentid"},)
"""Heads that only gold, and tables of coded segments, have together."""
_HEAD_ROWS = 3
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?s?")
_TIMES = re.compile(rf"[\[(]?{STAMP}(?::\d\d)?[\])]?(?:\s*(?:-+>?|–|to)\s*{STAMP})?")
_SAMPLE = 2000
"""Rows that content is judged by."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds what; `first` is the first row of talk."""

    speaker: int | None
    speech: int
    start: int | None
    end: int | None = None
    role: int | None = None
    turn: int | None = None
    source: int | None = None
    first: int = 0
    coder: int | None = None

    def named(self, table: Table) -> dict[str, str]:
        """Which of the table's columns was taken for what, for the user."""
        places = {
            "speaker": self.speaker,
            "speech": self.speech,
            "start": self.start,
            "end": self.end,
            "role": self.role,
            "turn": self.turn,
            "transcript": self.source,
            "coder": self.coder,
        }
        heads = table[self.first - 1] if self.first else ()
        return {
            meaning: " ".join(_cell(heads, place).split()) or f"column {place + 1}"
            for meaning, place in places.items()
            if place is not None
        }


def recognise(table: Table) -> Columns | None:
    """The columns of a table whose rows are talk; None where it is another table."""
    if len(table) < 2 or is_coding(table):
        return None
    return _by_heads(table) or _by_content(table)


def is_coding(table: Table) -> bool:
    """Whether a table is gold, a run's result or people's coded segments, and so no transcript."""
    return is_of_run(table) or is_gold(table) or _has(table, _SEGMENTS)


def is_gold(table: Table) -> bool:
    """Whether a table is one of gold."""
    return _has(table, _GOLD)


def is_of_pairs(table: Table) -> bool:
    """Whether a table is one of units with the talk before each: `text_a`, `text_b`, their labels, and nobody's name."""
    heads = set(heads_as_known(table[0])) if table else set()
    return "textb" in heads and bool(heads & BEFORE)


def is_of_run(table: Table) -> bool:
    """Whether a table is one that a run was exported to."""
    return _has(table, _RUN)


def _has(table: Table, signatures: Iterable[set[str]]) -> bool:
    heads = {key_of(cell) for cell in table[0]} if table else set()
    return any(signature <= heads for signature in signatures)


def heads_of(table: Table) -> list[str]:
    """The first row that is not blank, as column names for a message."""
    row = next((row for row in table if any(cell.strip() for cell in row)), ())
    return [" ".join(cell.split())[:40] or f"(column {place} has no name)" for place, cell in enumerate(row, 1)]


def _by_heads(table: Table) -> Columns | None:
    """From the words of a header row, which may have a title row or two above it."""
    for index, row in enumerate(table[:_HEAD_ROWS]):
        heads = heads_as_known(row)
        body = table[index + 1 : index + 1 + _SAMPLE]
        speech = _speech(heads, body)
        if speech is None:
            continue
        places = _places(heads, exclude={speech})
        speaker = places(SPEAKER, rank)
        start = _timed(body, places(START))
        if speaker is None:
            speaker = _labels(body, exclude={speech}) if start is None else _roles(body, exclude={speech})
        if speaker is None and start is None:
            continue
        role = places(ROLE)
        return Columns(
            speaker,
            speech,
            start,
            _timed(body, places(END)) if start is not None else None,
            role if role != speaker else None,
            places(TURN),
            places(SOURCE),
            index + 1,
            places(CODER),
        )
    return None


def _places(heads: Sequence[str], exclude: set[int]) -> Callable[..., int | None]:
    """A finder of the column whose head is among some names."""

    def find(names: frozenset[str], rank: Callable[[str], int] = lambda head: 0) -> int | None:
        found = [place for place, head in enumerate(heads) if head in names and place not in exclude]
        return min(found, key=lambda place: rank(heads[place]), default=None)

    return find


def _speech(heads: Sequence[str], body: Table) -> int | None:
    """The wordiest of the columns that are called speech; numbers (`Turn`: 1, 2, 3) are none.

    What is called comments is a reader's, where a column beside it, by a name that nobody knows, holds more words.
    """
    words = {place: _words(_column(body, place)) for place in range(len(heads))}
    called = [place for place, head in enumerate(heads) if head in SPEECH]
    called = [place for place in called if words[place] and heads[place] not in REMARKS] or called
    best = max(called, key=lambda place: words[place], default=None)
    if best is None or not words[best]:
        return None
    if heads[best] in REMARKS:
        return max([best, *(place for place, head in enumerate(heads) if head not in KNOWN)], key=lambda at: words[at])
    return best


def _by_content(table: Table) -> Columns | None:
    """A table without header: a column of few recurring labels beside the wordiest column."""
    width = max(map(len, table))
    if not 2 <= width <= 4 or len(table) < 4:
        return None
    sample = table[:_SAMPLE]
    words = [_words(_column(sample, place)) for place in range(width)]
    speech = words.index(max(words))
    speaker = _labels(sample, exclude={speech})
    if speaker is None:
        return None
    first = key_of(_cell(table[0], speaker))
    if first and first not in {key_of(cell) for cell in _column(table[1:], speaker)} and not role_by_convention(first):
        return None  # a header with names that nobody knows: which column is what is the user's to say
    start = next((at for at in range(width) if at not in {speaker, speech} and _timed(sample, at) is not None), None)
    return Columns(speaker, speech, start)


def _labels(body: Table, exclude: set[int]) -> int | None:
    """The one column whose cells look like speakers' labels, and recur."""
    found = []
    for place in range(max(map(len, body), default=0)):
        labels = [cell.rstrip(":").strip() for cell in _column(body, place)]
        labels = [label for label in labels if label]
        fits = [label for label in labels if len(label) <= 40 and shape(label) not in {None, "lower", "number"}]
        recurring = len(set(map(key_of, labels))) <= 0.5 * len(labels)
        if place not in exclude and labels and len(fits) >= 0.9 * len(labels) and recurring:
            found.append(place)
    return found[0] if found else None


def _roles(body: Table, exclude: set[int]) -> int | None:
    """The first column of nothing but roles, two of them at least: `labels`, as Label Studio calls it, of who speaks."""
    for place in range(max(map(len, body), default=0)):
        labels = {cell for cell in _column(body, place) if cell}
        both = len({role_by_convention(label) for label in labels}) > 1
        if place not in exclude and both and all(map(says_its_role, labels)):
            return place
    return None


def _timed(body: Table, place: int | None) -> int | None:
    """The column, if what stands in it are times or numbers; an empty one has none."""
    if place is None:
        return None
    cells = [cell for cell in _column(body, place) if cell]
    times = sum(bool(_TIMES.fullmatch(cell) or _NUMBER.fullmatch(cell)) for cell in cells)
    return place if cells and times >= 0.9 * len(cells) else None


def _column(table: Table, place: int) -> list[str]:
    return [_cell(row, place) for row in table]


def _cell(row: Sequence[str], place: int) -> str:
    return row[place].strip() if place < len(row) else ""


def _words(cells: Iterable[str]) -> int:
    """How much talk a column holds: its words, less cells that are numbers or times."""
    return sum(len(cell.split()) for cell in cells if not (_NUMBER.fullmatch(cell) or _TIMES.fullmatch(cell)))


def in_milliseconds(starts: Sequence[float], words: int) -> bool:
    """Whether plain numbers are milliseconds: as seconds they would have people say a word in ten seconds."""
    whole = all(start == int(start) for start in starts)
    return whole and len(starts) > 1 and max(starts) - min(starts) > 10 * max(1, words)
