"""Interviews by e-mail, as they are pasted or exported: who speaks stands in the head of each message.

Heads (`From:`, `Sent:`, `To:` …), signatures and quotations of what stands elsewhere in the file are no talk. A quotation of
what stands nowhere else is talk of whom the line above it names (`On 4 March, Jo Bell wrote:`), else of the message's writer.
Questions that are copied above their answers, without signs of quotation, are talk of who asked.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import groupby

from pipeline.ingest.labels import Candidate, Style, candidates
from pipeline.ingest.marked import NOBODY, Marked
from pipeline.ingest.notes import is_closing, is_note, title_like
from pipeline.ingest.quoted import LEAST_AGAIN, Line, copied, copies, letters
from pipeline.ingest.signing_off import signing_off
from pipeline.ingest.speakers import choose
from pipeline.plural import at_lines
from pipeline.types import Role

_KEY = re.compile(
    r"(?:\*\*)?(?P<key>From|Von|De|Sent|Date|Gesendet|Datum|Envoyé|Enviado|To|An|À|Para|Cc|Bcc|Subject|Betreff|Objet|Asunto"
    r"|Assunto|Reply-To|Importance|Attachments)(?:\*\*)?[ \t\u00a0]?:(?:\*\*)?[ \t\u00a0]*(?P<value>.*)"
)
_FROM = frozenset({"From", "Von", "De"})
_NAME = re.compile(r"[\"'“]?(?P<name>[^<>\[\]\"”@]{2,60}?)[\"'”]?[ \t\u00a0]*(?:[<\[(].*)?$")
_WROTE = re.compile(
    r"(?:On|Am|Le|El|Em|Il)\b(?P<who>.{5,150}?)(?<!\w)"
    r"(?:(?:wrote|a écrit|escribió|escreveu|ha scritto)|schrieb\b(?P<after>.{0,100}?))[ \t\u00a0]*:\s*$"
)
"""German has the name after the verb."""
_WRITER = re.compile(r".*(?:\d|[AP]M|Uhr|,)[, ]+(?P<name>[^\d,<>@]{2,60}?)[ \t\u00a0]*(?:<.*)?$")
_HOUR = re.compile(r"(?<!\d)\d{1,2}[:h]\d{2}(?!\d)")
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


def emails(lines: Sequence[str]) -> Marked | None:
    """How an interview by e-mail is to be read; None where the lines are none."""
    heads = dict(_heads(lines))
    if not heads or any(line.strip() and not title_like(line) for line in lines[: min(heads)]) or min(heads) > _ABOVE:
        return None
    written = list(_written(lines, heads))
    if len({one.writer for one in written}) < 2 or len({one.message for one in written}) < 2:
        return None
    questions = copied(lines, written)
    again = copies(lines, written, questions)
    kept = _unsigned(lines, _asked([one for one in written if one.index not in again], questions))
    body = {one.index for one in kept}
    talk = [line if index in body else "" for index, line in enumerate(lines)]
    if len(choose(candidates(talk), talk)) > len({one.message for one in kept}):  # a transcript that was sent round
        return None
    first = min(heads)
    return Marked(
        tuple(_labels(lines, kept)),
        frozenset(index for index in range(first, len(lines)) if index not in body),
        warnings=_told(kept),
        roles=_roles(questions),
    )


def _asked(written: Sequence[Line], questions: Mapping[int, str]) -> list[Line]:
    """Questions that are copied above their answers are said there again by who asked: they are what the answers are about."""
    return [
        replace(one, writer=questions[one.index], quoted=True, named=True) if one.index in questions else one
        for one in written
    ]


def _roles(questions: Mapping[int, str]) -> dict[str, Role]:
    """Whose questions others copy to answer them, if that is one person, asks them."""
    asking = set(questions.values())
    return dict.fromkeys(asking, Role.INTERVIEWER) if len(asking) == 1 else {}


def _told(kept: Sequence[Line]) -> tuple[str, ...]:
    """Which quotations are given to those who quote, as nothing says whose words they are."""
    unknown = [one.index for one in kept if not one.named]
    if not unknown:
        return ()
    return (
        "what is quoted and stands nowhere else in the file is taken for words of the message's writer; where another sender "
        f'said it, put "On 4 March, NAME wrote:" above ({at_lines(unknown)})',
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


def _written(lines: Sequence[str], heads: dict[int, tuple[int, str]]) -> Iterator[Line]:
    """The lines that somebody wrote, in order."""
    names = list(dict.fromkeys(name for _, name in heads.values()))
    twice = frozenset(line for line, count in Counter(map(str.strip, lines)).items() if count > 1)
    message, sent, end = -1, -1, 0
    own: str = NOBODY
    quoted: str | None = None
    whole = below = False  # whether all that follows is a quotation
    unnamed = False  # and of nobody who is known
    for index, line in enumerate(lines):
        if index in heads:
            message, sent = message + 1, sent + (not below)
            end, own = heads[index]
            quoted, whole, below, unnamed = None, below, False, False
        if message < 0 or index < end or not line.strip():  # of a head, or nothing
            continue
        quote = _QUOTE.match(line)
        start = quote.end() if quote else 0
        if _QUOTED_BELOW.match(line[start:]):
            below = not quote
        elif wrote := _wrote(lines, index, start, names, twice):
            quoted, end = wrote
            whole = whole or not (quote or _quotes_follow(lines, end))
            unnamed = whole and quoted is None
        elif quote:
            if line[start:].strip() and not _KEY.match(line[start:][:300]):
                yield Line(index, message, sent, quoted or own, start, True, quoted is not None)
        else:
            yield Line(index, message, sent, (quoted or own) if whole else own, 0, whole, not unnamed)


def _wrote(
    lines: Sequence[str], index: int, start: int, names: Sequence[str], twice: Collection[str]
) -> tuple[str | None, int] | None:
    """Whom of `names` a line such as `On 4 March, Jo Bell wrote:` names, if any, and one past it: it may be broken in two."""
    head = lines[index][start:][:300]
    broken = index + 1 < len(lines) and not _ends_sentence(head)
    below = _QUOTE.sub("", lines[index + 1][:100], count=1) if broken else ""
    for end, text in enumerate((head, f"{head} {below}"), index + 1):
        if match := _WROTE.match(text):
            after = match["after"] or ""
            writer = _writer(f"{match['who']} {after}".rstrip(), names)
            sent = "@" in match["who"] + after or (
                not after.strip() and _dated(match["who"], lines, end, lines[index][:start], twice)
            )
            return (writer, end) if writer or sent else None
    return None


def _dated(who: str, lines: Sequence[str], index: int, signs: str, twice: Collection[str]) -> bool:
    """Whether what stands before `wrote:` is of a mail program: "On 4 March 2010 the head wrote:" is somebody's own sentence,
    unless a quotation follows at `index`, marked or word for word from elsewhere in the file.

    Args:
        signs: of quotation, that stand before the line.
        twice: what stands on more than one line.
    """
    if _HOUR.search(who):
        return True
    following = _following(lines, index)
    quote = _QUOTE.match(following)
    deeper = quote is not None and quote.group().count(">") > signs.count(">")
    said = following.strip()
    again = len(letters(said)) >= LEAST_AGAIN and said in twice
    return any(map(str.isdigit, who)) and (deeper or again)


def _quotes_follow(lines: Sequence[str], index: int) -> bool:
    return _QUOTE.match(_following(lines, index)) is not None


def _following(lines: Sequence[str], index: int) -> str:
    """The first line from `index` on that is not blank."""
    return next((lines[at] for at in range(index, len(lines)) if lines[at].strip()), "")


def _writer(who: str, names: Sequence[str]) -> str | None:
    """The one of `names` that stands in `who`, or of which a part stands at its end (`4 March, Jo`)."""
    words = _words(who)
    if known := [name for name in names if _words(name) and _words(name) <= words]:
        return known[0]
    match = _WRITER.match(who.strip())
    part = _words(match["name"]) if match else set()
    parts = [name for name in names if part and part <= _words(name)]
    return parts[0] if len(parts) == 1 else None


@lru_cache(maxsize=10_000)
def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.casefold()))


def _ends_sentence(line: str) -> bool:
    return line.rstrip(" \t\u00a0\"'”’)*").endswith((".", "?", "!", "…"))


def _unsigned(lines: Sequence[str], written: Sequence[Line]) -> list[Line]:
    """The lines without signatures: what stands under `-- `, where the writer takes leave, and the last lines that a writer's
    messages have in common."""
    by_writer: dict[str, list[list[Line]]] = defaultdict(list)
    quotations: list[Line] = []
    for _, group in groupby((one for one in written if one.quoted), lambda one: (one.message, one.writer)):
        quotations += _without_leave(lines, list(group))
    for _, group in groupby((one for one in written if not one.quoted), lambda one: one.message):
        message = list(group)
        below = next((place for place, one in enumerate(message) if lines[one.index].rstrip() == "--"), len(message))
        message = [one for one in message[:below] if not _SENT_FROM.match(lines[one.index].strip())]
        message = _without_leave(lines, message)
        if message:
            by_writer[message[0].writer].append(message)
    kept = quotations
    for messages in by_writer.values():
        under_way = messages
        least = max(_SIGNED, _SIGNED_SHARE * len(messages))
        while under_way:
            ends = [lines[one[-1].index].strip() for one in under_way]
            last, count = next(iter(Counter(end for end in ends if not _ends_sentence(end)).most_common(1)), ("", 0))
            if count < least:  # what ends as a sentence does is said, however often
                break
            under_way = [one for one in under_way if lines[one[-1].index].strip() == last and len(one) > 1]
            for message in under_way:
                message.pop()
        kept += [one for message in messages for one in message]
    return sorted(kept, key=lambda one: one.index)


def _without_leave(lines: Sequence[str], message: Sequence[Line]) -> list[Line]:
    leave = signing_off(
        [(one.index, lines[one.index][one.start :]) for one in message], message[0].writer if message else ""
    )
    return [one for one in message if one.index not in leave]


def _labels(lines: Sequence[str], kept: Sequence[Line]) -> Iterator[Candidate]:
    """A label at the first line of each paragraph, and at each that is quoted."""
    before: Line | None = None
    for one in kept:
        said = lines[one.index][one.start :]
        if is_note(said) or is_closing(said):
            continue
        goes_on = before is not None and (before.index, before.writer) == (one.index - 1, one.writer)
        if one.quoted or not goes_on:
            yield Candidate(one.index, Style.COLON, one.writer, one.start, None, opens=True)
        before = one
