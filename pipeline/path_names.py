"""The names that a file may be called by in a researcher's table: its path, the end of its path, its name."""

from __future__ import annotations

from pathlib import Path, PurePath


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
