"""The attitude table of `themes sample --attitudes`: what a coder has judged, told by the rows that they filled.

It has a row for each drawn segment, for the attitude to partnership as such, and one for each mention that the finder found in
it. A row without an attitude is not judged yet. So, other than in a gold table that lists what people found, a coder who filled
some rows says nothing of the rest: a unit counts for mentions once all of its listed mentions are filled, and for partnership
once that row is. Where it lists no mention, a name in its partnership row says that it was read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.gold_none import is_none
from pipeline.gold_places import Place, offset
from pipeline.gold_table import Row
from pipeline.gold_unit import coder_named

SAMPLED = "attitudes"
"""What `sampled` says in such a row."""

_SHOWN_ONCE = ("text", "context")


def is_of_sheet(row: Row) -> bool:
    """Whether a row is of such a table."""
    return row.get("sampled", "").strip().lower() == SAMPLED


def names_mention(row: Row) -> bool:
    """Whether a row is of a mention; else it is of partnership as such."""
    return any(row.get(name, "").strip() for name in ("mention", "mention_start", "mention_end"))


def span_of(row: Row) -> Place | None:
    """Where the mention of a row stands; None where the row does not say it."""
    start, end = (offset(row.get(name, "").strip()) for name in ("mention_start", "mention_end"))
    return None if start is None or end is None else (start, end)


def is_judged(row: Row) -> bool:
    """Whether it gives an attitude, or says that there is none."""
    return bool(row.get("attitude", "").strip())


def is_empty(row: Row) -> bool:
    """Whether it is still to be filled: without an attitude, but for a name in the row of partnership as such."""
    return not is_judged(row) and (names_mention(row) or not row.get("coder", "").strip())


def is_no_mention(row: Row) -> bool:
    """Whether the coder says that the words are no mention of a partner, the finder's mistake."""
    return is_of_sheet(row) and names_mention(row) and is_none(row)


def with_names(rows: Sequence[tuple[Path, int, Row]]) -> list[tuple[Path, int, Row]]:
    """The rows, where a table of this kind has one coder's name, with it in each of its rows that has an attitude and no name."""
    names: dict[Path, set[str]] = defaultdict(set)
    for path, _, row in rows:
        names[path] |= {row.get("coder", "").strip()} - {""}
    sheets = {path for path, _, row in rows if is_of_sheet(row)}
    only = {path: next(iter(names[path])) for path in sheets if len(names[path]) == 1}

    def nameless(path: Path, row: Row) -> bool:
        return path in only and is_judged(row) and not row.get("coder", "").strip()

    return [(path, number, {**row, "coder": only[path]} if nameless(path, row) else row) for path, number, row in rows]


def with_texts(rows: Sequence[tuple[Path, int, Row]]) -> list[tuple[Path, int, Row]]:
    """The rows, those of mentions with the text and context of their unit where no row of it that counts has these.

    In such a table they stand in the unit's first row only, which counts for nothing as long as it is empty.
    """
    shown: dict[tuple[str, str], str] = {}
    held: set[tuple[str, str]] = set()
    for _, _, row in rows:
        for key in ((row.get("id", ""), name) for name in _SHOWN_ONCE if row.get(name)):
            if not (is_of_sheet(row) and is_empty(row)):
                held.add(key)
            else:
                shown.setdefault(key, row[key[1]])

    def carried(row: Row) -> Row:
        keys = ((row.get("id", ""), name) for name in _SHOWN_ONCE if is_judged(row))
        return {name: shown[unit, name] for unit, name in keys if (unit, name) in shown and (unit, name) not in held}

    return [(path, number, {**row, **carried(row)}) for path, number, row in rows]


class SheetCoders:
    """Who has judged what of the units of such tables.

    Args:
        rows: of all tables read, those that are still to be filled among them.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self.spans: dict[str, set[Place]] = defaultdict(set)
        self._mentions: dict[tuple[str, str], set[Place]] = defaultdict(set)
        self._read: set[tuple[str, str]] = set()
        self._partnership: set[tuple[str, str]] = set()
        self._coders: set[str] = set()
        for row in filter(is_of_sheet, rows):
            self._add(row)

    def _add(self, row: Row) -> None:
        unit, key = row.get("id", ""), (row.get("id", ""), coder_named(row.get("coder")))
        span = span_of(row)
        if span:
            self.spans[unit].add(span)
        else:
            self.spans.setdefault(unit, set())
        if is_empty(row):
            return
        self._coders.add(key[1])
        self._read.add(key)
        if span:
            self._mentions[key].add(span)
        elif is_judged(row) and not names_mention(row):
            self._partnership.add(key)

    def asked(self, unit: str, coder: str) -> tuple[bool, bool] | None:
        """Whether a coder judged all mentions of a unit, and partnership as such; None where such tables do not tell."""
        if unit not in self.spans or coder not in self._coders:
            return None
        key = (unit, coder)
        return key in self._read and self.spans[unit] <= self._mentions[key], key in self._partnership
