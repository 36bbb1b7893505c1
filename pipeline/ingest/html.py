"""Web pages: paragraphs from the page's blocks; bold, cited and marked names are labels, as `<b>MSM</b>: …`.

Nothing is fetched and nothing is run; what a browser would not show as text is left out.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from pipeline.errors import UnreadableInput
from pipeline.ingest.conventions import words_of
from pipeline.ingest.decode import decode
from pipeline.ingest.draft import Draft
from pipeline.ingest.paragraphs import Block, Paragraph, read_blocks

_HIDDEN = words_of("""
    script style head template noscript nav footer select button iframe object svg math audio video canvas
    datalist form textarea rp rt
""")
_BLOCKS = words_of("""
    html body p div section article main header aside ul ol li dl dt dd blockquote pre address center figure
    figcaption details summary fieldset dir menu h1 h2 h3 h4 h5 h6 hr table caption thead tbody tfoot tr td th
    title hgroup
""")
_TITLES = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "caption"})
_BOLD = frozenset({"b", "strong", "cite", "dt"})
_NAMED = re.compile(r"\b(?:speaker|participant|interviewe[er]|author|cite)(?:[-_]?(?:name|label))?\b", re.IGNORECASE)
_NO_SHOW = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_ITALIC = frozenset({"i", "em"})
_ITALIC_STYLE = re.compile(r"font-style\s*:\s*(?:italic|oblique)", re.IGNORECASE)
_BOLD_STYLE = re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\n\r\f]+")
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{2,30})", re.IGNORECASE)
_LATIN = frozenset({"iso8859-1", "ascii", "cp1252"})
_HEAD = 4096


def read(data: bytes) -> Draft:
    """Read a web page, saved from a browser or from Word."""
    text, warnings = _text(data)
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableInput("no page that can be read", remedy="open it in a browser and save it again") from error
    if root is None:
        raise UnreadableInput("there is no text in the page", remedy="check that it was saved in full")
    if any(entry.type_name in {"ERR_INTERNAL_ERROR", "ERR_RESOURCE_LIMIT"} for entry in parser.error_log):
        raise UnreadableInput("its elements are nested too deep, or too large", remedy="save it as plain text")
    return read_blocks(list(_Page().blocks(root)), warnings=warnings)


def _text(data: bytes) -> tuple[str, list[str]]:
    """The page's source: by byte order mark, else as the page declares itself where that fits, else by its bytes."""
    declared = _CHARSET.search(data[:_HEAD])
    if declared and not data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        try:
            codec = codecs.lookup(declared.group(1).decode()).name
            if not codec.startswith("utf"):
                # Browsers read Latin-1 as Windows-1252, and so do those who write it.
                return data.decode("cp1252" if codec in _LATIN else codec), []
        except (LookupError, UnicodeDecodeError, ValueError):
            pass
    return decode(data)


class _Page:
    """Walks a page's elements once and collects its blocks."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._lead: list[str] = []
        self._leading = self._slanted = True
        self._italic = self._bold = self._pre = self._title = 0
        self._tables: list[_Table] = []

    def blocks(self, root: Any) -> Iterator[Block]:
        """All paragraphs and tables, in order."""
        hidden: Any = None
        for event, element in etree.iterwalk(root, events=("start", "end")):
            if hidden is None:
                yield from self._start(element) if event == "start" else self._end(element)
                if event == "start" and _is_hidden(element):
                    hidden = element
            elif event == "end" and element is hidden:
                hidden = None
            if event == "end" and hidden is None:
                self._add(element.tail)
        yield from self._paragraph()

    def _start(self, element: Any) -> Iterator[Block]:
        tag = element.tag
        if tag in _BLOCKS:
            yield from self._paragraph()
        if tag == "table":
            self._tables.append(_Table())
        elif self._tables and tag in {"tr", "td", "th"}:
            self._tables[-1].start(tag)
        elif tag == "br":
            self._append("\n")
        elif tag == "time":
            self._append("  ")
        self._count(element, 1)
        if not _is_hidden(element):
            self._add(element.text)

    def _end(self, element: Any) -> Iterator[Block]:
        if element.tag in _BLOCKS:
            yield from self._paragraph()
        self._count(element, -1)
        if element.tag == "table" and self._tables:
            found = self._tables.pop().blocks()
            if self._tables:
                self._tables[-1].nested(found)
            else:
                yield from found

    def _count(self, element: Any, step: int) -> None:
        style = element.get("style") or ""
        marked = element.tag in {"span", "em", "i", "a", "div", "p"} and _NAMED.search(element.get("class") or "")
        self._bold += step * bool(element.tag in _BOLD or marked or _BOLD_STYLE.search(style))
        self._italic += step * bool(element.tag in _ITALIC or _ITALIC_STYLE.search(style))
        self._pre += step * (element.tag == "pre")
        self._title += step * (element.tag in _TITLES)

    def _add(self, text: str | None) -> None:
        if text:
            self._append(text if self._pre else _SPACES.sub(" ", text))

    def _append(self, text: str) -> None:
        self._words.append(text)
        self._leading = self._leading and (self._bold > 0 or not text.strip())
        self._slanted = self._slanted and (self._italic > 0 or not text.strip())
        if self._leading:
            self._lead.append(text)

    def _paragraph(self) -> Iterator[Paragraph]:
        words, lead = _tidy("".join(self._words)), "".join(self._lead).strip()
        slanted = self._slanted
        self._words, self._lead, self._leading, self._slanted = [], [], True, True
        if not words.strip():
            return
        # White space is settled over the whole paragraph, so that the lead is found in it again.
        lead = lead if words.startswith(lead) else ""
        paragraph = Paragraph(words, lead, self._title > 0, slanted)
        if self._tables:
            self._tables[-1].add(paragraph)
        else:
            yield paragraph


def _tidy(words: str) -> str:
    """Without spaces around line breaks and at the ends, as a browser shows it."""
    return re.sub(r"[ \t]*\n[ \t]*", "\n", words).strip(" \t\n")


def _is_hidden(element: Any) -> bool:
    return (
        element.tag in _HIDDEN
        or not isinstance(element.tag, str)
        or element.get("hidden") is not None
        or bool(_NO_SHOW.search(element.get("style") or ""))
    )


class _Table:
    """A table, or what only looks like one: rows of one cell, or paragraphs laid out in cells."""

    def __init__(self) -> None:
        self._rows: list[list[list[Block]]] = []

    def start(self, tag: str) -> None:
        """A row or a cell begins."""
        if tag == "tr" or not self._rows:
            self._rows.append([])
        if tag != "tr":
            self._rows[-1].append([])

    def add(self, block: Block) -> None:
        """A paragraph of the cell under way."""
        if not self._rows:
            self._rows.append([])
        if not self._rows[-1]:
            self._rows[-1].append([])
        self._rows[-1][-1].append(block)

    def nested(self, blocks: list[Block]) -> None:
        """What a table within the cell holds."""
        for block in blocks:
            self.add(block)

    def blocks(self) -> list[Block]:
        """The rows as a table, or all paragraphs in order."""
        inside = [block for row in self._rows for cell in row for block in cell]
        wide = sum(len(row) > 1 for row in self._rows)
        flat = [block for block in inside if isinstance(block, Paragraph)]
        if wide < 2 or wide < 0.5 * len(self._rows) or len(flat) < len(inside):
            return inside
        return [
            [
                ["\n".join(block.text for block in cell if isinstance(block, Paragraph)) for cell in row]
                for row in self._rows
            ]
        ]
