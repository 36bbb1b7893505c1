"""What parsers of speech-to-text services yield, and how words become utterances."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

_PAUSE = 2.0
"""Seconds of silence that part two utterances, where a service gives words alone."""
_ENDS = (".", "?", "!", "…", "。", "？", "！")


class Utterance(NamedTuple):
    """A stretch of one speaker's talk, or a single word; times in seconds from the start."""

    speaker: str | None
    text: str
    start: float | None = None
    end: float | None = None


def speaker_name(label: Any) -> str | None:
    """A service's label as a name: `0` and `A` as `Speaker 0` and `Speaker A`, others as they are."""
    if label is None or isinstance(label, (bool, dict, list)):
        return None
    name = " ".join(str(label).split()).rstrip(":").strip()
    if not name:
        return None
    return f"Speaker {name}" if name.isdecimal() or (len(name) == 1 and name.isalpha()) else name


def joined(words: Iterable[Utterance]) -> Iterator[Utterance]:
    """Words as utterances, which end where the speaker changes, with a sentence, and at a long pause."""
    held: list[Utterance] = []
    for word in words:
        if held and (
            word.speaker != held[-1].speaker or held[-1].text.endswith(_ENDS) or _pause(held[-1], word) > _PAUSE
        ):
            yield _one(held)
            held = []
        held.append(word)
    if held:
        yield _one(held)


def _pause(before: Utterance, after: Utterance) -> float:
    if before.end is None or after.start is None:
        return 0.0
    return after.start - before.end


def _one(words: list[Utterance]) -> Utterance:
    starts = [word.start for word in words if word.start is not None]
    ends = [word.end for word in words if word.end is not None]
    text = " ".join(word.text.strip() for word in words if word.text.strip())
    return Utterance(words[0].speaker, text, starts[0] if starts else None, ends[-1] if ends else None)


def split_by_speaker(whole: Utterance, words: list[Utterance]) -> Iterator[Utterance]:
    """An utterance as it is, unless its words are of several speakers."""
    speakers = {word.speaker for word in words if word.speaker is not None}
    if len(speakers) > 1:
        yield from joined(words)
    else:
        yield whole


def number(value: Any, scale: float = 1.0) -> float | None:
    """A time in seconds from a number or a numeral (`"0.49"`, `"59.200s"`); None where there is none."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, dict):  # protobuf's Duration
        return float(value.get("seconds") or 0) + float(value.get("nanos") or 0) / 1e9
    seconds = float(value.removesuffix("s") if isinstance(value, str) else value)
    return round(seconds * scale, 3)
