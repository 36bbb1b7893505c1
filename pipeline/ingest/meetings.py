"""Plain text that Zoom saves of a meeting: its captions, with the name and the hour above each, and its chat."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pipeline.ingest.labels import Candidate, Style
from pipeline.ingest.marked import Marked, enough
from pipeline.ingest.times import seconds

_CAPTION = re.compile(r"\[(?P<label>[^\[\]\n]{1,60})\][ \t]+(?P<hour>\d{1,2}:\d{2}:\d{2})\s*$")
_PRONOUNS = r"(?:[ \t]*\([A-Za-z]{2,6}(?:/[A-Za-z]{2,6})+\))?"
_MESSAGE = re.compile(
    rf"(?:\d{{4}}-\d{{2}}-\d{{2}}[ \t]+)?\d{{1,2}}:\d{{2}}(?::\d{{2}})?(?:[ \u202f][AP]M)?[ \t]+From[ \t]+"
    rf"(?P<label>[^\s:][^:\n]{{0,60}}?){_PRONOUNS}(?:[ \t]+to[ \t]+[^:\n]{{1,100}}?)?(?:[ \t]*\((?:Direct Message|Privately)\))?"
    r"[ \t]*:(?:[ \t]+|$)"
)
"""`10:02:09 From Jo Bell (she/her) to Everyone:`, and as older versions wrote it, `10:02:09<tab> From Jo Bell : And then?`."""
_OF_OTHERS = re.compile(
    r"\s*(?:Reacted to [\"“].*[\"”] with [^\w\s]{1,12}|(?:Replying to|Removed an? .{1,30} reaction from) [\"“].*[\"”])\s*"
)
"""What Zoom writes into a message to say which other it goes with."""
_HOUR = 3600


def meeting(lines: Sequence[str]) -> Marked | None:
    """How captions or a chat that Zoom saved are to be read; None where the lines are neither."""
    return _captions(lines) or _chat(lines)


def _captions(lines: Sequence[str]) -> Marked | None:
    heads = {i: match for i, line in enumerate(lines) if line[:1] == "[" and (match := _CAPTION.match(line[:100]))}
    if not enough(lines, len(heads), len(heads)):
        return None
    times = {i: seconds(match["hour"]) for i, match in heads.items()}
    # The hour of the day is no time of a recording, which begins at nought.
    recorded = min(times.values()) < _HOUR
    return Marked(_labels(heads, times if recorded else {}), frozenset())


def _chat(lines: Sequence[str]) -> Marked | None:
    heads = {i: match for i, line in enumerate(lines) if line[:1].isdigit() and (match := _MESSAGE.match(line[:250]))}
    if not enough(lines, len(heads), len(heads)):
        return None
    return Marked(_labels(heads, {}), frozenset(i for i, line in enumerate(lines) if _OF_OTHERS.fullmatch(line)))


def _labels(heads: Mapping[int, re.Match[str]], times: Mapping[int, float]) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(i, Style.COLON, match["label"].strip(), match.end(), times.get(i), opens=True)
        for i, match in heads.items()
    )
