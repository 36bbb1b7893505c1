"""Finding transcripts by the name that a gold table gives: for gold that carries offsets instead of text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from pipeline.errors import ThemesError, UsageError, printable
from pipeline.gold import TextOf, text_between
from pipeline.ingest import Found, discover, read_transcript
from pipeline.types import Transcript


def transcripts_in(folder: Path | None) -> Callable[[str], Transcript]:
    """A function from a file's name (or stem) to its transcript; raises KeyError where there is none in `folder`."""
    files: dict[str, list[Path]] = defaultdict(list)
    for entry in discover([folder]) if folder is not None else ():
        if isinstance(entry, Found):
            for name in {entry.path.name, entry.path.stem}:
                files[name].append(entry.path)
    known: dict[Path, Transcript] = {}

    def find(name: str) -> Transcript:
        if name not in files:
            raise KeyError(name)
        path, *others = files[name]
        if others:
            raise UsageError(
                f"{name!r} is also {printable(others[0])}; which one the gold means cannot be told",
                path=path,
                remedy="give the transcripts names of their own",
            )
        if path not in known:
            try:
                known[path] = read_transcript(path)
            except ThemesError as error:
                raise UsageError(error.reason, path=path) from error
        return known[path]

    return find


def texts_in(folder: Path | None) -> TextOf | None:
    """For `load_gold`: the text between two offsets of a transcript in `folder`; None without a folder."""
    if folder is None:
        return None
    if not folder.is_dir():
        raise UsageError("is not a folder", path=folder, remedy="give the folder that holds the transcripts")
    find = transcripts_in(folder)

    def text_of(name: str, start: int, end: int) -> str:
        return text_between(find(name).text, start, end)

    return text_of
