"""CHAT's codes taken out of an utterance, so that what was said is left.

Source: the CHAT manual, "Tools for Analyzing Talk", part 1 (MacWhinney, talkbank.org). Words that were said stay, retraced
ones too; what the transcriber adds (omitted words, events, pauses, errors, postcodes) goes.
"""

from __future__ import annotations

import re

BULLET = "\x7f"
"""Stands for CHAT's own sign around times, 0x15, which no other text file may hold."""
_MARK = re.compile(r"\x7f[^\x7f]*?(\d{1,12})_(\d{1,12})[^\x7f]*\x7f?")
_CODES = re.compile(r"\[[^\[\]]*\]")
_ENDINGS = (
    ("+...", "..."),
    ("+..?", "...?"),
    ("+!?", "?!"),
    ("+//?", "?"),
    ("+/?", "?"),
    ("+//.", " —"),
    ("+/.", " —"),
    ('+"/.', "."),
    ('+".', "."),
    ("+.", "."),
)
_LINKERS = re.compile(r"""(?<!\S)\+(?:[<^",+≋≈]|\+)+(?=\s|\w|$)""")
_FILLER = re.compile(r"(?<!\S)&-(?=\w)")
_EVENTS = re.compile(r"(?<!\S)&(?:\{l=|\}l=|\{n=|\}n=|=|\*|~|\+)?\S*")
_OMITTED = re.compile(r"(?<!\S)0[^\W\d]*(?=[\s.?!,]|$)")
_PAUSE = re.compile(r"\((?:\.{1,3}|\d{1,4}(?::\d{1,2})?(?:\.\d{0,4})?)\)")
_UNHEARD = re.compile(r"(?<!\S)(?:xxx?|yyy?|www?)(?:@\S*)?(?=[\s.?!,]|$)")
_FORM = re.compile(r"(?<=\w)@[a-z][\w:$&+-]*")
_SHORTENED = re.compile(r"\(([^\W\d_'’]{0,40}['’]?[^\W\d_]{1,40}['’]?)\)")
_JOINED = re.compile(r"(?<=\w)[+_](?=\w)")
_DRAWL = re.compile(r"(?<=[^\W\d]):+(?=\w|\s|[.?!,]|$)")
_SIGNS: dict[int, str | None] = {ord(sign): None for sign in "<>⟨⟩↑↓↗↘⌈⌉⌊⌋∆∇°▁▔☺♋⁎◉∬Ϋ⁇∙↫^ˈˌ\x7f\x01\x02\x03\x04"}
_SIGNS |= {ord("„"): ",", ord("‡"): ",", ord("\t"): " "}
_BEFORE_STOP = re.compile(r"\s+(?=[.?!,;](?:\s|[.?!,;]|$))")
_DOUBLED = re.compile(r"(?:,\s*){2,}")


def times(utterance: str) -> tuple[float | None, float | None]:
    """Seconds at which an utterance starts and ends, from the time marks in it."""
    marks = _MARK.findall(utterance)
    if not marks:
        return None, None
    start, end = int(marks[0][0]) / 1000, int(marks[-1][1]) / 1000
    return start, max(start, end)


def words_said(utterance: str) -> str:
    """What was said in an utterance; empty where that is nothing (a gesture, a laugh, unintelligible talk)."""
    text = _MARK.sub(" ", utterance)
    for _ in range(3):  # codes may stand in codes
        text, found = _CODES.subn(" ", text)
        if not found:
            break
    for code, said in _ENDINGS:
        text = text.replace(code, said)
    text = _LINKERS.sub(" ", text)
    text = text.translate(_SIGNS)
    text = _PAUSE.sub(" ", text)
    text = _EVENTS.sub(" ", _FILLER.sub("", text))
    text = _OMITTED.sub(" ", _UNHEARD.sub(" ", text))
    text = _FORM.sub("", text)
    text = _DRAWL.sub("", _SHORTENED.sub(r"\1", text))
    text = _JOINED.sub(" ", text)
    text = _BEFORE_STOP.sub("", " ".join(text.split()))
    text = _DOUBLED.sub(", ", text).lstrip(",; ")
    return text.strip() if any(character.isalpha() for character in text) else ""
