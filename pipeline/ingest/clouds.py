"""JSON of Google Speech-to-Text (versions 1 and 2) and of Azure Speech (batch and fast transcription)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pipeline.ingest.spoken import Utterance, joined, number, speaker_name

_MILLI = 0.001
_DURATION = re.compile(r"P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?")


def google(content: Any) -> Iterator[Utterance]:
    """Results of words; with diarization (v1) the last result holds the words of all once more, with speakers."""
    results = [result for result in (content.get("response") or content)["results"] if result.get("alternatives")]
    bodies = [(result, result["alternatives"][0]) for result in results]
    last = [_google_word(word, None) for word in bodies[-1][1].get("words") or ()] if bodies else []
    if len(bodies) > 1 and any(word.speaker for word in last) and not bodies[-1][1].get("transcript"):
        yield from joined(last)
        return
    for result, body in bodies:
        channel = result.get("channelTag") or result.get("channel_tag")
        label = f"Channel {channel}" if channel else None
        words = [_google_word(word, label) for word in body.get("words") or ()]
        if words:
            yield from joined(words)
        else:
            ends = number(result.get("resultEndTime") or result.get("resultEndOffset"))
            yield Utterance(label, body.get("transcript") or "", None, ends)


def _google_word(word: Any, channel: str | None) -> Utterance:
    label = word.get("speakerTag") or word.get("speaker_tag") or word.get("speakerLabel") or word.get("speaker_label")
    start, end = (
        number(next((word[key] for key in keys if key in word), None))
        for keys in (("startTime", "startOffset", "start_time"), ("endTime", "endOffset", "end_time"))
    )
    return Utterance(speaker_name(label or None) or channel, word["word"], start, end)


def azure_batch(content: Any) -> Iterator[Utterance]:
    """`recognizedPhrases`, which come channel after channel; the display form of the best guess is what was said."""
    found = []
    phrases = content["recognizedPhrases"]
    several = len({phrase.get("channel") for phrase in phrases}) > 1
    for phrase in phrases:
        best = (phrase.get("nBest") or [{}])[0]
        start, length = (_azure_time(phrase, name) for name in ("offset", "duration"))
        end = round(start + length, 3) if start is not None and length is not None else None
        label = phrase.get("speaker")
        label = f"Channel {phrase.get('channel')}" if label is None and several else speaker_name(label)
        found.append(Utterance(label, best.get("display") or best.get("lexical") or "", start, end))
    return iter(sorted(found, key=lambda one: one.start or 0.0))


def _azure_time(phrase: Any, name: str) -> float | None:
    """Ticks are tenths of microseconds; else an ISO 8601 duration."""
    ticks = phrase.get(f"{name}InTicks")
    if ticks is not None:
        return number(ticks, 1e-7)
    match = _DURATION.fullmatch(str(phrase.get(name) or ""))
    if not match:
        return None
    days, hours, minutes, rest = (float(part or 0) for part in match.groups())
    return round(((days * 24 + hours) * 60 + minutes) * 60 + rest, 3)


def azure_fast(content: Any) -> Iterator[Utterance]:
    """The fast API's `phrases`, in milliseconds."""
    found = []
    for phrase in content["phrases"]:
        start, length = (number(phrase.get(f"{name}Milliseconds"), _MILLI) for name in ("offset", "duration"))
        end = round(start + length, 3) if start is not None and length is not None else None
        found.append(Utterance(speaker_name(phrase.get("speaker")), phrase["text"], start, end))
    return iter(sorted(found, key=lambda one: one.start or 0.0))
