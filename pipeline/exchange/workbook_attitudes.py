"""The rows of a run's workbook that give attitudes, as somebody may have typed them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from pipeline.cells import writable
from pipeline.exchange import run_workbook as wb
from pipeline.exchange.offsets import Unit
from pipeline.exchange.placing import Placer
from pipeline.exchange.workbook_rows import Row, Stance
from pipeline.types import PARTNERSHIP, Attitude

NEEDED = (wb.SEGMENT, wb.PARTNER_TYPE, wb.MENTION, wb.ATTITUDE, wb.CHECKED_BY)
ATTITUDES = {attitude.value: attitude for attitude in Attitude}
_NOWHERE = -(10**12)
_LONGEST = 12
"""Digits of an offset."""


class Unreadable(NamedTuple):
    """Why a row's attitude cannot be told; what its coder judged there is not known."""

    problem: str


def stance_of(row: Row, text: str, start: int, types: Collection[str]) -> Stance | Unreadable | None:
    """A row's attitude, on the words that it names; None where it says that there is none.

    Args:
        text: of the segment, which starts at `start` in its transcript.
        types: of partners that the run knows, for a name typed in other letters.
    """
    attitude = row[wb.ATTITUDE].strip().casefold()
    if not attitude:
        return None
    if attitude not in ATTITUDES:
        return Unreadable(f"attitudes are none of {', '.join(ATTITUDES)}")
    typed = "_".join(row[wb.PARTNER_TYPE].split())
    kind = next((known for known in types if "_".join(known.split()).casefold() == typed.casefold()), typed)
    if kind == PARTNERSHIP:
        return Stance(None, None, kind, attitude)
    begin, end = (_number(row.get(head, "")) - start for head in (wb.MENTION_START, wb.MENTION_END))
    # As the cell shows it: what it cannot hold stands as another character, and would be taken for a change.
    place = Placer(writable(text)).place(begin, end, row[wb.MENTION], (Unit.CODE_POINT,))
    if place is None:
        return Unreadable("attitudes are on words that are not in their segment")
    return Stance(place.start, place.end, kind, attitude)


def remaining(given: Iterable[Stance], rows: Iterable[tuple[Row, Stance | None]], start: int) -> list[Stance]:
    """What the machine gave and no row speaks of: the row is gone, which is no judgement.

    A row speaks of the place that its offsets name, and of the one that its words were found at.
    """
    spoken: set[tuple[int | None, int | None]] = set()
    for row, stance in rows:
        spoken.add(_place(row, start))
        if stance is not None:
            spoken.add((stance.start, stance.end))
    left = (stance for stance in given if (stance.start, stance.end) not in spoken)
    return sorted(left, key=lambda stance: (stance.start or 0, stance.end or 0, stance.partner_type))


def _place(row: Row, start: int) -> tuple[int | None, int | None]:
    """The place that a row's offsets name in its segment; none for partnership as such, which has no words."""
    cells = [row.get(head, "").strip() for head in (wb.MENTION_START, wb.MENTION_END)]
    if any(cells) or row[wb.MENTION].strip():
        begin, end = (_number(cell) - start for cell in cells)
        return begin, end
    return None, None


def _number(cell: str) -> int:
    """An offset; one before every text where a cell holds none."""
    return int(cell) if cell.isdecimal() and cell.isascii() and len(cell) < _LONGEST else _NOWHERE
