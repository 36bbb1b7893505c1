"""From the files, folders and archives that a user names to the sequence of transcripts to read."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import NotATranscript, UnreadableInput, printable
from pipeline.ingest import archives
from pipeline.ingest.reading import check_content, transcripts_in_table
from pipeline.ingest.registry import BY_SUFFIX
from pipeline.ingest.several import place_in_table
from pipeline.ingest.sniff import IMPORTED

_PROJECTS = frozenset({".qdpx", ".qde", ".qdc", ".qda", ".requal", ".sqlite3", ".sqlite"})
_DOCUMENTS = frozenset({".pages", ".wpd", ".wps", ".epub", ".fodt", ".mht", ".mhtml"})
"""What may well be an interview: found in a folder, it is a failure to be told, not a file to pass over."""

_ABOUT = frozenset({"readme", "licence", "license", "copying", "changelog"})
"""What files are called that tell of the others in their folder."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file to read; one in an archive has a path such as `archive.zip/inner.docx`, one in a table `talks.csv/12.csv`."""

    path: Path


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file in a folder that is no transcript by its suffix, its name or its content; nothing went wrong."""

    path: Path
    suffix: str
    content: str = ""

    @property
    def reason(self) -> str:
        """Why, for the manifest."""
        return self.content or f"{self.suffix or 'no suffix'} is not a format that is read"


@dataclass(frozen=True, slots=True)
class Failed:
    """A path that cannot be read: missing, unreadable, or named explicitly and of no known format."""

    path: Path
    reason: str


Entry = Found | Skipped | Failed


def discover(inputs: Iterable[str | Path]) -> Iterator[Entry]:
    """Walk files, folders and zip archives lazily, in a fixed order, each real file and folder once.

    A table or a JSON in a folder may be anything: it is looked into, and passed over where it is no transcript.

    Args:
        inputs: as given on the command line; walked in their order, folders sorted within.
    """
    seen: set[tuple[int, int]] = set()
    for given in inputs:
        path = Path(given)
        try:
            status = path.stat()
        except FileNotFoundError:
            missing = "is a link to nothing" if path.is_symlink() else "there is no such file or folder"
            yield Failed(path, missing)
            continue
        except NotADirectoryError as error:
            inside = place_in_table(path) or archives.place_in_archive(path)
            yield Found(path) if inside else Failed(path, _why(error))
            continue
        except (OSError, ValueError) as error:
            yield Failed(path, _why(error))
            continue
        identity = (status.st_dev, status.st_ino)
        if path.is_dir():
            yield from _walk(path, seen)
        elif identity not in seen:
            seen.add(identity)
            yield from _named(path)


def _named(path: Path) -> Iterator[Entry]:
    """A file that the user named explicitly."""
    if not path.is_file():
        yield Failed(path, "is neither a file nor a folder")
    elif path.suffix.lower() == archives.SUFFIX:
        yield from _in_archive(path)
    else:
        yield from _each(path) if path.suffix.lower() in BY_SUFFIX else [_unknown(path)]


def _each(path: Path) -> list[Entry]:
    """The file, or the transcripts of a table that holds several."""
    return [Found(part) for part in transcripts_in_table(path)] or [Found(path)]


def _in_archive(path: Path) -> Iterator[Entry]:
    """The members of an archive, taken as files in a folder are."""
    try:
        for member in archives.members(path):
            place = Path(f"{path}/{member.name}")
            yield from [Failed(place, member.reason)] if member.reason else _in_folder(place)
    except UnreadableInput as error:
        yield Failed(path, error.reason)


def _in_folder(path: Path) -> Sequence[Entry]:
    """A file found in a folder: one that is no document is passed over."""
    suffix = path.suffix.lower()
    if suffix not in BY_SUFFIX:
        return [_unknown(path) if suffix in _DOCUMENTS else Skipped(path, suffix)]
    if path.stem.lower() in _ABOUT:
        return [Skipped(path, suffix, "by its name it tells of the other files; named on its own it is read")]
    found = _each(path)
    if len(found) == 1 and BY_SUFFIX[suffix].doubtful:
        try:
            check_content(path)
        except NotATranscript as error:
            return [Skipped(path, suffix, error.reason)]
    return found


def _unknown(path: Path) -> Failed:
    suffix = path.suffix.lower()
    known = ", ".join(sorted([*BY_SUFFIX, archives.SUFFIX]))
    what = "save it as docx or text" if suffix in _DOCUMENTS else f"the formats are {known}"
    what = IMPORTED if suffix in _PROJECTS else what
    return Failed(path, f"{printable(suffix) or 'a name without suffix'} is not a format that is read ({what})")


def _walk(folder: Path, seen: set[tuple[int, int]]) -> Iterator[Entry]:
    """A folder's entries, depth first, without recursion, so that no depth of folders is too deep."""
    stack: list[Path] = [folder]
    while stack:
        path = stack.pop()
        try:
            status = path.stat()
            identity = (status.st_dev, status.st_ino)
            if identity in seen:
                continue
            seen.add(identity)
            if path.is_dir():
                stack.extend(sorted(_entries(path), key=_order, reverse=True))
                continue
        except OSError as error:
            yield Failed(path, "is a link to nothing" if path.is_symlink() else _why(error))
            continue
        if not path.is_file():
            continue  # a socket or a pipe would be waited for
        if path.suffix.lower() == archives.SUFFIX:
            yield from _in_archive(path)
        else:
            yield from _in_folder(path)


def _entries(folder: Path) -> list[Path]:
    """What a folder holds, but for hidden files and the lock files of Office programs."""
    with os.scandir(folder) as entries:
        return [folder / entry.name for entry in entries if not entry.name.startswith((".", "~$"))]


def _order(path: Path) -> tuple[str, str]:
    """The same on every system: by name, case aside."""
    return path.name.casefold(), path.name


def _why(error: Exception) -> str:
    if isinstance(error, PermissionError):
        return "cannot be read: permission denied (check who may read it)"
    return f"cannot be read: {getattr(error, 'strerror', None) or error}"
