"""JSON of Google Speech-to-Text (versions 1 and 2) and of Azure Speech (batch and fast transcription)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from pipeline.ingest.spoken import Utterance, joined, number, speaker_name

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
    phrases = content["recognizedPhrases"]
    bests = [(phrase.get("nBest") or [{}])[0] for phrase in phrases]
    texts = [best.get("display") or best.get("lexical") or "" for best in bests]
    return _azure(phrases, texts, [best.get("speaker") for best in bests])


def azure_fast(content: Any) -> Iterator[Utterance]:
    """The fast API's `phrases`."""
    phrases = content["phrases"]
    return _azure(phrases, [phrase["text"] for phrase in phrases], [None] * len(phrases))


def _azure(phrases: Any, texts: Sequence[str], speakers: Sequence[Any]) -> Iterator[Utterance]:
    """Phrases in the order in which they are said; those of several channels without speakers by their channels."""
    several = len({phrase.get("channel") for phrase in phrases}) > 1
    found = []
    for phrase, text, inner in zip(phrases, texts, speakers, strict=True):
        start, length = (_azure_time(phrase, name) for name in ("offset", "duration"))
        end = round(start + length, 3) if start is not None and length is not None else None
        label = speaker_name(phrase.get("speaker", inner))
        if several:
            label = f"Channel {phrase.get('channel')}{f' {label}' if label else ''}"
        found.append(Utterance(label, text, start, end))
    return iter(sorted(found, key=lambda one: one.start or 0.0))


def _azure_time(phrase: Any, name: str) -> float | None:
    """Ticks are tenths of microseconds; other numbers are milliseconds; text is an ISO 8601 duration."""
    ticks, value = phrase.get(f"{name}InTicks"), phrase.get(f"{name}Milliseconds", phrase.get(name))
    if ticks is not None:
        return number(ticks, 1e-7)
    if not isinstance(value, str):
        return number(value, 0.001)
    match = _DURATION.fullmatch(value)
    if not match:
        return None
    days, hours, minutes, rest = (float(part or 0) for part in match.groups())
    return round(((days * 24 + hours) * 60 + minutes) * 60 + rest, 3)
