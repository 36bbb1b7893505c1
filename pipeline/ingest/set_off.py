"""Who asks, in documents that name nobody and set the interviewer's questions off: in bold, in italics, in capitals, by numbers.

Believed only where the form says it plainly: several paragraphs are set off as a whole, most of them ask, they stand between
other paragraphs that mostly do not ask and say more. Headings in bold do not ask, and so are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from pipeline.ingest.labels import Candidate, Style
from pipeline.ingest.notes import is_note, title_like
from pipeline.ingest.times import leading_stamp

INTERVIEWER, PARTICIPANT = "Interviewer", "Participant"
"""What the speakers are called whom the document does not name."""
WARNING = (
    "no speaker labels were found: paragraphs in bold or italics, most of which ask, are taken as the interviewer's, "
    "the rest as one participant's"
)
_NUMBERED = "numbered paragraphs that ask are taken as the interviewer's questions"
_CAPITALS = "paragraphs in capitals, most of which ask, are taken as the interviewer's"
_LEAST = 3
"""Questions set off, below which chance may have done it."""
_ASKING = 0.6
"""Share of the set-off paragraphs that must ask."""
_ANSWERS_ASKING = 0.3
"""Share of the other paragraphs that may."""
_ALTERNATING = 0.6
"""Runs of set-off paragraphs for each of them: questions mostly stand one by one."""
_LONGEST_LETTER = 40
"""Words above the first question, such as `Hi Jo, my answers are below`, which nobody is known to say; more may be talk."""
_NUMBER = re.compile(r"(?i:(?:Q|question)[ .]?)?(?P<number>\d{1,2})[.):][ \t]+(?=\S)")
_SKIPPED = 2
"""How much a question's number may go up by: some ask nothing in words that show it."""
_ASKED = re.compile(
    r"(?:please |can you |could you |would you )?(?:tell|describe|explain|give|say|talk|think|imagine|discuss|list|outline"
    r"|reflect|walk|share|what|how|which|who|when|where|why|is|are|do|does|did|have|has)\b",
    re.IGNORECASE,
)
"""How a question begins that ends in no question mark."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A paragraph that may be speech: the line where it starts, its words, and how it is set as a whole."""

    line: int
    text: str
    bold: bool = False
    slanted: bool = False

    @property
    def asks(self) -> bool:
        """Whether it ends in a question mark."""
        return self.text.rstrip(" \t\n\u00a0\"'’”»)]").endswith(("?", "？", "؟"))


def labels_by_type(paragraphs: Sequence[Typed]) -> list[Candidate]:
    """A label for each paragraph from the first question on; none where the type does not tell who asks."""
    talk = [paragraph for paragraph in paragraphs if paragraph.text.strip() and not is_note(paragraph.text)]
    for kind in ("bold", "slanted"):
        marks = [bool(getattr(paragraph, kind)) for paragraph in talk]
        found = _labels(talk, marks)
        if found:
            return found
    return []


def labels_by_form(lines: Sequence[str]) -> tuple[list[Candidate], list[str]]:
    """A label for each paragraph from the first question on, where numbers or capitals tell who asks; and a warning.

    Args:
        lines: the text, those blank that nobody says.
    """
    for marked, warning in ((_numbered, _NUMBERED), (_in_capitals, _CAPITALS)):
        talk, marks = marked(lines)
        found = _labels(talk, marks, numbered=marked is _numbered)
        if found:
            return found, [f"no speaker labels were found: {warning}, the rest as one participant's"]
    return [], []


def _labels(talk: Sequence[Typed], marks: Sequence[bool], *, numbered: bool = False) -> list[Candidate]:
    first = next((index for index, mark in enumerate(marks) if mark and (numbered or talk[index].asks)), len(talk))
    # What stands above the first question is the document's head, or a letter's, unless somebody may be talking there.
    above = talk[:first]
    head = all(title_like(paragraph.text) for paragraph in above) or words_in(above) <= _LONGEST_LETTER
    if not head or not _tells(talk[first:], marks[first:]):
        return []
    return [_label(one, mark, numbered=numbered) for one, mark in zip(talk[first:], marks[first:], strict=True)]


def _numbered(lines: Sequence[str]) -> tuple[list[Typed], list[bool]]:
    """Paragraphs, parted where a question has its answer on the next line, and which are questions with numbers that go up."""
    talk: list[Typed] = []
    marks: list[bool] = []
    last = 0
    for block in blocks(lines):
        places = [place for place, (_, line) in enumerate(block) if _NUMBER.match(line)]
        for start, end in pairwise([*dict.fromkeys((0, *places)), len(block)]):
            part = block[start:end]
            match = _NUMBER.match(part[0][1])
            counts = match is not None and last < int(match["number"]) <= last + _SKIPPED
            asks = any(_typed([one]).asks for one in part)
            cut = next((place for place, (_, line) in enumerate(part, 1) if _ends(line, asks)), len(part))
            if match is None or not counts or not (asks or _ASKED.match(part[0][1], match.end())):
                talk.append(_typed(part))
                marks.append(False)
                continue
            last = int(match["number"])
            parts = [part[:cut], part[cut:]]
            talk += [_typed(one) for one in parts if one]
            marks += [place == 0 for place, one in enumerate(parts) if one]
    return talk, marks


def _ends(line: str, asks: bool) -> bool:
    """Whether a question ends with the line: at the first question mark, or where it has none, at the first full stop."""
    return Typed(0, line).asks or (not asks and line.rstrip().endswith("."))


def _in_capitals(lines: Sequence[str]) -> tuple[list[Typed], list[bool]]:
    """Paragraphs, parted where capitals begin and end, and which are in capitals."""
    talk: list[Typed] = []
    marks: list[bool] = []
    for block in blocks(lines):
        for capitals, part in groupby(block, key=lambda one: one[1].isupper()):
            talk.append(_typed(list(part)))
            marks.append(capitals)
    return talk, marks


def blocks(lines: Sequence[str]) -> Iterator[list[tuple[int, str]]]:
    """Lines that stand together, with their indices."""
    for blank, block in groupby(enumerate(lines), key=lambda one: not one[1].strip()):
        if not blank:
            yield list(block)


def _typed(part: Sequence[tuple[int, str]]) -> Typed:
    return Typed(part[0][0], "\n".join(line for _, line in part))


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
        and words_in(rest) > words_in(asked)
    )


def words_in(paragraphs: Sequence[Typed]) -> int:
    """How many words paragraphs have, by white space."""
    return sum(len(paragraph.text.split()) for paragraph in paragraphs)


def _label(paragraph: Typed, asks: bool, *, numbered: bool) -> Candidate:
    label = label_of(paragraph, INTERVIEWER if asks else PARTICIPANT)
    number = _NUMBER.match(paragraph.text, label.speech) if asks and numbered else None
    return replace(label, speech=number.end()) if number else label


def label_of(paragraph: Typed, name: str) -> Candidate:
    """A label at the head of a paragraph that has none."""
    speech, time = leading_stamp(paragraph.text.split("\n", 1)[0][:100])
    return Candidate(paragraph.line, Style.ALONE, name, speech if time is not None else 0, time, opens=True)
