"""The captions that Zoom saves as plain text, with the name and the hour above each: `[Jo Bell] 10:02:31`.

They are read as captions of other formats are: a turn is all the captions of one speaker that follow on, and each is a stretch
of it. What stands between two of them is left out of the text: Zoom cuts a caption after some seconds, within a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from pipeline.ingest.conventions import key_of
from pipeline.ingest.draft import UNKNOWN_FIRST, Draft, Rendering
from pipeline.ingest.header import read_header
from pipeline.ingest.labels import Candidate, Style
from pipeline.ingest.marked import enough
from pipeline.ingest.notes import is_closing, is_note, says_nothing, title_like
from pipeline.ingest.speakers import names_of
from pipeline.ingest.times import seconds, since_start

_HEAD = re.compile(r"\[(?P<label>[^\[\]\n]{1,60})\][ \t]+(?P<hour>\d{1,2}:\d{2}:\d{2})\s*$")


def saved_captions(lines: Sequence[str], warnings: Sequence[str] = ()) -> Draft | None:
    """The draft of captions that Zoom saved; None where the lines are none."""
    heads = {i: match for i, line in enumerate(lines) if line[:1] == "[" and (match := _HEAD.match(line[:100]))}
    if not enough(lines, len(heads), len(heads)):
        return None
    labels = [
        Candidate(i, Style.BRACKET, match["label"].strip(), match.end(), None, opens=True) for i, match in heads.items()
    ]
    names = names_of(labels)
    speakers = {one.line: names[key_of(one.label)] for one in labels}
    times = since_start({i: seconds(match["hour"]) for i, match in heads.items()})
    above = lines[: min(heads)]
    header = read_header(above)
    rendering = Rendering()
    rendering.note("\n".join(above[index] for index in sorted(header.lines)))
    speaker: str | None = None
    time: float | None = None
    filled = [index for index, line in enumerate(lines) if line.strip() and index not in header.lines]
    for index in filled:
        line = lines[index]
        if index in heads:
            speaker, time = speakers[index], times.get(index)
        elif (says_nothing(line) if speaker else is_note(line) or title_like(line)) or (
            index == filled[-1] and is_closing(line)
        ):
            rendering.note(line)
        else:
            rendering.speech(speaker, line, start_time=time)
    draft = rendering.draft(attributes=header.attributes)
    unknown = [UNKNOWN_FIRST] if draft.turns and draft.turns[0].speaker is None else []
    return replace(draft, warnings=(*warnings, *unknown))
