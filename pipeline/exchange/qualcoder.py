"""QualCoder projects: a folder `NAME.qda` with a database `data.qda` in it; offsets count characters of the stored text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.exchange.building import ProjectBuilder
from pipeline.exchange.files import number
from pipeline.exchange.offsets import Unit
from pipeline.exchange.placing import Placer
from pipeline.exchange.project import Project
from pipeline.exchange.sqlite_file import Database, has_tables, open_database, text

_TABLES = {
    "source": ("id", "name", "fulltext"),
    "code_name": ("cid", "name", "memo", "catid", "color"),
    "code_cat": ("catid", "name", "memo", "supercatid"),
    "code_text": ("cid", "fid", "seltext", "pos0", "pos1", "owner", "memo"),
}
_UNITS = (Unit.CODE_POINT, Unit.UTF16, Unit.STORED, Unit.UTF16_STORED)
_INSIDE = "data.qda"


def recognise(path: Path) -> bool:
    """Whether it is a QualCoder project's folder, or the database in it."""
    return has_tables(_database(path), _TABLES)


def read(path: Path) -> Project:
    """Read a QualCoder project; codings of pictures and recordings are counted and left out.

    Raises:
        UnreadableInput: it is no QualCoder project, or damaged.
    """
    with open_database(_database(path), _TABLES, "QualCoder") as database:
        builder = ProjectBuilder(path.resolve().parent.stem if path.name == _INSIDE else path.stem)
        codes = _codes(database, builder)
        sources = {number(row["id"]): row for row in database.rows("source", "id")}
        placed = {key: _source(builder, row) for key, row in sources.items() if text(row["fulltext"])}
        for row in database.rows("code_text", "pos0"):
            _coding(builder, row, codes, placed)
        for table in ("code_image", "code_av"):
            if table in database.columns():
                number_of = sum(1 for _ in database.rows(table, "cid"))
                builder.count(
                    "[coding of a picture or recording was|codings of pictures and recordings were] left out", number_of
                )
        return builder.project()


def _database(path: Path) -> Path:
    return path / _INSIDE if path.is_dir() else path


def _codes(database: Database, builder: ProjectBuilder) -> dict[int, str | None]:
    categories = {number(row["catid"]): row for row in database.rows("code_cat", "catid")}

    def path_to(category: int, seen: tuple[int, ...] = ()) -> list[str]:
        row = categories.get(category)
        if row is None or category in seen:
            return []
        return [*path_to(number(row["supercatid"]), (*seen, category)), text(row["name"])]

    for category, row in categories.items():
        builder.code(*path_to(category), description=text(row["memo"]), codable=False)
    codes: dict[int, str | None] = {}
    for row in database.rows("code_name", "cid"):
        path = [*path_to(number(row["catid"])), text(row["name"])]
        colour = text(row["color"])
        codes[number(row["cid"])] = builder.code(
            *path, description=text(row["memo"]), colour=colour if len(colour) == 7 and colour[0] == "#" else None
        )
    return codes


def _source(builder: ProjectBuilder, row: dict[str, Any]) -> tuple[str, Placer]:
    stored = text(row["fulltext"])
    content = stored.replace("\r\n", "\n").replace("\r", "\n")
    return builder.source(text(row["name"]), content), Placer(content, stored)


def _coding(
    builder: ProjectBuilder, row: dict[str, Any], codes: dict[int, str | None], sources: dict[int, tuple[str, Placer]]
) -> None:
    code = codes.get(number(row["cid"]))
    source_id, placer = sources.get(number(row["fid"]), ("", None))
    # QualCoder shows a paragraph's end in the selection as U+2029.
    words = text(row["seltext"]).replace("\u2029", "\n")
    place = placer.place(number(row["pos0"]), number(row["pos1"]), words, _UNITS) if placer else None
    if code is None or place is None:
        builder.count(
            "[coding has|codings have] no code, or [is not in its|are not in their] text, and [was|were] left out"
        )
        return
    if not place.agrees:
        builder.count("[coding was|codings were] found by [its|their] words, as [its|their] offsets point elsewhere")
    builder.coding(source_id, place.start, place.end, code, coder=text(row["owner"]), memo=text(row["memo"]))
