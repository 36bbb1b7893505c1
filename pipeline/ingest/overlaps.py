"""Talk in square brackets: transcripts of conversation analysis set in them what is said while somebody else speaks.

G. Jefferson, Glossary of transcript symbols with an introduction, 2004: brackets are overlaps, doubled round brackets notes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.ingest.cue_names import SOUND
from pipeline.ingest.notes import is_note

_TIMED_PAUSE = re.compile(r"\(\d{1,2}\.\d\)")
_LEAST = 5
"""Lines with a pause timed to the tenth, `(0.4)`, from which the signs of the file are Jefferson's."""
_TALK = re.compile(r"\s*\[\s*(?P<words>[^\[\]]*[^\W\d_][^\[\]]*)\]\s*$")


def overlaps(lines: Sequence[str]) -> frozenset[int]:
    """Lines that are talk though all of it stands in square brackets, after a label or not; `[laughs]` is none of it."""
    if sum("(" in line and bool(_TIMED_PAUSE.search(line)) for line in lines) < _LEAST:
        return frozenset()
    return frozenset(i for i, line in enumerate(lines) if line.rstrip()[-1:] == "]" and _is_overlap(line))


def _is_overlap(line: str) -> bool:
    start = line.index("[") if "[" in line else len(line)
    match = _TALK.match(line, start)
    return match is not None and is_note(line[start:]) and not SOUND.match(match["words"].strip())
