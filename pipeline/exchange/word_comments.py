"""Word documents with codes in comments: the commented words are coded, the comment's author is the coder.

Word keeps where a comment starts and ends as marks between runs. We put a character of private use at each mark and let the
docx reader of `themes run` give the paragraphs, so that what is and is not text is decided in one place.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

from pipeline.errors import UnreadableInput
from pipeline.exchange.building import ProjectBuilder
from pipeline.exchange.comment_codes import Said, codes_in, comment_names, unpacked
from pipeline.exchange.files import bytes_of
from pipeline.exchange.paragraphs import ParagraphPlaces
from pipeline.exchange.placing import Placed
from pipeline.exchange.project import Project
from pipeline.exchange.tables import split_codes
from pipeline.gold_unit import MACHINE
from pipeline.ingest import read_transcript
from pipeline.ingest.docx import paragraph_texts
from pipeline.ingest.office import open_docx, part_of
from pipeline.path_names import known_name
from pipeline.safety import xml_parser

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
_W15 = "{http://schemas.microsoft.com/office/word/2012/wordml}"
_FIRST = 0xF0000
_LAST = 0x10FFFD
_BODY = "word/document.xml"
_GONE = (_W + "del", _W + "moveFrom")
_CUSTOM = re.compile(r"customXml/item\d+\.xml")
_DC = "{http://purl.org/dc/elements/1.1/}"
_FACTS = ("creator", "identifier", "title")
_MOST_PARTS = 50
"""Custom XML that is looked through; templates of companies bring a handful."""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment's author and words."""

    author: str
    words: str


@dataclass(frozen=True, slots=True)
class Own:
    """What a document of ours says of itself: which transcript it holds, and its codes by their names in comments."""

    transcript: str
    codes: dict[str, str]


PlaceOf = Callable[[int, int], Placed | None]


def read(path: Path) -> Project:
    """Read a document with comments; several codes in one are split by `;` or line breaks.

    In a document that we wrote all is as it was written: the text and its name, so that places are those of the run, the
    machine's probabilities, names in quotes.

    Raises:
        UnreadableInput: it is no Word document, or has no comments.
    """
    data = bytes_of(path)
    builder = ProjectBuilder(path.stem)
    try:
        comments = _comments(data, builder)
        if not comments:
            raise UnreadableInput(
                "the document has no comments", remedy="codes are read from Word comments on the text"
            )
        paragraphs, ranges = _ranges(data)
    except UnreadableInput as error:
        raise UnreadableInput(error.problem, path=path, place=error.place, remedy=error.remedy) from error
    own = _own(data, builder)
    text, place_of = _as_written(paragraphs) if own else _as_read(path, paragraphs)
    source_id = builder.source((own and own.transcript) or path.name, text, path=path.name)
    for key, comment in comments.items():
        place = place_of(*ranges[key]) if key in ranges else None
        if place is None:
            builder.count("[comment lies|comments lie] on no words of the text and [was|were] left out")
            continue
        if not place.agrees:
            builder.count(
                "[comment was|comments were] found by [its|their] words, as [its|their] paragraphs are not in the "
                "text as they stand"
            )
        for name, memo in codes_in(comment.words) if own else _plain(comment.words):
            code = (own.codes.get(name.casefold()) if own else None) or builder.code(name)
            builder.coding(source_id, place.start, place.end, code, coder=comment.author, memo=memo)
    return builder.project()


def _plain(words: str) -> list[Said]:
    return [Said(name, "") for name in split_codes(words)]


def _as_read(path: Path, paragraphs: Sequence[str]) -> tuple[str, PlaceOf]:
    """The text as `themes run` reads the document, and places in it."""
    transcript = read_transcript(path)
    stretches = [(stretch.start, stretch.end) for turn in transcript.turns for stretch in turn.stretches]
    return transcript.text, ParagraphPlaces(paragraphs, transcript.text, stretches).of


def _as_written(paragraphs: Sequence[str]) -> tuple[str, PlaceOf]:
    """The text that the document was made of, a line a paragraph: places in it are those of the run."""
    text = "\n".join(paragraphs)
    return text, lambda start, end: Placed(start, end) if text[start:end].strip() else None


