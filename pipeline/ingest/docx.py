"""Word documents: paragraphs and tables in the order of the body, rendered to lines for the text reader.

Tracked insertions are read and deletions are not; headers, footers, comments, text boxes and footnotes are no talk.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from pipeline.errors import UnreadableInput
from pipeline.ingest.docx_tables import table_rows
from pipeline.ingest.draft import Draft
from pipeline.ingest.office import open_docx
from pipeline.ingest.paragraphs import Block, Paragraph, read_blocks
from pipeline.safety import DAMAGED

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SKIPPED = frozenset(
    _W + name
    for name in ("del", "moveFrom", "drawing", "pict", "object", "instrText", "delText", "pPr", "rPr", "tblPr")
) | {"{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"}
_BREAKS = {_W + "br": "\n", _W + "cr": "\n", _W + "tab": "\t", _W + "ptab": "\t", _W + "noBreakHyphen": "\u2011"}
_TITLE_STYLES = ("title", "subtitle", "heading", "toc", "überschrift", "titre", "titel")


def read(data: bytes) -> Draft:
    """Read a docx; a table of speakers and speech wins over paragraphs, which else are read as text is."""
    open_docx(data).close()
    return read_blocks(list(_blocks(_body(data))))


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
    except (PackageNotFoundError, XMLSyntaxError, KeyError, AttributeError, TypeError, *DAMAGED) as error:
        raise UnreadableInput(
            "a zip archive, but no Word document that can be read", remedy="open it in Word and save it again as .docx"
        ) from error


def _blocks(parent: Any) -> Iterator[Block]:
    """Blocks in order; paragraphs between which tracked changes delete the break are one."""
    held: Paragraph | None = None
    for block, open_end in _elements(parent):
        if isinstance(block, Paragraph) and held is not None:
            lead = held.lead if held.text.strip() else block.lead
            block = Paragraph(held.text + block.text, lead, held.title and block.title, held.slanted and block.slanted)
        elif held is not None:
            yield held
        held = block if open_end and isinstance(block, Paragraph) else None
        if held is None:
            yield block
    if held is not None:
        yield held


def _elements(parent: Any) -> Iterator[tuple[Block, bool]]:
    """Each block, and whether the break at its end is deleted."""
    for element in parent:
        if element.tag == _W + "p":
            mark = element.find(f"{_W}pPr/{_W}rPr")
            gone = mark is not None and any(mark.find(_W + name) is not None for name in ("del", "moveFrom"))
            yield _paragraph(element), gone
        elif element.tag == _W + "tbl":
            yield table_rows(element, lambda cell: "\n".join(_texts(cell))), False
        elif element.tag in {
            _W + "sdt",
            _W + "sdtContent",
            _W + "ins",
            _W + "moveTo",
            _W + "customXml",
            _W + "smartTag",
        }:
            yield from _elements(element)


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
    leading = slanted = True
    for text, bold, italic in _runs(element, False, False):
        words.append(text)
        leading = leading and (bold or not text.strip())
        slanted = slanted and (italic or not text.strip())
        if leading:
            lead.append(text)
    return Paragraph("".join(words), "".join(lead), name.startswith(_TITLE_STYLES), slanted)


def _runs(element: Any, bold: bool, italic: bool) -> Iterator[tuple[str, bool, bool]]:
    """The text of a paragraph piece by piece, whether it is bold, and whether it is in italics."""
    for child in element:
        if child.tag in _SKIPPED:
            continue
        if child.tag == _W + "t":
            # A line feed inside a run is white space to Word; only its break elements break lines.
            yield (child.text or "").replace("\r", "").replace("\n", " "), bold, italic
        elif child.tag in _BREAKS:
            yield _BREAKS[child.tag], bold, italic
        elif child.tag == _W + "r":
            yield from _runs(child, _is_set(child, "b"), _is_set(child, "i"))
        elif isinstance(child.tag, str):
            yield from _runs(child, bold, italic)


def _is_set(run: Any, name: str) -> bool:
    """Whether a run is bold (`b`) or in italics (`i`)."""
    mark = run.find(f"{_W}rPr/{_W}{name}")
    return mark is not None and mark.get(_W + "val") not in {"0", "false", "off"}
