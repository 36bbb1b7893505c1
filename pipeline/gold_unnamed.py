"""Rows of gold that name no coder beside rows that do: whose they are taken for, which whoever reads the gold is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import printable
from pipeline.gold_table import Row
from pipeline.gold_unit import NOBODY, coder_named
from pipeline.plural import listed


def unnamed_among_named(rows: Sequence[tuple[Path, int, Row]]) -> str:
    """A sentence on the rows without a coder and where they are; empty where all rows name one, or none does.

    Args:
        rows: those that count as coded, each with its file and number.
    """
    of = Counter(path for path, _, _ in rows)
    unnamed = Counter(path for path, _, row in rows if coder_named(row.get("coder")) == NOBODY)
    if not 0 < unnamed.total() < of.total():
        return ""
    where = [
        f"{f'all {number:,}' if number == of[path] else f'{number:,} of the {of[path]:,}'} of {printable(path)}"
        for path, number in unnamed.items()
    ]
    return (
        f"Rows that name no coder are taken as those of one coder, shown as {NOBODY}: {listed(where, sign='; ')}. If they are a "
        "person's, write the name into a column `coder` of that table."
    )
