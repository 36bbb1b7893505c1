"""JSON of Amazon's services: Transcribe, Call Analytics, Bedrock Data Automation."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from typing import Any

from pipeline.ingest.spoken import Utterance, joined, number, speaker_name

_MILLI = 0.001


def transcribe(content: Any) -> Iterator[Utterance]:
    """Words in `items`; who says them is in the items, or in segments to be joined on the start time, or in channels."""
    results = content["results"]
    channels = (results.get("channel_labels") or {}).get("channels") or ()
    if len(channels) > 1:
        spoken = [joined(_words(one["items"], {}, one["channel_label"])) for one in channels]
        return merge(*spoken, key=lambda one: one.start or 0.0)
    return joined(_words(results["items"], _speakers(results)))


def _speakers(results: Any) -> dict[str, str]:
    """The speaker of each word by its start time."""
    found: dict[str, str] = {}
    for segment in (results.get("speaker_labels") or {}).get("segments") or ():
        for item in segment.get("items") or ():
            found[str(item.get("start_time"))] = item.get("speaker_label") or segment["speaker_label"]
    return found


def _words(items: Any, speakers: dict[str, str], channel: str | None = None) -> Iterator[Utterance]:
    """Each word with the punctuation after it, which has no time of its own."""
    held: Utterance | None = None
    for item in items:
        text = str(item["alternatives"][0]["content"])
        if item.get("type") == "punctuation" and held is not None:
            held = held._replace(text=held.text + text)
            continue
        if held is not None:
            yield held
        label = item.get("speaker_label") or speakers.get(str(item.get("start_time"))) or channel
        held = Utterance(speaker_name(label), text, number(item.get("start_time")), number(item.get("end_time")))
    if held is not None:
        yield held


def call_analytics(content: Any) -> Iterator[Utterance]:
    """Turns with the part that each speaker has in the call."""
    for turn in content["Transcript"]:
        start, end = (number(turn.get(key), _MILLI) for key in ("BeginOffsetMillis", "EndOffsetMillis"))
        yield Utterance(speaker_name(turn.get("ParticipantRole")), turn["Content"], start, end)


def data_automation(content: Any) -> Iterator[Utterance]:
    """Segments with speakers; topics and summaries beside them are not speech."""
    for segment in content["audio_segments"]:
        if segment.get("type") not in {None, "TRANSCRIPT"}:
            continue
        speaker = (segment.get("speaker") or {}).get("speaker_label")
        channel = (segment.get("channel") or {}).get("channel_label")
        start, end = (number(segment.get(f"{key}_timestamp_millis"), _MILLI) for key in ("start", "end"))
        yield Utterance(speaker_name(speaker or channel), segment["text"], start, end)
