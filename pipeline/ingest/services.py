"""JSON of AssemblyAI, Deepgram, Rev AI, Podcast Index and the Whispers: a parser each, from parsed file to utterances."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from itertools import groupby
from typing import Any

from pipeline.ingest.spoken import Utterance, joined, number, speaker_name, split_by_speaker
from pipeline.ingest.times import seconds

_MILLI = 0.001


def _by_time(*lists: Iterator[Utterance] | list[Utterance]) -> Iterator[Utterance]:
    """Utterances of several channels, in the order in which they are said."""
    return merge(*lists, key=lambda one: one.start or 0.0)


def assemblyai(content: Any) -> Iterator[Utterance]:
    """`utterances`, or `words` where speakers were not asked for; milliseconds."""
    for utterance in content.get("utterances") or ():
        yield _assembly(utterance)
    if not content.get("utterances"):
        yield from joined(map(_assembly, content["words"]))


def _assembly(item: Any) -> Utterance:
    return Utterance(
        speaker_name(item.get("speaker")),
        item["text"],
        number(item.get("start"), _MILLI),
        number(item.get("end"), _MILLI),
    )


def deepgram(content: Any) -> Iterator[Utterance]:
    """`utterances`, parted where their words are of several speakers; else the words of each channel."""
    results = content["results"]
    channels = results["channels"]
    several = len(channels) > 1
    if results.get("utterances"):
        for one in results["utterances"]:
            channel = one.get("channel") if several else None
            words = [_deepgram_word(word, channel) for word in one.get("words") or ()]
            start, end = number(one.get("start")), number(one.get("end"))
            whole = Utterance(_deepgram_speaker(one.get("speaker"), channel), one["transcript"], start, end)
            yield from split_by_speaker(whole, words)
        return
    spoken = []
    for index, channel in enumerate(channels):
        best = channel["alternatives"][0]
        said = [_deepgram_word(word, index if several else None) for word in best.get("words") or ()]
        unsplit = [Utterance(f"Channel {index}" if several else None, best.get("transcript") or "")]
        spoken.append(list(joined(said)) or unsplit)
    yield from _by_time(*spoken)


def _deepgram_word(word: Any, channel: Any) -> Utterance:
    text = word.get("punctuated_word") or word["word"]
    return Utterance(
        _deepgram_speaker(word.get("speaker"), channel), text, number(word.get("start")), number(word.get("end"))
    )


def _deepgram_speaker(speaker: Any, channel: Any) -> str | None:
    """Speakers are numbered within a channel; a channel without diarization is one speaker's."""
    if channel is None:
        return speaker_name(speaker)
    return f"Channel {channel}" if speaker is None else f"Channel {channel} Speaker {speaker}"


def rev(content: Any) -> Iterator[Utterance]:
    """Monologues of elements, of which those between words are punctuation and spaces."""
    for monologue in content["monologues"]:
        elements = monologue["elements"]
        times = [number(element.get(key)) for element in elements for key in ("ts", "end_ts") if key in element]
        text = "".join(str(element["value"]) for element in elements)
        label = (monologue.get("speaker_info") or {}).get("display_name") or monologue.get("speaker")
        yield Utterance(speaker_name(label), text, times[0] if times else None, times[-1] if times else None)


def podcast_index(content: Any) -> Iterator[Utterance]:
    """Segments, often of a single word; a segment without a speaker goes on with the one before."""
    words: list[Utterance] = []
    for segment in content["segments"]:
        speaker = speaker_name(segment.get("speaker")) or (words[-1].speaker if words else None)
        words.append(
            Utterance(speaker, segment["body"], number(segment.get("startTime")), number(segment.get("endTime")))
        )
    return joined(words)


def whisper(content: Any) -> Iterator[Utterance]:
    """Whisper, whisper_timestamped, faster-whisper, and WhisperX with speakers on segments or on words alone."""
    for segment in content["segments"]:
        start, end = number(segment.get("start")), number(segment.get("end"))
        whole = Utterance(speaker_name(segment.get("speaker")), segment["text"], start, end)
        if whole.speaker is not None:
            yield whole  # WhisperX gives a segment to whoever speaks most of it; single words are less sure
        else:
            yield from _whisper_words(whole, segment.get("words") or ())


def _whisper_words(whole: Utterance, items: Any) -> Iterator[Utterance]:
    words: list[Utterance] = []
    for item in items:
        if not isinstance(item, dict):
            continue
        text = item.get("word") or item.get("text") or ""
        # Words that WhisperX could not align (numbers) have neither time nor speaker.
        speaker = speaker_name(item.get("speaker")) or (words[-1].speaker if words else None)
        words.append(Utterance(speaker, text, number(item.get("start")), number(item.get("end"))))
    speakers = [speaker for speaker, _ in groupby(word.speaker for word in words if word.speaker)]
    if len(speakers) == 1:
        yield whole._replace(speaker=speakers[0])
    else:
        yield from split_by_speaker(whole, words)


def whisper_cpp(content: Any) -> Iterator[Utterance]:
    """whisper.cpp's `transcription`, in milliseconds."""
    for segment in content["transcription"]:
        offsets = segment.get("offsets") or {}
        start, end = (number(offsets.get(key), _MILLI) for key in ("from", "to"))
        if start is None and segment.get("timestamps"):
            start = seconds(segment["timestamps"]["from"])
        yield Utterance(speaker_name(segment.get("speaker")), segment["text"], start, end)
