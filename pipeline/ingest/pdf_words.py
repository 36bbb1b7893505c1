"""The words of a PDF and where they stand on its pages, as JSON; run as a program of its own.

PDFium reads what strangers send in a native library. In a process of its own neither a crash, nor a page that takes
for ever, nor one that swells to gigabytes can take the batch with it.
"""

from __future__ import annotations

import ctypes
import json
import math
import sys
from collections import Counter
from typing import Any

MAX_PAGES = 5_000
MAX_CHARACTERS = 10_000_000
MEMORY_LIMIT = 3_000_000_000
"""Bytes of address space, where the system can limit it."""
_APART = 0.6
"""A gap of so many line heights parts two words even where the PDF has no space between them."""
_ITALIC = 0x40
"""The flag of a font's descriptor that says it is italic."""
_LEANING = 0.15
"""Sideways for each point up, from which letters lean that no italic font draws; italics lean by 0.2 or so."""
_SLOPE = 0.35
"""Line heights that a baseline may move by within a word."""

Word = tuple[str, float, float, float, float, bool, bool]
"""Text, left edge, right edge, baseline (up from the bottom), height, whether it is bold, whether in italics; in points."""


def main() -> None:
    """Read a PDF on standard input; write `{"pages": …}` or `{"error": …}` to standard output."""
    _limit_memory()
    json.dump(_read(sys.stdin.buffer.read()), sys.stdout)


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))


def _read(data: bytes) -> dict[str, Any]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        return {"error": "password" if "password" in str(error).lower() else "damaged"}
    if len(document) > MAX_PAGES:
        return {"error": "large"}
    pages: list[list[Word]] = []
    characters = 0
    for index in range(len(document)):
        try:
            page = document[index]
            text = page.get_textpage()
        except pypdfium2.PdfiumError:
            pages.append([])
            continue
        characters += text.count_chars()
        if characters > MAX_CHARACTERS:
            return {"error": "large"}
        pages.append(_words(text, page.get_cropbox()))
        text.close()
        page.close()
    return {"pages": pages}


