"""The codebook part that projects and codebook files share: nested codes, colours, descriptions, sets."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lxml import etree

from pipeline.exchange.project import ProjectCode
from pipeline.exchange.refi import xml

NAMESPACE = uuid.UUID("6f0a6a52-1c5b-5c0e-9d53-6a1f7c2f4b1d")
"""Of all our GUIDs: the same thing gets the same one in every export."""
_COLOUR = re.compile(r"#(?:[0-9A-Fa-f]{6}|[0-9A-Fa-f]{3})")


def guid_of(kind: str, identity: str) -> str:
    """The GUID of one of our things."""
    return str(uuid.uuid5(NAMESPACE, f"{kind}\n{identity}"))


@dataclass(frozen=True, slots=True)
class CodeSet:
    """A named set of codes (ATLAS.ti's code groups)."""

    guid: str
    name: str
    description: str
    members: tuple[str, ...]


@dataclass(slots=True)
class CodesRead:
    """Codes as they were found.

    Attributes:
        ids: GUIDs to `code_id`; a GUID given twice leads to the first.
    """

    codes: list[ProjectCode] = field(default_factory=list)
    sets: list[CodeSet] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def read_codes(root: Any, notes: Mapping[str, str] | None = None, leave_out: Iterable[str] = ()) -> CodesRead:
    """The codes under `Codes` and the sets under `Sets`.

    Args:
        root: the element that holds `Codes`; None gives none. Sets are read from it or its parent.
        notes: texts by GUID, added to the descriptions of the codes that refer to them.
        leave_out: GUIDs that are no codes (NVivo writes each case as a code too).
    """
    read = CodesRead()
    skipped = frozenset(leave_out)
    stack: list[tuple[Any, str | None]] = [
        (code, None) for code in reversed(list(xml.children(xml.child(root, "Codes"), "Code")))
    ]
    while stack:
        element, parent = stack.pop()
        given = xml.guid(element.get("guid"))
        if given in skipped:
            continue
        code = _code(element, parent, notes or {})
        known = read.ids.get(given)
        if known is not None:
            first = next(item for item in read.codes if item.code_id == known)
            read.warnings.append(
                f"two codes share the GUID {given}: {first.name!r} and {code.name!r}; codings with it go to the first"
            )
        if known is not None or not given:
            code = replace(code, code_id=f"{given or 'code'}#{len(read.codes)}")
        read.ids.setdefault(given, code.code_id)
        read.codes.append(code)
        stack += [(item, code.code_id) for item in reversed(list(xml.children(element, "Code")))]
    read.sets = [_set(item, read.ids) for item in xml.children(_sets(root), "Set")]
    return read


def grouped_by_sets(read: CodesRead) -> CodesRead:
    """Flat codes under their sets, where each code is in one set at most (how ATLAS.ti groups codes); else as they were."""
    members = [member for item in read.sets for member in item.members]
    if not members:
        return read
    if any(code.parent for code in read.codes) or len(set(members)) != len(members):
        warning = "sets (code groups) overlap or stand beside nested codes, and were left out"
        return replace(read, warnings=[*read.warnings, warning])
    parent = {member: item.guid for item in read.sets for member in item.members}
    groups = [
        ProjectCode(item.guid, item.name, description=item.description, codable=False)
        for item in read.sets
        if item.members
    ]
    codes = [replace(code, parent=parent.get(code.code_id)) for code in read.codes]
    taken = {code.code_id for code in codes}
    if any(group.code_id in taken for group in groups):
        return read
    return replace(read, codes=[*groups, *codes])


def codes_element(codes: Sequence[ProjectCode], namespace: str) -> Any:
    """`Codes`, nested; a code whose parent is not there, or is below itself, stands at the top."""
    below: dict[str | None, list[ProjectCode]] = {}
    known = {code.code_id for code in codes}
    for code in codes:
        below.setdefault(code.parent if code.parent in known else None, []).append(code)
    root = etree.Element(etree.QName(namespace, "Codes"), nsmap={None: namespace})
    done: set[str] = set()
    # What hangs in a circle is reached from no root; its first member becomes one.
    for top in (*below.get(None, ()), *codes):
        stack = [(top, root)]
        while stack:
            code, parent = stack.pop()
            if code.code_id in done:
                continue
            done.add(code.code_id)
            element = _code_element(code, parent, namespace)
            stack += [(item, element) for item in reversed(below.get(code.code_id, []))]
    return root


def _code_element(code: ProjectCode, parent: Any, namespace: str) -> Any:
    attributes = {
        "guid": code_guid(code.code_id),
        "name": xml.clean(code.name),
        "isCodable": "true" if code.codable else "false",
    }
    if code.colour and _COLOUR.fullmatch(code.colour):
        attributes["color"] = code.colour
    element = etree.SubElement(parent, etree.QName(namespace, "Code"), attributes)
    if code.description:
        etree.SubElement(element, etree.QName(namespace, "Description")).text = xml.clean(code.description)
    return element


def code_guid(code_id: str) -> str:
    """A code's GUID: its own where it has one."""
    return code_id if xml.is_guid(code_id) else guid_of("code", code_id)


def _code(element: Any, parent: str | None, notes: Mapping[str, str]) -> ProjectCode:
    given = element.get("color") or ""
    said = [xml.text(element)]
    said += [notes.get(xml.guid(note.get("targetGUID")), "") for note in xml.children(element, "NoteRef")]
    return ProjectCode(
        code_id=xml.guid(element.get("guid")),
        name=(element.get("name") or "").strip() or "unnamed",
        parent=parent,
        description="\n\n".join(part for part in said if part),
        colour=_full_colour(given) if _COLOUR.fullmatch(given) else None,
        codable=(element.get("isCodable") or "true").strip() not in ("false", "0"),
    )


def _full_colour(colour: str) -> str:
    return colour if len(colour) == 7 else "#" + "".join(digit * 2 for digit in colour[1:])


def _sets(root: Any) -> Any:
    found = xml.child(root, "Sets")
    return found if found is not None or root is None else xml.child(root.getparent(), "Sets")


def _set(element: Any, ids: Mapping[str, str]) -> CodeSet:
    given = (xml.guid(item.get("targetGUID") or item.get("guid")) for item in xml.children(element, "MemberCode"))
    members = tuple(dict.fromkeys(ids[item] for item in given if item in ids))
    return CodeSet(xml.guid(element.get("guid")), element.get("name") or "", xml.text(element), members)
