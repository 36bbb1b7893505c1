"""Places in gold: offsets as tables write them, and where the words of a mention stand that was written without."""

from __future__ import annotations

import re
from collections.abc import Collection

from pipeline.folding import Folded

Place = tuple[int, int]


def offset(value: str | None) -> int | None:
    """A count of characters; None for anything else, such as `-1` and `²`.

    `12.0` is 12: spreadsheets and pandas write whole numbers so where a column has empty cells.
    """
    value = (value or "").removesuffix(".0")
    return int(value) if value.isdecimal() and value.isascii() else None


def place_of(words: str, text: str, taken: Collection[Place] = ()) -> Place:
    """The one place of some words in a unit's text; curled apostrophes and how words are spaced do not count.

    Nor do capitals, where the words stand nowhere with those that were written.

    Args:
        taken: places of other mentions: words there are not meant.

    Raises:
        ValueError: they stand nowhere else, or in several places; what is wrong, and what to do about it.
    """
    found = _places(words, text, re.IGNORECASE)
    free = _free(_places(words, text), taken) or _free(found, taken)
    if len(free) == 1:
        return free[0]
    if free:
        raise ValueError(
            f"mention {words!r} occurs {len(free)} times in the text (write more of the words around it, or give mention_start "
            "and mention_end)"
        )
    raise ValueError(
        f"mention {words!r} does not occur in the text{' beside the mentions that are listed' if found else ''} (write the words "
        "as they stand there; for an attitude to partnership as such leave the cell empty)"
    )


def _places(words: str, text: str, flags: int = 0) -> list[Place]:
    folded, pattern = Folded(text), re.escape(Folded(words).text)
    return [folded.place(*match.span()) for match in re.finditer(rf"(?<!\w){pattern}(?!\w)", folded.text, flags)]


def _free(places: Collection[Place], taken: Collection[Place]) -> list[Place]:
    return [(start, end) for start, end in places if not any(low < end and start < high for low, high in taken)]
