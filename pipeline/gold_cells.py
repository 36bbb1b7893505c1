"""What the cells of a gold table's row say: probabilities, attitudes, and whether the row is coded at all."""

from __future__ import annotations

from pipeline.cells import unguarded
from pipeline.gold_none import partner_type
from pipeline.gold_places import offset
from pipeline.gold_sheet import is_empty, is_of_sheet
from pipeline.gold_table import Row
from pipeline.types import PARTNERSHIP, Attitude, MentionCoding


def probability(value: str | None) -> float | None:
    """An inclusion probability; spreadsheets of many countries write a comma for the point."""
    try:
        number = float((value or "").strip().replace(",", "."))
    except ValueError:
        return None
    return number if 0 < number <= 1 else None


def is_waiting(row: Row) -> bool:
    """Whether a row of a drawn sample is still to be coded."""
    if is_of_sheet(row):
        return is_empty(row)
    return _is_drawn(row) and not any((row.get(name) or "").strip() for name in ("coder", "codes", "attitude"))


def _is_drawn(row: Row) -> bool:
    return bool(row.get("sampled") or row.get("inclusion"))


def as_written(row: Row) -> Row:
    """The row with the text that a drawn sample's cells were made from."""
    return {name: unguarded(value) for name, value in row.items()} if _is_drawn(row) else row


def attitude_of(row: Row) -> MentionCoding:
    """The attitude that a row gives; one to a mention whose words stand without offsets has words and no place.

    Raises:
        ValueError: it gives none, saying why.
    """
    try:
        attitude = Attitude(row["attitude"].strip().lower())
    except ValueError:
        raise ValueError(f"attitude {row['attitude']!r} is none of negative, neutral, positive") from None
    given = row.get("mention_start", ""), row.get("mention_end", "")
    words, kind = row.get("mention", "").strip(), partner_type(row)
    if not any(given) and words and kind != PARTNERSHIP:
        return MentionCoding(words, None, None, kind, attitude)
    if not any(given):
        return MentionCoding(None, None, None, PARTNERSHIP, attitude)
    start, end = map(offset, given)
    if start is None or end is None or start >= end:
        raise ValueError(f"mention_start {given[0]!r} and mention_end {given[1]!r} are not offsets")
    return MentionCoding(row.get("mention") or "", start, end, kind, attitude)


def fault_of(mention: MentionCoding, text: str) -> str:
    """What is wrong with a mention's place in its unit's text; empty where nothing is."""
    if mention.start is None or mention.end is None:
        return ""
    if mention.end > len(text):
        return f"a mention ends at {mention.end}, the text at {len(text)}"
    found = text[mention.start : mention.end]
    return (
        f"mention {mention.mention!r}, but the text there is {found!r}"
        if mention.mention not in ("", None, found)
        else ""
    )
