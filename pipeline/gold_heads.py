"""The heads of a table that should be a gold table: which of its columns are missing, and which columns may be meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.errors import clipped
from pipeline.exchange.meanings import Meaning, meanings_of

_NEEDED = (("id",), ("codes", "attitude"))
_TEXT = (("text",), ("transcript", "start", "end"))
_CALLED: Mapping[Meaning, str] = {
    Meaning.TEXT: "text",
    Meaning.CODE: "codes",
    Meaning.DOCUMENT: "group",
    Meaning.CODER: "coder",
    Meaning.CONTEXT: "context",
    Meaning.UNIT: "id",
}
"""How a gold table calls what other tables hold."""


def names_of(head: Sequence[str]) -> list[str]:
    """The columns' names, as a gold table compares them."""
    return [name.strip().lower() for name in head]


def is_missing_any(head: Sequence[str]) -> bool:
    """Whether a column is missing without which a table is none of gold."""
    names = set(names_of(head))
    return any(not set(either) & names for either in _NEEDED)


def missing(head: Sequence[str]) -> str:
    """All columns that are missing, for a message; where units' words are to come from is asked too."""
    names = set(names_of(head))
    lacking = [" or ".join(either) for either in _NEEDED if not set(either) & names]
    if not any(set(all_) <= names for all_ in _TEXT):
        lacking.append("text (or transcript, start, end)")
    return f"no column {lacking[0]}" + "".join(f", no column {name}" for name in lacking[1:])


def likely(head: Sequence[str]) -> dict[str, Meaning]:
    """What columns of other names seem to hold; of several of one meaning the first, but for codes, which may be in several."""
    found: dict[str, Meaning] = {}
    for place, meaning in meanings_of(head, {}).items():
        name = head[place].strip()
        if meaning in _CALLED and (meaning is Meaning.CODE or meaning not in found.values()):
            found.setdefault(name, meaning)
    return found


def told(found: Mapping[str, Meaning]) -> str:
    """The columns that are called otherwise in a gold table (`Quote may be text, Themes codes`)."""
    other = [(clipped(name, 40), _CALLED[meaning]) for name, meaning in found.items()]
    parts = [f"{name} may be {called}" for name, called in other if name.lower() != called]
    return ", ".join(parts)
