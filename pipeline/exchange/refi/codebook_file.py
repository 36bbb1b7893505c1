"""REFI-QDA codebooks (`.qdc`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lxml import etree

from pipeline import __version__
from pipeline.codebook import Codebook
from pipeline.errors import ThemesError, UnreadableInput
from pipeline.exchange import sections
from pipeline.exchange.codebook_codes import codes_of
from pipeline.exchange.codebooks import book_of
from pipeline.exchange.project import Project, ProjectCode
from pipeline.exchange.refi import xml
from pipeline.exchange.refi.archive import MAX_PART
from pipeline.exchange.refi.codes import (
    CodeSet,
    CodesRead,
    code_guid,
    codes_element,
    grouped_by_sets,
    guid_of,
    read_codes,
)
from pipeline.store import write_bytes_atomically

ORIGIN = "transcript-themes"
_BOOK = ("Codebook", "Version", "Label", "Unit", "Boundary")
"""Headings of a codebook's own facts, in the description of a set that holds all its codes."""


def read(path: Path) -> Project:
    """Read a codebook as a project without sources.

    Raises:
        UnreadableInput: it is no REFI-QDA codebook, or damaged.
    """
    codes, _ = _read(path)
    return Project(path.stem, (), tuple(codes.codes), (), tuple(codes.warnings))


def write(project: Project, out: Path) -> Sequence[str]:
    """Write a project's codes; returns nothing to tell."""
    write_bytes_atomically(out, as_bytes(project.codes))
    return ()


def read_book(path: Path) -> tuple[Codebook, list[str]]:
    """Read a codebook with all that we write of one, and warnings.

    Raises:
        UnreadableInput: it is no REFI-QDA codebook, damaged, or holds no code.
    """
    codes, own = _read(path)
    try:
        book = book_of(codes.codes, path.stem).codebook
    except ThemesError as error:
        raise UnreadableInput(error.problem, path=path, remedy=error.remedy) from error
    if own is None:
        return book, codes.warnings
    description, facts = sections.parse(own.description, _BOOK)
    given = dict(facts)
    return (
        Codebook(
            name=given.get("Codebook") or book.name,
            version=given.get("Version", "1"),
            label=given.get("Label", ""),
            description=description,
            unit=given.get("Unit", ""),
            themes=book.themes,
            codes=book.codes,
            boundaries=tuple(value for key, value in facts if key == "Boundary"),
        ),
        codes.warnings,
    )


def write_book(codebook: Codebook, out: Path) -> None:
    """Write a codebook so that `read_book` gives the same."""
    write_bytes_atomically(out, _file(codes_of(codebook), codebook))


def as_bytes(codes: Sequence[ProjectCode]) -> bytes:
    """A project's codes as a codebook file's content."""
    return _file(codes, None)


def _read(path: Path) -> tuple[CodesRead, CodeSet | None]:
    """The codes, and the set of them all where it is one of ours."""
    try:
        if path.stat().st_size > MAX_PART:
            raise UnreadableInput(
                "is far too large for a codebook", path=path, remedy="check that it is the right file"
            )
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableInput(
            f"cannot be read: {error.strerror or error}", path=path, remedy="check the path and who may read it"
        ) from error
    codes = read_codes(xml.parse(data, "CodeBook", path))
    own = next((item for item in codes.sets if item.guid == guid_of("codebook", item.name)), None)
    codes.sets = [item for item in codes.sets if item is not own]
    return grouped_by_sets(codes), own


def _file(codes: Sequence[ProjectCode], codebook: Codebook | None) -> bytes:
    root = xml.root_of("CodeBook", xml.CODEBOOK)
    root.set("origin", f"{ORIGIN} {__version__}")
    root.append(codes_element(codes, xml.CODEBOOK))
    sets = _sub(root, "Sets")
    if codebook is not None:
        name = codebook.label.strip() or codebook.name
        facts = [
            ("Codebook", codebook.name),
            ("Version", codebook.version),
            ("Label", codebook.label),
            ("Unit", codebook.unit),
            *(("Boundary", boundary) for boundary in codebook.boundaries),
        ]
        name = xml.clean(name)
        element = _sub(sets, "Set", guid=guid_of("codebook", name), name=name)
        _sub(element, "Description").text = xml.clean(sections.compose(codebook.description, facts, _BOOK))
        for code in codes:
            _sub(element, "MemberCode", guid=code_guid(code.code_id))
    return xml.serialise(root)


def _sub(parent: Any, tag: str, /, **attributes: str) -> Any:
    return etree.SubElement(parent, etree.QName(xml.CODEBOOK, tag), attributes)
