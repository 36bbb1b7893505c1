"""Markdown: `**Name:** text`, `**Name** [0:00] text`, `**Name** 0:00` above the speech, headings that are not speech.

Only the marks that transcripts use are understood; lists, indents and the rest stay as they were typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt

from pipeline.ingest.decode import decode
from pipeline.ingest.draft import Draft
from pipeline.ingest.paragraphs import Block, Paragraph, read_blocks

_RULES = (
    "heading",
    "hr",
    "html_block",
    "table",
    "autolink",
    "backticks",
    "emphasis",
    "entity",
    "escape",
    "html_inline",
    "image",
    "link",
    "newline",
)
_FRONT_MATTER = re.compile(r"\s*---[ \t]*\n(?:.*\n){0,300}?(?:---|\.\.\.)[ \t]*(?:\n|\Z)")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_SIGN = re.compile(r"[*_`\[\]<>!&|\\]")
_MANY = 400
"""Signs in one paragraph above which it is taken as it was typed: no transcriber sets so many marks."""
_LONGEST_MATTER = 20_000


def read(data: bytes) -> Draft:
    """Read Markdown as its words; titles are not speech, and bold names are labels."""
    text, warnings = decode(data)
    matter = _FRONT_MATTER.match(text[:_LONGEST_MATTER])
    start = matter.end() if matter else 0
    blocks: list[Block] = [Paragraph(text[:start].strip())] if start else []
    for part in re.split(r"\n[ \t]*\n", _COMMENT.sub("", text[start:])):
        blocks += _plain(part) if len(_SIGN.findall(part)) > _MANY else _blocks(part)
    return read_blocks(blocks, warnings=warnings)


def _plain(part: str) -> list[Block]:
    return [Paragraph(part.strip("\n"))] if part.strip() else []


def _blocks(part: str) -> Iterator[Block]:
    """The paragraphs, titles and tables of a stretch of Markdown without blank lines."""
    rows: list[list[str]] = []
    kind = ""
    for token in _parser().parse(part):
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "table_close":
            yield rows
            rows = []
        elif token.type == "html_block":
            yield from _plain(_TAG.sub("", _BREAK.sub("\n", token.content)))
        elif token.type == "inline":
            paragraph = _paragraph(token, kind == "heading_open")
            if kind in {"th_open", "td_open"}:
                rows[-1].append(paragraph.text)
            elif paragraph.text.strip():
                yield paragraph
        kind = token.type


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    return MarkdownIt("zero", {"html": True}).enable(list(_RULES))


def _paragraph(inline: Any, title: bool) -> Paragraph:
    words: list[str] = []
    lead: list[str] = []
    bold = italic = 0
    leading = slanted = True
    for token in inline.children or ():
        bold += (token.type == "strong_open") - (token.type == "strong_close")
        italic += (token.type == "em_open") - (token.type == "em_close")
        piece = _words(token)
        words.append(piece)
        leading = leading and (bold > 0 or not piece.strip())
        slanted = slanted and (italic > 0 or not piece.strip())
        if leading:
            lead.append(piece)
    return Paragraph("".join(words), "".join(lead), title, slanted)


def _words(token: Any) -> str:
    if token.type in {"softbreak", "hardbreak"}:
        return "\n"
    if token.type == "html_inline":
        return "\n" if _BREAK.match(token.content) else ""
    # A picture's words are no speech.
    return token.content if token.type in {"text", "text_special", "code_inline"} else ""
