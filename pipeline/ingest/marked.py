"""Plain text in which a mark that nobody speaks begins every turn: a chat's export with day and hour, live captions with `>>`.

The mark makes sure of what a line head alone does not: what stands after it and before the colon is who speaks, whatever it
looks like (a telephone number, a name in small letters).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from pipeline.ingest.conventions import key_of
from pipeline.ingest.labels import UNKNOWN, Candidate, Style
from pipeline.ingest.speakers import shape
from pipeline.ingest.times import leading_stamp
from pipeline.plural import at_lines
from pipeline.types import Role

_HALF_OF_DAY = r"(?:[ \t\u202f\u00a0]?[AaPp]\.?[ \u202f\u00a0]?[Mm]\.?)?"
_DAY = r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4}"
_HOUR = rf"\d{{1,2}}[:.]\d{{2}}(?:[:.]\d{{2}})?{_HALF_OF_DAY}"
_DATED = re.compile(
    rf"[ \t\u00a0\u200e\u200f]{{0,4}}"
    rf"(?:\[(?:{_DAY},?[ \t]+{_HOUR}|{_HOUR},[ \t]+{_DAY})\][ \t]*|{_DAY},?[ \t]+{_HOUR}[ \t]+-[ \t]+)"
)
"""`12/03/2024, 10:14 - `, `[12.03.24, 10:14:07] `, `[10:14, 12/03/2024] `: the hour of the day is no time of a recording."""
_CHANGE = re.compile(r"(?:>>+|&gt;&gt;)[ \t]*")
_SENDER = re.compile(
    r"[~\u200e\u200f\u202a\u202c\u00a0 ]*(?P<label>[^\s:\[\]()<>\"“”?!][^:\n]{0,60}?)[\u202c ]*:(?:[ \t]+|$)"
)
_UNSAID = re.compile(
    r"\W*(?:Messages (?:and calls|to this (?:chat|group)|you send)\b.{0,80}end-to-end encrypt.*"
    r"|(?:Nachrichten und Anrufe|Los mensajes|Les messages)\b.{0,60}(?:verschl|cifrad|chiffr).*"
    r"|(?:image|video|audio|sticker|GIF|document|media|contact card) (?:omitted|weggelassen)|null"
    r"|(?:This message was deleted|You deleted this message)\.?|Missed (?:voice|video|group) (?:video )?call.{0,40}"
    r"|\S{1,80}\.\w{2,4} \(file attached\))\s*",
    re.IGNORECASE,
)
_EDITED = re.compile(
    r"[\u200e\u200f ]*<(?:This message was edited|Diese Nachricht wurde bearbeitet|Ce message a été modifié|Se editó este mensaje"
    r"|Questo messaggio è stato modificato|(?:Esta )?[Mm]ensagem (?:foi )?editada)\.?>\s*$"
)
_POLL, _OPTION = re.compile(r"[\u200e\u200f]*POLL:.*"), re.compile(r"[\u200e\u200f]*OPTION: .*")
_HEAD = 140
"""Characters of a line that are looked at for a name."""
_LEAST = 4
"""Marked lines, below which a note in somebody's talk may have the form by chance."""
_NAMED, _OF_FILE = 0.3, 0.2
"""Share of the marked lines that must name a sender, as a short chat has many lines of the program's own; and of all lines that
must be marked: a message may have several lines."""
_OWN = "\u200e"
"""What the iPhone sets before a message that nobody wrote: who made the group, a picture, a call."""
NOBODY = UNKNOWN


