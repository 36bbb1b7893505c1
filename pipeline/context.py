"""The context of a segment: the talk just before it, which model, coder and gold all read.

For the first segment of a turn it is the end of the turn before (and of the one before that, where the turn before is only a
few words). For a later segment of a long turn, half is the end of that same question and half is the talk that immediately
precedes it, with an ellipsis between: a coder needs what was asked, and who "they" are.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from pipeline.types import Turn

BACKCHANNEL_WORDS = 8
"""A turn shorter than this ("Mm, go on.") is not enough context: the turn before it is added."""

_ELLIPSIS = "…"


class TalkBefore:
    """The contexts of a transcript's segments, which are told in the order of the text, those of every speaker.

    Args:
        context_words: the most words; 0 for no context.
    """

    def __init__(self, context_words: int) -> None:
        self._most = context_words
        self._kept = max(context_words, BACKCHANNEL_WORDS)
        self._tails: tuple[list[str], list[str]] = [], []  # of the last turn but one, and of the last
        self._turn: int | None = None
        self._said: list[str] = []

    def before(self, turn: int) -> str:
        """The context of the next segment, which is in that turn."""
        self._turn_to(turn)
        return _context(_question(self._tails, self._most), self._said, self._most)

    def add(self, turn: int, text: str) -> None:
        """The next segment itself."""
        self._turn_to(turn)
        self._said = _last(self._said + text.split(), self._kept)

    def _turn_to(self, turn: int) -> None:
        if turn != self._turn:
            if self._said:
                self._tails, self._said = (self._tails[1], self._said), []
            self._turn = turn


def context_before(text: str, turns: Sequence[Turn], place: int, *, context_words: int = 60) -> str:
    """The context that a segment would have which begins at `place`, an offset into `text`: speech alone, without labels.

    Args:
        turns: of the text, in order.
    """
    index = bisect_right(turns, place, key=lambda turn: turn.end)
    count = max(context_words, BACKCHANNEL_WORDS)
    last, earlier = ([*_said(text, turns[at], len(text), count)] if at >= 0 else [] for at in (index - 1, index - 2))
    said = _said(text, turns[index], place, count) if index < len(turns) else []
    return _context(_question((earlier, last), context_words), said, context_words)


def _said(text: str, turn: Turn, place: int, count: int) -> list[str]:
    """The last words of a turn before a place."""
    words: list[str] = []
    for stretch in reversed(turn.stretches):
        if stretch.start < place and len(words) < count:
            words = _last_words(text, stretch.start, min(stretch.end, place), count) + words
    return _last(words, count)


def _last_words(text: str, start: int, end: int, count: int) -> list[str]:
    """At least so many words before `end`, where there are: a stretch may be a whole book."""
    width = 16 * count
    while True:
        low = max(start, end - width)
        words = text[low:end].split()
        if low == start:
            return words
        if len(words) > count:
            return words[1:]  # the first may be half a word
        width *= 2


def _last(words: list[str], count: int) -> list[str]:
    return words[-count:] if count else []


def _question(tails: tuple[list[str], list[str]], count: int) -> list[str]:
    earlier, last = tails
    return _last(earlier + last if len(last) < BACKCHANNEL_WORDS else last, count)


def _context(question: list[str], said: list[str], count: int) -> str:
    """The ends of the question and of what the speaker has said since; half of the words each if need be."""
    if not said:
        return " ".join(question)
    recent = _last(said, max(count // 2, count - len(question)))
    asked = _last(question, count - len(recent))
    return " ".join([*asked, _ELLIPSIS, *recent] if asked and recent else asked + recent)
