"""How much each speaker of a talk says and asks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.types import Turn

_QUESTION = re.compile(r"[?？;؟]['\"’”)\]]*\s*$")


@dataclass(frozen=True, slots=True)
class Part:
    """One speaker's part in the talk.

    Attributes:
        turns: how many.
        questions: turns with a question in them.
        words: in all turns, by white space.
    """

    turns: int
    questions: int
    words: int

    @property
    def asks(self) -> float:
        """The share of turns that ask."""
        return self.questions / self.turns


def parts(turns: Sequence[Turn], text: str) -> dict[str, Part]:
    """How much each labelled speaker says and asks."""
    counts: dict[str, list[int]] = {}
    for turn in turns:
        if turn.speaker is None:
            continue
        count = counts.setdefault(turn.speaker, [0, 0, 0])
        count[0] += 1
        count[1] += any(_QUESTION.search(text, max(s.start, s.end - 8), s.end) for s in turn.stretches)
        count[2] += sum(len(text[s.start : s.end].split()) for s in turn.stretches)
    return {speaker: Part(*count) for speaker, count in counts.items()}
