"""The chat of a meeting as Zoom saves it: who sent a message stands in its head, and perhaps to whom.

Zoom writes into a message what other it goes with: a reaction is no talk, nor is what a reply quotes, for somebody else said it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pipeline.ingest.conventions import key_of
from pipeline.ingest.labels import Candidate, Style
from pipeline.ingest.marked import Marked, enough
from pipeline.ingest.speakers import OF_PEOPLE, shape
from pipeline.ingest.times import seconds, since_start
from pipeline.plural import at_lines, numbered

_PRONOUNS = r"(?:[ \t]*\([A-Za-z]{2,6}(?:/[A-Za-z]{2,6})+\))?"
_OF_PRONOUNS = re.compile(_PRONOUNS + "$")
_SENDER = rf"(?P<label>[^\s:][^:\n]{{0,60}}?){_PRONOUNS}"
_TO = r"[ \t]+[Tt]o[ \t]+(?P<to>[^:\n]{1,100}?)"
_PRIVATE = r"[ \t]*(?P<private>\((?i:Direct Message|Privately)\))"
_HEAD = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2}[ \t]+)?(?P<hour>\d{1,2}:\d{2}(?::\d{2})?)(?:[ \u202f][AP]M)?"
    rf"[ \t]+From[ \t]+{_SENDER}(?:{_TO})?(?:{_PRIVATE})?[ \t]*:(?:[ \t]+|$)"
)
"""`10:02:09 From Jo Bell (she/her) to Everyone:`, and as older versions wrote it, `10:02:09<tab> From Jo Bell : And then?`."""
_HEAD_IN_CLOUD = re.compile(
    rf"(?P<day>)(?P<hour>\d{{1,2}}:\d{{2}}:\d{{2}})\t[ ]?{_SENDER}(?:(?:{_TO})?{_PRIVATE})?[ \t]*:\t[ \t]*"
)
"""`00:02:31<tab>Jo Bell:<tab>And then?`; other programs write their transcripts so too."""
_EMOJI = r"(?:[^\w\s\x00-\x7f\u2010-\u205e]|[0-9#*]\ufe0f?\u20e3)+"
_REACTION = re.compile(
    rf"[ \t]*(?:Reacted to [\"“].*[\"”] with (?:{_EMOJI}|:[\w+-]{{1,30}}:|[^\w\s]{{1,12}})"
    r"|Removed an? .{1,30} reaction from [\"“].*[\"”])[ \t]*"
)
_REACTED_BELOW = re.compile(rf"[ \t]+(?P<who>[^\s:][^:\n]{{0,100}}):{_EMOJI}[ \t]*")
"""Newer versions write who reacted, and how, under the message: `<tab>Ann Ray:👍`."""
_REPLY = re.compile(r"[ \t]*Replying to (?=[\"“])")
_QUOTE_ENDS = re.compile(r"[\"”](?=:?(?:\s|$)):?[ \t]*")
_CUT_SHORT = ("...", "…")


def saved_chat(lines: Sequence[str]) -> Marked | None:
    """How a chat that Zoom saved is to be read; None where the lines are none."""
    heads = _heads(lines, _HEAD, "From")
    if not enough(lines, len(heads), len(heads)):
        heads = _heads(lines, _HEAD_IN_CLOUD, "\t")
        # A transcript has lines of this form as well, and is read with more care than a chat.
        if not enough(lines, len(heads), len(heads)) or not any(_is_of_zoom(lines[i], heads[i]) for i in heads):
            return None
    times = _times(heads)
    labels = [replace(one, time=times.get(one.line)) for one in _labels(lines, heads)]
    return Marked(
        tuple(labels),
        frozenset(_reactions(lines, heads)),
        {one.line: one.speech for one in labels if _REACTION.fullmatch(lines[one.line], one.speech)},
        warnings=_told(_private(heads)),
    )


def _heads(lines: Sequence[str], form: re.Pattern[str], sign: str) -> dict[int, re.Match[str]]:
    return {
        i: match
        for i, line in enumerate(lines)
        if line[:1].isdigit() and sign in line[:40] and (match := form.match(line[:250]))
    }


def _is_of_zoom(line: str, head: re.Match[str]) -> bool:
    said = line[head.end() :]
    return bool(head["private"] or _REACTION.fullmatch(said) or _REPLY.match(said))


def _labels(lines: Sequence[str], heads: Mapping[int, re.Match[str]]) -> Iterator[Candidate]:
    """A label at the head of each message, and at the line in it that begins with a quotation: the reply begins after that."""
    sender = ""
    for index, line in enumerate(lines):
        head = heads.get(index)
        sender = head["label"].strip() if head else sender
        start = head.end() if head else 0
        reply = _REPLY.match(line, start) if sender else None
        if head or reply:
            speech = (_after_quote(line, reply.end()) if reply else None) or start
            yield Candidate(index, Style.COLON, sender, speech, None, opens=True)


def _after_quote(line: str, start: int) -> int | None:
    """Where in a line a reply begins whose quotation begins at `start`: most are cut short, and some have quotations in them."""
    ends = list(_QUOTE_ENDS.finditer(line, start + 1))
    short = [match for match in ends if line[: match.start()].endswith(_CUT_SHORT)]
    # Where single signs are left, the quotation goes on: `"say "hi" to us"`.
    whole = [match for match in ends if line.count('"', match.end()) % 2 == 0]
    return next((match.end() for match in (*short[:1], *whole[:1])), None)


def _reactions(lines: Sequence[str], heads: Mapping[int, re.Match[str]]) -> Iterator[int]:
    """Lines of their own that say who reacted; the first line under a message's head is the message."""
    first = min(heads)
    senders = {match["label"].strip() for match in heads.values()}
    for index, line in enumerate(lines):
        if index <= first or index in heads:
            continue
        below = _REACTED_BELOW.fullmatch(line) if index - 1 not in heads else None
        if _REACTION.fullmatch(line) or (below and (below["who"] in senders or shape(below["who"]) in OF_PEOPLE)):
            yield index


def _times(heads: Mapping[int, re.Match[str]]) -> dict[int, float]:
    """Seconds from the start of the recording; none where the heads have the hour of a day."""
    if any(match["day"] or match["hour"].count(":") < 2 for match in heads.values()):
        return {}
    return since_start({i: seconds(match["hour"]) for i, match in heads.items()})


def _private(heads: Mapping[int, re.Match[str]]) -> list[int]:
    """The heads of messages to one person: they say so, as newer versions write it, or are to one who sends messages too."""
    senders = {key_of(match["label"]) for match in heads.values()}
    return [
        i
        for i, match in heads.items()
        if match["private"] or (match["to"] and key_of(_OF_PRONOUNS.sub("", match["to"])) in senders)
    ]


def _told(private: Sequence[int]) -> tuple[str, ...]:
    if not private:
        return ()
    count = numbered(len(private), "private [message|messages]")
    return (
        f"{count} in the chat, the first in {at_lines(private[:1])}: sent to one person and not to the group, and read like the "
        "others; if they should not be analysed, take them out of the file",
    )
