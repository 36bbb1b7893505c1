"""Zip archives of transcripts: each member is an input of its own, under a path such as `archive.zip/inner.docx`.

Members are read into memory, one at a time; nothing is unpacked to disk. An archive within an archive is opened, one within
that is not.
"""

from __future__ import annotations

import re
import stat
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from pathlib import Path, PurePosixPath

from pipeline.errors import UnreadableInput, printable
from pipeline.ingest.zip_names import names_of
from pipeline.safety import DAMAGED, USUAL, is_encrypted, swells

SUFFIX = ".zip"
MAX_UNPACKED = 2_000_000_000
"""Bytes that all members together, those of inner archives included, may unpack to."""
MAX_MEMBERS = 20_000
MAX_INNER = 100_000_000
"""Bytes of an archive within an archive, which is held in memory."""
_CHUNK = 1 << 20
_ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:")


@dataclass(frozen=True, slots=True)
class Member:
    """What an archive holds under a name.

    Attributes:
        name: parts joined by `/`, those of an inner archive after its own name.
        reason: why it cannot be read; empty where it can.
    """

    name: str
    reason: str = ""


@dataclass(slots=True)
class _Archive:
    """An open archive: its members that can be read, by name, and those that cannot."""

    zip: zipfile.ZipFile
    files: dict[str, zipfile.ZipInfo] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    inner: dict[str, _Archive] = field(default_factory=dict)

    def read(self, name: str) -> bytes:
        """A member's bytes, piece by piece, so that one that unpacks to more than it says is found out early."""
        info = self.files[name]
        try:
            with self.zip.open(info) as file:
                return b"".join(iter(lambda: file.read(_CHUNK), b""))
        except DAMAGED as error:
            raise UnreadableInput(
                "is damaged in the archive", remedy="unpack the archive with another program, or copy it again"
            ) from error

    def opened(self, name: str) -> _Archive:
        """The archive that is a member; the last one is kept open."""
        if name not in self.inner:
            if self.files[name].file_size > MAX_INNER:
                raise UnreadableInput(
                    f"an archive within an archive of {self.files[name].file_size:,} bytes is more than the limit of "
                    f"{MAX_INNER:,}",
                    remedy="unpack the outer one first",
                )
            self.inner = {name: _opened(BytesIO(self.read(name)))}
        return self.inner[name]


def members(path: Path) -> Iterator[Member]:
    """What an archive holds, folders and files that programs hide aside, in the order of their names.

    Raises:
        UnreadableInput: no archive, damaged, empty, or one that would unpack to more than anybody's transcripts.
    """
    archive = _archive(path)
    if not archive.files and not archive.refused:
        raise UnreadableInput("the archive is empty", remedy="check that it was packed in full")
    left = MAX_UNPACKED - _unpacked(archive)
    for name in sorted({*archive.files, *archive.refused}, key=lambda name: (name.casefold(), name)):
        if _hidden(name):
            continue
        if name in archive.refused:
            yield Member(name, archive.refused[name])
        elif not name.lower().endswith(SUFFIX):
            yield Member(name)
        else:
            try:
                inner = archive.opened(name)
                left -= _unpacked(inner)
                if left < 0:
                    raise _too_large(MAX_UNPACKED - left)
            except UnreadableInput as error:
                yield Member(name, error.reason)
                continue
            yield from _inner_members(name, inner)


def _inner_members(outer: str, inner: _Archive) -> Iterator[Member]:
    for name in sorted({*inner.files, *inner.refused}, key=lambda name: (name.casefold(), name)):
        if _hidden(name):
            continue
        reason = inner.refused.get(name, "")
        if not reason and name.lower().endswith(SUFFIX):
            reason = "an archive in an archive in an archive is not opened (unpack the outermost first)"
        yield Member(f"{outer}/{name}", reason)


def place_in_archive(path: Path) -> tuple[Path, str] | None:
    """The archive and the member that a path such as `archive.zip/inner.docx` means; None for any other path."""
    if SUFFIX not in str(path).lower():
        return None
    for parent in path.parents:
        if parent.suffix.lower() == SUFFIX and parent.is_file():
            return parent, path.relative_to(parent).as_posix()
    return None


