"""What a source's file, a unit and its group are called in a gold table, where nothing else is given."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.exchange.project import Source

TEXT = ".txt"
CONTEXT_WORDS = 60
NO_CONTEXT = "(none)"
"""Stands for an empty context where `talk_before` would give one."""
_LONGEST = 120
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*;]+')
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)
_WITH_ID = re.compile(r"(?P<stem>.+) \((?P<id>(?P=stem)-[0-9a-f]{8})\)(?:\.[^.]+)?")
_FAR = 2_000
"""Characters before a stretch that are looked through for its context."""


def transcript_names(sources: Sequence[Source]) -> dict[str, str]:
    """A name for each source's text by which a gold table refers to it, unique and safe on any system.

    The file is called so, with `.txt` where the name does not end in it; `themes` finds it by name or stem.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for source in sources:
        name = _UNSAFE.sub("_", source.name).strip(" .")[:_LONGEST].strip(" .") or "source"
        name = f"_{name}" if _DEVICE.match(name) else name
        plain, suffix = (name[: -len(TEXT)], TEXT) if name.lower().endswith(TEXT) else (name, "")
        number, wanted = 1, plain
        while plain.casefold() in taken:
            number += 1
            plain = f"{wanted} {number}"
        taken.add(plain.casefold())
        names[source.source_id] = plain + suffix
    return names


def file_name(transcript: str) -> str:
    """The file that holds the text of that name."""
    return transcript if transcript.endswith(TEXT) else transcript + TEXT


def default_group(transcript: str) -> str:
    """The group of a source's units: the source; of a name with a run's id in it (`names_apart`) that id, as in other gold."""
    name = transcript.removesuffix(TEXT)
    apart = _WITH_ID.fullmatch(name)
    return apart["id"] if apart else name


def default_unit(transcript: str, start: int, end: int) -> str:
    """The id of a unit that has none of its own."""
    return f"{default_group(transcript)}:{start}-{end}"


def words_before(text: str, start: int) -> str:
    """The context of a coded stretch: the last words before it."""
    before = text[max(0, start - _FAR) : start]
    words = before.split()
    if start > _FAR and before and not before[0].isspace():
        words = words[1:]  # the first may be half a word
    return " ".join(words[-CONTEXT_WORDS:])
