"""OpenDocument text (LibreOffice, OpenOffice): paragraphs, headings and tables in the order of the body.

Deleted text of tracked changes, comments, footnotes, text boxes and tables of contents are no talk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree

from pipeline.errors import UnreadableInput
from pipeline.ingest.conventions import words_of
from pipeline.ingest.draft import Draft
from pipeline.ingest.office import open_archive, part_of
from pipeline.ingest.paragraphs import Block, Paragraph, read_blocks
from pipeline.safety import xml_parser

_URN = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
_OFFICE, _TEXT, _TABLE, _STYLE, _DRAW = (_URN % name for name in ("office", "text", "table", "style", "drawing"))
_FO = _URN % "xsl-fo-compatible"
_SKIPPED = frozenset(
    _TEXT + name
    for name in words_of("""
        tracked-changes note table-of-content illustration-index table-index alphabetical-index bibliography
        user-index object-index sequence-decls variable-decls user-field-decls ruby-text page-number page-count
    """)
) | {_OFFICE + "annotation", _OFFICE + "forms"}
_MOST_SPACES = 200
_WEIGHTS = frozenset({"bold", "600", "700", "800", "900"})
_MOST_CELLS = 64


def read(data: bytes) -> Draft:
    """Read an odt; a table of speakers and speech wins over paragraphs, which else are read as text is."""
    with open_archive(data, "odt", ("content.xml", "styles.xml")) as archive:
        manifest = part_of(archive, "META-INF/manifest.xml")
        if manifest and b"encryption-data" in manifest:
            raise UnreadableInput(
                "the odt is encrypted with a password", remedy="open it, remove the password and save it again"
            )
        content = part_of(archive, "content.xml")
        styles = part_of(archive, "styles.xml")
    if content is None:
        raise UnreadableInput("a zip archive, but no OpenDocument text", remedy="save it again as .odt")
    root = _parsed(content)
    body = root.find(f"{_OFFICE}body/{_OFFICE}text")
    if body is None:
        raise UnreadableInput(
            "an OpenDocument file, but no text document", remedy="give the transcript itself, as odt, docx or text"
        )
    return read_blocks(list(_blocks(body, _types([*([_parsed(styles)] if styles else []), root]))))


def _parsed(xml: bytes) -> Any:
    parser = xml_parser(remove_comments=True)
    try:
        return etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as error:
        raise UnreadableInput(f"damaged inside: {error.msg}", remedy="open it and save it again as .odt") from error


@dataclass(frozen=True, slots=True)
class _Types:
    """Names of the styles that set bold and italic type, those too that inherit it."""

    bold: frozenset[str]
    italic: frozenset[str]


def _types(roots: Sequence[Any]) -> _Types:
    parents: dict[str, str] = {}
    weights: dict[str, str] = {}
    slants: dict[str, str] = {}
    for root in roots:
        for style in root.iter(_STYLE + "style"):
            name = style.get(_STYLE + "name") or ""
            parents[name] = style.get(_STYLE + "parent-style-name") or ""
            for properties in style.iterfind(_STYLE + "text-properties"):
                weights[name] = properties.get(_FO + "font-weight") or weights.get(name, "")
                slants[name] = properties.get(_FO + "font-style") or slants.get(name, "")
    return _Types(
        frozenset(name for name in parents if _inherited(name, parents, weights) in _WEIGHTS),
        frozenset(name for name in parents if _inherited(name, parents, slants) in {"italic", "oblique"}),
    )


def _inherited(name: str, parents: Mapping[str, str], values: Mapping[str, str]) -> str:
    for _ in range(20):  # a circle of styles would have no end
        if values.get(name) or name not in parents:
            break
        name = parents[name]
    return values.get(name, "")


def _blocks(parent: Any, types: _Types) -> Iterator[Block]:
    for element in parent:
        if element.tag in {_TEXT + "p", _TEXT + "h"}:
            yield _paragraph(element, types)
        elif element.tag == _TABLE + "table":
            yield _rows(element, types)
        elif element.tag not in _SKIPPED and isinstance(element.tag, str) and not element.tag.startswith(_DRAW):
            yield from _blocks(element, types)  # lists, sections


def _rows(table: Any, types: _Types) -> list[list[str]]:
    rows: list[list[str]] = []
    for row in table.iter(_TABLE + "table-row"):
        cells: list[str] = []
        for cell in row:
            if cell.tag in {_TABLE + "table-cell", _TABLE + "covered-table-cell"}:
                words = "\n".join(block.text for block in _blocks(cell, types) if isinstance(block, Paragraph))
                repeated = cell.get(_TABLE + "number-columns-repeated") or "1"
                # Cells repeated many times are the empty rest of a sheet.
                cells += [words] * (int(repeated) if repeated.isdecimal() and len(repeated) < 3 and words else 1)
        rows.append(cells[:_MOST_CELLS])
    return rows


def _paragraph(element: Any, types: _Types) -> Paragraph:
    words: list[str] = []
    lead: list[str] = []
    leading = slanted = spaced = True
    style = element.get(_TEXT + "style-name")
    for text, is_bold, is_italic in _runs(element, style in types.bold, style in types.italic, types):
        piece, spaced = _collapsed(text, spaced)
        words.append(piece)
        leading = leading and (is_bold or not piece.strip())
        slanted = slanted and (is_italic or not piece.strip())
        if leading:
            lead.append(piece)
    return Paragraph("".join(words), "".join(lead), element.tag == _TEXT + "h", slanted)


def _collapsed(text: str, spaced: bool) -> tuple[str, bool]:
    """White space as ODF counts it: a run is one space, and none at a paragraph's start; its own elements stay."""
    if text in {"\n", "\t"} or (text and text.count("\u0020") == len(text) > 1):
        return text, False
    kept: list[str] = []
    for character in text:
        if character in " \t\r\n":
            if not spaced:
                kept.append(" ")
            spaced = True
        else:
            kept.append(character)
            spaced = False
    return "".join(kept), spaced


def _runs(element: Any, bold: bool, italic: bool, types: _Types) -> Iterator[tuple[str, bool, bool]]:
    """The text of a paragraph piece by piece, whether it is bold, and whether it is in italics."""
    if element.text:
        yield element.text, bold, italic
    for child in element:
        if child.tag == _TEXT + "line-break":
            yield "\n", bold, italic
        elif child.tag == _TEXT + "tab":
            yield "\t", bold, italic
        elif child.tag == _TEXT + "s":
            count = child.get(_TEXT + "c") or "1"
            yield " " * min(int(count) if count.isdecimal() and len(count) < 9 else 1, _MOST_SPACES), bold, italic
        elif child.tag == _TEXT + "span":
            style = child.get(_TEXT + "style-name")
            yield from _runs(child, style in types.bold or bold, style in types.italic or italic, types)
        elif child.tag not in _SKIPPED and isinstance(child.tag, str) and not child.tag.startswith(_DRAW):
            yield from _runs(child, bold, italic, types)
        if child.tail:
            yield child.tail, bold, italic
