"""TEI: transcripts of speech (`<u who>`), of parliaments (Parla-CLARIN, ParlaMint) and as plays are printed (`<sp>`).

Sources: TEI P5 Guidelines, chapter 8 (transcriptions of speech); ISO 24624 for `<annotationBlock>`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pipeline.errors import NotATranscript
from pipeline.ingest.akoma_ntoso import read_tree as read_akoma_ntoso
from pipeline.ingest.conventions import role_by_convention, words_of
from pipeline.ingest.draft import Draft
from pipeline.ingest.speeches import Note, Paragraph, Person, Speech, render
from pipeline.ingest.xml_tree import attribute, local, parsed, words_in
from pipeline.types import Role

_SPEECHES = frozenset({"u", "sp"})
_NOTES = words_of("note incident kinesic vocal stage event writing desc head shift")
_SILENT = _NOTES | words_of(
    "gap pause listRelation speaker timeline spanGrp linkGrp figure link del sic orig abbr interp"
)
"""Elements within a speech that are not said; of a choice, the corrected and expanded reading is."""
_PARAGRAPHS = frozenset({"seg", "p", "ab", "l", "lg"})
_BLOCKS = words_of("p head note incident kinesic vocal stage event writing opener closer trailer byline dateline list")
_PERSON = {"sex", "gender", "age", "role", "occupation", "affiliation", "residence", "education", "nationality"}
_SECONDS = {"ms": 0.001, "s": 1.0, "": 1.0, "min": 60.0, "h": 3600.0}
_NUMBER = re.compile(r"\d{1,12}(?:\.\d{1,12})?")
_CLOCK = re.compile(r"T?(\d{1,3}):(\d{2}):(\d{2}(?:\.\d{1,9})?)")
_CHAIR = re.compile(r"(?:^|[#\s:])chair(?:person|man)?(?:\s|$)", re.IGNORECASE)


def read(data: bytes) -> Draft:
    """Read TEI, or Akoma Ntoso that is named .xml.

    Raises:
        UnreadableInput: damaged.
        NotATranscript: some other XML, or a text in which nobody speaks.
    """
    root = parsed(data, "XML", "validate it, and save it again from the program that made it")
    if local(root) == "akomaNtoso":
        return read_akoma_ntoso(root)
    if local(root) not in {"TEI", "teiCorpus", "TEI.2"}:
        raise NotATranscript(
            f"XML, but no transcript that is known: it holds <{local(root)}>",
            remedy="TEI, Akoma Ntoso and ELAN are read; save others as docx or plain text",
        )
    times = _timeline(root)
    parts = [part for text in _texts(root) for part in _parts(text, times)]
    speeches = [part for part in parts if isinstance(part, Speech)]
    if not speeches:
        raise NotATranscript(
            "a TEI document in which nobody speaks: there is no <u> and no <sp>",
            remedy="a written text is no transcript; save it as plain text if it is to be coded",
        )
    persons, roles = _persons(root)
    for speech in speeches:
        if _CHAIR.search(speech.capacity):
            roles.setdefault(speech.who, Role.INTERVIEWER)
    return render(parts, persons, attributes=_attributes(root), roles=roles)


def _texts(root: Any) -> Iterator[Any]:
    """The `<text>` elements, those of a corpus's members too, none within another."""
    for child in root:
        if local(child) == "text":
            yield child
        elif local(child) in {"TEI", "teiCorpus", "TEI.2"}:
            yield from _texts(child)


def _parts(element: Any, times: dict[str, float], block: Any = None) -> Iterator[Speech | Note]:
    for child in element:
        name = local(child)
        if name in _SPEECHES:
            yield _speech(child, block, times)
        elif name in _BLOCKS and next(child.iter("{*}u", "{*}sp"), None) is None:
            if attribute(child, "type") != "speaker":  # that one is the next speech's label
                yield Note(words_in(child, ()))
        elif name and name not in {"timeline", "spanGrp", "standOff", "listEvent", "listRelation"}:
            yield from _parts(child, times, child if name == "annotationBlock" else block)


