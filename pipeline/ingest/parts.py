"""How much each speaker of a talk says and asks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.types import Stretch, Turn

_QUESTION = re.compile(r"[?？;؟]['\"’”)\]]*\s*$")
_TAIL = 80
"""Characters at the end of speech in which its last sentence is looked for."""
_LAST = re.compile(r"(?:^|[.!?…]\s)[^.!?…]*[?？;؟]\W*$")
_WHO = r"(?:i|you|he|she|it|we|they|there|that|this|one)"
_DOES = r"(?:do|does|did|am|is|are|was|were|have|has|had|can|could|will|would|shall|should|must|might|need)"
_NOT = r"(?:ai|are|ca|could|did|do|does|had|has|have|is|might|must|need|sha|should|was|were|wo|would)n['’]?t"
_TAG = re.compile(
    rf"\W*(?:(?!wh|how)[^?]*[,;–—-]\s*)?(?:and |but |or |so )?(?:(?:{_DOES}(?: not)?|{_NOT}) {_WHO}(?: not)?"
    r"|right|yeah|yes|no|ok(?:ay)?|eh|huh|innit|(?:do )?you (?:know|see)(?: what i mean)?|know what i mean|sorry|pardon"
    r"|what|really|me|us|oder|nicht wahr|gell|ne|hein|non|n['’]est-ce pas|¿?verdad|¿no|vero|no è vero|né)\W*"
    rf"|\W*(?!wh|how|(?:and|but|so) (?:wh|how))[^?]*\w (?:{_NOT} {_WHO}|innit)\W*",
    re.IGNORECASE,
)
"""A sentence that asks to be agreed with, or to be told again: `We do, don't we?`, `Sorry?`."""


@dataclass(frozen=True, slots=True)
class Part:
    """One speaker's part in the talk.

    Attributes:
        turns: how many.
        questions: turns with a question in them.
        words: in all turns, by white space.
        tags: turns whose questions only ask to be agreed with (`We do, don't we?`), as people do who answer.
    """

    turns: int
    questions: int
    words: int
    tags: int = 0

    @property
    def asks(self) -> float:
        """The share of turns that ask."""
        return self.questions / self.turns

    @property
    def wants_to_know(self) -> float:
        """The share of turns that ask for an answer, rather than to be agreed with."""
        return (self.questions - self.tags) / self.turns


def parts(turns: Sequence[Turn], text: str) -> dict[str, Part]:
    """How much each labelled speaker says and asks."""
    counts: dict[str, list[int]] = {}
    for turn in turns:
        if turn.speaker is None:
            continue
        count = counts.setdefault(turn.speaker, [0, 0, 0, 0])
        asking = _asking(turn, text)
        count[0] += 1
        count[1] += bool(asking)
        count[2] += sum(len(text[s.start : s.end].split()) for s in turn.stretches)
        count[3] += bool(asking) and all(_is_tag(text[max(s.start, s.end - _TAIL) : s.end]) for s in asking)
    return {speaker: Part(*count) for speaker, count in counts.items()}


def asks(turn: Turn, text: str) -> bool:
    """Whether there is a question in a turn."""
    return bool(_asking(turn, text))


def _asking(turn: Turn, text: str) -> list[Stretch]:
    """The stretches of a turn that end in a question."""
    return [s for s in turn.stretches if _QUESTION.search(text, max(s.start, s.end - 8), s.end)]


def _is_tag(end: str) -> bool:
    """Whether a question, by the end of what is said, only asks to be agreed with."""
    last = _LAST.search(" ".join(end.split()))
    return bool(last and _TAG.fullmatch(last[0].lstrip(".!?… ")))
