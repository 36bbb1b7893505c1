"""What files from strangers are checked for before anything parses them: archives that swell, XML that explodes."""

from __future__ import annotations

import zipfile
import zlib
from typing import Any

MAX_RATIO = 300
"""Unpacked to packed, for members above `RATIO_FROM`; talk packs some three times, captions and office XML up to 50."""
RATIO_FROM = 20_000_000
MAX_UNPACKED = 400_000_000
"""Bytes that an office document, or a part of a project, may unpack to; ten million words of dense Word XML stay below it."""
DAMAGED = (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError, RuntimeError, zlib.error)
"""What zipfile raises, member by member, for archives that are damaged."""
USUAL = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""How members may be packed; other ways fail in ways of their own where they are damaged."""
ENTITY = "<!ENTITY"
DECLARATIONS = ("<!DOCTYPE", ENTITY)
"""What no office program and no REFI-QDA file holds; entities are how XML is made to explode or to read other files."""
_ENCODINGS = ("ascii", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")


def is_encrypted(info: zipfile.ZipInfo) -> bool:
    """Whether a member needs a password."""
    return bool(info.flag_bits & 0x1)


def swells(info: zipfile.ZipInfo) -> bool:
    """Whether a member says that it unpacks to more than anything genuine would."""
    return info.file_size > RATIO_FROM and info.file_size > MAX_RATIO * max(1, info.compress_size)


def declares(xml: bytes, *marks: str) -> bool:
    """Whether the bytes hold one of these marks, in whatever encoding XML may come in."""
    # Without a zero byte the text is in no wide encoding, and one look is enough.
    encodings = _ENCODINGS if b"\x00" in xml else _ENCODINGS[:1]
    return any(mark.encode(encoding) in xml for mark in marks for encoding in encodings)


def xml_parser(**options: bool) -> Any:
    """A parser that resolves no entities, loads nothing, and takes no tree deeper or larger than libxml2's own limits."""
    from lxml import etree

    safe = {
        "resolve_entities": False,
        "no_network": True,
        "load_dtd": False,
        "dtd_validation": False,
        "huge_tree": False,
    }
    return etree.XMLParser(**(options | safe))
