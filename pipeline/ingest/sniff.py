"""What a file is by its content, whatever its name says."""

from __future__ import annotations

import re

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file"),
    (b"{\\rtf", "a rich text (RTF) file"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x89PNG", "a PNG picture"),
    (b"GIF87a", "a GIF picture"),
    (b"GIF89a", "a GIF picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!\x1a", "a RAR archive"),
    (b"ID3\x02", "an MP3 recording"),
    (b"ID3\x03", "an MP3 recording"),
    (b"ID3\x04", "an MP3 recording"),
    (b"\xff\xfb", "an MP3 recording"),
    (b"OggS\x00", "an Ogg recording"),
    (b"fLaC\x00", "a FLAC recording"),
    (b"\x7fELF", "a program"),
)
_INSIDE_ZIP = (
    (b"project.qde", "a REFI-QDA project"),  # before what may lie in it
    (b"word/", "a Word document (docx)"),
    (b"xl/", "an Excel workbook"),
    (b"ppt/", "a PowerPoint presentation"),
    (b"opendocument.text", "an OpenDocument text (odt)"),
    (b"opendocument.spreadsheet", "an OpenDocument spreadsheet (ods)"),
    (b"opendocument", "an OpenDocument file"),
)
FORMAT_OF_KIND = {
    "a PDF": "pdf",
    "a rich text (RTF) file": "rtf",
    "a binary Word document (doc)": "doc",
    "a Word document (docx)": "docx",
    "an OpenDocument text (odt)": "odt",
    "an Excel workbook": "xlsx",
    "an OpenDocument spreadsheet (ods)": "ods",
    "an HTML page": "html",
    "a CHAT transcript": "cha",
    "a Praat TextGrid": "textgrid",
    "an ELAN file": "eaf",
    "a TEI document": "tei",
    "an Akoma Ntoso document": "akn",
}
"""Kinds that are read whatever the file is named, and the names of their formats."""
IMPORTED = "`themes import` reads projects that people coded by hand"
_HTML = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype html|html)\b", re.IGNORECASE)
_XML = re.compile(rb"\s*<\?xml\b")
_XML_ROOT = re.compile(
    rb"\s*(?:<\?[^>]*>\s*|<!--(?:[^-]|-(?!->))*-->\s*|<!DOCTYPE[^>\[]*(?:\[[^\]]*\]\s*)?>\s*)*<(?:[\w.-]+:)?([\w.-]+)[\s/>]"
)
_XML_KINDS = {
    b"ANNOTATION_DOCUMENT": "an ELAN file",
    b"TEI": "a TEI document",
    b"TEI.2": "a TEI document",
    b"teiCorpus": "a TEI document",
    b"akomaNtoso": "an Akoma Ntoso document",
}
_CHAT = re.compile(rb"@UTF8\s|@PID:\t|@Begin\s+@(?:Languages|Participants):")
_TEXTGRID = re.compile(
    rb'(?:File type = )?"ooTextFile(?: short)?"\s+(?:Object class = )?"TextGrid"|ooBinaryFile.TextGrid', re.S
)
_ENCRYPTED_OOXML = "EncryptedPackage".encode("utf-16-le")
_WORD_STREAM = "WordDocument".encode("utf-16-le")


def kind_of(data: bytes) -> str | None:
    """What the content is, with its article (`a JPEG picture`); None where it may be text."""
    head = data[:4096].removeprefix(b"\xef\xbb\xbf")
    if head[4:8] == b"ftyp":
        return "a video or sound recording"
    if head[:4] == b"RIFF" and head[8:12] in {b"WAVE", b"AVI "}:
        return "a video or sound recording"
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return _office_kind(data, name)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16: the signs looked for are all of ASCII
        head = head[2:].replace(b"\x00", b"")
    if _HTML.match(head):
        return "an HTML page"
    if _CHAT.match(head):
        return "a CHAT transcript"
    if _TEXTGRID.match(head):
        return "a Praat TextGrid"
    root = _XML_ROOT.match(head) if head.lstrip().startswith(b"<") else None
    if root and root.group(1) in _XML_KINDS:
        return _XML_KINDS[root.group(1)]
    return "an XML file" if _XML.match(head) else None


def _office_kind(data: bytes, name: str) -> str:
    if name == "a zip archive":
        # The directory stands at the end; the first entry's name at the start.
        ends = data[:4096] + data[-65_536:]
        return next((kind for mark, kind in _INSIDE_ZIP if mark in ends), name)
    if name == "an old Office file" and _ENCRYPTED_OOXML in data:
        return "an Office file encrypted with a password"
    if name == "an old Office file" and _WORD_STREAM in data:
        return "a binary Word document (doc)"
    return name


def may_be(kind: str, format_name: str) -> bool:
    """Whether a file of this kind may yet be of the format: its reader then says what is wrong with it."""
    zipped = "zip" in kind and format_name in {"docx", "odt", "xlsx", "ods"}
    return zipped or (kind == "an XML file" and format_name in {"html", "tei", "eaf", "akn"})


def remedy_for(kind: str) -> str:
    """What to do about a file of this kind where a transcript was expected."""
    if "password" in kind:
        return "open it in Word, remove the password and save it again"
    if "recording" in kind:
        return "transcribe it first; transcripts are read, recordings are not"
    if "REFI" in kind:
        return IMPORTED
    if "picture" in kind or "program" in kind or "database" in kind or "archive" in kind:
        return "give the transcript itself, as a document, plain text or captions"
    return "open it in the program that made it and save it as docx or plain text"
