"""Captions with times: WebVTT (as Zoom, Teams and podcasts write it) and SubRip (SRT).

A turn is all the cues of one speaker that follow on; each cue is a stretch of it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from pipeline.errors import UnreadableInput
from pipeline.ingest.conventions import key_of
from pipeline.ingest.cue_names import labels_at_cues
from pipeline.ingest.decode import decode
from pipeline.ingest.draft import UNKNOWN_FIRST, Draft, Rendering
from pipeline.ingest.header import read_header
from pipeline.ingest.labels import Candidate, Style, candidates
from pipeline.ingest.marked import NOBODY
from pipeline.ingest.notes import is_note, says_nothing, title_like
from pipeline.ingest.speakers import OF_PEOPLE, choose, names_of, shape
from pipeline.ingest.times import seconds
from pipeline.plural import numbered

_VOICE = re.compile(r"<v(?:\.[^\s>]*)?[ \t]+([^>\n]{1,200})>|</v>")
_TAG = re.compile(r"</?(?:c|i|b|u|ruby|rt|lang)(?:[.\s][^<>]*)?>|<\d[\d:.]*>")
_OF_IDENTIFIER = re.compile(r'\d{1,6} "(?P<name>[^"\n]{1,100})"(?: \(\d{1,20}\))?\s*$')
"""Webex names the speaker in the line that numbers the cue: `1 "Joanna Pryce" (2874630912)`."""
_SRT_MARKUP = re.compile(r"</?(?:i|b|u|s|font)(?:\s[^<>]*)?>|\{\\[^{}]*\}", re.IGNORECASE)
_SRT_TIME = r"((?:\d{1,4}:)?\d{1,2}:\d{1,2}(?:[,.:]\d{1,3})?)"
SRT_TIMES = re.compile(rf"\s*{_SRT_TIME} *-?-> *{_SRT_TIME}")
"""The line with a caption's times; WebVTT has settings after them."""
_CHANGE = re.compile(r"^(?:>>+|»)[ \t]*")
_ANY_CHANGE = re.compile(r"(?<!\S)>>+(?!\S)")
_ENDS = (".", "?", "!", "…", ",", ":", ";", "-", "–", "—")
_CHANGES, _AFTER_ENDS = 3, 0.7
"""Signs of change, below which no cue is cut at them; the share of them that must begin a cue or follow the end of a clause."""
_ROLLS_UP = 0.3
"""Share of cues that repeat the cue before; above it the captions roll up and the repeats are dropped."""


@dataclass(frozen=True, slots=True)
class Cue:
    """A caption, or one voice's part of it."""

    start: float
    end: float
    lines: tuple[str, ...]
    speaker: str | None = None

    @property
    def text(self) -> str:
        """The words as one line."""
        return " ".join(self.lines)


def read_vtt(data: bytes) -> Draft:
    """Read WebVTT; speakers come from `<v Name>` or the cues' identifiers, or from `Name:` where the file has neither."""
    from webvtt import WebVTT
    from webvtt.errors import MalformedCaptionError, MalformedFileError

    text, warnings = decode(data)
    try:
        captions = WebVTT.from_string(text.lstrip()).captions
    except (MalformedFileError, MalformedCaptionError) as error:
        raise UnreadableInput(
            f"not valid WebVTT: {error}", remedy="the first line must be WEBVTT; export the captions again"
        ) from error
    if not captions and "-->" in text:
        warnings = [*warnings, "there are times in the file, but no readable caption"]
    cues = [
        Cue(seconds(one.start), seconds(one.end), tuple(one.raw_text.split("\n")), _identified(one.identifier))
        for one in captions
    ]
    return drafted([part for cue in without_repeats(cues) for part in voices(cue)], warnings)


def _identified(identifier: str | None) -> str | None:
    match = _OF_IDENTIFIER.match(identifier or "")
    return " ".join(match["name"].split()) or None if match else None


def read_srt(data: bytes) -> Draft:
    """Read SubRip; `Name:` holds for the unlabelled cues after it."""
    text, warnings = decode(data)
    cues = list(srt_cues(text.split("\n")))
    if not cues:
        raise UnreadableInput(
            "no captions were found in it", remedy="an .srt file has times such as 00:00:01,000 --> 00:00:02,000"
        )
    return drafted(without_repeats(cues), warnings)