def _own(data: bytes, builder: ProjectBuilder) -> Own | None:
    """What we wrote into the document beside the text; None where it is not ours."""
    with open_docx(data) as archive:
        names = [name for name in archive.namelist() if _CUSTOM.fullmatch(name)]
        codes = unpacked({name: part_of(archive, name) or b"" for name in names[:_MOST_PARTS]})
        facts = _parsed(part_of(archive, "docProps/core.xml"))
    said = {name: (facts.findtext(_DC + name) or "") if facts is not None else "" for name in _FACTS}
    if not codes and said["creator"] != MACHINE:
        return None
    for code in codes:
        builder.known_code(code)
    transcript = known_name(said["title"], said["identifier"])
    return Own(transcript, {name.casefold(): code_id for code_id, name in comment_names(codes).items()})


def _comments(data: bytes, builder: ProjectBuilder) -> dict[str, Comment]:
    """The comments by their ids; answers to comments are talk about codes, not codes."""
    with open_docx(data) as archive:
        root = _parsed(part_of(archive, "word/comments.xml"))
        more = _parsed(part_of(archive, "word/commentsExtended.xml"))
    if root is None:
        return {}
    answers = set()
    if more is not None:
        answers = {item.get(_W15 + "paraId") for item in more if item.get(_W15 + "paraIdParent")}
    found = {}
    for element in root.iter(_W + "comment"):
        paragraphs = list(element.iter(_W + "p"))
        if paragraphs and paragraphs[-1].get(_W14 + "paraId") in answers - {None}:
            builder.count("[answer to a comment was|answers to comments were] left out")
            continue
        words = "\n".join("".join(_words(paragraph)) for paragraph in paragraphs)
        found[element.get(_W + "id", "")] = Comment(" ".join((element.get(_W + "author") or "").split()), words)
    return found


def _words(paragraph: Any) -> Iterator[str]:
    for element in paragraph.iter(_W + "t", _W + "br", _W + "cr", _W + "tab"):
        yield (element.text or "") if element.tag == _W + "t" else " " if element.tag == _W + "tab" else "\n"


def _ranges(data: bytes) -> tuple[list[str], dict[str, tuple[int, int]]]:
    """The document's paragraphs, and where each comment starts and ends in them as joined by line breaks."""
    with open_docx(data) as archive:
        body = part_of(archive, _BODY)
        root = _parsed(body)
    if root is None:
        raise UnreadableInput("there is no text in the document", remedy="open it in Word and save it again as .docx")
    marks = _mark(root)
    content, found = [], {}
    length = 0
    for marked in paragraph_texts(_with_body(data, etree.tostring(root, xml_declaration=True, encoding="UTF-8"))):
        plain: list[str] = []
        for character in marked:
            if character in marks:
                found[marks[character]] = length + len(plain)
            else:
                plain.append(character)
        content.append("".join(plain))
        length += len(plain) + 1
    keys = {key for key, _ in found}
    return content, {key: (found[key, 0], found[key, 1]) for key in keys if {(key, 0), (key, 1)} <= set(found)}


def _mark(root: Any) -> dict[str, tuple[str, int]]:
    """Put a character at each start (0) and end (1) of a comment; returns what each stands for."""
    marks: dict[str, tuple[str, int]] = {}
    for element in list(root.iter(_W + "commentRangeStart", _W + "commentRangeEnd")):
        at_end = element.tag == _W + "commentRangeEnd"
        code = _FIRST + len(marks)
        if code > _LAST:
            raise UnreadableInput("more comments than anybody writes", remedy="split the document")
        run = etree.Element(_W + "r")
        etree.SubElement(run, _W + "t").text = chr(code)
        # A mark in deleted words stands where they were: the words that are left may be commented, too.
        gone = [above for above in element.iterancestors() if above.tag in _GONE]
        anchor = gone[-1] if gone else element
        if any(above.tag == _W + "p" for above in anchor.iterancestors()):
            anchor.addprevious(run)
        else:  # between paragraphs: a start belongs to the next, an end to the one before
            axis = "preceding" if at_end else "following"
            near = anchor.xpath(f"{axis}::w:p[1]", namespaces={"w": _W[1:-1]})
            if not near:
                continue
            first = 1 if len(near[0]) and near[0][0].tag == _W + "pPr" else 0
            near[0].insert(len(near[0]) if at_end else first, run)
        marks[chr(code)] = element.get(_W + "id", ""), int(at_end)
    return marks


def _with_body(data: bytes, body: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(packed, "w") as copy:
        for name in archive.namelist():
            copy.writestr(name, body if name == _BODY else part_of(archive, name) or b"")
    return packed.getvalue()


def _parsed(xml: bytes | None) -> Any:
    if xml is None:
        return None
    try:
        return etree.fromstring(xml, xml_parser())
    except etree.XMLSyntaxError as error:
        raise UnreadableInput(f"damaged inside: {error.msg}", remedy="open it in Word and save it again") from error
