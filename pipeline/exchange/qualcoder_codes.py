"""QualCoder's plain list of codes: a code a line, groups before it with `>>`, a memo after a tab."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import UnreadableInput
from pipeline.exchange.building import ProjectBuilder, path_of
from pipeline.exchange.files import text_of
from pipeline.exchange.project import Project

_LONGEST = 200
_GROUP = ">>"


def recognise(path: Path) -> bool:
    """Whether a text file is such a list: short lines, some with a group."""
    try:
        lines = _lines(path)
    except UnreadableInput:
        return False
    return any(_GROUP in name for _, name, _ in lines) and all(len(name) <= _LONGEST for _, name, _ in lines)


def read(path: Path) -> Project:
    """Read the codes as a project without sources.

    Raises:
        UnreadableInput: it is no such list.
    """
    builder = ProjectBuilder(path.stem)
    for line, name, memo in _lines(path):
        if len(name) > _LONGEST:
            raise UnreadableInput(
                "a code's name is longer than any is", path=path, place=f"line {line}", remedy="is it a list of codes?"
            )
        builder.code(*path_of(name, (_GROUP,)), description=memo)
    return builder.project()


def _lines(path: Path) -> list[tuple[int, str, str]]:
    """Number, name and memo of each line that is not blank."""
    found = []
    for number, line in enumerate(text_of(path).split("\n"), 1):
        name, _, memo = line.partition("\t")
        if name.strip():
            found.append((number, name.strip(), memo.strip()))
    return found
