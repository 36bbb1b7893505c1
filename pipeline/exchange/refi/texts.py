"""The plain text of a source: inline, in a file, or taken from the docx beside it where the plain text is empty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.errors import UnreadableInput
from pipeline.exchange.refi import xml
from pipeline.exchange.refi.archive import ProjectFiles
from pipeline.ingest.decode import decode_as_stored
from pipeline.ingest.docx import paragraph_texts

MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class SourceText:
    """A text, and what programs may count otherwise than we do.

    Attributes:
        text: line ends as `\\n`, no byte order mark.
        stored: with the line ends that its file has.
        marked: the file starts with a byte order mark.
        warnings: what was unsure in reading it.
    """

    text: str
    stored: str
    marked: bool = False
    warnings: tuple[str, ...] = ()


def of_string(text: str, warnings: Sequence[str] = (), *, marked: bool = False) -> SourceText:
    """A text whose line ends may be of any kind."""
    if text.startswith("\ufeff"):
        text, marked = text[1:], True
    return SourceText(text.replace("\r\n", "\n").replace("\r", "\n"), text, marked, tuple(warnings))


def text_of(element: Any, files: ProjectFiles) -> SourceText:
    """The text of a `TextSource`, a `Representation`, a `Transcript` or a `Note`; empty where there is none."""
    inline = xml.child(element, "PlainTextContent")
    if inline is not None and "".join(inline.itertext()).strip():
        return of_string("".join(inline.itertext()))
    told: list[str] = []
    plain = element.get("plainTextPath")
    if plain:
        data = files.find(plain)
        if data is None:
            told.append(f"its text {plain} is neither in the project nor beside it")
        elif data.strip(b" \t\r\n\x00\xef\xbb\xbf\xff\xfe"):
            try:
                text, warnings = decode_as_stored(data)
            except UnreadableInput as error:
                told.append(f"its text {plain} cannot be read: {error.reason}")
            else:
                return of_string(text, warnings, marked=data.startswith(MARKS))
    return _rich(element.get("richTextPath"), files, told)


def _rich(path: str | None, files: ProjectFiles, told: list[str]) -> SourceText:
    data = files.find(path) if path else None
    if data is None:
        return of_string("", told)
    if not data.startswith(b"PK"):
        return of_string("", [*told, f"it has no plain text, and its rich text {path} is no docx"])
    try:
        text = "\n".join(paragraph_texts(data))
    except UnreadableInput as error:
        return of_string("", [*told, f"it has no plain text, and its rich text {path}: {error.reason}"])
    if not text.strip():
        return of_string("", told)
    return of_string(text, [*told, f"its plain text is empty; the text is that of {path}"])
