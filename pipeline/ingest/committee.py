"""Oral evidence to a committee of parliament: `Q12 Lord Reed: …`, under lists of members and witnesses that nobody says.

Only members' turns have the number of a question, so that whoever has one asks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.ingest.conventions import key_of
from pipeline.ingest.hearing import is_witness
from pipeline.ingest.labels import Candidate
from pipeline.ingest.speakers import names_of, shape
from pipeline.types import Role

_QUESTION = re.compile(
    r"[ \t]*(?:\*\*)?Q[ \t]?(?P<number>\d{1,4})\.?(?:\*\*)?[ \t]+(?=(?:\*\*)?(?P<label>[^\W\d_][^:\n?!;]{1,60}?)(?:\*\*)?[ \t]*:)"
)
_MEMBERS = re.compile(r"[ \t]*(?:Members|Also) present:[ \t]*(?P<names>.*)", re.IGNORECASE)
_WITNESSES = re.compile(r"[ \t]*(?:Witness(?:es)?[ \t]*(?::|$)|Questions \d+[ \t]*[-–—][ \t]*\d+)", re.IGNORECASE)
_EXAMINATION = re.compile(r"\W*Examination of (?:the )?witness(?:es)?\W*$", re.IGNORECASE)
_LABEL = re.compile(r"[^:\n]{1,60}:")
_ROLE = re.compile(r"\([^()]*\)")
_HEAD = 120
"""Lines within which the head ends."""
_LEAST = 3
"""Questions with a number and a name, below which it is no committee."""


@dataclass(frozen=True, slots=True)
class Committee:
    """What the form of the evidence says of the lines.

    Attributes:
        lines: without the questions' numbers.
        aside: lines that nobody says: lists of members and witnesses, `Examination of witnesses`.
        numbered: whether questions had numbers.
        askers: keys of the labels that follow a number.
        members: names of those who are listed as present.
    """

    lines: Sequence[str]
    aside: frozenset[int]
    numbered: bool
    askers: frozenset[str]
    members: tuple[str, ...]

    def roles(self, labels: Sequence[Candidate]) -> Mapping[str, Role]:
        """Members interview; nothing is known where nobody else speaks."""
        names = names_of(labels)
        asking = {name for key, name in names.items() if key in self.askers or is_witness(name, self.members)}
        return dict.fromkeys(asking, Role.INTERVIEWER) if asking < set(names.values()) else {}


def committee(lines: Sequence[str]) -> Committee | None:
    """How a file of oral evidence is to be read; None where it is none."""
    questions = {
        index: match
        for index, line in enumerate(lines)
        if "Q" in line[:20] and (match := _QUESTION.match(line[:140])) and shape(match["label"]) not in {None, "lower"}
    }
    numbers = [int(match["number"]) for match in questions.values()]
    members = [match for line in lines if (match := _MEMBERS.match(line))]
    examinations = [index for index, line in enumerate(lines) if _EXAMINATION.match(line[:60])]
    askers = frozenset(key_of(match["label"]) for match in questions.values())
    counting = (
        len(numbers) >= _LEAST
        and all(before < after for before, after in pairwise(numbers))
        # `Q1 Background:`, `Q2 Work:` are titles, each of one question; members ask again.
        and bool(2 * len(askers) <= len(numbers) + 1 or members or examinations)
    )
    if not counting and not (members and examinations):
        return None
    questions = questions if counting else {}
    names = [_ROLE.sub("", name).strip(" .") for match in members for name in match["names"].split(";")]
    return Committee(
        [line[questions[index].end() :] if index in questions else line for index, line in enumerate(lines)],
        _aside(lines, min(questions, default=len(lines)), examinations),
        bool(questions),
        askers if counting else frozenset(),
        tuple(filter(None, names)),
    )


def _aside(lines: Sequence[str], first: int, examinations: Sequence[int]) -> frozenset[int]:
    """Lines above the talk, and the names under each `Examination of witnesses`."""
    head = examinations[0] if examinations and examinations[0] < min(first, _HEAD) else -1
    listed = {
        index
        for index in range(min(first, len(lines)))
        if _MEMBERS.match(lines[index]) or _WITNESSES.match(lines[index])
    }
    under = {below for index in examinations if (below := _below(lines, index)) is not None}
    return frozenset(range(head + 1)) | listed | under | frozenset(examinations)


def _below(lines: Sequence[str], index: int) -> int | None:
    """The line of names under a heading; None where somebody speaks at once."""
    below = next((place for place in range(index + 1, len(lines)) if lines[place].strip()), None)
    if below is None or _QUESTION.match(lines[below][:140]):
        return None
    return below if _WITNESSES.match(lines[below]) or not _LABEL.match(lines[below]) else None
