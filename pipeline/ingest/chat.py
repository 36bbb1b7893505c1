"""CHAT (`.cha`), the format of TalkBank and CHILDES: speaker lines, headers, and lines that depend on speaker lines.

pylangacq reads CHAT too; it is a shell around a compiled library of 3 MB and gives tokens, not talk with its punctuation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from pipeline.errors import UnreadableInput
from pipeline.ingest.chat_words import BULLET, times, words_said
from pipeline.ingest.conventions import role_by_convention
from pipeline.ingest.decode import decode
from pipeline.ingest.draft import Draft, Rendering
from pipeline.types import Role

_SPEAKER = re.compile(r"\*([^\s:*]{1,40}):[ \t]*")
_HEADER = re.compile(r"@([^\t:]{1,60}):?[ \t]*")
_NO_ATTRIBUTE = frozenset({"utf8", "begin", "end", "participants", "id", "comment", "font", "window", "color words"})
_NOTES = frozenset({"comment", "g", "bg", "eg", "new episode", "situation", "activities", "new language", "page"})
"""Headers that tell of the talk at their place."""
_ID_FIELDS = ("language", "corpus", "", "age", "sex", "group", "ses", "role", "education", "custom")
_INTERVIEWERS = frozenset({"investigator", "interviewer", "examiner", "clinician", "moderator"})
_BYSTANDERS = frozenset(
    {
        "environment",
        "media",
        "unidentified",
        "uncertain",
        "observer",
        "camera operator",
        "text",
        "non human",
        "narrator",
    }
)


def read(data: bytes) -> Draft:
    """Read a CHAT file; each utterance is a stretch, with its times where the file has time marks.

    Raises:
        UnreadableInput: it has no speaker lines.
    """
    text, warnings = decode(data.replace(b"\x15", BULLET.encode()))
    rendering = Rendering()
    attributes: dict[str, str] = {}
    speakers: dict[str, dict[str, str]] = {}
    wordless = dependent = utterances = 0
    for line in _whole_lines(text):
        spoken = _SPEAKER.match(line)
        if spoken:
            utterances += 1
            said = words_said(line[spoken.end() :])
            wordless += not said
            start, end = times(line)
            rendering.speech(spoken.group(1), said, start_time=start, end_time=end)
        elif line.startswith("%"):
            dependent += 1
        elif line.startswith("@"):
            note = _take_header(line, attributes, speakers)
            if note:
                rendering.note(note)
    if not utterances:
        raise UnreadableInput(
            "a CHAT file without speaker lines", remedy="each utterance must stand on a line such as `*MOT:` TAB words"
        )
    if wordless:
        warnings.append(
            f"{wordless} of {utterances} utterances hold no words (gestures, laughs, unheard talk): left out"
        )
    if dependent:
        warnings.append(f"{dependent} dependent lines (%mor, %gra, comments) are no speech: left out")
    return rendering.draft(attributes=attributes, speakers=speakers, roles=_roles(speakers), warnings=tuple(warnings))


def _whole_lines(text: str) -> Iterator[str]:
    """Lines with their continuations, which begin with a tab or a space."""
    starts = 0

    def number(line: str) -> int:
        nonlocal starts
        starts += not line.startswith(("\t", " "))
        return starts

    for _, lines in groupby(text.split("\n"), number):
        yield " ".join(line.strip() for line in lines)


def _take_header(line: str, attributes: dict[str, str], speakers: dict[str, dict[str, str]]) -> str:
    """Put what a header says where it belongs; returns what is to be shown as a note at its place."""
    match = _HEADER.match(line)
    if match is None:
        return ""
    name, value = " ".join(match.group(1).split()).casefold(), line[match.end() :].strip()
    if name == "participants":
        for entry in value.split(","):
            _take_participant(entry.split(), speakers)
    elif name == "id":
        _take_id(value.split("|"), speakers)
    elif name in _NOTES:
        return line
    elif value and name not in _NO_ATTRIBUTE:
        words = name.split(" of ")  # `@Birth of CHI` is CHI's, not the transcript's
        if len(words) == 2 and words[1].upper() in speakers:
            speakers[words[1].upper()][words[0]] = value
        else:
            attributes.setdefault("_".join(name.split()), value)
    return ""


def _take_participant(words: list[str], speakers: dict[str, dict[str, str]]) -> None:
    """`CHI Eve Target_Child`: code, perhaps a name, role."""
    if not words:
        return
    known = speakers.setdefault(words[0], {})
    if len(words) > 1:
        known["role"] = words[-1].replace("_", " ")
    if len(words) > 2:
        known["name"] = " ".join(words[1:-1]).replace("_", " ")


def _take_id(fields: list[str], speakers: dict[str, dict[str, str]]) -> None:
    """`eng|Brown|CHI|1;06.00|female|||Target_Child|||`."""
    code = fields[2].strip() if len(fields) > 2 else ""
    if not code:
        return
    known = speakers.setdefault(code, {})
    for name, value in zip(_ID_FIELDS, fields, strict=False):
        if name and value.strip():
            known[name] = value.strip().replace("_", " ")


def _roles(speakers: dict[str, dict[str, str]]) -> dict[str, Role]:
    """Who a role says interviews or merely looks on; everybody else who is declared is who is studied."""
    found: dict[str, Role] = {}
    for code, known in speakers.items():
        role = known.get("role", "").casefold()
        if role in _INTERVIEWERS:
            found[code] = Role.INTERVIEWER
        elif role in _BYSTANDERS:
            found[code] = Role.OTHER
        elif role:
            found[code] = role_by_convention(role) or Role.PARTICIPANT
    return found
