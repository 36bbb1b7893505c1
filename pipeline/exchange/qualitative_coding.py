"""Project folders of qualitative-coding (`qc`): texts in a folder, whole lines coded, lines counted from nought."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from pipeline.errors import UnreadableInput
from pipeline.exchange.building import ProjectBuilder
from pipeline.exchange.files import number, text_of
from pipeline.exchange.project import Project
from pipeline.exchange.sqlite_file import open_database, text

_SETTINGS = "settings.yaml"
_FAULTS = (yaml.YAMLError, ValueError, RecursionError)
"""What the YAML library raises; a date that is none is a ValueError."""
_DEEPEST = 50
_MOST = 20_000
_TABLES = {
    "document_index": ("id", "document_id"),
    "location": ("id", "document_index_id"),
    "coded_line": ("id", "line", "coder_id", "code_id"),
    "coded_line_location_association": ("coded_line_id", "location_id"),
}


def recognise(path: Path) -> bool:
    """Whether it is such a folder, or the settings in it."""
    try:
        return {"corpus_dir", "database", "codebook"} <= set(_settings(path))
    except UnreadableInput:
        return False


def read(path: Path) -> Project:
    """Read a project folder.

    Raises:
        UnreadableInput: settings, database or texts are missing or faulty.
    """
    settings = _settings(path)
    folder = path if path.is_dir() else path.parent
    builder = ProjectBuilder(folder.resolve().name)
    known = _codebook(builder, _inside(folder, settings, "codebook"))
    corpus = _inside(folder, settings, "corpus_dir")
    with open_database(_inside(folder, settings, "database"), _TABLES, "qualitative-coding") as database:
        documents = {number(row["id"]): text(row["document_id"]) for row in database.rows("document_index", "id")}
        locations = {
            number(row["id"]): documents.get(number(row["document_index_id"]), "")
            for row in database.rows("location", "id")
        }
        of_line = {
            number(row["coded_line_id"]): locations.get(number(row["location_id"]), "")
            for row in database.rows("coded_line_location_association", "coded_line_id")
        }
        texts: dict[str, tuple[str, list[tuple[int, int]]]] = {}
        for row in database.rows("coded_line", "id"):
            document = of_line.get(number(row["id"]), "")
            if document and document not in texts:
                content = text_of(_within(corpus, document))
                texts[document] = builder.source(document, content), _lines(content)
            source_id, lines = texts.get(document, ("", []))
            line = number(row["line"])
            if not 0 <= line < len(lines):
                builder.count("coded [line is not in its|lines are not in their] text and [was|were] left out")
                continue
            name = text(row["code_id"])
            builder.coding(source_id, *lines[line], known.get(name) or builder.code(name), coder=text(row["coder_id"]))
    return builder.project()


def _settings(path: Path) -> dict[str, Any]:
    file = path / _SETTINGS if path.is_dir() else path
    try:
        settings = yaml.safe_load(text_of(file))
    except _FAULTS as error:
        raise UnreadableInput("no YAML that can be read", path=file, remedy="mend it, or let `qc` write it") from error
    return settings if isinstance(settings, dict) else {}


def _inside(folder: Path, settings: dict[str, Any], key: str) -> Path:
    if not isinstance(settings.get(key), str):
        raise UnreadableInput(
            "the setting is missing", path=folder / _SETTINGS, place=key, remedy="run `qc init` there"
        )
    return _within(folder, settings[key])


def _within(folder: Path, name: str) -> Path:
    """A file by its name in a folder, never outside it."""
    found = (folder / name).resolve()
    if not found.is_relative_to(folder.resolve()):
        raise UnreadableInput(f"{name} lies outside the project", path=folder, remedy="keep the project's files in it")
    return found


def _lines(content: str) -> list[tuple[int, int]]:
    """Where each line starts and ends, its line end not included."""
    places, start = [], 0
    for line in content.split("\n"):
        places.append((start, start + len(line)))
        start += len(line) + 1
    return places


def _codebook(builder: ProjectBuilder, path: Path) -> dict[str, str | None]:
    """The codes of a nested YAML list by their names; those that are used and not in it are added as they come."""
    if not path.is_file() or not path.read_bytes().strip():
        return {}
    try:
        tree = yaml.safe_load(text_of(path))
    except _FAULTS as error:
        raise UnreadableInput("no YAML that can be read", path=path, remedy="mend it in `qc codebook`") from error
    known: dict[str, str | None] = {}
    for number_of_codes, names in enumerate(_paths(tree)):
        if len(names) > _DEEPEST or number_of_codes >= _MOST:
            raise UnreadableInput(
                f"the codebook is nested deeper than {_DEEPEST} codes or has more than {_MOST}",
                path=path,
                remedy="mend it in `qc codebook`",
            )
        known.setdefault(names[-1], builder.code(*names))
    return known


def _paths(tree: Any) -> Iterator[tuple[str, ...]]:
    """Each code with those above it; a YAML alias may hold itself, or itself many times: too deep a path ends that."""
    waiting: list[tuple[Any, tuple[str, ...], int]] = [(tree, (), 0)]
    steps = 0
    while waiting:
        item, above, depth = waiting.pop()
        steps += 1
        if depth > 2 * _DEEPEST or steps > 10 * _MOST:
            yield ("",) * (_DEEPEST + 1)
        elif isinstance(item, dict):
            for name, below in reversed(item.items()):
                waiting += [(below, (*above, str(name)), depth + 1), (_Name(name), above, depth + 1)]
        elif isinstance(item, list):
            waiting += [(below, above, depth + 1) for below in reversed(item)]
        elif item is not None:
            yield (*above, str(item.name if isinstance(item, _Name) else item))


class _Name(NamedTuple):
    """A code that has others under it."""

    name: Any
