"""Interviews by e-mail, as they are pasted or exported: who speaks stands in the head of each message.

Heads (`From:`, `Sent:`, `To:` …), signatures and quotations of what stands elsewhere in the file are no talk. A quotation of
what stands nowhere else is its writer's talk.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from pipeline.ingest.labels import Candidate, Style, candidates
from pipeline.ingest.marked import NOBODY, Marked
from pipeline.ingest.notes import is_closing, is_note, title_like
from pipeline.ingest.speakers import choose

_KEY = re.compile(
    r"(?:\*\*)?(?P<key>From|Von|De|Sent|Date|Gesendet|Datum|Envoyé|Enviado|To|An|À|Para|Cc|Bcc|Subject|Betreff|Objet|Asunto"
    r"|Assunto|Reply-To|Importance|Attachments)(?:\*\*)?[ \t\u00a0]?:(?:\*\*)?[ \t\u00a0]*(?P<value>.*)"
)
_FROM = frozenset({"From", "Von", "De"})
_NAME = re.compile(r"[\"'“]?(?P<name>[^<>\[\]\"”@]{2,60}?)[\"'”]?[ \t\u00a0]*(?:[<\[(].*)?$")
_WROTE = re.compile(
    r"(?:On|Am|Le|El|Em|Il)\b(?P<who>.{5,150}?)\b(?:wrote|schrieb|a écrit|escribió|escreveu|ha scritto)\b.{0,60}:\s*$"
)
_WRITER = re.compile(r".*(?:\d|[AP]M|Uhr|,)[, ]+(?P<name>[^\d,<>@]{2,60}?)[ \t\u00a0]*(?:<.*)?$")
_QUOTE = re.compile(r"[ \t]{0,4}(?:>[ \t\u00a0]?)+")
_QUOTED_BELOW = re.compile(
    r"[ \t]*-{2,}[ \t]*(?:Original Message|Forwarded message|Ursprüngliche Nachricht|Message d'origine|Mensaje original)"
    r"[ \t]*-{2,}\s*$|Begin forwarded message:\s*$",
    re.IGNORECASE,
)
_SENT_FROM = re.compile(r"(?:Sent from (?:my|Mail|Outlook|Yahoo)|Get Outlook for|Von meinem \w+ gesendet)\b.{0,50}$")
_ABOVE = 15
"""Lines of titles that may stand above the first message."""
_SIGNED, _SIGNED_SHARE = 3, 0.5
"""Messages of one writer, and the share of them, whose last line must be the same to be a signature's."""
_LEAST_TOLD = 12
"""Letters of a line from which it is told whether it stands elsewhere; shorter ones go with the line before."""
_LEAST_AGAIN = 20
"""Letters of a message from which the same message again, of the same writer, is a copy."""


@dataclass(slots=True)
class _Line:
    """A line of a message: who wrote it, where in it the words begin, and whether it stands there as a quotation."""

    index: int
    message: int
    writer: str
    start: int
    quoted: bool


def emails(lines: Sequence[str]) -> Marked | None:
    """How an interview by e-mail is to be read; None where the lines are none."""
    heads = dict(_heads(lines))
    if not heads or any(line.strip() and not title_like(line) for line in lines[: min(heads)]) or min(heads) > _ABOVE:
        return None
    written = list(_written(lines, heads))
    if len({one.writer for one in written}) < 2 or len({one.message for one in written}) < 2:
        return None
    copies = _copies(lines, written)
    kept = _unsigned(lines, [one for one in written if one.index not in copies])
    body = {one.index for one in kept}
    talk = [line if index in body else "" for index, line in enumerate(lines)]
    if len(choose(candidates(talk), talk)) > len({one.message for one in kept}):  # a transcript that was sent round
        return None
    first = min(heads)
    return Marked(
        tuple(_labels(lines, kept)),
        frozenset(index for index in range(first, len(lines)) if index not in body),
    )


def _heads(lines: Sequence[str]) -> Iterator[tuple[int, tuple[int, str]]]:
    """For each head of a message its first line, and one past its last with the sender's name."""
    filled = [index for index, line in enumerate(lines) if line.strip()]
    for is_key, group in groupby(filled, lambda index: _KEY.match(lines[index][:300]) is not None):
        if not is_key:
            continue
        run = list(group)
        pairs = [(match["key"], match["value"]) for index in run if (match := _KEY.match(lines[index][:300]))]
        senders = [value for key, value in pairs if key in _FROM and value.strip()]
        if senders and len({key for key, _ in pairs}) > 1:
            yield run[0], (run[-1] + 1, _name(senders[-1]))


def _name(sender: str) -> str:
    """`Jo Bell` of `"Bell, Jo" <jo@x.org>`; an address alone is its own name."""
    match = _NAME.match(sender.strip())
    if match is None:
        return sender.strip(" <>\t")
    last, comma, first = match["name"].partition(",")
    return f"{first.strip()} {last.strip()}" if comma else match["name"].strip()


