"""Text that a spreadsheet must not take for a formula: guarded with an apostrophe, which comes off again."""

from __future__ import annotations

_RISKY = "=+-@\t\r'"


def guarded(text: str) -> str:
    """Text that starts like a formula (or with an apostrophe, so that nothing is lost) gets an apostrophe in front."""
    return f"'{text}" if text[:1] and text[0] in _RISKY else text


def unguarded(text: str) -> str:
    """The text that was guarded."""
    return text[1:] if text[:1] == "'" and text[1:2] and text[1] in _RISKY else text
