"""Captions within a document or plain text: the times of each stand on a line of their own (`0:0:2.340 --> 0:0:6.110`).

So a meeting's transcript that Teams wrote into a Word file until 2023, with the speaker's name on the line below, and WebVTT or
SubRip that was pasted into one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from pipeline.ingest.captions import SRT_TIMES, Cue, drafted, srt_cues, voices, without_repeats
from pipeline.ingest.draft import Draft
from pipeline.ingest.marked import NOBODY, enough

_TIMES = re.compile(rf"{SRT_TIMES.pattern}(?:[ \t]+[a-z]+:\S+)*[ \t]*$")
_IDENTIFIER = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22,27}(?:[-/]\d+)*$|\d{1,6}$|WEBVTT\b.{0,40}$")
_SURE = re.compile(r"NOTE [Cc]onfidence: ?[\d.]+$")
_OF_TWO, _NAMES = 0.9, 0.34
"""Share of the captions that have a line above the words where that line is a name, and names for each caption at most."""
_LONGEST = 60
_ENDS = (".", "?", "!", "…", ",", ";", ":")


def pasted_captions(lines: Sequence[str], warnings: Sequence[str] = ()) -> Draft | None:
    """The draft of captions in lines of text; None where the lines are none."""
    arrows = [index for index, line in enumerate(lines) if ">" in line[:40] and SRT_TIMES.match(line[:100])]
    if not enough(lines, len(arrows), len(arrows)) or not all(_TIMES.match(lines[index][:200]) for index in arrows):
        return None
    above = [line for line in lines[: arrows[0]] if line.strip() and not _IDENTIFIER.match(line.strip())]
    cues = _named(without_repeats([_unnumbered(cue) for cue in srt_cues(lines)]))
    if any("<v" in cue.text for cue in cues):
        cues = [part for cue in cues for part in voices(cue)]
    return drafted(cues, warnings, above)


def _unnumbered(cue: Cue) -> Cue:
    """Without what stands above the next caption's times: its identifier, and how sure the machine is of it."""
    lines = cue.lines
    while lines and (_SURE.match(lines[-1]) or ("-" in lines[-1] and _IDENTIFIER.match(lines[-1]))):
        lines = lines[:-1]
    return replace(cue, lines=lines)


def _named(cues: Sequence[Cue]) -> list[Cue]:
    """Captions with the speakers whose names stand on their first lines, if names stand there."""
    of_two = [cue for cue in cues if len(cue.lines) > 1]
    heads = {cue.lines[0] for cue in of_two}
    if len(of_two) < _OF_TWO * len(cues) or len(heads) > max(2, _NAMES * len(cues)) or not all(map(_is_name, heads)):
        return [cue for cue in cues if cue.lines]
    return [
        replace(cue, lines=cue.lines[1:], speaker=cue.lines[0]) if len(cue.lines) > 1 else replace(cue, speaker=NOBODY)
        for cue in cues
        if cue.lines and (len(cue.lines) > 1 or cue.lines[0] not in heads)
    ]


def _is_name(line: str) -> bool:
    return len(line) <= _LONGEST and not line.endswith(_ENDS) and not line[:1].islower() and any(map(str.isalpha, line))