def drafted(cues: Sequence[Cue], warnings: Sequence[str], above: Sequence[str] = ()) -> Draft:
    """The draft of captions, whose speakers are looked for in their words where none is known.

    Args:
        cues: in order, with their speakers where they are known of any.
        warnings: passed on.
        above: lines that stand above the first: a header, titles, and else what nobody knows who says.
    """
    if any(cue.speaker for cue in cues):
        return _render(cues, warnings, above)
    labelled, notices = _labelled(_parted(cues))
    return _render(labelled, [*warnings, *notices], above)


def srt_cues(lines: Sequence[str]) -> Iterator[Cue]:
    """Cues in order, by one walk over the lines.

    The srt package's pattern takes cubic time on a run of blank lines, and so cannot be given a stranger's file.
    """
    times = [(index, match) for index, line in enumerate(lines) if (match := SRT_TIMES.match(line[:100]))]
    ends = [index for index, _ in times[1:]] + [len(lines)]
    numbers = sum(lines[index - 1].strip().isdecimal() for index, _ in times[1:])
    are_numbered = 2 * numbers >= len(times) - 1  # else a number is somebody's answer
    for (index, match), end in zip(times, ends, strict=False):
        body = [_SRT_MARKUP.sub("", line).strip(" \t") for line in lines[index + 1 : end]]
        while body and not body[-1]:
            body.pop()
        # What stands last before the next times is their number, set off by a blank line or at least alone.
        if (
            are_numbered
            and end < len(lines)
            and body
            and body[-1].isdecimal()
            and (len(body) == 1 or not lines[end - 1].strip(" \t0123456789"))
        ):
            body.pop()
        kept = tuple(line for line in body if line)
        if kept:
            start, stop = (_srt_seconds(match.group(place)) for place in (1, 2))
            yield Cue(start, stop, kept)


def _srt_seconds(stamp: str) -> float:
    *whole, last = stamp.rsplit(":", 1) if stamp.count(":") == 3 else (stamp,)  # `00:00:01:500`
    return seconds(".".join([*whole, last]))


def without_repeats(cues: Sequence[Cue]) -> list[Cue]:
    """Captions that roll up show each line twice or more; keep what is new in each cue."""
    repeated = [0] + [_overlap(before.lines, after.lines) for before, after in pairwise(cues)]
    if not cues or sum(map(bool, repeated)) < _ROLLS_UP * len(cues):
        return list(cues)
    fresh = [replace(cue, lines=cue.lines[count:]) for cue, count in zip(cues, repeated, strict=True)]
    return [cue for cue in fresh if cue.text.strip()]


def _overlap(before: Sequence[str], after: Sequence[str]) -> int:
    """How many lines at the head of `after` are those at the end of `before`."""
    for count in range(min(len(before), len(after)), 0, -1):
        if tuple(before[-count:]) == tuple(after[:count]):
            return count
    return 0


def voices(cue: Cue) -> Iterator[Cue]:
    """The parts of a cue that different voices say; a voice that is not closed holds to the cue's end."""
    text = cue.text
    speaker = cue.speaker
    start = 0
    for match in _VOICE.finditer(text):
        yield from _part(cue, speaker, text[start : match.start()])
        speaker = " ".join(html.unescape(match.group(1)).split()) if match.group(1) else cue.speaker
        start = match.end()
    yield from _part(cue, speaker, text[start:])


def _part(cue: Cue, speaker: str | None, text: str) -> Iterator[Cue]:
    words = html.unescape(_TAG.sub("", text)).strip()
    if words:
        yield replace(cue, lines=(words,), speaker=speaker)


