"""Labels with a slip of the key: a semicolon for the colon that the same label has elsewhere."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from pipeline.ingest.conventions import key_of
from pipeline.ingest.labels import Candidate, Style
from pipeline.ingest.times import leading_stamp
from pipeline.plural import at_lines

_HEAD = 100
_SEMICOLON = re.compile(
    r"(?:\*\*|__)?(?P<label>\w[^:;：\n\[\]?!\"“”…]{0,60}?)(?:\*\*|__)?[ \t]*;(?:\*\*|__)?[ \t]+(?=\S)"
)
_ENDS = (".", "?", "!", "…")
"""Ends of a sentence: after a colon, a dash or a semicolon a list goes on."""
_LISTS = re.compile(r"(?:[^.?!…;]|[.?!…](?!\s|$))*;")
"""A sentence that has one more semicolon: `Jo; Bill; and the vicar.`"""


def with_semicolons(labels: Sequence[Candidate], talk: Sequence[str]) -> tuple[list[Candidate], list[str]]:
    """The labels and those with a semicolon, in order; and what the user should know.

    `PC Jones; Well` is a label where `PC Jones:` is one, at the head of a paragraph or after a sentence's end, before a
    sentence that does not begin with a small letter and has no semicolon of its own.

    Args:
        labels: the believed ones.
        talk: the lines, those blank that nobody says.
    """
    known = {key_of(one.label) for one in labels if one.style is Style.COLON}
    taken = {one.line for one in labels}
    slips = [
        slip
        for index, line in enumerate(talk)
        if ";" in line[:_HEAD] and index not in taken and (slip := _slip(index, talk, known))
    ]
    if not slips:
        return list(labels), []
    warning = f"a semicolon after a label is read as a colon ({at_lines([one.line for one in slips])})"
    return sorted([*labels, *slips], key=lambda one: one.line), [warning]


def _slip(index: int, talk: Sequence[str], known: Collection[str]) -> Candidate | None:
    line = talk[index]
    start, time = leading_stamp(line[:_HEAD])
    match = _SEMICOLON.match(line[: _HEAD + 1], start)
    before = talk[index - 1].rstrip(" \t\u00a0\"'’”)]") if index else ""
    if not match or key_of(match["label"]) not in known or line[match.end()].islower():
        return None
    if _LISTS.match(line, match.end()):
        return None
    if before and not before.endswith(_ENDS):
        return None
    return Candidate(index, Style.COLON, match["label"].strip(" *_"), match.end(), time, opens=True)
