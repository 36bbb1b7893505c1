"""The names that a file may be called by in a researcher's table: its path, the end of its path, its name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path, PurePath


def names_apart(paths: Mapping[str, str]) -> dict[str, str]:
    """The file's name of each transcript of a run, by id; where another's differs in capitals at most, with the id in it.

    Args:
        paths: of all coded transcripts of the run, whether anything of theirs is shown or not: what one is called must not
            differ from table to table.
    """
    count = Counter(Path(path).name.casefold() for path in paths.values())
    return {
        ident: Path(path).name
        if count[Path(path).name.casefold()] == 1
        else f"{Path(path).stem} ({ident}){Path(path).suffix}"
        for ident, path in paths.items()
    }


def known_name(shown: str, ident: str) -> str:
    """A transcript's name as gold has it: the id, where `names_apart` had to put it in."""
    return ident if ident and f"({ident})" in shown else shown


def ends_with(path: str | Path, name: str) -> bool:
    """Whether `name`, which may have folders in front (`call07/transcript.txt`), is a path's end, or the whole of it."""
    parts = parts_of(name)
    return bool(parts) and Path(path).parts[-len(parts) :] == parts


def parts_of(name: str) -> tuple[str, ...]:
    """Folders and file; Windows' separators are separators everywhere, as tables come from there."""
    return PurePath(name.replace("\\", "/")).parts


def ends_of(path: str | Path) -> list[str]:
    """All names that `ends_with` takes for a path but the file's own, the shortest first, with `/`."""
    parts = Path(path).parts
    return ["/".join(parts[-length:]).replace("//", "/") for length in range(2, len(parts) + 1)]
