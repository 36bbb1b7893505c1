"""Rich text (RTF), as Word, WordPad, TextEdit and Scrivener write it: paragraphs, bold, tables.

Own code, because the libraries there are drop bold type, read deleted text, and take quadratic time on odd files.
This is one walk over the file's tokens. Source of the control words: Rich Text Format Specification 1.9.1.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from pipeline.errors import UnreadableInput
from pipeline.ingest.draft import Draft
from pipeline.ingest.paragraphs import Block, Paragraph, read_blocks
from pipeline.ingest.rtf_words import CHARACTERS, CHARSETS, PAGES, SIGNS, SKIPPED, TITLE_STYLES, TOKEN


@dataclass(frozen=True, slots=True)
class _State:
    """What holds within a group: braces save it and bring it back."""

    skipped: bool = False
    table: str = ""  # the font table or style sheet that is being read
    bold: bool = False
    italic: bool = False
    unseen: bool = False  # hidden, or deleted by a tracked change
    fallback: int = 1  # characters after \u that stand for it in old programs
    codec: str = ""


@dataclass(slots=True)
class _Found:
    """What has been read so far."""

    blocks: list[Block] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    lead: list[str] = field(default_factory=list)
    leading: bool = True
    slanted: bool = True


def read(data: bytes) -> Draft:
    """Read rich text; deleted and hidden text, comments, footnotes, headers and footers are no talk."""
    if not data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{\\rtf"):
        raise UnreadableInput("no rich text (RTF) file", remedy="open it in the program that made it and save it again")
    return read_blocks(_Reader(data.decode("latin-1")).blocks())


class _Reader:
    """Walks the tokens once; `latin-1` has made every byte a character, so that bytes can be had back."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._state = _State()
        self._stack: list[_State] = []
        self._found = _Found()
        self._bytes = bytearray()
        self._codec = "cp1252"
        self._fonts: dict[int, str] = {}
        self._titles: set[int] = set()
        self._number = 0  # of the font or style whose entry is being read
        self._skip = 0  # characters left that stand for a \u
        self._high = 0  # a surrogate that waits for its other half
        self._in_table = self._title = False

    def blocks(self) -> list[Block]:
        """All paragraphs and tables, in order."""
        position = 0
        while match := TOKEN.match(self._source, position):
            position = match.end()
            kind = match.lastgroup
            if kind == "brace":
                self._brace(match["brace"])
                if not self._stack:
                    break  # what stands after the document is not of it
            elif kind == "hex":
                self._raw(match["hex"])
            elif kind == "sign":
                self._sign(match["sign"])
            elif kind == "text":
                self._text(match["text"])
            elif kind is not None:
                number = int(match["number"]) if match["number"] else None
                if match["word"] == "bin":
                    position += max(0, number or 0)
                else:
                    self._word(match["word"], number)
        self._end_paragraph()
        self._end_table()
        return self._found.blocks

    def _brace(self, brace: str) -> None:
        self._flush()
        self._skip = 0
        if brace == "{":
            self._stack.append(self._state)
        elif self._stack:
            self._state = self._stack.pop()

    def _raw(self, digits: str) -> None:
        if self._skip:
            self._skip -= 1
        elif self._shown():
            self._bytes.append(int(digits, 16))

    def _text(self, text: str) -> None:
        if self._state.table == "stylesheet" and text.strip().casefold().startswith(TITLE_STYLES):
            self._titles.add(self._number)
        skipped = min(self._skip, len(text))
        self._skip -= skipped
        if self._shown():
            self._bytes += text[skipped:].encode("latin-1")

    def _sign(self, sign: str) -> None:
        if sign == "*":
            self._state = replace(self._state, skipped=True)
        elif sign in "\r\n":
            self._word("par", None)
        elif self._skip:
            self._skip -= 1
        else:
            self._write(SIGNS.get(sign, ""))

    def _word(self, word: str, number: int | None) -> None:
        if word == "u":
            self._unicode((number or 0) % 0x10000)
            return
        self._flush()
        self._skip = 0
        action = _ACTIONS.get(word)
        if word in {"fonttbl", "stylesheet"}:
            self._state = replace(self._state, skipped=True, table=word)
        elif word in SKIPPED:
            self._state = replace(self._state, skipped=True)
        elif word in CHARACTERS:
            self._write(CHARACTERS[word])
        elif word in PAGES:
            self._codec = PAGES[word]
        elif action:
            action(self, number)

    def _unicode(self, code: int) -> None:
        self._flush()
        self._skip = self._state.fallback
        if 0xD800 <= code < 0xDC00:
            self._high = code
            return
        if 0xDC00 <= code < 0xE000:
            code = 0x10000 + ((self._high - 0xD800) << 10) + code - 0xDC00 if self._high else 0xFFFD
        self._high = 0
        self._write(chr(code) if code else "")

    def _shown(self) -> bool:
        return not (self._state.skipped or self._state.unseen)

    def _flush(self) -> None:
        if self._bytes:
            text = bytes(self._bytes).decode(self._state.codec or self._codec, "replace")
            self._bytes.clear()
            self._write(text)

    def _write(self, text: str) -> None:
        if not text or not self._shown():
            return
        self._flush()
        found = self._found
        found.words.append(text)
        found.leading = found.leading and (self._state.bold or not text.strip())
        found.slanted = found.slanted and (self._state.italic or not text.strip())
        if found.leading:
            found.lead.append(text)

    def _end_paragraph(self, number: int | None = None) -> None:
        if self._state.skipped:
            return
        self._flush()
        if self._in_table:
            self._found.words.append("\n")
            return
        self._end_table()
        found = self._found
        paragraph = Paragraph("".join(found.words), "".join(found.lead), self._title, found.slanted)
        if paragraph.text.strip():
            self._found.blocks.append(paragraph)
        self._clear()

    def _clear(self) -> None:
        self._found.words, self._found.lead, self._found.leading, self._found.slanted = [], [], True, True

    def _end_cell(self, number: int | None) -> None:
        self._found.cells.append("".join(self._found.words).strip("\n"))
        self._clear()

    def _end_row(self, number: int | None) -> None:
        if self._found.cells:
            self._found.rows.append(self._found.cells)
        self._found.cells = []

    def _end_table(self) -> None:
        self._end_row(None)
        if self._found.rows:
            self._found.blocks.append(self._found.rows)
        self._found.rows = []

    def _reset_paragraph(self, number: int | None) -> None:
        self._in_table = self._title = False

    def _enter_table(self, number: int | None) -> None:
        self._in_table = True

    def _style(self, number: int | None) -> None:
        self._number = number or 0
        self._title = self._title or (not self._state.skipped and self._number in self._titles)

    def _outline(self, number: int | None) -> None:
        self._title = self._title or (not self._state.skipped and 0 <= (9 if number is None else number) < 9)

    def _font(self, number: int | None) -> None:
        self._number = number or 0
        self._state = replace(self._state, codec=self._fonts.get(self._number, ""))

    def _charset(self, number: int | None) -> None:
        if self._state.table == "fonttbl" and number in CHARSETS:
            self._fonts[self._number] = CHARSETS[number]

    def _page(self, number: int | None) -> None:
        name = f"cp{number}"
        try:
            codecs.lookup(name)
            b"".decode(name)
        except LookupError:
            return
        self._codec = name

    def _bold(self, number: int | None) -> None:
        self._state = replace(self._state, bold=number != 0)

    def _italic(self, number: int | None) -> None:
        self._state = replace(self._state, italic=number != 0)

    def _unseen(self, number: int | None) -> None:
        self._state = replace(self._state, unseen=number != 0)

    def _plain(self, number: int | None) -> None:
        self._state = replace(self._state, bold=False, italic=False, unseen=False, codec="")

    def _fallback(self, number: int | None) -> None:
        self._state = replace(self._state, fallback=min(max(number or 0, 0), 16))


_ACTIONS: dict[str, Callable[[_Reader, int | None], None]] = {
    "par": _Reader._end_paragraph,
    "sect": _Reader._end_paragraph,
    "page": _Reader._end_paragraph,
    "cell": _Reader._end_cell,
    "row": _Reader._end_row,
    "pard": _Reader._reset_paragraph,
    "intbl": _Reader._enter_table,
    "s": _Reader._style,
    "outlinelevel": _Reader._outline,
    "f": _Reader._font,
    "fcharset": _Reader._charset,
    "ansicpg": _Reader._page,
    "b": _Reader._bold,
    "i": _Reader._italic,
    "v": _Reader._unseen,
    "deleted": _Reader._unseen,
    "plain": _Reader._plain,
    "uc": _Reader._fallback,
}