class _Glyphs:
    """The characters of a page, with buffers for PDFium to write into."""

    def __init__(self, text: Any) -> None:
        import pypdfium2.raw as raw

        self._raw, self._text = raw, text.raw
        self.count = text.count_chars()
        self._box = raw.FS_RECTF()
        self._x, self._y = ctypes.c_double(), ctypes.c_double()
        self._matrix = raw.FS_MATRIX()

    def turn(self, index: int) -> int:
        """How many quarter turns the character is turned by."""
        angle = self._raw.FPDFText_GetCharAngle(self._text, index)
        return round(angle / (math.pi / 2)) % 4 if math.isfinite(angle) else 0

    def character(self, index: int) -> str:
        """The character, or a space where PDFium saw a gap; line breaks are settled by where things stand."""
        code = self._raw.FPDFText_GetUnicode(self._text, index)
        if code in {0x02, 0xFFFE}:  # how PDFium marks a hyphen at a line's end
            return "-"
        if code in {0x0D, 0x0A}:
            return " "
        return "\ufffd" if code < 0x20 or 0xD800 <= code < 0xE000 or code > 0x10FFFF else chr(code)

    def place(self, index: int, turns: int) -> tuple[float, float, float, float]:
        """Left, right, baseline and height, on a page turned so that its text runs to the right."""
        self._raw.FPDFText_GetLooseCharBox(self._text, index, self._box)
        self._raw.FPDFText_GetCharOrigin(self._text, index, self._x, self._y)
        left, right, bottom, top = self._box.left, self._box.right, self._box.bottom, self._box.top
        x, y = self._x.value, self._y.value
        up = top - bottom if turns % 2 == 0 else right - left
        # In fonts that say nothing of their ascent (LibreOffice's) the box is the glyph's, and tells x from X.
        height = max(up, self._size(index))
        if turns == 0:
            return left, right, y, height
        if turns == 2:
            return -right, -left, -y, height
        return (-top, -bottom, x, height) if turns == 1 else (bottom, top, -x, height)

    def _size(self, index: int) -> float:
        """The size that the character is set in, in points."""
        if not self._raw.FPDFText_GetMatrix(self._text, index, self._matrix):
            return 0.0
        size = self._raw.FPDFText_GetFontSize(self._text, index) * math.hypot(self._matrix.c, self._matrix.d)
        return size if math.isfinite(size) else 0.0

    def is_off(self, box: tuple[float, float, float, float]) -> bool:
        """Whether the character placed last stands outside the page's box."""
        left, bottom, right, top = box
        inside = left - 2 <= self._x.value <= right + 2 and bottom - 2 <= self._y.value <= top + 2
        return not inside and left < right and bottom < top

    def bold(self, index: int) -> bool:
        """Whether the font is bold by its weight or its name."""
        if self._raw.FPDFText_GetFontWeight(self._text, index) >= 600:
            return True
        name, _ = self._font(index)
        return b"bold" in name or b"black" in name

    def slanted(self, index: int) -> bool:
        """Whether the font is italic by its name or its flags, or its letters are made to lean."""
        name, flags = self._font(index)
        return bool(flags & _ITALIC) or b"italic" in name or b"oblique" in name or self._leans(index)

    def _font(self, index: int) -> tuple[bytes, int]:
        """The font's name in small letters, and its flags."""
        buffer = ctypes.create_string_buffer(128)
        flags = ctypes.c_int()
        self._raw.FPDFText_GetFontInfo(self._text, index, buffer, 128, flags)
        return buffer.value.lower(), flags.value

    def _leans(self, index: int) -> bool:
        if not self._raw.FPDFText_GetMatrix(self._text, index, self._matrix):
            return False
        one = self._matrix
        along, up = math.hypot(one.a, one.b), math.hypot(one.c, one.d)
        return along * up > 0 and (one.a * one.c + one.b * one.d) / (along * up) > _LEANING


def _words(text: Any, box: tuple[float, float, float, float]) -> list[Word]:
    """A page's words, as far as they stand on the paper: programs print what is scrolled out of view beside it."""
    glyphs = _Glyphs(text)
    turned = [glyphs.turn(index) for index in range(glyphs.count)]
    turns = Counter(turned).most_common(1)[0][0] if turned else 0
    found: list[Word] = []
    word: list[Any] = []  # text, left, right, baseline, height, bold, slanted
    for index in range(glyphs.count):
        character = glyphs.character(index)
        if turned[index] != turns and not character.isspace():
            continue  # a watermark across the page, a note up its side
        if character.isspace():
            _close(word, found)
            continue
        left, right, baseline, height = glyphs.place(index, turns)
        if not all(map(math.isfinite, (left, right, baseline, height))) or glyphs.is_off(box):
            continue
        if word and not _follows(word, left, right, baseline):
            _close(word, found)
        if word:
            word[0] += character
            word[1], word[2] = min(word[1], left), max(word[2], right)
            word[4] = max(word[4], height)
        else:
            word[:] = [character, left, right, baseline, height, glyphs.bold(index), glyphs.slanted(index)]
    _close(word, found)
    return found


def _follows(word: list[Any], left: float, right: float, baseline: float) -> bool:
    """Whether a character goes on with the word, to its right or (Arabic, Hebrew) to its left.

    The letters of a ligature all stand where it stands.
    """
    height = max(word[4], 1.0)
    if abs(baseline - word[3]) >= _SLOPE * height:
        return False
    return bool(-_APART * height < word[1] - right < _APART * height or -height < left - word[2] < _APART * height) or (
        word[1] <= left and right <= word[2]
    )


def _close(word: list[Any], found: list[Word]) -> None:
    if word:
        text, *places, bold, slanted = word
        left, right, baseline, height = (round(place, 1) for place in places)
        found.append((text, left, right, baseline, height, bold, slanted))
        word.clear()


if __name__ == "__main__":
    main()
