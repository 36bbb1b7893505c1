"""Taguette's export of highlights as a page (HTML): each highlight, then a line with its document and tags, then a rule."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from lxml import etree

from pipeline.errors import UnreadableInput
from pipeline.exchange.building import ProjectBuilder
from pipeline.exchange.coded_segments import CodedSegment, project_of
from pipeline.exchange.files import text_of
from pipeline.exchange.project import Project
from pipeline.exchange.taguette import Page

_RULE = re.compile(r"<hr\s*/?>", re.IGNORECASE)
_BODY = re.compile(r"<body[^>]*>(.*?)(?:</body>|\Z)", re.IGNORECASE | re.DOTALL)


def read(path: Path, *, transcripts: Path | None = None) -> Project:
    """Read the page; words that a document's or tag's name shares with the page's own are taken as they stand.

    Raises:
        UnreadableInput: it is another page.
    """
    body = _BODY.search(text_of(path))
    builder = ProjectBuilder(path.stem)
    segments = []
    for piece in _RULE.split(body[1]) if body else ():
        segment = _segment(piece)
        if segment is not None:
            segments.append(segment)
    if not segments:
        raise UnreadableInput(
            "a page, but not Taguette's export of highlights",
            path=path,
            remedy="in Taguette: Highlights, Export this view, HTML; or export as CSV",
        )
    return project_of(segments, builder, transcripts)


def _segment(piece: str) -> CodedSegment | None:
    """A highlight: its last paragraph is `<strong>Document:</strong> NAME <strong>Tags:</strong> TAG, TAG`, in any language."""
    start = piece.rfind("<p>")
    root: Any = etree.fromstring(f"<div>{piece[start:]}</div>", etree.HTMLParser()) if start >= 0 else None
    strong = list(root.iter("strong")) if root is not None else []
    if len(strong) != 2:
        return None
    words = re.sub(r"<h1>.*?</h1>", "", piece[:start], flags=re.DOTALL)
    tags = [" ".join(tag.split()) for tag in (strong[1].tail or "").split(",")]
    document = " ".join((strong[0].tail or "").split())
    text = Page.of(words).text.strip()
    return CodedSegment(document, text, tuple((tag,) for tag in tags if tag)) if text else None
