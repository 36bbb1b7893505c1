"""Codes in the words of a Word comment: `Trust (0.61); "Fire; theft"`, written so that they come back as the same codes.

A name that holds a separator, or could be taken for something else, stands in double quotes, doubled inside. Documents that we
wrote also carry the codebook (as custom XML, which Word keeps), so that a name leads to its code whatever the code is called.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from lxml import etree

from pipeline.errors import UnreadableInput
from pipeline.exchange.project import ProjectCode
from pipeline.exchange.refi import xml
from pipeline.exchange.refi.codebook_file import ORIGIN, as_bytes
from pipeline.exchange.refi.codes import read_codes
from pipeline.exchange.tables import says_none

SEPARATOR = "; "
CHANCE = "probability "
"""How the machine's memo of a coding begins (`run_project`)."""
_MEMO = re.compile(rf"{CHANCE}(\d\.\d\d)")
_SURE = re.compile(r"\(\d\.\d\d\)$")
_SEPARATORS = re.compile(r"[;|\n]")
_ITEM = re.compile(
    r"""\s*(?:"(?P<quoted>(?:[^"]|"")*)"|(?P<plain>[^;|\n]*?))   # the name
        \s*(?:(?<=[\s"])\((?P<sure>\d\.\d\d)\))?[^\S\n]*(?:[;|\n]|$)   # how sure the machine was, and what ends the item""",
    re.VERBOSE,
)


class Said(NamedTuple):
    """A code as a comment names it, and the coding's memo."""

    name: str
    memo: str


def comment_names(codes: Iterable[ProjectCode]) -> dict[str, str]:
    """What stands for each code in comments, by `code_id`: its name; where two are alike, with its group's or a number."""
    codes = list(codes)
    shown = {code.code_id: " ".join(xml.clean(code.name).split()) or "unnamed" for code in codes}
    names: dict[str, str] = {}
    taken: set[str] = set()
    # What can be assigned comes first: groups are seldom named in comments.
    for code in sorted(codes, key=lambda code: not code.codable):
        name = shown[code.code_id]
        if name.casefold() in taken and code.parent in shown:
            name = f"{shown[code.parent]} / {name}"
        wanted, number = name, 1
        while name.casefold() in taken:
            number += 1
            name = f"{wanted} [{number}]"
        taken.add(name.casefold())
        names[code.code_id] = name
    return names


def comment_of(said: Iterable[Said]) -> str:
    """A comment that names these codes."""
    return SEPARATOR.join(_quoted(name) + _sure(memo) for name, memo in said)


def codes_in(words: str) -> list[Said]:
    """The codes that a comment of ours names, also after somebody edited it."""
    found = []
    for match in _ITEM.finditer(words):
        quoted = match["quoted"]
        name = " ".join((match["plain"] if quoted is None else quoted.replace('""', '"')).split())
        if name and (quoted is not None or not says_none(name)):
            found.append(Said(name, f"{CHANCE}{match['sure']}" if match["sure"] else ""))
    return found


def packed(codes: Sequence[ProjectCode]) -> bytes:
    """The codebook as it is put into a document."""
    return as_bytes(codes)


def unpacked(parts: Mapping[str, bytes]) -> list[ProjectCode]:
    """The codes that a document carries among its custom XML; none where nobody put any there."""
    for data in parts.values():
        root = _root(data)
        if root is not None and (root.get("origin") or "").startswith(ORIGIN):
            return read_codes(root).codes
    return []


def _root(data: bytes) -> Any:
    if xml.CODEBOOK.encode() not in data:
        return None
    try:
        return xml.parse(data, "CodeBook", None)
    except (UnreadableInput, etree.LxmlError):
        return None  # somebody else's part; the comments can be read without it


def _quoted(name: str) -> str:
    plain = not (_SEPARATORS.search(name) or name.startswith('"') or _SURE.search(name) or says_none(name))
    return name if plain else '"' + name.replace('"', '""') + '"'


def _sure(memo: str) -> str:
    match = _MEMO.fullmatch(memo)
    return f" ({match[1]})" if match else ""
