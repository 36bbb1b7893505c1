"""What stands at the top of a text file before anybody speaks: front matter, comments, `Key: value` lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.ingest.conventions import key_of, says_its_role
from pipeline.ingest.labels import candidates
from pipeline.ingest.notes import is_note
from pipeline.ingest.speakers import shape

_KEY_VALUE = re.compile(
    r"[ \t]*#?[ \t]*(?:\*\*)?(?P<key>[^\W\d_][^:\n*]{0,40})(?:\*\*)?[ \t]*:(?:\*\*)?(?P<value>(?:[ \t].*)?)$"
)
_FURTHER = re.compile(r"(?:[.;,|/][ \t]+|\t[ \t]*|[ \t]{2,})(?P<key>[A-Z][^\W\d_]*(?: [^\W\d_]+){0,3}):[ \t]+(?=\S)")
"""Where a line goes on with another key: `Interviewer: Joel Adeyemi. Date: 3 March 2024`."""
_LONGEST_VALUE = 200
_LONGEST_MATTER = 300
_SENTENCE_ENDS = (".", "?", "!", "…")
_LONGEST_TITLE = 60
"""Characters of a line under a block of keys above which it is no title."""
_KNOWN = frozenset(
    key_of(key)
    for key in """
    interview|interviewee|interviewer|interviewers|interviewees|interview id|interview no|interview number|id|date|time
    |start time|end time|duration|length|place|location|venue|site|setting|transcript|transcribed by|transcriber
    |transcription|transcript id|participant|participants|participant id|present|attendees|moderator|facilitator
    |subject|title|project|study|file|filename|file name|audio|audio file|recording|recorded|recording date|force
    |agency|rank|role|job|job title|occupation|organisation|organization|department|team|gender|sex|age|age group
    |ethnicity|nationality|language|languages|pseudonym|synthetic|writer|author|source|keywords|speakers|speaker
    |summary|topic|session|group|country|region|area|years in service|service|date of interview|place of interview
    |date of birth|respondent|respondent id|case|version|status|note|notes|consent|mode|method|medium|wave|cohort
    |researcher|educational level|education|marital status|position|experience|interview date|interview time
    """.replace("\n", " ").split("|")
)


@dataclass(frozen=True, slots=True)
class Header:
    """The top of a file.

    Attributes:
        attributes: `Years in service: 19` as `{"years_in_service": "19"}`.
        lines: indices of the lines that it takes up.
    """

    attributes: dict[str, str] = field(default_factory=dict)
    lines: frozenset[int] = frozenset()


def read_header(lines: Sequence[str]) -> Header:
    """Find the header; empty where the file starts with talk."""
    attributes: dict[str, str] = {}
    taken: set[int] = set()
    start = _skip_blank(lines, 0)
    for part in (_front_matter, _comments, _titles, _block):
        end = part(lines, start, attributes)
        taken.update(range(start, end))
        start = _skip_blank(lines, end)
    # A title alone is settled later with the rest of what stands before the first label.
    return Header(attributes, frozenset(taken)) if attributes or _ruled(lines, taken) else Header()


def _ruled(lines: Sequence[str], taken: set[int]) -> bool:
    return any(lines[index].startswith(("---", "#")) for index in taken)


def _skip_blank(lines: Sequence[str], start: int) -> int:
    while start < len(lines) and not lines[start].strip():
        start += 1
    return start


def _front_matter(lines: Sequence[str], start: int, attributes: dict[str, str]) -> int:
    if start >= len(lines) or lines[start].rstrip() != "---":
        return start
    for end in range(start + 1, min(len(lines), start + _LONGEST_MATTER)):
        if lines[end].rstrip() in {"---", "..."}:
            for line in lines[start + 1 : end]:
                _note_pair(line, attributes)
            return end + 1
    return start


def _comments(lines: Sequence[str], start: int, attributes: dict[str, str]) -> int:
    end = start
    while end < len(lines) and (lines[end].startswith("#") or (end > start and not lines[end].strip())):
        _note_pair(lines[end], attributes)
        end += 1
    return end


def _titles(lines: Sequence[str], start: int, attributes: dict[str, str]) -> int:
    """A title of a line or two counts only where a block of keys follows it."""
    end = start
    for _ in range(2):
        if end < len(lines) and _is_title(lines[end]):
            end = _skip_blank(lines, end + 1)
    return end if end > start and _block(lines, end, dict(attributes)) > end else start


def _is_title(line: str) -> bool:
    return len(line) < 100 and ":" not in line and line.rstrip()[-1:] not in {".", "?", "!"}


def _block(lines: Sequence[str], start: int, attributes: dict[str, str]) -> int:
    """The run of `Key: value` lines from `start`; ends at its last line whose key is no speaker of the talk below."""
    block: list[tuple[str, str]] = []
    several: set[str] = set()
    for line in lines[start : start + 60]:
        match = _KEY_VALUE.match(line[: _LONGEST_VALUE + 60])
        if not match or len(line) > _LONGEST_VALUE:
            break
        value, further = _apart(match.group("value").strip())
        block.append((match.group("key"), value))
        if further and _is_name(value):
            several.add(match.group("key"))
    if not block:
        return start
    below = _labels_below(lines, start)
    length = max(
        (place + 1 for place, (key, value) in enumerate(block) if key in several or _is_header_key(key, value, below)),
        default=0,
    )
    keys = [key_of(key) for key, _ in block[:length]]
    known = sum(key in _KNOWN and not says_its_role(key) for key in keys)
    if not length or len(set(keys)) < len(keys):
        return start
    known += sum(key in several for key, _ in block[:length])
    called = any(says_its_role(key_of(key)) and _talks(value, below) for key, value in block[:length])
    end = start + length
    ends_well = end >= len(lines) or not lines[end].strip() or length < len(block)
    titled = not ends_well and known + called >= 2 and _title_below(lines, end)
    if not ends_well and not titled:
        return start
    if length == 1 and not called and (not known or len(block[0][1]) > 80):
        return start
    unknown = sum(not says_its_role(key) for key in keys)
    if not known and not called and (unknown < 3 or max(below.values(), default=0) < 2):
        return start
    # Full names may stand once above a talk in which first names speak.
    if not known and not called and 2 * sum(value.endswith(_SENTENCE_ENDS) for _, value in block[:length]) >= length:
        return start
    length += _named(block[length:], keys, lines[end:])
    for line in lines[start : start + length]:
        _note_pair(line, attributes)
    return start + length + titled


def _title_below(lines: Sequence[str], index: int) -> bool:
    """Whether the line directly under a block (`Tape 1, Side A`, `-----`) is no talk: it ends the block as a blank one does."""
    line = lines[index]
    if is_note(line):
        return True
    ends = index + 1 >= len(lines) or not lines[index + 1].strip()
    return ends and len(line) <= _LONGEST_TITLE and _is_title(line) and line.strip()[0].isupper()


def _named(rest: Sequence[tuple[str, str]], keys: Sequence[str], lines: Sequence[str]) -> int:
    """How many lines after the block still belong to it, though their keys are speakers below.

    `Interviewer: Joanna Bell` names the interviewer, if the talk that follows begins with `Interviewer:` again.

    Args:
        rest: keys and values of the lines that follow the block without a break.
        keys: those of the block.
        lines: of the file, from the first of `rest` on.
    """
    names: dict[str, str] = {}
    for key, value in rest:
        key = key_of(key)
        if key in keys or key in names or not says_its_role(key) or not _is_name(value) or value in names.values():
            break
        names[key] = value
    talk = lines[_skip_blank(lines, len(names)) :][:1]
    match = _KEY_VALUE.match(talk[0][: _LONGEST_VALUE + 60]) if names and talk else None
    return len(names) if match and key_of(match.group("key")) in names else 0


def _is_name(value: str) -> bool:
    return value[-1:].isalnum() and len(value.split()) <= 4 and shape(value) in {"full name", "id"}


def _labels_below(lines: Sequence[str], start: int) -> Counter[str]:
    """How often each possible label heads a line in the first stretch of the file."""
    return Counter(key_of(one.label) for one in candidates(lines[start : start + 2000]))


def _talks(name: str, below: Counter[str]) -> bool:
    """Whether somebody who goes by the name, or by its first or last word, speaks below."""
    words = name.split()
    return 0 < len(words) <= 4 and any(below[key_of(one)] > 1 for one in (name, words[0], words[-1]))


def _is_header_key(key: str, value: str, below: Counter[str]) -> bool:
    """`Participant: 7B` names somebody, `Participant: I joined in May.` is talk."""
    if below[key_of(key)] > 1:
        return False
    return not says_its_role(key) or (len(value) <= 60 and value[-1:] not in {".", "?", "!"})


def _note_pair(line: str, attributes: dict[str, str]) -> None:
    match = _KEY_VALUE.match(line[: _LONGEST_VALUE + 60])
    if match:
        _keep(match.group("key"), match.group("value"), attributes)


def _keep(key: str, value: str, attributes: dict[str, str]) -> None:
    value, further = _apart(value.strip())
    for name, words in ((key, value), *further):
        if said := words.strip().strip("\"'"):
            attributes["_".join(name.casefold().split())] = said


def _apart(value: str) -> tuple[str, list[tuple[str, str]]]:
    """A value without the further keys that a line goes on with, and these with their values."""
    found = () if value.startswith(('"', "'")) else _FURTHER.finditer(value)
    places = [match for match in found if key_of(match["key"]) in _KNOWN]
    ends = [*(match.start() for match in places), len(value)]
    further = [(match["key"], value[match.end() : end].strip()) for match, end in zip(places, ends[1:], strict=True)]
    return value[: ends[0]].rstrip(), further
