"""Finding transcripts by the name that a gold table gives, in a folder or in a run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from pipeline.errors import ThemesError, UsageError, printable
from pipeline.gold import TextOf, text_between
from pipeline.ingest import Found, discover, read_transcript
from pipeline.path_names import ends_with, parts_of
from pipeline.store import TRANSCRIPTS
from pipeline.tables import RunTables
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
        found = files.get(name) or _with_folders(name, files)
        if not found:
            raise KeyError(name)
        path, *others = found
        if others:
            raise UsageError(
                f"{name!r} is also {printable(others[0])}; which one the gold means cannot be told",
                path=path,
                remedy="put the folder in front of the name in the gold, or give the transcripts names of their own",
            )
        if path not in known:
            try:
                known[path] = read_transcript(path)
            except ThemesError as error:
                raise UsageError(error.reason, path=path) from error
        return known[path]

    return find


def _with_folders(name: str, files: Mapping[str, list[Path]]) -> list[Path]:
    """The files that a name with folders in front means."""
    parts = parts_of(name)
    return [path for path in files.get(parts[-1], []) if ends_with(path, name)] if len(parts) > 1 else []


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


class TranscriptNames:
    """The transcripts of a run by the names that gold may give them: id, else file name, else that without ending.

    Before its name a file may have the folders that it lies in, as many as tell it from others.

    Args:
        places: id and path of each.
        run: named where a name is not clear.
    """

    def __init__(self, places: Iterable[tuple[str, str]], run: Path | None = None) -> None:
        self._run = run
        self._paths = dict(places)
        self._known: tuple[dict[str, list[str]], ...] = (defaultdict(list), defaultdict(list), defaultdict(list))
        for ident, path in self._paths.items():
            for known, name in zip(self._known, (ident, Path(path).name, Path(path).stem), strict=True):
                known[name].append(ident)

    def find(self, name: str) -> str:
        """The id of the transcript that a name means.

        Raises:
            KeyError: there is none.
            UsageError: it may mean several.
        """
        found = next((known[name] for known in self._known if name in known), []) or self._with_folders(name)
        if not found:
            raise KeyError(name)
        if len(found) > 1:
            one, other = (printable(self._paths[ident]) for ident in found[:2])
            raise UsageError(
                f"the gold's transcript {name!r} is {one} as well as {other}; which one it means cannot be told",
                path=self._run,
                remedy=f"name it by its file with ending and folder, or by its id in the run ({', '.join(found[:2])})",
            )
        return found[0]

    def _with_folders(self, name: str) -> list[str]:
        parts = parts_of(name)
        called_so = self._known[1].get(parts[-1], []) if len(parts) > 1 else []
        return [ident for ident in called_so if ends_with(self._paths[ident], name)]


def names_in(tables: RunTables) -> TranscriptNames:
    """The names of a run's coded transcripts."""
    rows = tables.rows(TRANSCRIPTS, ["transcript_id", "path", "status"])
    return TranscriptNames(
        ((row["transcript_id"], row["path"]) for row in rows if row["status"] == "coded"), tables.path
    )


def texts_of_run(tables: RunTables) -> TextOf:
    """For `load_gold`: the text between two offsets of a transcript of a run."""
    names = names_in(tables)
    texts = {
        row["transcript_id"]: row["text"]
        for row in tables.rows(TRANSCRIPTS, ["transcript_id", "text", "status"])
        if row["status"] == "coded"
    }

    def text_of(name: str, start: int, end: int) -> str:
        return text_between(texts[names.find(name)], start, end)

    return text_of
