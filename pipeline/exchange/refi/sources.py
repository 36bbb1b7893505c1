"""The sources of a project with their selections, and the attributes that cases and variables give them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.exchange.refi import xml
from pipeline.exchange.refi.archive import ProjectFiles
from pipeline.exchange.refi.counting import CountedText, Said
from pipeline.exchange.refi.texts import SourceText, text_of
from pipeline.plural import numbered

CASE = "case"
"""The attribute that holds the name of a source's case."""


@dataclass(frozen=True, slots=True)
class Selection:
    """A coded stretch as the program gives it.

    Attributes:
        element: of the selection, for its codings, name and notes.
        start, end: in whatever the program counts; None where they are no numbers.
    """

    element: Any
    start: int | None
    end: int | None


@dataclass(frozen=True, slots=True)
class RawSource:
    """A source before its offsets are understood."""

    source_id: str
    name: str
    text: SourceText
    selections: tuple[Selection, ...]
    attributes: Mapping[str, str]
    path: str | None = None

    def counted(self, *, look: bool) -> CountedText:
        """Its text for offsets; where `look`, with its selections and what may be their words: what does the program count?"""
        said = (
            []
            if not look
            else [
                Said(item.start, item.end, ((item.element.get("name") or ""), xml.text(item.element)))
                for item in self.selections
                if item.start is not None and item.end is not None
            ]
        )
        return CountedText(self.text, said)


def read_sources(root: Any, files: ProjectFiles, warnings: list[str]) -> Iterator[RawSource]:
    """Every source that has a text: text sources, PDFs' plain text, transcripts of recordings."""
    attributes = _Attributes(root)
    cases = frozenset(xml.guid(case.get("guid")) for case in xml.children(xml.child(root, "Cases"), "Case"))
    names: set[str] = set()
    for element in xml.child(root, "Sources") if xml.child(root, "Sources") is not None else ():
        kind = xml.local(element)
        if not kind:
            continue
        parts = [element] if kind == "TextSource" else list(xml.children(element, "Representation", "Transcript"))
        if not parts:
            warnings.append(f"{_name(element)}: a {kind} without text was left out")
        lost = _codings(element.iter(), cases)
        for part in parts:
            source_id, name = xml.guid(part.get("guid")) or _name(part), _name(part, element)
            text = text_of(part, files)
            warnings += [f"{name}: {warning}" for warning in text.warnings]
            if not text.text.strip():
                gone = _codings(part.iter(), cases)
                lost -= gone
                also = f" with {numbered(gone, '[coding|codings]')}" if gone else ""
                warnings.append(f"{name}: has no text and was left out{also}")
                continue
            while source_id in names:
                warnings.append(f"{name}: shares its GUID with another source")
                source_id += "#"
            names.add(source_id)
            found = attributes.of(element) | attributes.of(part)
            path = part.get("plainTextPath") or part.get("richTextPath")
            selections = tuple(_selections(part))
            lost -= sum(_codings(selection.element, cases) for selection in selections)
            yield RawSource(source_id, name, text, selections, found, path)
        if lost:
            warnings.append(
                f"{_name(element)}: {lost} coding{'' if lost == 1 else 's'} of what is no stretch of its text (a place on "
                "a page, in a picture or a recording, or the whole source) left out"
            )


def _codings(elements: Iterable[Any], cases: frozenset[str]) -> int:
    """How many are codings; NVivo marks with a coding, too, what belongs to a case, and that is none."""
    return sum(xml.local(item) == "Coding" and xml.target(item, "CodeRef") not in cases for item in elements)


def _name(*elements: Any) -> str:
    """The first of the elements' names; else the file's."""
    for key in ("name", "plainTextPath", "richTextPath", "path", "guid"):
        for element in elements:
            value = (element.get(key) or "").strip()
            if value:
                return value if key in ("name", "guid") else value.replace("\\", "/").rsplit("/", 1)[-1]
    return "unnamed"


def _selections(part: Any) -> Iterator[Selection]:
    points = {xml.guid(point.get("guid")): _number(point.get("position")) for point in xml.children(part, "SyncPoint")}
    for element in xml.children(part, "PlainTextSelection", "TranscriptSelection"):
        if xml.local(element) == "PlainTextSelection":
            ends = _number(element.get("startPosition")), _number(element.get("endPosition"))
        else:
            ends = points.get(xml.guid(element.get("fromSyncPoint"))), points.get(xml.guid(element.get("toSyncPoint")))
        yield Selection(element, *ends)


def _number(value: str | None) -> int | None:
    value = (value or "").strip()
    sign, digits = (-1, value[1:]) if value.startswith("-") else (1, value)
    return sign * int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 18 else None


class _Attributes:
    """Values of variables by source, from the source itself and from its cases."""

    def __init__(self, root: Any) -> None:
        self._names = {
            xml.guid(item.get("guid")): item.get("name") or ""
            for item in xml.children(xml.child(root, "Variables"), "Variable")
        }
        self._by_case: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for case in xml.children(xml.child(root, "Cases"), "Case"):
            values = self._values(case)
            name = (case.get("name") or "").strip()
            for reference in xml.children(case, "SourceRef"):
                facts = self._by_case[xml.guid(reference.get("targetGUID"))]
                for key, value in [(CASE, name), *values.items()]:
                    if value and value not in facts[key]:
                        facts[key].append(value)

    def of(self, element: Any) -> dict[str, str]:
        """All that is known of a source; several values of one variable are joined."""
        joined = {key: "; ".join(values) for key, values in self._by_case[xml.guid(element.get("guid"))].items()}
        if joined.get(CASE) == (element.get("name") or "").strip():
            del joined[CASE]
        return joined | self._values(element)

    def _values(self, element: Any) -> dict[str, str]:
        values = {}
        for item in xml.children(element, "VariableValue"):
            name = self._names.get(xml.target(item, "VariableRef"), "")
            value = next(("".join(v.itertext()).strip() for v in item if xml.local(v).endswith("Value")), "")
            if name and value:
                values[name] = value
        return values
