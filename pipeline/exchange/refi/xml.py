"""XML from strangers: parsed without entities, without the network, and whatever its namespace's version is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree

from pipeline.errors import UnreadableInput, clipped
from pipeline.safety import DECLARATIONS, declares, xml_parser

PROJECT, CODEBOOK = "urn:QDA-XML:project:1.0", "urn:QDA-XML:codebook:1.0"
_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
_SCHEMAS = {
    PROJECT: "http://schema.qdasoftware.org/versions/Project/v1.0/Project.xsd",
    CODEBOOK: "http://schema.qdasoftware.org/versions/Codebook/v1.0/Codebook.xsd",
}
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_EXPORT_AGAIN = "export it again from the program that made it"


def parse(data: bytes, root: str, path: Path | None, place: str | None = None) -> Any:
    """The root element.

    Raises:
        UnreadableInput: it is no well-formed XML, holds a document type declaration, or is rooted otherwise.
    """
    if declares(data, *DECLARATIONS):
        raise UnreadableInput(
            "holds a document type declaration, which REFI-QDA has none of and which can be an attack",
            path=path,
            place=place,
            remedy=_EXPORT_AGAIN,
        )
    parser = xml_parser(remove_comments=True)
    try:
        element = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        where = ", ".join(part for part in (place, f"line {line}" if line else None) if part)
        reason = str(getattr(error, "msg", None) or error).split(", line ")[0]
        raise UnreadableInput(
            f"is not well-formed XML, perhaps cut off ({clipped(reason, 200)})",
            path=path,
            place=where or None,
            remedy=_EXPORT_AGAIN,
        ) from error
    if element.getroottree().docinfo.internalDTD is not None:  # declared in an encoding that was not looked through
        raise UnreadableInput("holds a document type declaration", path=path, place=place, remedy=_EXPORT_AGAIN)
    if local(element) != root:
        raise UnreadableInput(
            f"is XML, but its root is {local(element)!r}, not {root!r}: no REFI-QDA {root.lower()}",
            path=path,
            place=place,
            remedy="a project's suffix is .qdpx, a codebook's .qdc",
        )
    return element


def local(element: Any) -> str:
    """An element's name without its namespace; "" for what is no element."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def children(element: Any, *names: str) -> Iterator[Any]:
    """The children of these names, in order; none of None."""
    return (item for item in (element if element is not None else ()) if local(item) in names)


def child(element: Any, name: str) -> Any:
    """The first child of that name, or None."""
    return next(children(element, name), None)


def text(element: Any, name: str = "Description") -> str:
    """The text of a child, line ends as `\\n`; "" where there is none."""
    found = child(element, name)
    said = "".join(found.itertext()) if found is not None else ""
    return said.replace("\r\n", "\n").replace("\r", "\n")


def guid(value: str | None) -> str:
    """A GUID as it compares: without braces, in lower case."""
    return (value or "").strip().strip("{}").lower()


def is_guid(value: str) -> bool:
    """Whether it has a GUID's form, as the schema wants it."""
    return bool(_GUID.fullmatch(value))


def target(element: Any, name: str) -> str:
    """What the first child of that name refers to."""
    found = child(element, name)
    return guid(found.get("targetGUID") or found.get("guid")) if found is not None else ""


def clean(value: str) -> str:
    """The text without characters that XML cannot hold."""
    return _NOT_XML.sub("\ufffd", value)


def root_of(tag: str, namespace: str) -> Any:
    """A document's root, with the place of its schema as NVivo and ATLAS.ti give it."""
    root = etree.Element(etree.QName(namespace, tag), nsmap={None: namespace, "xsi": _INSTANCE})
    root.set(etree.QName(_INSTANCE, "schemaLocation"), f"{namespace} {_SCHEMAS[namespace]}")
    return root


def serialise(root: Any) -> bytes:
    """As a file's content; the declaration is in double quotes, as others write it."""
    content: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=False, pretty_print=True)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + content
