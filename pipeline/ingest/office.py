"""Opens zipped office documents with care: everything that could hurt is refused before any XML is parsed."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection

from pipeline.errors import UnreadableInput, printable
from pipeline.ingest.sniff import kind_of, remedy_for
from pipeline.safety import DAMAGED, DECLARATIONS, MAX_UNPACKED, USUAL, declares, is_encrypted, swells

MAX_PARTS = 20_000
_RESAVE = "open it in Word and save it again as .docx"


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
    archive = open_archive(data, "docx")
    if "word/document.xml" not in archive.namelist() and "[Content_Types].xml" not in archive.namelist():
        raise UnreadableInput("a zip archive, but no Word document", remedy=_RESAVE)
    return archive


def open_archive(data: bytes, name: str, parts: Collection[str] | None = None) -> zipfile.ZipFile:
    """Check the bytes of a zipped office document and open them as a zip whose XML is safe to parse.

    Args:
        data: the file.
        name: what messages call it (`docx`, `odt`).
        parts: those that will be parsed; all XML if not given.

    Raises:
        UnreadableInput: damaged, encrypted, a zip bomb, or with document type declarations.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        _check_sizes(archive, len(data), name)
        for info in archive.infolist():
            if info.filename in parts if parts is not None else info.filename.endswith((".xml", ".rels")):
                _check_xml(info.filename, archive.read(info), name)
    except DAMAGED as error:
        raise UnreadableInput(
            f"the {name} is damaged or was cut off", remedy=f"copy it again from its source, or {_resave(name)}"
        ) from error
    return archive


def part_of(archive: zipfile.ZipFile, name: str) -> bytes | None:
    """A part's bytes; None where the archive does not hold it.

    Raises:
        UnreadableInput: the part is damaged.
    """
    try:
        return archive.read(name) if name in archive.namelist() else None
    except DAMAGED as error:
        raise UnreadableInput(
            "damaged inside",
            place=printable(name),
            remedy="copy it again from its source, or open it and save it again",
        ) from error


def _resave(name: str) -> str:
    return _RESAVE if name == "docx" else f"open it in the program that made it and save it again as .{name}"


def _check_sizes(archive: zipfile.ZipFile, packed: int, name: str) -> None:
    infos = archive.infolist()
    if any(map(is_encrypted, infos)):
        raise UnreadableInput(f"the {name} is encrypted", remedy=remedy_for("password"))
    if any(info.compress_type not in USUAL for info in infos):
        raise UnreadableInput(f"the {name} is packed in a way that no office program uses", remedy=_resave(name))
    unpacked = sum(info.file_size for info in infos)
    if any(map(swells, infos)) or unpacked > MAX_UNPACKED or len(infos) > MAX_PARTS:
        raise UnreadableInput(
            f"the {name} would unpack from {packed:,} to {unpacked:,} bytes in {len(infos):,} parts, "
            "which no transcript does",
            remedy=f"if it is genuine, {_resave(name)} without pictures, or as plain text",
        )


def _check_xml(part: str, xml: bytes, name: str) -> None:
    """Office programs never write a document type."""
    if declares(xml, *DECLARATIONS):
        raise UnreadableInput(
            f"the {name} holds XML with a document type declaration, which no office program writes there "
            "and which can be an attack",
            place=part,
            remedy=_resave(name),
        )
