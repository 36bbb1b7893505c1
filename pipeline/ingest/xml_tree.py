"""XML of strangers, parsed with care: no entities, no network, no tree deeper or larger than a transcript's."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from lxml import etree

from pipeline.errors import UnreadableInput
from pipeline.safety import ENTITY, declares, xml_parser

_LONGEST_MESSAGE = 160
"""Characters of the parser's words: it quotes names from the file, of any length."""


def parsed(data: bytes, what: str, remedy: str) -> Any:
    """The root element.

    Args:
        what: the file is, for messages.
        remedy: for a damaged one.

    Raises:
        UnreadableInput: damaged, or declaring entities, which can be made to explode or to read other files.
    """
    if declares(data, ENTITY):
        raise _entities(what)
    parser = xml_parser(remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        place = f"line {error.lineno}" if isinstance(error, etree.XMLSyntaxError) and error.lineno else None
        message = " ".join(str(getattr(error, "msg", None) or error).split())[:_LONGEST_MESSAGE] or "not XML"
        raise UnreadableInput(f"the {what} is damaged: {message}", place=place, remedy=remedy) from error
    if root is None:
        raise UnreadableInput(f"the {what} is damaged: it holds no elements", remedy=remedy)
    dtd = root.getroottree().docinfo.internalDTD  # in encodings that the look above does not know
    if dtd is not None and any(True for _ in dtd.iterentities()):
        raise _entities(what)
    return root


def _entities(what: str) -> UnreadableInput:
    return UnreadableInput(
        f"the {what} declares entities of its own, which can be an attack",
        remedy="save it without a document type declaration",
    )


def local(element: Any) -> str:
    """An element's name without its namespace; empty for what is no element."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def attribute(element: Any, name: str) -> str:
    """An attribute's value, whatever its namespace, white space as one space; empty where there is none."""
    for key, value in element.attrib.items():
        if key == name or key.endswith("}" + name):
            return " ".join(value.split())
    return ""


def words_in(element: Any, skipped: Collection[str]) -> str:
    """All text within an element on one line, without that of elements named in `skipped`."""
    return " ".join("".join(_texts(element, skipped)).split())


def _texts(element: Any, skipped: Collection[str]) -> Iterator[str]:
    """Words that are marked one by one stand apart, punctuation does not."""
    yield element.text or ""
    glued = False
    for child in element:
        name = local(child)
        if name in {"w", "pc"}:
            yield "" if glued or name == "pc" or child.get("join") in {"left", "both"} else " "
            glued = child.get("join") in {"right", "both"}
            yield "".join(_texts(child, skipped)).strip()
            yield "" if not (child.tail or "").strip() else child.tail
            continue
        if name and name not in skipped:
            yield from (" ",) if name in _BREAKS else ()
            yield from _texts(child, skipped)
            yield from (" ",) if name in _BREAKS else ()
        yield child.tail or ""


_BREAKS = frozenset({"lb", "br", "eol", "p", "seg", "l", "ab", "s", "item", "li"})
