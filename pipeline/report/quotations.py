"""Choosing quotations: the model's surest segments, from as many transcripts as possible, in their context."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.tables import RunTables

CONTEXT_WORDS = 45
LONGEST_WORDS = 140


@dataclass(frozen=True, slots=True)
class Quotation:
    """A segment as shown in the report.

    Attributes:
        before: the end of the talk just before, and who said it.
        parts: the text in pieces; `marked` pieces are the mention.
        score: the probability for which it was chosen.
    """

    speaker: str
    transcript: str
    before: str
    before_speaker: str
    parts: tuple[tuple[str, bool], ...]
    score: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A segment that could be quoted; `start` and `end` are the mention's offsets in the transcript, if there is one."""

    segment_id: str
    score: float
    start: int | None = None
    end: int | None = None


def choose(candidates: Iterable[Candidate], most: int) -> list[Candidate]:
    """The best-scored candidates, at most one per transcript while other transcripts have any."""
    ranked = sorted(candidates, key=lambda item: (-item.score, item.segment_id))
    first_of: dict[str, Candidate] = {}
    for item in ranked:
        first_of.setdefault(item.segment_id.rsplit(":", 1)[0], item)
    chosen = list(first_of.values())[:most]
    segments = {item.segment_id for item in chosen}
    for item in ranked:
        if len(chosen) >= most:
            break
        if item.segment_id not in segments:
            chosen.append(item)
            segments.add(item.segment_id)
    return chosen


class Quoter:
    """Fetches the text of chosen segments in one pass over the segments table."""

    def __init__(self, tables: RunTables, wanted: Iterable[str]) -> None:
        self._rows = tables.segments_named(wanted, ["speaker", "start", "text"])

    def quote(self, candidate: Candidate) -> Quotation:
        """The quotation of one chosen segment."""
        row, before = self._rows[candidate.segment_id]
        return Quotation(
            speaker=row["speaker"] or "speaker not known",
            transcript=row["transcript_id"].rsplit("-", 1)[0],
            before=_tail(before["text"], CONTEXT_WORDS) if before else "",
            before_speaker=(before["speaker"] or "") if before else "",
            parts=_parts(row["text"], row["start"], candidate),
            score=candidate.score,
        )


def _parts(text: str, offset: int, candidate: Candidate) -> tuple[tuple[str, bool], ...]:
    if candidate.start is None or candidate.end is None:
        return ((_head(text, LONGEST_WORDS), False),)
    start, end = candidate.start - offset, candidate.end - offset
    return ((_tail(text[:start], 70), False), (text[start:end], True), (_head(text[end:], 70), False))


def _tail(text: str, words: int) -> str:
    parts = text.split(" ")
    return text if len(parts) <= words else "… " + " ".join(parts[-words:])


def _head(text: str, words: int) -> str:
    parts = text.split(" ")
    return text if len(parts) <= words else " ".join(parts[:words]) + " …"
