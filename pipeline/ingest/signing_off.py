"""How the writer of a message takes leave: `Kind regards,` and the name below, which nobody says in answer to a question.

The words alone say little (`Best wishes to the team, they earned it.`): they must be a line of their own, or have nothing but
the writer's name after them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.ingest.notes import is_note
from pipeline.ingest.speakers import shape

_REGARDS = (
    r"(?:with )?(?:my |our |all )?(?:very )?(?:kind(?:est)?|warm(?:est)?|best|good) (?:regards|wishes)|regards"
    r"|all the (?:very )?best|yours (?:sincerely|faithfully|truly|ever)|(?:most )?sincerely(?: yours)?|respectfully(?: yours)?"
    r"|(?:mit )?(?:freundlichen?|besten?|herzlichen?|lieben?|vielen?|schönen?) grü(?:ß|ss)en?|(?:bien )?cordialement|bien à vous"
    r"|(?:un )?(?:cordial )?saludos?(?: cordial(?:es)?)?|atentamente|atenciosamente|(?:com os melhores )?cumprimentos"
    r"|(?:cordiali|distinti) saluti"
)
_THANKS = (
    r"(?:with |with many |many )?thanks(?: again| so much| very much| in advance)?|thank you(?: again| so much| very much)?"
    r"|cheers|best|take care|speak soon|yours|love|warmly"
)
"""Words that take leave only with a name below: they are an answer as well."""
_LEAVE = re.compile(
    rf"(?:(?P<regards>(?:(?:{_THANKS}),? (?:and|&) )?(?:{_REGARDS}))|{_THANKS})(?:(?P<stop>[ \t]*[,.!–—-])|(?=\s|$))"
    r"[ \t]*(?P<rest>.{0,60})$",
    re.IGNORECASE,
)
_TITLES = frozenset({"dr", "prof", "professor", "mr", "mrs", "ms", "miss", "rev", "x", "xx", "xxx"})
_MASKED = re.compile(r"[X_*#.-]{2,}|x{2,}")
_CONTACT = re.compile(
    r"(?!P\.?[ ]?S\b)"
    r"(?:.*(?:\d[\d \t()+/.-]{5,}\d|@|www\.|https?:)|(?:[A-Z&][^\s.?!]*(?:[ \t]+|$)|(?:of|for|and|the|in)[ \t]+){1,8}$)"
)
_SENTENCE_ENDS = (".", "?", "!", "…")
_LONGEST = 100
_CONTACTS = 8
"""Lines of a post, an office, a telephone under a name at most."""


def signing_off(said: Sequence[tuple[int, str]], writer: str) -> set[int]:
    """Which lines of a message take leave; among them those of the writer's post and telephone right under the name.

    Args:
        said: the message's lines that are not blank, in order, with their indices.
        writer: as the message's head names the writer.
    """
    said = [(index, line.strip()) for index, line in said if not is_note(line)]
    found: set[int] = set()
    for place, (_, line) in enumerate(said):
        match = _LEAVE.match(line) if len(line) < _LONGEST else None
        end = _end(said, place, match, writer) if match else place
        found.update(index for index, _ in said[place:end])
    return found


def _end(said: Sequence[tuple[int, str]], place: int, leave: re.Match[str], writer: str) -> int:
    """One past the last line of the leave that begins at `place`; `place` itself if it is none."""
    if leave["rest"]:
        return _past_contact(said, place + 1) if _is_own(leave["rest"], writer) else place
    if place + 1 == len(said):
        return place + 1 if leave["regards"] else place
    name = said[place + 1][1]
    end = _past_contact(said, place + 2)
    # The head may have a code for who signs by name.
    coded = shape(writer) not in {"name", "full name"}
    signed = end == len(said) and (leave["regards"] or (leave["stop"] and coded)) and _is_name(name)
    return end if signed or _is_own(name, writer) else place


def _is_own(name: str, writer: str) -> bool:
    """Whether a name is the writer's, or a part of it, or its initials."""
    words = {word for word in _words(name) if word not in _TITLES}
    own = _words(writer)
    initials = {word[0] for word in own} | {"".join(word[0] for word in own)}
    return bool(words) and words <= {*own, *initials}


def _words(name: str) -> list[str]:
    return re.findall(r"[^\W_]+", name.casefold())


def _is_name(line: str) -> bool:
    if _MASKED.fullmatch(line):
        return True
    return len(line.split()) <= 3 and not line.endswith(_SENTENCE_ENDS) and shape(line) in {"id", "name", "full name"}


def _past_contact(said: Sequence[tuple[int, str]], place: int) -> int:
    """One past the lines with the writer's post, office and telephone that stand right under the line before `place`."""
    last = min(len(said), place + _CONTACTS)
    while (
        place < last
        and said[place][0] == said[place - 1][0] + 1
        and not said[place][1].endswith(_SENTENCE_ENDS)
        and len(said[place][1]) < _LONGEST
        and _CONTACT.match(said[place][1])
    ):
        place += 1
    return place