def _parted(cues: Sequence[Cue]) -> list[Cue]:
    """Cues cut at the signs of a change of speaker (`>>`) within them, where the captions use these signs as such."""
    signs = [(cue.text, match.start()) for cue in cues for match in _ANY_CHANGE.finditer(cue.text)]
    apart = sum(_is_apart(text[max(0, start - 8) : start]) for text, start in signs)
    if len(signs) < _CHANGES or apart < _AFTER_ENDS * len(signs):
        return list(cues)
    found = []
    for cue in cues:
        text = cue.text
        places = [match.start() for match in _ANY_CHANGE.finditer(text) if _is_change(text, match)]
        parts = [text[start:end].strip() for start, end in pairwise([0, *places, len(text)])]
        found += [replace(cue, lines=(part,)) for part in parts if part]
    return found


def _is_change(text: str, sign: re.Match[str]) -> bool:
    """Whether a sign stands between two people's words: not within a clause that goes on in small letters."""
    return _is_apart(text[max(0, sign.start() - 8) : sign.start()]) or not text[sign.end() :].lstrip()[:1].islower()


def _is_apart(before: str) -> bool:
    """Whether what stands before a sign of change leaves off there."""
    said = before.rstrip(" \t\"'’”)]")
    return not said or said.endswith(_ENDS)


def _labelled(cues: Sequence[Cue]) -> tuple[list[Cue], list[str]]:
    """Cues with their speakers from labels at their heads, decided over the whole file; and what the user should know."""
    heads: list[str] = []
    for cue in cues:
        heads += [_CHANGE.sub("", cue.text), ""]
    found = [one for one in candidates(heads) if one.style in {Style.COLON, Style.BRACKET}]
    # Most cues go on with the speaker before, so that labels are a small share of the cues.
    labels = choose(found, heads, units=max(1, len(cues) // 10)) or labels_at_cues(heads)
    changes = [index for index, cue in enumerate(cues) if _CHANGE.match(cue.text)]
    if labels:  # after a sign of change a name that comes once is one too
        labels = sorted({*labels, *_named(found, changes)}, key=lambda one: one.line)
    names = names_of(labels)
    by_line = {one.line: one for one in labels}
    unnamed = {index for index in changes if 2 * index not in by_line} if labels else set()
    # As in plain text: somebody else speaks, and nobody knows who, if the others are named.
    known = 2 * len(unnamed) < len(changes)
    speaker: str | None = None
    labelled: list[Cue] = []
    for index, cue in enumerate(cues):
        label = by_line.get(2 * index)
        if label:
            speaker = names[key_of(label.label)]
        elif known and index in unnamed:
            speaker = NOBODY
        words = heads[2 * index][label.speech if label else 0 :]
        labelled.append(replace(cue, lines=(words,), speaker=speaker))
    return labelled, _of_unnamed(len(unnamed), known)


def _named(found: Sequence[Candidate], changes: Sequence[int]) -> list[Candidate]:
    """Candidates with a colon right after a sign of change, of a form that names have."""
    heads = {2 * index for index in changes}
    return [one for one in found if one.line in heads and one.style is Style.COLON and shape(one.label) in OF_PEOPLE]


def _of_unnamed(count: int, known: bool) -> list[str]:
    if not count:
        return []
    what = numbered(count, "[change|changes] of speaker (`>>`) in the captions [names|name] nobody")
    whose = f"is {NOBODY}'s" if known else "is counted to the speaker before"
    return [f"{what}: what follows {whose}; write the name after `>>`"]


def _render(cues: Sequence[Cue], warnings: Sequence[str], above: Sequence[str]) -> Draft:
    rendering = Rendering()
    header = read_header(above)
    for index, line in enumerate(above):
        if index in header.lines or title_like(line) or is_note(line):
            rendering.note(line)
        else:
            rendering.speech(None, line)
    for cue in cues:
        if says_nothing(cue.text):
            rendering.note(cue.text)
        else:
            rendering.speech(cue.speaker, cue.text, start_time=cue.start, end_time=cue.end)
    draft = rendering.draft(attributes=header.attributes)
    if all(turn.speaker is None for turn in draft.turns):
        warnings = [*warnings, "no speakers are named in the captions: the whole is taken as one participant's"]
    elif draft.turns[0].speaker is None:
        warnings = [*warnings, UNKNOWN_FIRST]
    return replace(draft, warnings=tuple(warnings))
