"""Columns that may hold codes, though their heads do not say so: for messages only, never to take them for codes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence

from pipeline.exchange.meanings import Meaning, meanings_of
from pipeline.ingest.columns import Table, recognise
from pipeline.ingest.sheets import Sheet

_NUMBER = re.compile(r"[-+\d.,:]+s?")
_MOST_CODES, _LONGEST_CODE = 100, 80


def may_hold_codes(sheets: Sequence[Sheet]) -> str:
    """The end of a message on tables without known columns of codes: which columns may hold some; empty where none do."""
    heads = [head for sheet in sheets for head in likely_codes(sheet.rows)]
    return f"; columns whose values recur as codes do: {', '.join(heads)}" if heads else ""


def likely_codes(table: Table, taken: Collection[int] = ()) -> list[str]:
    """The heads of columns with few short values that recur, are no numbers, and differ within a transcript.

    Args:
        taken: columns that are known to hold something.
    """
    talk = recognise(table)
    head = talk.first - 1 if talk is not None and talk.first else 0
    if len(table) <= head + 1:
        return []
    known = {*taken, *(place for place, meaning in meanings_of(table[head], {}).items() if meaning is not Meaning.CODE)}
    source = talk.source if talk is not None else None
    if talk is not None:
        places = (talk.speaker, talk.speech, talk.start, talk.end, talk.role, talk.turn, talk.source, talk.coder)
        known |= {place for place in places if place is not None}
    body = table[head + 1 :]
    return [
        " ".join(name.split())
        for place, name in enumerate(table[head])
        if place not in known and name.strip() and _recurs(body, place) and _differs(body, place, source)
    ]


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
