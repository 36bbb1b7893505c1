"""Talk in square brackets: transcripts of conversation analysis set in them what is said while somebody else speaks.

G. Jefferson, Glossary of transcript symbols with an introduction, 2004: brackets are overlaps, doubled round brackets notes. Some
transcribers write notes in brackets all the same, so that a line wholly in them has to look like talk, or to stand beside
another bracket: what overlaps has two sides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.ingest.labels import SOUND
from pipeline.ingest.notes import is_note
from pipeline.plural import at_lines

_TIMED_PAUSE = re.compile(r"\(\d{1,2}\.\d\)")
_LEAST = 5
"""Lines with a pause timed to the tenth, `(0.4)`, from which the signs of the file are Jefferson's."""
_TALK = re.compile(r"\s*\[\s*(?P<words>[^\[\]]*[^\W\d_][^\[\]]*)\]\s*$")
_SPOKEN = re.compile(
    r"[°=↑↓<>£@]|\(\.\)|[^\W\d_]:|[.?,-]$"
    r"|\b(?:I|you|we|they|it|that|this|don['’]t|isn['’]t|yeah|yes|yep|no|nope|mm+|m?hm+|uh|um|er|erm|oh|ah|okay|ok|right|well|so|and"
    r"|but|sure|true|exactly|really)\b",
    re.IGNORECASE,
)
"""Signs of delivery, and words, that notes do not have."""
_ACTION = re.compile(
    r"\b(?:opens|closes|rings|leaves|enters|comes|goes|cries|barks|knocks|stops|starts|points|shows|reads|writes|stands|sits|hands"
    r"|looks|turns|drinks|eats|types|plays|picks|puts|takes|gets|walks|moves|holds|paused?|off|room|transcriber)\b"
)
"""Words of notes on what somebody does."""
_LONG = 3
"""Words from which what looks like a note (`[doing it every day]`) is told."""


@dataclass(frozen=True, slots=True)
class Overlaps:
    """Lines of which all that is said stands in square brackets.

    Attributes:
        talk: what is said in overlap.
        doubtful: what may be, and is taken for a note.
    """

    talk: frozenset[int] = frozenset()
    doubtful: frozenset[int] = frozenset()

    def warnings(self) -> tuple[str, ...]:
        """What the user should look at."""
        if not self.doubtful:
            return ()
        where = at_lines(sorted(self.doubtful))
        return (
            "turns in square brackets are taken for notes, not for talk in overlap; if somebody says them, leave out the "
            f"brackets ({where})",
        )


def overlaps(lines: Sequence[str]) -> Overlaps:
    """Which turns in brackets are talk; `[laughs]` is none of it."""
    if sum("(" in line and bool(_TIMED_PAUSE.search(line)) for line in lines) < _LEAST:
        return Overlaps()
    filled = [index for index, line in enumerate(lines) if line and not line.isspace()]
    words = {place: said for place, index in enumerate(filled) if (said := _bracketed(lines[index])) is not None}
    other = {place for place, said in words.items() if not SOUND.match(said)}
    talk = {place for place in other if _SPOKEN.search(words[place]) and not _ACTION.search(words[place])}
    for place in other - talk:
        beside = (at for at in (place - 1, place + 1) if 0 <= at < len(filled) and (at in talk or at not in words))
        if not _ACTION.search(words[place]) and any("[" in lines[filled[at]] for at in beside):
            talk.add(place)
    doubtful = {
        place
        for place in words.keys() - talk
        if len(words[place].split()) >= _LONG
        or (place in other and (not _ACTION.search(words[place]) or _SPOKEN.search(words[place])))
    }
    return Overlaps(frozenset(filled[at] for at in talk), frozenset(filled[at] for at in doubtful))


def _bracketed(line: str) -> str | None:
    """The words of a line, after a label or not, that stand in brackets as a whole."""
    if line.rstrip()[-1:] != "]":
        return None
    start = line.index("[") if "[" in line else len(line)
    before = line[:start].strip()
    if before and not before.endswith(":") and len(before.split()) > 1:
        return None
    match = _TALK.match(line, start)
    return match["words"].strip() if match and is_note(line[start:]) else None
