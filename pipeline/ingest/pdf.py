"""PDF with a text layer: the printed lines are joined to paragraphs again, and read as any document's are.

Pictures of pages hold no text; nothing is recognised optically.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from pipeline.errors import UnreadableInput
from pipeline.ingest.draft import Draft
from pipeline.ingest.paragraphs import read_blocks
from pipeline.ingest.pdf_lines import left_out, lines_of
from pipeline.ingest.pdf_paragraphs import large_type, paragraphs_of
from pipeline.ingest.pdf_words import Word

TIME_LIMIT = 120.0
"""Seconds; a page takes some hundredth of one."""
_START = 1024
"""Bytes that may stand before the PDF begins; readers allow as many."""
_EXPORT = "export the transcript as docx or plain text"
_ERRORS = {
    "password": ("the PDF is encrypted with a password", "open it, remove the password and save it again"),
    "damaged": ("the PDF is damaged or was cut off", f"copy it again from its source, or {_EXPORT}"),
    "large": ("the PDF has more pages or letters than any transcript", "split it"),
}


def read(data: bytes) -> Draft:
    """Read a PDF's text layer.

    Raises:
        UnreadableInput: no PDF, encrypted, damaged, or pictures of pages only.
    """
    if b"%PDF" not in data[:_START]:
        raise UnreadableInput("no PDF", remedy="check that it is the right file")
    words = _pages(data)
    blank = sum(not page for page in words)
    if blank == len(words):
        raise UnreadableInput(
            "the PDF holds pictures of pages and no text", remedy=f"recognise its text (OCR) first, or {_EXPORT}"
        )
    _check_letters(words)
    warnings = [f"{blank} of {len(words)} pages hold no text: pictures of pages are not read"] if blank else []
    lines = lines_of(words)
    blocks = paragraphs_of(lines)
    return read_blocks(blocks, warnings=[*warnings, *left_out(words, lines), *large_type(blocks)])


def _check_letters(pages: list[list[Word]]) -> None:
    """Some PDFs draw letters without saying which they are."""
    letters = "".join(word[0] for page in pages for word in page)
    unknown = sum(letter == "\ufffd" or "\ue000" <= letter <= "\uf8ff" for letter in letters)
    if unknown > 0.2 * len(letters):
        raise UnreadableInput(
            "the PDF's letters cannot be told: its fonts do not say what they stand for",
            remedy=f"recognise its text (OCR), or {_EXPORT}",
        )


def _pages(data: bytes) -> list[list[Word]]:
    """The pages' words, found by a process of its own."""
    root = str(Path(__file__).resolve().parents[2])
    paths = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pipeline.ingest.pdf_words"],
            input=data,
            capture_output=True,
            timeout=TIME_LIMIT,
            env={**os.environ, "PYTHONPATH": paths},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UnreadableInput(f"the PDF was not read after {TIME_LIMIT:.0f} seconds", remedy=_EXPORT) from error
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        raise UnreadableInput("the PDF is damaged: its reader broke off", remedy=_EXPORT) from error
    if "error" in found:
        problem, remedy = _ERRORS[found["error"]]
        raise UnreadableInput(problem, remedy=remedy)
    return [[tuple(word) for word in page] for page in found["pages"]]