def _speech(element: Any, block: Any, times: dict[str, float]) -> Speech:
    def of(name: str) -> str:
        return attribute(element, name) or (attribute(block, name) if block is not None else "")

    who = of("who").split()
    return Speech(
        who=who[0].rsplit("#", 1)[-1] if who else "",
        label=_label(element),
        paragraphs=tuple(_paragraphs(element)),
        capacity=of("ana"),
        start=times.get(of("start").lstrip("#")),
        end=times.get(of("end").lstrip("#")),
    )


def _label(element: Any) -> str:
    """The name that is printed: within the speech, or just before it."""
    inner = next((one for one in element if local(one) == "speaker" or _is_label(one)), None)
    if inner is not None:
        return words_in(inner, ())
    before = element.getprevious()
    return words_in(before, ()) if before is not None and _is_label(before) else ""


def _is_label(element: Any) -> bool:
    return local(element) == "note" and attribute(element, "type") == "speaker"


def _paragraphs(element: Any) -> Iterator[Paragraph]:
    """The paragraphs of a speech, or its text as one; notes between paragraphs stand where they are."""
    if not any(local(child) in _PARAGRAPHS for child in element):
        yield Paragraph(words_in(element, _SILENT))
        return
    yield Paragraph(" ".join((element.text or "").split()))
    for child in element:
        name = local(child)
        if name in _NOTES:
            yield Paragraph("" if _is_label(child) else words_in(child, ()), is_note=True)
        elif name and name not in _SILENT:
            yield Paragraph(words_in(child, _SILENT))
        yield Paragraph(" ".join((child.tail or "").split()))


def _timeline(root: Any) -> dict[str, float]:
    """Seconds of the moments that speeches start and end at."""
    found: dict[str, float] = {}
    for timeline in root.iter("{*}timeline"):
        origin: float | None = None
        for when in timeline:
            key, interval, absolute = (attribute(when, name) for name in ("id", "interval", "absolute"))
            unit = _SECONDS.get(attribute(when, "unit") or attribute(timeline, "unit"), 1.0)
            since = found.get(attribute(when, "since").lstrip("#"), 0.0)
            clock = _CLOCK.search(absolute)
            if key and _NUMBER.fullmatch(interval):
                found[key] = round(since + float(interval) * unit, 3)
            elif key and clock:
                moment = int(clock.group(1)) * 3600 + int(clock.group(2)) * 60 + float(clock.group(3))
                origin = moment if origin is None else origin
                found[key] = round(max(0.0, moment - origin), 3)
            elif key and origin is None and not found:
                found[key] = 0.0
    return found


def _persons(root: Any) -> tuple[dict[str, Person], dict[str, Role]]:
    """Those whom the header describes, and the roles that it gives them."""
    persons: dict[str, Person] = {}
    roles: dict[str, Role] = {}
    for element in root.iter("{*}person", "{*}personGrp"):
        key = attribute(element, "id")
        if not key:
            continue
        name = next((words_in(one, ()) for one in element if local(one) in {"persName", "name"}), "")
        known = {trait: attribute(element, trait) for trait in sorted(_PERSON) if attribute(element, trait)}
        for one in element:
            value = words_in(one, ()) or attribute(one, "value")
            if local(one) in _PERSON and value:
                known.setdefault(local(one), value)
        persons[key] = Person(name or attribute(element, "n"), known)
        role = role_by_convention(known.get("role", ""))
        if role:
            roles[key] = role
    return persons, roles


def _attributes(root: Any) -> dict[str, str]:
    """Title, date and place from the header."""
    found: dict[str, str] = {}
    header = next(iter(root.iter("{*}teiHeader")), None)
    if header is None:
        return found
    for title in header.iterfind("{*}fileDesc/{*}titleStmt/{*}title"):
        found.setdefault("title", words_in(title, ()))
    for date in header.iter("{*}date"):
        if any(local(parent) in {"setting", "bibl", "recording", "event"} for parent in date.iterancestors()):
            found.setdefault("date", attribute(date, "when") or words_in(date, ()))
    for place in header.iterfind("{*}profileDesc/{*}settingDesc/{*}setting/{*}name"):
        found.setdefault(attribute(place, "type") or "place", words_in(place, ()))
    return {name: value for name, value in found.items() if value}
