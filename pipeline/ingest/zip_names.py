"""What the members of a zip archive are called, whichever program packed it.

A name is UTF-8 where it is marked so, where a field beside it says so, or where it can be; macOS packs it so without the mark.
Otherwise it is in the code page of the machine that packed it, which the archive does not tell: the one is taken in which all
such names of the archive together look most like words.
"""

from __future__ import annotations

import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Sequence

_MARKED_UTF8 = 0x800
_UNICODE_PATH = 0x7075
_STANDARD = "cp437"
"""What the format says that names without a mark are in; Python has decoded them so."""
_CODE_PAGES = (_STANDARD, "cp850", "cp1252", "cp866", "cp1251", "cp932", "gbk")
_EAST = ("CJK", "HIRAGANA", "KATAKANA", "FULLWIDTH", "IDEOGRAPHIC")


def names_of(infos: Sequence[zipfile.ZipInfo]) -> list[str]:
    """The members' names, in order."""
    known = [_told(info) for info in infos]
    raw = [b"" if name is not None else _raw(info) for info, name in zip(infos, known, strict=True)]
    page = _code_page([name for name in raw if name])
    return [
        name if name is not None else own.decode(page) if page else info.filename
        for info, name, own in zip(infos, known, raw, strict=True)
    ]


def _told(info: zipfile.ZipInfo) -> str | None:
    """The name, where it need not be guessed."""
    if info.flag_bits & _MARKED_UTF8:
        return info.filename
    try:
        raw = _raw(info)
    except UnicodeError:
        return info.filename  # Python has read the field beside it
    said = _beside(info.extra, raw)
    if said is not None:
        return said
    try:
        return raw.decode("utf-8")
    except UnicodeError:
        return None


def _raw(info: zipfile.ZipInfo) -> bytes:
    return info.orig_filename.split("\x00", 1)[0].encode(_STANDARD)


def _beside(extra: bytes, raw: bytes) -> str | None:
    """The name in Info-ZIP's field for it, if that belongs to this name."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        content = extra[at + 4 : at + 4 + size]
        at += 4 + size
        if kind == _UNICODE_PATH and len(content) > 5 and struct.unpack_from("<I", content, 1)[0] == zlib.crc32(raw):
            try:
                return content[5:].decode("utf-8")
            except UnicodeError:
                return None
    return None


def _code_page(names: Sequence[bytes]) -> str | None:
    """The code page in which names look most like words, the standard's before others; None where there are no names."""
    scores = {page: _likeness(names, page) for page in _CODE_PAGES}
    best = max(scores, key=lambda page: scores[page])
    return best if names else None


def _likeness(names: Sequence[bytes], page: str) -> float:
    """How well characters beyond ASCII stand in words, on average; below any other where the names are not of this code page."""
    good = count = 0.0
    for name in names:
        try:
            text = name.decode(page)
        except UnicodeError:
            return -10.0
        for before, character, after in zip(" " + text, text, text[1:] + " ", strict=False):
            if character > "\x7f":
                count += 1
                good += _fits(before, character, after)
    return good / count if count else 0.0


def _fits(before: str, character: str, after: str) -> float:
    """How well a character stands between its neighbours: 1 well, -1 not."""
    script = _script(character)
    if not script:
        return -1.0
    beside = {_script(before), _script(after)} - {""}
    if beside - {script}:
        return -1.0
    if character.isupper() and (before.islower() or (before.isalpha() and before.isupper() and after.islower())):
        return -1.0  # a capital within a word
    if script == "EAST":
        return 1.0 if _is_common(character) else 0.3
    if script == "CYRILLIC":
        return 1.0 if "а" <= character.lower() <= "я" or character.lower() in "ёіїєґ" else 0.3
    return 0.9


def _script(character: str) -> str:
    """The script of a letter; empty for anything else, and for letters that no word has (half widths, superscripts)."""
    if unicodedata.category(character) not in {"Lu", "Ll", "Lo"} and character not in "ーｰ々":
        return ""
    name = unicodedata.name(character, "")
    if name.startswith(_EAST):
        return "EAST"
    first = name.split(" ", 1)[0]
    return first if first in {"LATIN", "CYRILLIC", "GREEK"} and "LETTER" in name else ""


def _is_common(character: str) -> bool:
    """Whether a character is kana, or of the first, common part of the Japanese or Chinese standard."""
    if unicodedata.name(character, "").startswith(("HIRAGANA", "KATAKANA")):
        return True
    japanese, chinese = character.encode("cp932", "replace"), character.encode("gb2312", "replace")
    return 0x88 <= japanese[0] <= 0x97 or 0xB0 <= chinese[0] <= 0xD7
