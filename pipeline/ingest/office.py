"""Opens a docx with care: everything that could hurt is refused before any XML is parsed."""

from __future__ import annotations

import io
import zipfile
import zlib

from pipeline.errors import UnreadableInput
from pipeline.ingest.sniff import kind_of, remedy_for

MAX_UNPACKED = 400_000_000
"""Bytes that all parts together may unpack to; ten million words of dense Word XML stay below it."""
MAX_PARTS = 20_000
MAX_RATIO = 300
"""Unpacked to packed, for parts above `RATIO_FROM`; Word's own XML packs some 10 to 50 times."""
RATIO_FROM = 20_000_000
_RESAVE = "open it in Word and save it again as .docx"
_DECLARATIONS = ("<!DOCTYPE", "<!ENTITY")


def open_docx(data: bytes) -> zipfile.ZipFile:
    """Check a docx's bytes and open them as a zip whose XML is safe to parse.

    Raises:
        UnreadableInput: not a docx, damaged, encrypted, a zip bomb, or with document type declarations.
    """
    kind = kind_of(data)
    if not data.startswith(b"PK"):
        what = kind or "no Word document"
        raise UnreadableInput(f"the file is named .docx but is {what}", remedy=remedy_for(what))
    if kind is not None and "zip" not in kind and "docx" not in kind:
        raise UnreadableInput(f"the file is named .docx but is {kind}", remedy=remedy_for(kind))
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        _check_sizes(archive, len(data))
        for info in archive.infolist():
            if info.filename.endswith((".xml", ".rels")):
                _check_xml(info.filename, archive.read(info))
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError, zlib.error) as error:
        raise UnreadableInput(
            "the docx is damaged or was cut off", remedy=f"copy it again from its source, or {_RESAVE}"
        ) from error
    if "word/document.xml" not in archive.namelist() and "[Content_Types].xml" not in archive.namelist():
        raise UnreadableInput("a zip archive, but no Word document", remedy=_RESAVE)
    return archive


def _check_sizes(archive: zipfile.ZipFile, packed: int) -> None:
    infos = archive.infolist()
    if any(info.flag_bits & 0x1 for info in infos):
        raise UnreadableInput("the docx is encrypted", remedy=remedy_for("password"))
    unpacked = sum(info.file_size for info in infos)
    swollen = any(
        info.file_size > RATIO_FROM and info.file_size > MAX_RATIO * max(1, info.compress_size) for info in infos
    )
    if swollen or unpacked > MAX_UNPACKED or len(infos) > MAX_PARTS:
        raise UnreadableInput(
            f"the docx would unpack from {packed:,} to {unpacked:,} bytes in {len(infos):,} parts, "
            "which no transcript does",
            remedy=f"if it is genuine, {_RESAVE} without pictures, or as plain text",
        )


def _check_xml(name: str, xml: bytes) -> None:
    """Word never writes a document type; entities are how XML is made to explode or to read other files."""
    head = xml[:4]
    wide = "utf-16-le" if head.startswith((b"\xff\xfe", b"<\x00")) else "utf-16-be"
    encoding = wide if b"\x00" in head else "ascii"
    if any(mark.encode(encoding) in xml for mark in _DECLARATIONS):
        raise UnreadableInput(
            "the docx holds XML with a document type declaration, which Word never writes and which can be an attack",
            place=name,
            remedy=_RESAVE,
        )