@dataclass(frozen=True, slots=True)
class Marked:
    """What a mark says of the lines.

    Attributes:
        labels: where turns begin, and who speaks.
        aside: lines that nobody said: the program's own (`Jo created this group`), pictures, deleted messages, polls.
        ends: where in a line the speech ends, if before its end.
        warnings: what the user should know of it.
        roles: that are plain, by speaker.
    """

    labels: tuple[Candidate, ...]
    aside: frozenset[int]
    ends: Mapping[int, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    roles: Mapping[str, Role] = field(default_factory=dict)


def marked(lines: Sequence[str]) -> Marked | None:
    """How a file of marked lines is to be read; None where it is none."""
    return _chat(lines) or _captions(lines)


def _chat(lines: Sequence[str]) -> Marked | None:
    heads = {i: match.end() for i, line in enumerate(lines) if line and (match := _DATED.match(line[:60]))}
    senders = {i: match for i, start in heads.items() if (match := _SENDER.match(lines[i][:200], start))}
    if not enough(lines, len(heads), len(senders)):
        return None
    labels = tuple(
        Candidate(i, Style.COLON, match["label"].strip(), match.end(), None, opens=True) for i, match in senders.items()
    )
    messages = {i: lines[i][match.end() :] for i, match in senders.items()}
    polls = _polls(lines, heads, messages)
    asked = {i for poll in polls for i in poll}
    unsaid = {i for i, said in messages.items() if said.startswith(_OWN) or _UNSAID.fullmatch(said[:400])} - asked
    ends = {i: match.start() for i, line in enumerate(lines) if ">" in line and (match := _EDITED.search(line))}
    # What stands under a picture is its sender's.
    captioned = {i for i in unsaid if i + 1 < len(lines) and i + 1 not in heads and lines[i + 1].strip()}
    ends |= {i: senders[i].end() for i in captioned}
    silent = (unsaid - captioned) | asked
    return Marked(
        tuple(one for one in labels if one.line not in silent),
        frozenset(heads.keys() - senders.keys() | silent),
        ends,
        (f"polls are no talk and are left out ({at_lines([poll.start for poll in polls])})",) if polls else (),
    )


def _polls(lines: Sequence[str], heads: Collection[int], messages: Mapping[int, str]) -> list[range]:
    """The lines of each message that is a poll: `POLL:`, its question, and an `OPTION: …` for each choice."""
    found = []
    for start, end in pairwise([*heads, len(lines)]):
        options = [i for i in range(start + 1, end) if _OPTION.match(lines[i])]
        if options and _POLL.match(messages.get(start, "")):
            found.append(range(start, options[-1] + 1))
    return found


def _captions(lines: Sequence[str]) -> Marked | None:
    labels = []
    named = 0
    changes = list(_changes(lines))
    senders = [_SENDER.match(lines[index][:_HEAD], end) for index, end, _ in changes]
    often = Counter(key_of(sender["label"]) for sender in senders if sender)
    for (index, end, time), sender in zip(changes, senders, strict=True):
        known = sender is not None and _is_somebody(sender["label"], often)
        named += known
        # Somebody else speaks where no name stands, and nobody knows who.
        label, speech = (sender["label"].strip(), sender.end()) if sender and known else (NOBODY, end)
        labels.append(Candidate(index, Style.COLON, label, speech, time, opens=True))
    return Marked(tuple(labels), frozenset()) if 2 * named > len(labels) and enough(lines, len(labels), named) else None


def _changes(lines: Sequence[str]) -> Iterator[tuple[int, int, float | None]]:
    """Lines that begin with a sign of change: index, where the sign ends, and the time before it."""
    for index, line in enumerate(lines):
        head = line[:_HEAD]
        if ">>" in head or "&gt;" in head:
            start, time = leading_stamp(head)
            if change := _CHANGE.match(head, start):
                yield index, change.end(), time


def _is_somebody(label: str, often: Mapping[str, int]) -> bool:
    """Whether a label looks like a name, or comes again: `>> And with schools: how is that?` quotes an e-mail."""
    form = shape(label.strip())
    return form is not None and (form != "lower" or often[key_of(label)] > 1) and len(label.split()) <= 6


def enough(lines: Sequence[str], heads: int, named: int) -> bool:
    """Whether so many marked lines, and so many of them with a name, make the lines a file of that mark."""
    filled = sum(bool(line) and not line.isspace() for line in lines)
    return named >= _LEAST and named >= _NAMED * heads and heads >= _OF_FILE * filled
