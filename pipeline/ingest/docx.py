"""Word documents: paragraphs and tables in the order of the body, rendered to lines for the text reader.

Tracked insertions are read and deletions are not; headers, footers, comments, text boxes and footnotes are no talk.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.errors import UnreadableInput
from pipeline.ingest.conventions import key_of, says_its_role
from pipeline.ingest.docx_tables import is_transcript_table, table_rows, talk_from_tables
from pipeline.ingest.draft import Draft
from pipeline.ingest.office import open_docx
from pipeline.ingest.speakers import shape
from pipeline.ingest.text import read_lines

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SKIPPED = frozenset(
    _W + name
    for name in ("del", "moveFrom", "drawing", "pict", "object", "instrText", "delText", "pPr", "rPr", "tblPr")
) | {"{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"}
_BREAKS = {_W + "br": "\n", _W + "cr": "\n", _W + "tab": "\t", _W + "ptab": "\t", _W + "noBreakHyphen": "\u2011"}
_TITLE_STYLES = ("title", "subtitle", "heading", "toc", "überschrift", "titre", "titel")
_LONGEST_LEAD = 40


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph as read: its words, those in bold that it starts with, and whether its style is a title's."""

    text: str
    lead: str = ""
    title: bool = False


Block = Paragraph | list[list[str]]
"""A paragraph, or a table as rows of cells."""


def read(data: bytes) -> Draft:
    """Read a docx; a table of speakers and speech wins over paragraphs, which else are read as text is."""
    open_docx(data).close()
    blocks = list(_blocks(_body(data)))
    if any(isinstance(block, list) and is_transcript_table(block) for block in blocks):
        return talk_from_tables([block if isinstance(block, list) else block.text for block in blocks])
    return _from_paragraphs(_as_paragraphs(blocks))


def paragraph_texts(data: bytes) -> list[str]:
    """A docx's paragraphs as they are, tables cell by cell: what other programs count offsets over.

    Raises:
        UnreadableInput: as `read`.
    """
    open_docx(data).close()
    return list(_texts(_body(data)))


def _body(data: bytes) -> Any:
    """The document's body element."""
    import docx
    from docx.opc.exceptions import PackageNotFoundError
    from lxml.etree import XMLSyntaxError

    try:
        return docx.Document(io.BytesIO(data)).element.body
    except (PackageNotFoundError, XMLSyntaxError, KeyError, ValueError, AttributeError) as error:
        raise UnreadableInput(
            "a zip archive, but no Word document that can be read", remedy="open it in Word and save it again as .docx"
        ) from error


def _blocks(parent: Any) -> Iterator[Block]:
    for element in parent:
        if element.tag == _W + "p":
            yield _paragraph(element)
        elif element.tag == _W + "tbl":
            yield table_rows(element, lambda cell: "\n".join(_texts(cell)))
        elif element.tag in {
            _W + "sdt",
            _W + "sdtContent",
            _W + "ins",
            _W + "moveTo",
            _W + "customXml",
            _W + "smartTag",
        }:
            yield from _blocks(element)


def _texts(parent: Any) -> Iterator[str]:
    """The paragraphs of a cell, those of tables within it too."""
    for block in _blocks(parent):
        if isinstance(block, Paragraph):
            yield block.text
        else:
            yield from ("\t".join(cell for cell in row if cell) for row in block)


def _paragraph(element: Any) -> Paragraph:
    style = element.find(f"{_W}pPr/{_W}pStyle")
    name = (style.get(_W + "val") or "").casefold() if style is not None else ""
    words: list[str] = []
    lead: list[str] = []
    leading = True
    for text, bold in _runs(element, False):
        words.append(text)
        leading = leading and (bold or not text.strip())
        if leading:
            lead.append(text)
    return Paragraph("".join(words), "".join(lead), name.startswith(_TITLE_STYLES))


def _runs(element: Any, bold: bool) -> Iterator[tuple[str, bool]]:
    """The text of a paragraph piece by piece, and whether it is bold."""
    for child in element:
        if child.tag in _SKIPPED:
            continue
        if child.tag == _W + "t":
            # A line feed inside a run is white space to Word; only its break elements break lines.
            yield (child.text or "").replace("\r", "").replace("\n", " "), bold
        elif child.tag in _BREAKS:
            yield _BREAKS[child.tag], bold
        elif child.tag == _W + "r":
            yield from _runs(child, _is_bold(child))
        elif isinstance(child.tag, str):
            yield from _runs(child, bold)


def _is_bold(run: Any) -> bool:
    mark = run.find(f"{_W}rPr/{_W}b")
    return mark is not None and mark.get(_W + "val") not in {"0", "false", "off"}


def _as_paragraphs(blocks: Sequence[Block]) -> list[Paragraph]:
    """Tables without speakers as paragraphs: `Date | 3 May` as `Date: 3 May`, others cell by cell."""
    found: list[Paragraph] = []
    for block in blocks:
        if isinstance(block, Paragraph):
            found.append(block)
            continue
        for row in block:
            cells = [cell for cell in row if cell.strip()]
            pair = len(cells) == 2 and all(len(cell) < 80 and "\n" not in cell for cell in cells)
            found += [Paragraph(": ".join(cell.strip(" :") for cell in cells))] if pair else map(Paragraph, cells)
    return found


def _from_paragraphs(paragraphs: Sequence[Paragraph]) -> Draft:
    leads = _bold_labels(paragraphs)
    repeated = Counter(paragraph.text.strip() for paragraph in paragraphs)
    lines: list[str] = []
    silent: list[int] = []
    before_pair = False
    for paragraph in paragraphs:
        text = paragraph.text.replace("\r", "\n")
        if key_of(paragraph.lead) in leads and paragraph.lead.strip():
            text = _with_label(paragraph)
        pair = ": " in text[:60] and len(text) < 100
        if lines and not (pair and before_pair):
            lines.append("")
        # A heading that recurs may be a speaker's name above the speech.
        if paragraph.title and repeated[paragraph.text.strip()] == 1:
            silent += range(len(lines), len(lines) + text.count("\n") + 1)
        lines += text.split("\n")
        before_pair = pair
    return read_lines(lines, silent=silent)


def _bold_labels(paragraphs: Sequence[Paragraph]) -> set[str]:
    """Bold words at the head of paragraphs that are speakers though no colon follows them."""
    heads = [p.lead.strip() for p in paragraphs if _may_be_label(p)]
    counts = Counter(map(key_of, heads))
    names = {
        key_of(head)
        for head in heads
        if says_its_role(head) or (counts[key_of(head)] > 1 and shape(head) not in {None, "lower", "number"})
    }
    total = sum(counts[name] for name in names)
    return names if total >= 0.2 * sum(bool(p.text.strip()) for p in paragraphs) else set()


def _may_be_label(paragraph: Paragraph) -> bool:
    lead = paragraph.lead.strip()
    rest = paragraph.text[len(paragraph.lead) :]
    return (
        0 < len(lead) <= _LONGEST_LEAD and lead[-1] not in ":.?!," and not rest.startswith(":") and bool(rest.strip())
    )


def _with_label(paragraph: Paragraph) -> str:
    if not _may_be_label(paragraph):
        return paragraph.text
    return f"{paragraph.lead.strip()}: {paragraph.text[len(paragraph.lead) :].lstrip()}"
