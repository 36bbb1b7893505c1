"""Writing a REFI-QDA project that NVivo, MAXQDA, ATLAS.ti and QualCoder open.

Sources are UTF-8 text with `\\n` line ends and no byte order mark, so that code points, as the standard counts them, are what
every program counts. Each coder, and the machine, is a user; a stretch is a selection for each coder who read it, and has no
coding where the coder gave no code.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lxml import etree

from pipeline import __version__
from pipeline.exchange import sections
from pipeline.exchange.project import Project, ProjectCode, ProjectCoding, Source
from pipeline.exchange.refi import xml
from pipeline.exchange.refi.archive import PROJECT
from pipeline.exchange.refi.codes import code_guid, codes_element, guid_of
from pipeline.exchange.refi.project_file import OURS, UNIT_FACTS, memo_lines
from pipeline.gold_unit import NOBODY
from pipeline.store import write_bytes_atomically

_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_LONGEST_NAME = 60


def write(project: Project, out: Path) -> Sequence[str]:
    """Write a project as `.qdpx`; returns nothing to tell.

    Raises:
        OSError: it cannot be written.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, PROJECT, xml.serialise(project_element(project)))
        for source in project.sources:
            # A mark at the very start would be taken for the file's own and shift every offset.
            text = "\u2060" + source.text[1:] if source.text.startswith("\ufeff") else source.text
            _add(archive, f"sources/{source_guid(source)}.txt", text.encode("utf-8", "replace"))
    write_bytes_atomically(out, packed.getvalue())
    return ()


def source_guid(source: Source) -> str:
    """A source's GUID: its own where it has one."""
    return source.source_id if xml.is_guid(source.source_id) else guid_of("source", source.source_id)


def project_element(project: Project) -> Any:
    """The content of `project.qde`, valid against the schema."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    coders = list(dict.fromkeys(coding.coder or NOBODY for coding in project.codings)) or [NOBODY]
    root = xml.root_of("Project", xml.PROJECT)
    root.set("name", xml.clean(project.name) or "project")
    root.set("origin", f"{OURS} {__version__}")
    root.set("creatingUserGUID", _user(coders[0]))
    root.set("creationDateTime", now)
    root.set("modifyingUserGUID", _user(coders[0]))
    root.set("modifiedDateTime", now)
    users = _sub(root, "Users")
    for coder in coders:
        _sub(users, "User", guid=_user(coder), name=coder, id=_initials(coder))
    if project.codes:
        _sub(root, "CodeBook").append(codes_element(project.codes, xml.PROJECT))
    _cases(root, project.sources)
    if project.sources:
        _sources(root, project, _user(coders[0]), now)
    return root


def _cases(root: Any, sources: Sequence[Source]) -> None:
    """A case for each source that has attributes, with their values; all of them are text."""
    names = list(dict.fromkeys(name for source in sources for name in source.attributes))
    if not names:
        return
    variables = _sub(root, "Variables")
    for name in names:
        _sub(variables, "Variable", guid=guid_of("variable", name), name=name, typeOfVariable="Text")
    cases = _sub(root, "Cases")
    for source in sources:
        if not source.attributes:
            continue
        case = _sub(cases, "Case", guid=guid_of("case", source.source_id), name=source.name)
        for name, value in source.attributes.items():
            item = _sub(case, "VariableValue")
            _sub(item, "VariableRef", targetGUID=guid_of("variable", name))
            _sub(item, "TextValue").text = xml.clean(value)
        _sub(case, "SourceRef", targetGUID=source_guid(source))


def _sources(root: Any, project: Project, user: str, now: str) -> None:
    parent = _sub(root, "Sources")
    codes = {code.code_id: code for code in project.codes}
    by_source: dict[str, list[ProjectCoding]] = {source.source_id: [] for source in project.sources}
    for coding in project.codings:
        by_source[coding.source_id].append(coding)
    for source in project.sources:
        guid = source_guid(source)
        facts = {"creatingUser": user, "creationDateTime": now, "modifyingUser": user, "modifiedDateTime": now}
        element = _sub(
            parent, "TextSource", guid=guid, name=source.name, plainTextPath=f"internal://{guid}.txt", **facts
        )
        groups: dict[tuple[Any, ...], list[ProjectCoding]] = {}
        for coding in by_source[source.source_id]:
            # Read and given no code is said by a selection of its own: an attitude on the same words must not hide it.
            own = (coding.unit, coding.group, coding.context, coding.code_id is None)
            groups.setdefault((coding.start, coding.end, coding.coder, own), []).append(coding)
        for key, codings in sorted(groups.items(), key=lambda item: item[0][:2]):
            _selection(element, source, codings, codes, key, now)


def _selection(
    parent: Any,
    source: Source,
    codings: Sequence[ProjectCoding],
    codes: Mapping[str, ProjectCode],
    key: tuple[Any, ...],
    now: str,
) -> None:
    """One coder's stretch, with all the codes that the coder gave it."""
    first = codings[0]
    identity = "\n".join([source.source_id, *map(str, key)])
    user = _user(first.coder or NOBODY)
    selection = _sub(
        parent,
        "PlainTextSelection",
        guid=guid_of("selection", identity),
        name=_excerpt(source.text[first.start : first.end]),
        startPosition=str(first.start),
        endPosition=str(first.end),
        creatingUser=user,
        creationDateTime=now,
    )
    given = {coding.code_id: coding.memo for coding in codings if coding.code_id is not None}
    head = memo_lines(given, codes) if given else " ".join(first.memo.split())
    facts = zip(UNIT_FACTS, (first.unit, first.group, first.context), strict=True)
    said = sections.compose(head, list(facts), UNIT_FACTS)
    if said:
        _sub(selection, "Description").text = xml.clean(said)
    for code in given:
        coding = _sub(
            selection, "Coding", guid=guid_of("coding", f"{identity}\n{code}"), creatingUser=user, creationDateTime=now
        )
        _sub(coding, "CodeRef", targetGUID=code_guid(code))


def _excerpt(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _LONGEST_NAME else words[:_LONGEST_NAME].rstrip() + "…"


def _initials(name: str) -> str:
    """What NVivo shows of a user."""
    return "".join(word[0] for word in re.findall(r"\w+", name))[:3].upper() or "?"


def _user(name: str) -> str:
    return guid_of("user", name)


def _q(name: str) -> Any:
    return etree.QName(xml.PROJECT, name)


def _sub(parent: Any, tag: str, /, **attributes: str) -> Any:
    return etree.SubElement(parent, _q(tag), {key: xml.clean(value) for key, value in attributes.items()})


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    info = zipfile.ZipInfo(name, _ZIP_DATE)
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, data)
