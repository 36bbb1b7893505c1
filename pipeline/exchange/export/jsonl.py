"""JSON Lines: a segment a line, of every role, with everything that the run says of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.exchange.export.columns import held_back, partner_type
from pipeline.exchange.export.staged import staged_file
from pipeline.exchange.export.stream import RunTranscript, transcripts_of
from pipeline.tables import RunTables
from pipeline.types import AttitudeScore, CodedSegment, Role


def write(tables: RunTables, out: Path) -> Sequence[str]:
    """Write a run as JSON Lines; returns how much was left to a human."""
    held = 0
    with staged_file(out) as aside, aside.open("w", encoding="utf-8", newline="\n") as file:
        for transcript in transcripts_of(tables):
            for item in transcript.segments:
                held += item.review
                file.write(json.dumps(_line(transcript, item), ensure_ascii=False) + "\n")
    return held_back(held)


def _line(transcript: RunTranscript, item: CodedSegment) -> dict[str, Any]:
    segment = item.segment
    line: dict[str, Any] = {
        "transcript": transcript.name,
        "transcript_id": transcript.transcript_id,
        "segment_id": segment.segment_id,
        "turn": segment.turn,
        "speaker": segment.speaker,
        "role": segment.role.value,
        "attributes": transcript.attributes_of(segment.speaker),
        "start": segment.start,
        "end": segment.end,
        "start_time": segment.start_time,
        "end_time": segment.end_time,
        "text": segment.text,
    }
    if segment.role is not Role.PARTICIPANT:
        return line  # never coded, which is not the same as given no code
    return line | {
        "codes": [theme.code for theme in item.themes if theme.assigned],
        "probabilities": {theme.code: theme.probability for theme in item.themes},
        "attitudes": [_attitude(score) for score in item.attitudes],
        "uncertainty": item.uncertainty,
        "review": item.review,
    }


def _attitude(score: AttitudeScore) -> dict[str, Any]:
    mention = score.mention
    return {
        "partner_type": partner_type(score),
        "mention": mention.text if mention else None,
        "start": mention.start if mention else None,
        "end": mention.end if mention else None,
        "attitude": score.attitude.value,
        "negative": score.negative,
        "neutral": score.neutral,
        "positive": score.positive,
    }
