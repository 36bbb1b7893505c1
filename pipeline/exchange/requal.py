"""Projects of the R tool requal (`.requal`, SQLite): offsets count characters from one, the last one included."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.exchange.building import ProjectBuilder
from pipeline.exchange.files import number
from pipeline.exchange.offsets import Unit
from pipeline.exchange.placing import Placer
from pipeline.exchange.project import Project
from pipeline.exchange.sqlite_file import Database, has_tables, open_database, text

_TABLES = {
    "projects": ("project_id", "project_name"),
    "users": ("user_id", "user_name"),
    "documents": ("doc_id", "doc_name", "doc_text"),
    "codes": ("code_id", "code_name", "code_description", "code_color"),
    "categories": ("category_id", "category_name", "category_description"),
    "categories_codes_map": ("category_id", "code_id"),
    "segments": ("segment_id", "user_id", "doc_id", "code_id", "segment_start", "segment_end", "segment_text"),
}
_UNITS = (Unit.CODE_POINT, Unit.UTF16, Unit.STORED, Unit.UTF16_STORED)
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})\D+(\d{1,3})\D+(\d{1,3})")


def recognise(path: Path) -> bool:
    """Whether a file is a requal database."""
    return has_tables(path, _TABLES)


def read(path: Path) -> Project:
    """Read a requal project.

    Raises:
        UnreadableInput: it is no requal database, or damaged.
    """
    with open_database(path, _TABLES, "requal") as database:
        names = [text(row["project_name"]) for row in database.rows("projects", "project_id")]
        builder = ProjectBuilder(names[0] if names else path.stem)
        codes = _codes(database, builder)
        _read_segments(database, builder, codes)
        return builder.project()


def _codes(database: Database, builder: ProjectBuilder) -> dict[int, str | None]:
    """The codes by their ids; one that is in several categories stands in the first."""
    categories = {number(row["category_id"]): row for row in database.rows("categories", "category_id")}
    groups: dict[int, str] = {}
    for row in database.rows("categories_codes_map", "category_id"):
        category = categories.get(number(row["category_id"]))
        if category is None:
            continue
        name = text(category["category_name"])
        builder.code(name, description=text(category["category_description"]), codable=False)
        if groups.setdefault(number(row["code_id"]), name) != name:
            builder.count("[code is|codes are] in several categories; each was put in its first")
    codes: dict[int, str | None] = {}
    for row in database.rows("codes", "code_id"):
        code = number(row["code_id"])
        path = [*filter(None, [groups.get(code)]), text(row["code_name"])]
        colour = _RGB.match(text(row["code_color"]))
        codes[code] = builder.code(
            *path,
            description=text(row["code_description"]),
            colour="#" + "".join(f"{min(255, int(part)):02x}" for part in colour.groups()) if colour else None,
        )
    return codes


def _read_segments(database: Database, builder: ProjectBuilder, codes: dict[int, str | None]) -> None:
    users = {number(row["user_id"]): text(row["user_name"]) for row in database.rows("users", "user_id")}
    documents: dict[int, tuple[str, Placer]] = {}
    for row in database.rows("documents", "doc_id"):
        stored = text(row["doc_text"])
        content = stored.replace("\r\n", "\n").replace("\r", "\n")
        documents[number(row["doc_id"])] = builder.source(text(row["doc_name"]), content), Placer(content, stored)
    for row in database.rows("segments", "segment_id"):
        code = codes.get(number(row["code_id"]))
        if code is None:
            builder.count("[segment carries|segments carry] a memo and no code and [was|were] left out")
            continue
        source_id, placer = documents.get(number(row["doc_id"]), ("", None))
        start, end = number(row["segment_start"]) - 1, number(row["segment_end"])
        place = placer.place(start, end, text(row["segment_text"]), _UNITS) if placer else None
        if place is None:
            builder.count("[segment is not in its|segments are not in their] document and [was|were] left out")
            continue
        if not place.agrees:
            builder.count(
                "[segment was|segments were] found by [its|their] words, as [its|their] offsets point elsewhere"
            )
        builder.coding(source_id, place.start, place.end, code, coder=users.get(number(row["user_id"]), ""))