def read_member(path: Path, name: str, max_bytes: int) -> bytes:
    """A member's bytes.

    Raises:
        UnreadableInput: there is none of that name, it may not be read, is damaged, or has more than `max_bytes`.
    """
    archive = _archive(path)
    if name not in archive.files and name not in archive.refused:
        outer = next((str(one) for one in reversed(PurePosixPath(name).parents) if str(one) in archive.files), None)
        if outer is not None and outer.lower().endswith(SUFFIX):
            archive, name = archive.opened(outer), name[len(outer) + 1 :]
    if name in archive.refused:
        raise UnreadableInput(archive.refused[name])
    if name not in archive.files:
        raise UnreadableInput("there is no such file in the archive", remedy="check the name")
    size = archive.files[name].file_size
    if size > max_bytes:
        raise UnreadableInput(f"{size:,} bytes are more than the limit of {max_bytes:,}", remedy="split it")
    return archive.read(name)


def _archive(path: Path) -> _Archive:
    try:
        status = path.stat()
        return _cached(path, status.st_mtime_ns, status.st_size)
    except OSError as error:
        raise UnreadableInput(f"cannot be read: {error.strerror or error}", remedy="check who may read it") from error


@lru_cache(maxsize=2)
def _cached(path: Path, mtime: int, size: int) -> _Archive:
    return _opened(path)


def _opened(source: Path | BytesIO) -> _Archive:
    try:
        archive = _Archive(zipfile.ZipFile(source))
        infos = archive.zip.infolist()
    except DAMAGED as error:
        if isinstance(error, PermissionError):
            raise
        raise UnreadableInput(
            "no zip archive, or one that is damaged or was cut off", remedy="copy it again from its source"
        ) from error
    if len(infos) > MAX_MEMBERS or sum(info.file_size for info in infos) > MAX_UNPACKED:
        raise _too_large(sum(info.file_size for info in infos), len(infos))
    if {info.filename for info in infos} & {"[Content_Types].xml", "mimetype", "project.qde"}:
        raise UnreadableInput(
            "is a document or project of some program, not an archive of transcripts",
            remedy="give it the suffix it had, such as .docx, .xlsx or .odt",
        )
    given: dict[str, str] = {}
    for info, packed in zip(infos, names_of(infos), strict=True):
        if info.is_dir():
            continue
        name, reason = _checked(info, packed)
        if given.setdefault(name, info.orig_filename) != info.orig_filename and not info.orig_filename.isascii():
            name = _apart(
                name, given
            )  # two code pages, or two characters that are one in Unicode: two files all the same
            given[name] = info.orig_filename
        if name in archive.files or name in archive.refused:
            archive.files.pop(name, None)
            reason = "the archive holds several files of this name (unpack it and name them apart)"
        if reason:
            archive.refused[name] = reason
        else:
            archive.files[name] = info
    return archive


def _apart(name: str, taken: Collection[str]) -> str:
    """The name with a number, so that it is no other's."""
    path = PurePosixPath(name)
    number = 2
    while (found := str(path.with_name(f"{path.stem} ({number}){path.suffix}"))) in taken:
        number += 1
    return found


def _checked(info: zipfile.ZipInfo, given: str) -> tuple[str, str]:
    """A member's name in parts joined by `/`, and why it is refused, if it is.

    Args:
        given: the name as it was packed.
    """
    parts = [part for part in re.split(r"[/\\]", given) if part not in {"", "."}]
    name = "/".join(parts)
    if _ABSOLUTE.match(given) or ".." in parts or not parts:
        return printable(given), "its name leads out of the archive, which can be an attack (rename it)"
    if stat.S_ISLNK(info.external_attr >> 16):
        return name, "is a link to another file (unpack the archive, and give the files)"
    if is_encrypted(info):
        return name, "is encrypted (unpack the archive with its password, and give the files)"
    if info.compress_type not in USUAL:
        return name, "is packed in a way that is not read (unpack it and zip it again in the usual way)"
    if swells(info):
        return name, (
            f"would unpack from {info.compress_size:,} to {info.file_size:,} bytes, which no transcript does "
            "(unpack it, if it is genuine)"
        )
    return name, ""


def _hidden(name: str) -> bool:
    """Files that programs put beside the user's: macOS's `__MACOSX/` and `._a.docx`, locks of Office."""
    return any(part.startswith((".", "~$")) or part == "__MACOSX" for part in re.split(r"[/\\]", name) if part != "..")


def _unpacked(archive: _Archive) -> int:
    return sum(info.file_size for info in archive.zip.infolist())


def _too_large(size: int, count: int = 0) -> UnreadableInput:
    files = f" in {count:,} files" if count else ""
    return UnreadableInput(
        f"the archive would unpack to {size:,} bytes{files}; the limits are {MAX_UNPACKED:,} and {MAX_MEMBERS:,}",
        remedy="unpack it, if it is genuine, and give the folder",
    )
