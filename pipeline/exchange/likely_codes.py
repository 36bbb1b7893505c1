"""Columns that may hold codes, though their heads do not say so: to ask for them, never to take them for codes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from pipeline.errors import UsageError, clipped, typed
from pipeline.exchange.meanings import Meaning, meanings_of
from pipeline.exchange.tables import Columns
from pipeline.ingest.columns import Table, recognise
from pipeline.ingest.conventions import key_of
from pipeline.ingest.sheets import Sheet

_NUMBER = re.compile(r"[-+\d.,:]+s?")
_MOST_CODES, _LONGEST_CODE = 100, 80
_FEW_WORDS = 2
"""Words in a cell on average, which names and dates have too."""


def may_hold_codes(sheets: Sequence[Sheet]) -> str:
    """The end of a message on tables without known columns of codes: which columns may hold some; empty where none do."""
    heads = [head for sheet in sheets for head in likely_codes(sheet.rows)]
    return f"; columns whose values recur as codes do: {', '.join(heads)}" if heads else ""


def maps(heads: Sequence[str], meaning: Meaning) -> list[str]:
    """The arguments that say what columns hold."""
    return [argument for head in heads for argument in ("--map", f"{head}={meaning}")]


def as_maps(heads: Sequence[str], meaning: Meaning) -> str:
    """The arguments that say what columns hold, as a shell takes them."""
    return " ".join(map(typed, maps(heads, meaning)))


def maps_of(sheets: Sequence[Sheet], mapping: Mapping[str, str] | None, *, speech: bool = False) -> list[str]:
    """The arguments that a table lacks whose columns do not say enough: with its own columns, where some may be meant.

    Args:
        mapping: what the user says already.
        speech: whether it is known which column holds the words.
    """
    table = sheets[0].rows
    given = {key_of(name): Meaning(meaning.casefold()) for name, meaning in (mapping or {}).items()}
    heads = [" ".join(cell.split()) for cell in table[_head_of(table)]] if len(table) > _head_of(table) else []
    known = meanings_of(heads, given)
    codes = likely_codes(table, known)
    found = []
    if not speech and Meaning.TEXT not in known.values():
        found += maps(_wordy(table, heads, [*known, *map(heads.index, codes)]) or ["COLUMN"], Meaning.TEXT)
    if not {Meaning.CODE, Meaning.FLAG} & {*known.values()}:
        found += maps(codes or ["OTHER"], Meaning.CODE)
    return found


def _wordy(table: Table, heads: Sequence[str], taken: Collection[int]) -> list[str]:
    """The head of the column that holds the most words, where they are more than names are."""
    body = table[_head_of(table) + 1 :]
    open_ = [place for place, head in enumerate(heads) if head and place not in taken]
    words = {place: sum(len(_cell(row, place).split()) for row in body) for place in open_}
    most = max(open_, key=lambda place: words[place], default=None)
    return [heads[most]] if most is not None and words[most] > _FEW_WORDS * len(body) else []


def left_out(table: Table, columns: Columns) -> str:
    """A warning on columns that may hold codes beside those that were taken; empty where there are none."""
    left = likely_codes(table, [place for places in columns.places.values() for place in places])
    recur = f"columns whose values recur as codes do were left out: {', '.join(left)}; "
    return recur + f"{as_maps(left, Meaning.CODE)} takes them" if left else ""


def check_guessed(table: Table, columns: Columns, mapping: Mapping[str, str] | None, path: Path) -> None:
    """Refuse yes and no that were only guessed where other columns may hold the codes.

    Talk with codes in the others alone would be gold for giving none.

    Raises:
        UsageError: that is so, with the arguments that settle it.
    """
    named = {key_of(name) for name in mapping or {}}
    said = {place for place, head in enumerate(columns.heads) if key_of(head) in named}
    taken = [place for places in columns.places.values() for place in places]
    left = likely_codes(table, [*taken, *said]) if columns.guessed else []
    if left:
        flags = [columns.heads[place] for place in sorted(columns.guessed)]
        raise UsageError(
            f"which columns hold the codes is not clear: {', '.join(map(clipped, flags))} say yes and no, and the values of "
            f"{', '.join(map(clipped, left))} recur as codes do",
            path=path,
            remedy=f"say which of these hold codes, {as_maps(left, Meaning.CODE)}, and `=flag` of one that says yes and no; "
            f"where none but those that say yes and no do, {as_maps(left, Meaning.IGNORE)}",
            add=maps(left, Meaning.CODE),
        )


def likely_codes(table: Table, taken: Collection[int] = ()) -> list[str]:
    """The heads of columns with few short values that recur, are no numbers, and differ within a transcript; the fullest first.

    Args:
        taken: columns that are known to hold something.
    """
    talk, head = recognise(table), _head_of(table)
    if len(table) <= head + 1:
        return []
    known = {*taken, *(place for place, meaning in meanings_of(table[head], {}).items() if meaning is not Meaning.CODE)}
    source = talk.source if talk is not None else None
    if talk is not None:
        places = (talk.speaker, talk.speech, talk.start, talk.end, talk.role, talk.turn, talk.source, talk.coder)
        known |= {place for place in places if place is not None}
    body = table[head + 1 :]
    found = [
        place
        for place, name in enumerate(table[head])
        if place not in known and name.strip() and _recurs(body, place) and _differs(body, place, source)
    ]
    found.sort(key=lambda place: -sum(bool(_cell(row, place)) for row in body))
    return [" ".join(table[head][place].split()) for place in found]


def _head_of(table: Table) -> int:
    """Where the row of heads is."""
    talk = recognise(table)
    return talk.first - 1 if talk is not None and talk.first else 0


def _recurs(body: Table, place: int) -> bool:
    cells = [cell for row in body if (cell := _cell(row, place))]
    values = set(cells)
    short = all(len(value) <= _LONGEST_CODE and not _NUMBER.fullmatch(value) for value in values)
    return short and 2 <= len(values) <= min(_MOST_CODES, len(cells) / 2)


def _differs(body: Table, place: int, source: int | None) -> bool:
    """Whether the column says something of rows, and not of whole transcripts, as their topic or quality."""
    if source is None:
        return True
    inside: dict[str, set[str]] = defaultdict(set)
    for row in body:
        inside[_cell(row, source)].add(_cell(row, place))
    return any(len(values) > 1 for values in inside.values())


def _cell(row: Sequence[str], place: int) -> str:
    return row[place].strip() if place < len(row) else ""
