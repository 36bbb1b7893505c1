"""What tools for annotating have in common: a participant's segment is a task, with the talk before it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pipeline.context import TalkBefore
from pipeline.exchange.export.stream import RunTranscript, transcripts_of
from pipeline.tables import RunTables
from pipeline.types import CodedSegment, Role


class Task(NamedTuple):
    """One segment to check."""

    transcript: RunTranscript
    item: CodedSegment
    context: str


def tasks_of(tables: RunTables) -> Iterator[Task]:
    """The participants' segments, each with the context that the run's model read."""
    for transcript in transcripts_of(tables, assigned_only=True):
        talk = TalkBefore(tables.context_words)
        for item in transcript.segments:
            if item.segment.role is Role.PARTICIPANT:
                yield Task(transcript, item, talk.before(item.segment.turn))
            talk.add(item.segment.turn, item.segment.text)


def facts(task: Task) -> dict[str, str | int | bool]:
    """By what a task is found again."""
    segment = task.item.segment
    return {
        "segment_id": segment.segment_id,
        "transcript": task.transcript.name,
        "transcript_id": task.transcript.transcript_id,
        "speaker": segment.speaker or "",
        "start": segment.start,
        "end": segment.end,
        "left_to_a_human": task.item.review,
    }
