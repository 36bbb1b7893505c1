"""Time stamps as transcripts write them: `0:34`, `[00:02]`, `00:01:02.345`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

STAMP = r"(?:\d{1,3}:)?\d{1,2}:\d{2}(?:[.,]\d{1,3})?"
"""A time without brackets, as a pattern to build others from."""

_RANGE = rf"(?P<time>{STAMP})(?:[ \t]*(?:-{{1,2}}>?|–|—|to)[ \t]*{STAMP})?"
_BRACKETED = re.compile(rf"[ \t\u00a0]*[\[(<{{#]{_RANGE}(?:-\d{{1,2}})?[\])>}}#][ \t]*[-–:]?[ \t]*")
_BARE = re.compile(rf"[ \t\u00a0]*{_RANGE}(?=\s|$)[ \t\u00a0]*(?:[-–][ \t]+)?")
_STARTS = frozenset("0123456789[(<{#")
INLINE = re.compile(rf"[\[(<{{#]{_RANGE}(?:-\d{{1,2}})?[\])>}}#]")
"""A bracketed time within speech; f4 writes `#00:01:07-1#`, with tenths of a second."""

_HOUR = 3600
_DURATION = re.compile(r"[ \t]*\[\d{1,4}\.\d{1,2}s\]\s*$")


def durations(lines: Sequence[str]) -> dict[int, int]:
    """Where lines end, by their indices, that have how long they lasted at their ends, as Trint writes it: `And then? [5.2s]`."""
    return {
        i: match.start() for i, line in enumerate(lines) if "s]" in line[-10:] and (match := _DURATION.search(line))
    }


def seconds(stamp: str) -> float:
    """Seconds of `m:ss` or `h:mm:ss`, with or without a fraction."""
    total = 0.0
    for part in stamp.replace(",", ".").split(":"):
        total = total * 60 + float(part)
    return round(total, 3)


def since_start(times: Mapping[int, float]) -> dict[int, float]:
    """The times, if they begin in their first hour; else none: the hour of the day is no time of a recording."""
    return dict(times) if min(times.values(), default=0) < _HOUR else {}


def leading_stamp(line: str, *, bare: bool = True) -> tuple[int, float | None]:
    """Where the line goes on after a time stamp at its head (else after its indent), and the time."""
    indent = len(line) - len(line.lstrip(" \t\u00a0"))
    if line[indent : indent + 1] in _STARTS:
        match = _BRACKETED.match(line) or (_BARE.match(line) if bare else None)
        if match:
            return match.end(), seconds(match.group("time"))
    return indent, None


def has_bare_stamp(line: str) -> float | None:
    """The time that a line starts with, where it stands without brackets."""
    match = _BARE.match(line)
    return seconds(match.group("time")) if match else None