def _written(lines: Sequence[str], heads: dict[int, tuple[int, str]]) -> Iterator[_Line]:
    """The lines that somebody wrote, in order."""
    names = list(dict.fromkeys(name for _, name in heads.values()))
    message, end = -1, 0
    own: str = NOBODY
    quoted: str | None = None
    whole = below = False  # whether all that follows is a quotation
    for index, line in enumerate(lines):
        if index in heads:
            message += 1
            end, own = heads[index]
            quoted, whole, below = None, below, False
        if message < 0 or index < end or not line.strip():  # of a head, or nothing
            continue
        quote = _QUOTE.match(line)
        start = quote.end() if quote else 0
        if _QUOTED_BELOW.match(line[start:]):
            below = not quote
        elif wrote := _wrote(lines, index, start):
            who, end = wrote
            quoted = _writer(who, names)
            whole = whole or not (quote or _quotes_follow(lines, end))
        elif quote:
            other = [name for name in names if name != own]
            writer = quoted or (other[0] if len(other) == 1 else NOBODY)
            if line[start:].strip() and not _KEY.match(line[start:][:300]):
                yield _Line(index, message, writer, start, True)
        else:
            yield _Line(index, message, (quoted or own) if whole else own, 0, whole)


def _wrote(lines: Sequence[str], index: int, start: int) -> tuple[str, int] | None:
    """What a line such as `On 4 March, Jo Bell wrote:` says of who and when, and one past it: it may be broken in two."""
    head = lines[index][start:][:300]
    if match := _WROTE.match(head):
        return match["who"], index + 1
    if index + 1 < len(lines) and (match := _WROTE.match(f"{head} {_QUOTE.sub('', lines[index + 1][:100], count=1)}")):
        return match["who"], index + 2
    return None


def _quotes_follow(lines: Sequence[str], index: int) -> bool:
    following = next((line for line in lines[index:] if line.strip()), "")
    return _QUOTE.match(following) is not None


def _writer(who: str, names: Sequence[str]) -> str:
    known = [name for name in names if name.casefold() in who.casefold()]
    match = _WRITER.match(who.strip())
    return known[0] if known else match["name"].strip() if match else NOBODY


def _letters(text: str) -> str:
    """The letters and digits alone: quotations are broken anew, within words too."""
    return "".join(character for character in text.casefold() if character.isalnum())


def _copies(lines: Sequence[str], written: Sequence[_Line]) -> set[int]:
    """Lines that stand elsewhere in the file: quotations, and messages that come again word for word."""
    copies: set[int] = set()
    bodies: set[tuple[str, str]] = set()
    original: list[_Line] = [one for one in written if not one.quoted]
    for _, group in groupby(original, lambda one: one.message):
        message = list(group)
        body = (message[0].writer, _letters("".join(lines[one.index] for one in message)))
        if body in bodies and len(body[1]) >= _LEAST_AGAIN:
            copies.update(one.index for one in message)
        bodies.add(body)
    known = "\n".join(body for _, body in sorted(bodies))
    alone = {_letters(lines[one.index]) for one in original}
    again = False
    for one in written:
        letters = _letters(lines[one.index][one.start :])
        if not one.quoted:
            again = False
            continue
        told = len(letters) >= _LEAST_TOLD
        again = letters in known if told else again or letters in alone
        if again:
            copies.add(one.index)
        else:
            known += letters
    return copies


def _unsigned(lines: Sequence[str], written: Sequence[_Line]) -> list[_Line]:
    """The lines without signatures: what stands under `-- `, and the last lines that a writer's messages have in common."""
    by_writer: dict[str, list[list[_Line]]] = defaultdict(list)
    quotations = [one for one in written if one.quoted]
    for _, group in groupby((one for one in written if not one.quoted), lambda one: one.message):
        message = list(group)
        below = next((place for place, one in enumerate(message) if lines[one.index].rstrip() == "--"), len(message))
        message = [one for one in message[:below] if not _SENT_FROM.match(lines[one.index].strip())]
        if message:
            by_writer[message[0].writer].append(message)
    kept = quotations
    for messages in by_writer.values():
        under_way = messages
        least = max(_SIGNED, _SIGNED_SHARE * len(messages))
        while under_way:
            last, count = Counter(lines[one[-1].index].strip() for one in under_way).most_common(1)[0]
            if count < least:
                break
            under_way = [one for one in under_way if lines[one[-1].index].strip() == last and len(one) > 1]
            for message in under_way:
                message.pop()
        kept += [one for message in messages for one in message]
    return sorted(kept, key=lambda one: one.index)


def _labels(lines: Sequence[str], kept: Sequence[_Line]) -> Iterator[Candidate]:
    """A label at the first line of each paragraph, and at each that is quoted."""
    before: _Line | None = None
    for one in kept:
        said = lines[one.index][one.start :]
        if is_note(said) or is_closing(said):
            continue
        goes_on = before is not None and (before.index, before.writer) == (one.index - 1, one.writer)
        if one.quoted or not goes_on:
            yield Candidate(one.index, Style.COLON, one.writer, one.start, None, opens=True)
        before = one
