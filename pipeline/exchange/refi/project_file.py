"""Reading a REFI-QDA project (`.qdpx`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.exchange import sections
from pipeline.exchange.offsets import Unit
from pipeline.exchange.project import Project, ProjectCode, ProjectCoding, Source
from pipeline.exchange.refi import xml
from pipeline.exchange.refi.archive import PROJECT, ProjectFiles
from pipeline.exchange.refi.codes import CodesRead, grouped_by_sets, read_codes
from pipeline.exchange.refi.counting import CountedText, Said, Way, find_way
from pipeline.exchange.refi.sources import RawSource, Selection, read_sources
from pipeline.exchange.refi.texts import text_of

OURS = "transcript-themes"
"""How our own projects' origin begins."""
UNIT_FACTS = ("Unit", "Group", "Context")
"""Headings of the facts of a gold unit in its selection's description."""
_SLACK = 2
"""Characters by which a selection may end past the text (a last paragraph mark) and be cut instead of left out."""


def read(path: Path) -> Project:
    """Read a project.

    Raises:
        UnreadableInput: no REFI-QDA project, damaged, or hostile; what can be mended is read with a warning.
    """
    files = ProjectFiles(path)
    root = xml.parse(files.project, "Project", path, PROJECT if path.suffix.lower() == ".qdpx" else None)
    return _Reading(root, files).project(path.stem)


class _Reading:
    """One project: looks up users, codes and notes by GUID."""

    def __init__(self, root: Any, files: ProjectFiles) -> None:
        self._root = root
        self._files = files
        self._origin = root.get("origin") or ""
        self._users = _users(root)
        self._notes = {
            xml.guid(note.get("guid")): _note(note, files) for note in xml.children(xml.child(root, "Notes"), "Note")
        }
        cases = [xml.guid(case.get("guid")) for case in xml.children(xml.child(root, "Cases"), "Case")]
        self._cases = frozenset(cases)
        self._codes: CodesRead = grouped_by_sets(read_codes(xml.child(root, "CodeBook"), self._notes, cases))
        self._names = {code.code_id: code.name for code in self._codes.codes}
        self._warnings = list(self._codes.warnings)
        self._faults: dict[str, list[str]] = {}

    def project(self, stem: str) -> Project:
        sources = list(read_sources(self._root, self._files, self._warnings))
        ours = self._origin.startswith(OURS)
        counted = [source.counted(look=not ours) for source in sources]
        way, told = (Way(Unit.CODE_POINT), list[str]()) if ours else find_way(counted, self._origin)
        codings = [c for source, text in zip(sources, counted, strict=True) for c in self._codings(source, text, way)]
        for problem, places in self._faults.items():
            self._warnings.append(f"{problem}: {len(places)} left out (first: {places[0]})")
        return Project(
            name=self._root.get("name") or stem,
            sources=tuple(Source(s.source_id, s.name, s.text.text, s.attributes, s.path) for s in sources),
            codes=tuple(self._codes.codes),
            codings=tuple(codings),
            warnings=(*told, *self._warnings),
        )

    def _codings(self, source: RawSource, text: CountedText, way: Way) -> Iterator[ProjectCoding]:
        ours = self._origin.startswith(OURS)
        for selection in source.selections:
            element = selection.element
            place = f"{source.name} {element.get('startPosition')}-{element.get('endPosition')}"
            span = _span(selection, text, way)
            if span is None:
                self._fault("selections that are not within their text", place)
                continue
            head, facts = sections.parse(xml.text(element), UNIT_FACTS) if ours else (xml.text(element), [])
            said = dict(facts)
            unit, group, context = (said.get(heading, "") for heading in UNIT_FACTS)
            owner = self._users.get(xml.guid(element.get("creatingUser")), "")
            given = list(self._given(element, owner, place))
            memos = _memos(head, [self._names[code] for code, _, _ in given])
            for (code, coder, note), memo in zip(given, memos, strict=True):
                note = "\n".join(part for part in (memo, note) if part)
                yield ProjectCoding(source.source_id, *span, code, coder, note, unit, group, context)
            if given or next(xml.children(element, "Coding"), None) is not None:
                continue
            if head and not ours:  # MAXQDA and QualCoder keep annotations so
                self._fault("annotations without a code", place)
            else:
                yield ProjectCoding(source.source_id, *span, None, owner, head, unit, group, context)

    def _given(self, selection: Any, owner: str, place: str) -> Iterator[tuple[str, str, str]]:
        """Code, coder and note of each coding, each code once for a coder."""
        seen: set[tuple[str, str]] = set()
        for coding in xml.children(selection, "Coding"):
            target = xml.target(coding, "CodeRef")
            if target in self._cases:
                continue  # NVivo marks with it what belongs to a case
            code = self._codes.ids.get(target)
            if code is None:
                self._fault("codings with a code that the codebook lacks", place)
                continue
            coder = self._users.get(xml.guid(coding.get("creatingUser")), owner)
            if (code, coder) not in seen:
                seen.add((code, coder))
                notes = (self._notes.get(xml.guid(n.get("targetGUID")), "") for n in xml.children(coding, "NoteRef"))
                yield code, coder, "\n".join(note for note in notes if note)

    def _fault(self, problem: str, place: str) -> None:
        self._faults.setdefault(problem, []).append(place)


def _span(selection: Selection, text: CountedText, way: Way) -> tuple[int, int] | None:
    if selection.start is None or selection.end is None:
        return None
    found = text.span(Said(selection.start, selection.end), way)
    for less in range(1, _SLACK + 1):
        if found is None and selection.end - less > selection.start >= 0:
            found = text.span(Said(selection.start, selection.end - less), way)
            if found is not None and found[1] < len(text.source.text):
                found = None  # not past the end but inside a character
    return found


def _users(root: Any) -> dict[str, str]:
    """Names by GUID; users of one name are told apart by a number."""
    users: dict[str, str] = {}
    for user in xml.children(xml.child(root, "Users"), "User"):
        name = wanted = next((n for n in (user.get("name"), user.get("id")) if n and n.strip()), "unnamed")
        number = 1
        while name in users.values():
            number += 1
            name = f"{wanted} ({number})"
        users.setdefault(xml.guid(user.get("guid")), name)
    return users


def _note(element: Any, files: ProjectFiles) -> str:
    """A note's text: its content, else its description, else its name."""
    return (text_of(element, files).text or xml.text(element) or element.get("name") or "").strip()


def _memos(text: str, names: Sequence[str]) -> list[str]:
    """A description's lines `code: memo` to the codings that they are of; any other text to all of them."""
    lines = text.split("\n") if text else []
    found: dict[str, str] = {}
    for line in lines:
        name = max((name for name in names if line.startswith(f"{name}: ")), key=len, default=None)
        if name is None:
            return [text] * len(names)
        found[name] = line[len(name) + 2 :]
    return [found.get(name, "") for name in names]


def memo_lines(memos: Mapping[str, str], codes: Mapping[str, ProjectCode]) -> str:
    """What `_memos` reads: a line for each code that has a memo."""
    return "\n".join(f"{codes[code].name}: {' '.join(memo.split())}" for code, memo in memos.items() if memo)
