"""Which line heads name a speaker: decided over the whole file, as no single line can tell `Anna:` from `London:`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pipeline.ingest.conventions import says_its_role
from pipeline.ingest.times import STAMP, leading_stamp, seconds

_HEAD = 140
"""Characters of a line that are looked at for a label, however long the line."""
_LONGEST = 60
_LONGEST_LOWER = 20
"""A line that starts in lower case is a label alone only as a short word such as `interviewer`."""


class Style(StrEnum):
    """How a transcript marks its speakers; a file is taken to have one style."""

    COLON = "Name: text"
    BRACKET = "[id1] text"
    TIMED = "Name  0:00"
    LETTER = "Q. text"
    ALONE = "a name alone on its line"
    TAB = "Name<tab>text"
    DASH = "Name - text"
    STOP = "Name. text"
    ROUND = "(Name) text"
    GAP = "NAME  text"


SIGNS = frozenset({Style.TAB, Style.DASH, Style.STOP, Style.ROUND, Style.GAP})
"""Marks that lists, tables and prose have too: believed only where no other style is as good."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A line head that may be a speaker's label.

    Attributes:
        line: index of the line.
        label: as written, without marks such as `**`.
        speech: where in the line the speech would begin.
        time: seconds from the start, where the head gives a time.
        opens: whether the line opens a paragraph, follows on another candidate, has a time, or has nothing after its colon.
        strong: whether its form alone makes a label likely (bold, or spaced off from a time).
    """

    line: int
    style: Style
    label: str
    speech: int
    time: float | None
    opens: bool
    strong: bool = False


MANNER = (
    r"(?i:laugh\w*|chuckl\w+|giggl\w+|sigh(?:s|ing)?|paus(?:e|es|ing)|smil(?:es|ing)|grin(?:s|ning)|cough(?:s|ing)?"
    r"|nod(?:s|ding)?|shak(?:es|ing)|shrug(?:s|ging)?|gestur(?:es|ing)|point(?:s|ing)|cries|crying|sob(?:s|bing)"
    r"|whisper(?:s|ing)?|mumbl(?:es|ing)|quietly|softly|loudly|shout(?:s|ing)|interrupt(?:s|ing)|interject(?:s|ing)"
    r"|overlap(?:s|ping)|inaudible|unclear|sarcas\w+|ironic(?:ally)?|jok(?:es|ing|ingly)|lach(?:t|end)|seufzt|seufzend"
    r"|rires?|rit|soupir\w*|risas?|ríe|suspira|ride|ridendo|sospira)\b[^\[\]():\n]{0,30}"
)
"""What a note between a name and its colon says: how the words are spoken. `Anna (interviewer):` says who she is."""
SOUND = re.compile(
    rf"(?:a |the |some |loud |soft |long |short |brief )*"
    rf"(?:{MANNER}|(?i:(?:music\w*|applau\w+|cheer(?:s|ing)?|clap(?:s|ping)?|noises?|silen(?:ce|t)|sounds?|inaudible|indistinct"
    r"|unintelligible|crosstalk|ble?eps?|phones?|telephone|mobile|doors?|doorbell|video|audio|foreign|speaking|speaks|sings?"
    r"|gasp\w*|groan\w*|clears|background|translat\w+|continue[sd]?|on screen|off[- ]screen|off[- ]mic|speaker off|sirens?|wind"
    r"|traffic|radio|alarms?|bells|dogs?|bab(?:y|ies)|birds|cars?|engines?|footsteps|rain|thunder|keyboard|chatter|chimes|knocks?"
    r"|bangs?|thuds?|crash(?:es)?|clicks?|buzz(?:es)?|hums?|static|rings?|ringtone|tone|sniff\w*|sneez\w+|yawn\w*|scream\w*"
    r"|yells?|snort\w*|exhal\w+|inhal\w+|breath(?:s|es?|ed|ing|less|y)?|murmur\w*|hesitat\w+|redacted|anonymi[sz]ed|name|names|place|removed"
    r"|omitted|deleted|censored|masked|pii|blank(?:[ _]audio)?|recording|tape|interruption"
    r"|(?!(?:some|any|every|no)thing|(?:morn|even|dur|go|be|hav|br|k)ing)\w{2,}ing)(?![^\W_])))"
)
"""What a note says instead that stands where a name might: sounds, and what takes the place of words."""
_MONTH = r"(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_DAY = (
    rf"(?:\d{{1,2}}(?:st|nd|rd|th)? {_MONTH}|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?|\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{2,4}})"
)
_DATE = rf"(?:[A-Z][a-z]{{2,8}},? )?{_DAY}(?:,? \d{{4}})?"
"""When it was written: `Martin (4 March):` in an interview by e-mail."""
_COLON = re.compile(
    rf"(?P<bold>\*\*|__)?(?P<label>[$@]?\w[^:：\n\[\]?!;\"“”…]{{0,{_LONGEST}}}?\??)[ \t\u00a0\u202f]*"
    rf"(?:[\[(](?:(?P<time>{STAMP})|{MANNER}|{_DATE})[\])][ \t]*)?(?P<close>\*\*|__)?[ \t\u00a0\u202f]*"
    rf"[:：](?:\*\*|__)?(?![\d/\\)])\s*"
)
_BRACKET = re.compile(r"\[(?P<label>[^\[\]:\n]{1,40})\]:?[ \t]*(?=\S)")
_TIMED = re.compile(
    rf"(?P<bold>\*\*|__)?(?P<label>\w[^:\n\[\]?!;]{{0,{_LONGEST}}}?)(?P<colon>:)?(?P<close>\*\*|__)?"
    rf"(?P<gap>[ \t\u00a0]+)(?P<bracket>[\[(])?(?P<time>{STAMP})[\])]?[ \t]*:?[ \t]*(?P<end>$)?"
)
_DASHED = re.compile(r"\s+[-–—]+$")
_TAB = re.compile(
    rf"(?P<bold>\*\*|__)?(?P<label>\w[^:：\n\t\[\]?!;{{}}=<>\"]{{0,{_LONGEST}}}?)(?P<close>\*\*|__)?[ ]*\t[ \t]*"
    rf"(?:[\[(]?(?P<time>{STAMP})[\])]?[ \t]+)?(?=[^\s:：])"
)
_SIGNED = r"(?P<label>\w[^:：\n\t()\[\]?!;,.{}=<>\"]{0,30}?)"
_BY_SIGN = {
    Style.TAB: _TAB,
    Style.DASH: re.compile(rf"(?:[-–—•][ \t]+)?{_SIGNED}[ \t]+[-–—][ \t]+(?=\S)"),
    Style.STOP: re.compile(rf"{_SIGNED}\.[ \t]+(?=\S)"),
    Style.ROUND: re.compile(r"\((?P<label>\w[^:：\n\t()?!;,]{0,30})\)[ \t]+(?=\S)"),
    Style.GAP: re.compile(rf"{_SIGNED}[ \u00a0]{{2,}}(?=[^\s\-–—])"),
}
UNKNOWN = "Unknown speaker"
_QUESTION_MARKS = re.compile(r"\?{1,3}[ \t]*:[ \t]+(?=\S)")
"""`??: Never.` is said by somebody whom the transcriber could not tell."""
_NUMBERED = re.compile(r"[^\W\d_]{1,20}_\d{1,4}")
_LETTER = re.compile(r"(?P<label>[QA])(?:\.[ \t]*|[ \t]{2,}|\t)(?=\S)")
_ALONE = re.compile(rf"(?P<bold>\*\*|__)?(?P<label>\w[^:\n?!;,*\[\]]{{0,{_LONGEST}}}?)(?P<close>\*\*|__)?\s*$")


def candidates(lines: Sequence[str], *, after_sentences: bool = False) -> list[Candidate]:
    """Every line head that could be a label, in order.

    Args:
        lines: the file.
        after_sentences: whether a line opens a paragraph where the one before ends a sentence, for want of blank lines.
    """
    found: list[Candidate] = []
    opens = True
    for index, line in enumerate(lines):
        if not line or line.isspace():
            opens = True
            continue
        head = line[:_HEAD]
        candidate = _candidate(index, head, opens)
        if candidate:
            found.append(candidate)
        opens = candidate is not None or (after_sentences and line.rstrip("\"'’”)] \t").endswith((".", "?", "!", "…")))
        found += _by_signs(index, head)
    return found


def _by_signs(index: int, head: str) -> list[Candidate]:
    """The same line head in those styles that are tried beside the others."""
    start, time = leading_stamp(head)
    found = []
    for style, pattern in _BY_SIGN.items():
        match = pattern.match(head, start)
        if match and not (style is Style.GAP and not _before_a_gap(match["label"])):
            given = match.groupdict().get("time")
            label = match["label"].strip(" \u00a0*_")
            when = seconds(given) if given else time
            found.append(Candidate(index, style, label, match.end(), when, opens=True))
    return found


def _before_a_gap(label: str) -> bool:
    """Whether two spaces may part a label from the speech: after words in small letters prose has them as well."""
    return label == label.upper() or says_its_role(label) or bool(_NUMBERED.fullmatch(label))


def _candidate(index: int, head: str, opens: bool) -> Candidate | None:
    start, time = leading_stamp(head)
    if head.startswith("?", start) and (unknown := _QUESTION_MARKS.match(head, start)):
        return Candidate(index, Style.COLON, UNKNOWN, unknown.end(), time, opens=True)
    for style, pattern in _patterns(head, start):
        match = pattern.match(head, start)
        if not match:
            continue
        groups = match.groupdict()
        label = groups["label"].strip(" \t\u00a0*_")
        if style is Style.BRACKET and SOUND.match(label):
            continue
        if style is Style.TIMED:
            label = _DASHED.sub("", label)  # `Anna Lee - 00:03`
        if not label or len(label) > _LONGEST:
            continue
        bold = bool(groups.get("bold") and (groups.get("close") or "**" in match.group(0)[2:]))
        if groups.get("time"):
            time = seconds(groups["time"])
        if style is Style.TIMED and not (groups["end"] is not None or groups["bracket"] or bold):
            continue  # `We met at 10:30 and` has its time inside the sentence
        if style is Style.TIMED and groups["colon"] and (groups["end"] is None or groups["bracket"]):
            continue  # `Anna: [0:30] Well` is a label with a colon, and then a time
        if style is Style.TIMED:
            strong = bold or len(groups["gap"]) > 1 or bool(groups["bracket"])
        else:
            strong = bold or (style is Style.ALONE and time is not None)
        # A time, or a name with a colon and nothing after it, begins a turn wherever it stands.
        opens = opens or time is not None or (style is Style.COLON and match.end() >= len(head.rstrip()))
        return Candidate(index, style, label, match.end(), time, opens, strong)
    return None


def _patterns(head: str, start: int) -> list[tuple[Style, re.Pattern[str]]]:
    """The patterns worth trying on this head, the most telling first."""
    first = head[start : start + 1]
    if first == "[":
        return [(Style.BRACKET, _BRACKET)]
    if first in "QA" and head[start + 1 : start + 2] in ". \t":
        return [(Style.LETTER, _LETTER), (Style.COLON, _COLON)]
    tries: list[tuple[Style, re.Pattern[str]]] = []
    if ":" in head[start:]:
        tries += [(Style.TIMED, _TIMED), (Style.COLON, _COLON)]
    elif "：" in head:
        tries.append((Style.COLON, _COLON))
    end = head.rstrip()[-1:]
    if len(head) <= _LONGEST and end not in ".?!,;" and (not first.islower() or len(head) <= _LONGEST_LOWER):
        tries.append((Style.ALONE, _ALONE))
    return tries
