"""What a printed page shows and where: characters, and the lines and boxes drawn about them; run as a program of its own.

PDFium reads what strangers send in a native library: a crash or a page that takes for ever must not take the import with it.
"""

from __future__ import annotations

import ctypes
import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.errors import UnreadableInput
from pipeline.exchange.files import bytes_of

TIME_LIMIT = 600.0
"""Seconds; a print takes some few, on a machine that does nothing else."""
MAX_PAGES = 2_000
MAX_CHARACTERS = 5_000_000
_EXPORT = "print it to PDF again, or export the codings in another way"


class Glyph(NamedTuple):
    """A character: its edges, its baseline (up from the page's bottom), its height, whether it is bold; in points."""

    character: str
    left: float
    right: float
    baseline: float
    height: float
    bold: bool

    @property
    def middle(self) -> float:
        """Halfway between its edges."""
        return (self.left + self.right) / 2


class Rectangle(NamedTuple):
    """A drawn shape's bounds, in points."""

    left: float
    bottom: float
    right: float
    top: float

    def holds(self, glyph: Glyph) -> bool:
        """Whether a character stands in it."""
        return self.left <= glyph.middle <= self.right and self.bottom <= glyph.baseline <= self.top


class Page(NamedTuple):
    """A page."""

    glyphs: list[Glyph]
    shapes: list[Rectangle]


def pages_of(path: Path, most: int = MAX_PAGES) -> list[Page]:
    """The first pages of a PDF.

    Raises:
        UnreadableInput: it is no PDF, encrypted, damaged, or holds no text.
    """
    data = bytes_of(path)
    if b"%PDF" not in data[:1024]:
        raise UnreadableInput("no PDF", path=path, remedy="check that it is the right file")
    root = str(Path(__file__).resolve().parents[2])
    paths = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pipeline.exchange.print_page", str(most)],
            input=data,
            capture_output=True,
            timeout=TIME_LIMIT,
            env={**os.environ, "PYTHONPATH": paths},
            check=False,
        )
        found: dict[str, Any] = json.loads(done.stdout)
    except subprocess.TimeoutExpired as error:
        raise UnreadableInput(f"was not read after {TIME_LIMIT:.0f} seconds", path=path, remedy=_EXPORT) from error
    except ValueError as error:
        raise UnreadableInput("the PDF is damaged: its reader broke off", path=path, remedy=_EXPORT) from error
    if "error" in found:
        raise UnreadableInput(found["error"], path=path, remedy=_EXPORT)
    pages = [
        Page([Glyph(*glyph) for glyph in page["glyphs"]], [Rectangle(*shape) for shape in page["shapes"]])
        for page in found["pages"]
    ]
    if not any(page.glyphs for page in pages):
        raise UnreadableInput("the PDF holds pictures of pages and no text", path=path, remedy=_EXPORT)
    return pages


def lines_of(glyphs: list[Glyph]) -> list[list[Glyph]]:
    """The characters line by line, from the top, each from the left."""
    lines: list[list[Glyph]] = []
    for glyph in sorted(glyphs, key=lambda glyph: -glyph.baseline):
        if lines and lines[-1][0].baseline - glyph.baseline < 0.4 * max(glyph.height, 1):
            lines[-1].append(glyph)
        else:
            lines.append([glyph])
    return [sorted(line, key=lambda glyph: glyph.left) for line in lines]


def text_of_line(line: list[Glyph]) -> str:
    """A line's words."""
    return " ".join("".join(glyph.character for glyph in line).split())


def main() -> None:
    """Read a PDF on standard input; write `{"pages": …}` or `{"error": …}` to standard output."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (3_000_000_000, 3_000_000_000))
    except ImportError:  # Windows
        pass
    json.dump(_read(sys.stdin.buffer.read(), int(sys.argv[1])), sys.stdout)


def _read(data: bytes, most: int) -> dict[str, Any]:
    import pypdfium2
    import pypdfium2.raw as raw

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        encrypted = "password" in str(error).lower()
        return {"error": "the PDF is encrypted with a password" if encrypted else "the PDF is damaged or was cut off"}
    pages = []
    characters = 0
    for index in range(min(len(document), most)):
        page = document[index]
        text = page.get_textpage()
        characters += text.count_chars()
        if characters > MAX_CHARACTERS or len(document) > MAX_PAGES:
            return {"error": "the PDF has more pages or letters than any print of codings"}
        shapes = [
            tuple(round(edge, 2) for edge in shape.get_bounds())
            for shape in page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH], max_depth=5)
        ]
        pages.append({"glyphs": _glyphs(text, raw), "shapes": shapes})
    return {"pages": pages}


def _glyphs(text: Any, raw: Any) -> list[Any]:
    box, x, y = raw.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    name, flags = ctypes.create_string_buffer(128), ctypes.c_int()
    found = []
    for index in range(text.count_chars()):
        code = raw.FPDFText_GetUnicode(text.raw, index)
        if code in {0x0A, 0x0D} or 0xD800 <= code < 0xE000 or code > 0x10FFFF:
            continue
        character = "-" if code in {0x02, 0xFFFE} else chr(code) if code >= 0x20 else " "
        raw.FPDFText_GetLooseCharBox(text.raw, index, box)
        raw.FPDFText_GetCharOrigin(text.raw, index, x, y)
        raw.FPDFText_GetFontInfo(text.raw, index, name, 128, flags)
        bold = raw.FPDFText_GetFontWeight(text.raw, index) >= 600 or b"bold" in name.value.lower()
        place = box.left, box.right, y.value, box.top - box.bottom
        if all(map(math.isfinite, place)):
            found.append((character, *(round(value, 2) for value in place), bold))
    return found


if __name__ == "__main__":
    main()
