"""Who asks, in documents that name nobody and set the interviewer's questions in bold or italics.

Believed only where the type says it plainly: several paragraphs are set off as a whole, most of them ask, they stand between
paragraphs in plain type that mostly do not ask and say more. Headings in bold do not ask, and so are none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from pipeline.ingest.labels import Candidate, Style
from pipeline.ingest.notes import is_note, title_like
from pipeline.ingest.times import leading_stamp

INTERVIEWER, PARTICIPANT = "Interviewer", "Participant"
"""What the speakers are called whom the document does not name."""
WARNING = (
    "no speaker labels were found: paragraphs in bold or italics, most of which ask, are taken as the interviewer's, "
    "the rest as one participant's"
)
_LEAST = 3
"""Questions set off, below which chance may have done it."""
_ASKING = 0.6
"""Share of the set-off paragraphs that must ask."""
_ANSWERS_ASKING = 0.3
"""Share of the other paragraphs that may."""
_ALTERNATING = 0.6
"""Runs of set-off paragraphs for each of them: questions mostly stand one by one."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A paragraph that may be speech: the line where it starts, its words, and how it is set as a whole."""

    line: int
    text: str
    bold: bool
    slanted: bool

    @property
    def asks(self) -> bool:
        """Whether it ends in a question mark."""
        return self.text.rstrip(" \t\n\u00a0\"'’”»)]").endswith(("?", "？", "؟"))


def labels_by_type(paragraphs: Sequence[Typed]) -> list[Candidate]:
    """A label for each paragraph from the first question on; none where the type does not tell who asks."""
    talk = [paragraph for paragraph in paragraphs if paragraph.text.strip() and not is_note(paragraph.text)]
    for kind in ("bold", "slanted"):
        marks = [bool(getattr(paragraph, kind)) for paragraph in talk]
        first = next((index for index, mark in enumerate(marks) if mark and talk[index].asks), len(talk))
        # What stands above the first question is taken as the document's head, unless somebody may be talking there.
        if all(title_like(paragraph.text) for paragraph in talk[:first]) and _tells(talk[first:], marks[first:]):
            return [_label(paragraph, mark) for paragraph, mark in zip(talk[first:], marks[first:], strict=True)]
    return []


def _tells(talk: Sequence[Typed], marks: Sequence[bool]) -> bool:
    asked = [paragraph for paragraph, mark in zip(talk, marks, strict=True) if mark]
    rest = [paragraph for paragraph, mark in zip(talk, marks, strict=True) if not mark]
    questions = sum(paragraph.asks for paragraph in asked)
    runs = sum(mark for mark, _ in groupby(marks))
    return (
        questions >= _LEAST
        and questions >= _ASKING * len(asked)
        and runs >= _ALTERNATING * len(asked)
        and sum(paragraph.asks for paragraph in rest) <= _ANSWERS_ASKING * len(rest)
        and _words(rest) > _words(asked)
    )


def _words(paragraphs: Sequence[Typed]) -> int:
    return sum(len(paragraph.text.split()) for paragraph in paragraphs)


def _label(paragraph: Typed, asks: bool) -> Candidate:
    speech, time = leading_stamp(paragraph.text.split("\n", 1)[0][:100])
    name = INTERVIEWER if asks else PARTICIPANT
    return Candidate(paragraph.line, Style.ALONE, name, speech if time is not None else 0, time, opens=True)
