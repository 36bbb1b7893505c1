"""A text with comments as the XML of a Word document.

Each line of the text is a paragraph, so that the document's text is the transcript's, and a comment is anchored on exactly its
words, also across lines. The elements are built directly: python-docx looks through all comments for each that is added.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Any, NamedTuple

from docx.oxml.ns import qn
from lxml import etree

from pipeline.cells import writable

_XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"


class Note(NamedTuple):
    """A comment on `text[start:end]`."""

    start: int
    end: int
    author: str
    text: str


class Look(Enum):
    """How a stretch of the text is shown."""

    SPEAKER = "b"
    FAINT = "color"


class Styled(NamedTuple):
    """A stretch of the text that is shown otherwise than the rest; stretches do not overlap."""

    start: int
    end: int
    look: Look


def paragraphs(text: str, notes: Sequence[Note], styled: Sequence[Styled] = ()) -> Iterator[Any]:
    """The paragraphs of the text; the comment of the note at index i has the id i."""
    starts: dict[int, list[int]] = defaultdict(list)
    ends: dict[int, list[int]] = defaultdict(list)
    for number, note in enumerate(notes):
        starts[note.start].append(number)
        ends[note.end].append(number)
    looks = {stretch.start: stretch.look for stretch in styled}
    stops = {stretch.end for stretch in styled}
    cuts = sorted({*starts, *ends, *looks, *stops})
    clear = writable(text)
    at, line_start = 0, 0
    look: Look | None = None
    for line in clear.split("\n"):
        line_end = line_start + len(line)
        paragraph = etree.Element(qn("w:p"))
        done = line_start
        # A place at a line's end belongs to this paragraph, the place after the line end to the next.
        while at < len(cuts) and cuts[at] <= line_end:
            cut = cuts[at]
            _run(paragraph, clear[done:cut], look)
            for number in ends.get(cut, ()):
                _mark(paragraph, "w:commentRangeEnd", number)
                _reference(paragraph, number)
            for number in starts.get(cut, ()):
                _mark(paragraph, "w:commentRangeStart", number)
            look = looks.get(cut, None if cut in stops else look)
            done = cut
            at += 1
        _run(paragraph, clear[done:line_end], look)
        yield paragraph
        line_start = line_end + 1


def comments(notes: Sequence[Note]) -> Iterator[Any]:
    """The comments of the notes."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    for number, note in enumerate(notes):
        author = writable(note.author)
        initials = "".join(word[0] for word in re.findall(r"\w+", author))[:3].upper()
        facts = {"w:id": str(number), "w:author": author, "w:initials": initials, "w:date": now}
        comment = etree.Element(qn("w:comment"), {qn(key): value for key, value in facts.items()})
        paragraph = etree.SubElement(comment, qn("w:p"))
        style = etree.SubElement(etree.SubElement(paragraph, qn("w:pPr")), qn("w:pStyle"))
        style.set(qn("w:val"), "CommentText")
        mark = etree.SubElement(paragraph, qn("w:r"))
        _style(mark)
        etree.SubElement(mark, qn("w:annotationRef"))
        _run(paragraph, " ".join(writable(note.text).split()), None)
        yield comment


def _run(paragraph: Any, text: str, look: Look | None) -> None:
    if not text:
        return
    run = etree.SubElement(paragraph, qn("w:r"))
    if look is not None:
        shown = etree.SubElement(etree.SubElement(run, qn("w:rPr")), qn(f"w:{look.value}"))
        if look is Look.FAINT:
            shown.set(qn("w:val"), "595959")
    for number, part in enumerate(text.split("\t")):
        if number:
            etree.SubElement(run, qn("w:tab"))
        if part:
            element = etree.SubElement(run, qn("w:t"))
            element.text = part
            element.set(_XML_SPACE, "preserve")


def _mark(paragraph: Any, tag: str, number: int) -> None:
    etree.SubElement(paragraph, qn(tag)).set(qn("w:id"), str(number))


def _reference(paragraph: Any, number: int) -> None:
    """The place that Word shows the comment's mark at."""
    run = etree.SubElement(paragraph, qn("w:r"))
    _style(run)
    etree.SubElement(run, qn("w:commentReference")).set(qn("w:id"), str(number))


def _style(run: Any) -> None:
    style = etree.SubElement(etree.SubElement(run, qn("w:rPr")), qn("w:rStyle"))
    style.set(qn("w:val"), "CommentReference")
