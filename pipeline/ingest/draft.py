"""What a reader returns, and how formats that are not plain text are rendered into plain text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pipeline.types import Attributes, Role, Stretch, Turn


@dataclass(frozen=True, slots=True)
class Draft:
    """A file as its reader understood it, before roles are settled.

    Attributes:
        text: plain text as in `Transcript.text`.
        turns: in order; `role` is not yet meant.
        roles: roles that the format itself gives (`[m1]` is a moderator), by speaker.
        columns: of a table, which of its columns was taken for what.
    """

    text: str
    turns: tuple[Turn, ...]
    attributes: Attributes = field(default_factory=dict)
    speakers: Mapping[str, Attributes] = field(default_factory=dict)
    roles: Mapping[str, Role] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)


UNKNOWN_FIRST = "there is speech before the first speaker label; its speaker is unknown"
"""A warning of readers that go by labels."""
Place = tuple[int, int]
"""Where something stands in a draft's text, half-open."""


def renamed(turns: Iterable[Turn], aliases: Mapping[str, str]) -> tuple[Turn, ...]:
    """The turns under their speakers' merged names; turns that thereby follow on from each other become one."""
    merged: list[Turn] = []
    for turn in turns:
        speaker = aliases.get(turn.speaker, turn.speaker) if turn.speaker is not None else None
        if merged and speaker is not None and merged[-1].speaker == speaker:
            merged[-1] = replace(turn, speaker=speaker, stretches=merged[-1].stretches + turn.stretches)
        else:
            merged.append(replace(turn, speaker=speaker))
    return tuple(merged)


class Rendering:
    """Builds plain text and turns together, so that every offset is right by construction.

    Speech of one speaker that follows on becomes one turn; each turn starts with `Speaker: `, which is not speech.
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._turns: list[Turn] = []
        self._speaker: str | None = None
        self._stretches: list[Stretch] = []
        self._open = False

    def speech(
        self,
        speaker: str | None,
        text: str,
        *,
        joiner: str = " ",
        start_time: float | None = None,
        end_time: float | None = None,
    ) -> Place | None:
        """Add speech, and return its place; `joiner` stands between it and the same speaker's speech just before."""
        text = text.strip()
        if not text:
            return None
        if self._open and speaker == self._speaker:
            self._write(joiner)
        else:
            self._close()
            self._write(f"{speaker}: " if speaker else "")
            self._speaker, self._open = speaker, True
        start = self._length
        self._write(text)
        self._stretches.append(Stretch(start, self._length, start_time, end_time))
        return start, self._length

    def note(self, text: str) -> Place | None:
        """Add text that is not speech (a title, a stage direction) without ending the turn, and return its place."""
        text = text.strip()
        if not text:
            return None
        self._blank_line()
        start = self._length
        self._write(text)
        if self._open:
            self._write("\n")
        return start, start + len(text)

    def end_turn(self) -> None:
        """The next speech starts a new turn, even if it is the same speaker's."""
        self._close()

    def draft(self, **rest: object) -> Draft:
        """The finished draft; `rest` are its other attributes."""
        self._close()
        return Draft(text="".join(self._parts), turns=tuple(self._turns), **rest)  # type: ignore[arg-type]

    def _write(self, text: str) -> None:
        if not text:
            return
        self._parts.append(text)
        self._length += len(text)

    def _close(self) -> None:
        if self._stretches:
            self._turns.append(Turn(self._speaker, tuple(self._stretches)))
            self._stretches = []
        self._blank_line()
        self._open = False

    def _blank_line(self) -> None:
        """Blocks stand apart by one blank line, however many calls ask for it."""
        if self._length and self._parts[-1] != "\n\n":
            self._write("\n\n")
