"""Ways to look at a transcript that make expectations short."""

from __future__ import annotations

from collections import Counter

from pipeline.types import Role, Transcript


def said(transcript: Transcript) -> list[tuple[str | None, list[str]]]:
    """Speaker and stretches of every turn, as words."""
    return [(t.speaker, [transcript.text[s.start : s.end] for s in t.stretches]) for t in transcript.turns]


def turns_by_speaker(transcript: Transcript) -> dict[str | None, int]:
    return dict(Counter(turn.speaker for turn in transcript.turns))


def roles(transcript: Transcript) -> dict[str | None, Role]:
    return {turn.speaker: turn.role for turn in transcript.turns}


def check_laws(transcript: Transcript) -> None:
    """Stretches are in order, inside the text, and begin and end at characters that are no white space."""
    last = 0
    for turn in transcript.turns:
        for stretch in turn.stretches:
            assert last <= stretch.start < stretch.end <= len(transcript.text)
            assert not transcript.text[stretch.start].isspace()
            assert not transcript.text[stretch.end - 1].isspace()
            last = stretch.end
