"""The files of a project: in the zip, or beside it. Only what is asked for is unpacked, and into memory, never to disk."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from pipeline.errors import UnreadableInput
from pipeline.safety import DAMAGED, MAX_UNPACKED, USUAL, is_encrypted, swells

MAX_PART = MAX_UNPACKED
"""Bytes that one part may unpack to; recordings in a project are larger, but never read."""
MAX_PARTS = 100_000
PROJECT = "project.qde"
_HEAD = 64
"""Bytes that tell XML from a zip."""
_SCHEMES = ("internal://", "relative://", "absolute://", "file://")
_AGAIN = "export it again from the program that made it"


class ProjectFiles:
    """A `.qdpx`, or a `.qde` that lies unpacked with its sources.

    Args:
        path: of either.

    Raises:
        UnreadableInput: missing, damaged, encrypted, no project, or a zip bomb.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with path.open("rb") as file:
                head = file.read(_HEAD)
                # A project may carry gigabytes of video, and stays on the disk; only a bare .qde is read whole.
                self.project = head + file.read(MAX_PART + 1 - len(head)) if _is_xml(head) else b""
        except OSError as error:
            raise UnreadableInput(
                f"cannot be read: {error.strerror or error}", path=path, remedy="check the path and who may read it"
            ) from error
        if len(self.project) > MAX_PART:
            raise UnreadableInput(f"larger than the limit of {MAX_PART:,} bytes", path=path, remedy=_AGAIN)
        self._archive = None if self.project else self._open(head)
        self._names: dict[str, zipfile.ZipInfo] = {}
        if self._archive is None:
            return
        for info in self._archive.infolist():
            self._names.setdefault(info.filename.replace("\\", "/").casefold(), info)
        project = self._names.get(PROJECT) or next(
            (info for name, info in self._names.items() if name.endswith(".qde")), None
        )
        if project is None:
            raise UnreadableInput("a zip archive, but no REFI-QDA project (no project.qde)", path=path, remedy=_AGAIN)
        self.project = self._unpack(project)

    def find(self, given: str) -> bytes | None:
        """A source's bytes by the path that the project gives; None where it is neither inside nor beside.

        What is beside is looked for in the project's own folder only, whatever the path says.
        """
        return self._find(given) or (self._find(unquote(given)) if "%" in given else None)

    def _find(self, given: str) -> bytes | None:
        name = given.strip().replace("\\", "/")
        for scheme in _SCHEMES:
            if name.lower().startswith(scheme):
                name = name[len(scheme) :]
        parts = [part for part in PurePosixPath(name).parts if part not in ("/", ".", "..")]
        if not parts:
            return None
        places = ["/".join(parts), f"sources/{'/'.join(parts)}", f"sources/{parts[-1]}", parts[-1]]
        for place in places:
            info = self._names.get(place.casefold())
            if info is not None:
                return self._unpack(info)
        return next(filter(None, map(self._beside, places)), None)

    def _beside(self, place: str) -> bytes | None:
        folder = self.path.parent.resolve()
        try:
            file = (folder / place).resolve()
            if not file.is_relative_to(folder) or not file.is_file() or file.stat().st_size > MAX_PART:
                return None
            return file.read_bytes()
        except (OSError, ValueError, RuntimeError):
            return None

    def _open(self, head: bytes) -> zipfile.ZipFile:
        if not head.startswith(b"PK"):
            raise UnreadableInput(
                "is neither a zip archive nor XML, as REFI-QDA projects are", path=self.path, remedy=_AGAIN
            )
        try:
            archive = zipfile.ZipFile(self.path)
            infos = archive.infolist()
        except DAMAGED as error:
            raise UnreadableInput(
                "the archive is damaged or was cut off", path=self.path, remedy=f"copy it again, or {_AGAIN}"
            ) from error
        if len(infos) > MAX_PARTS:
            raise UnreadableInput(
                f"has {len(infos):,} parts, which no project has", path=self.path, remedy="check where it comes from"
            )
        return archive

    def _unpack(self, info: zipfile.ZipInfo) -> bytes:
        assert self._archive is not None
        if is_encrypted(info):
            raise UnreadableInput(
                "is encrypted", path=self.path, place=info.filename, remedy="export it without a password"
            )
        if info.compress_type not in USUAL:
            raise UnreadableInput(
                "is packed in a way that is not read",
                path=self.path,
                place=info.filename,
                remedy="unpack it and zip it again in the usual way",
            )
        if not swells(info) and info.file_size <= MAX_PART:
            try:
                with self._archive.open(info) as file:
                    data = file.read(MAX_PART + 1)
            except DAMAGED as error:
                raise UnreadableInput(
                    "the archive is damaged or was cut off",
                    path=self.path,
                    place=info.filename,
                    remedy=f"copy it again, or {_AGAIN}",
                ) from error
            if len(data) <= MAX_PART:
                return data
        raise UnreadableInput(
            f"would unpack to {info.file_size:,} bytes or more, which no project's text does",
            path=self.path,
            place=info.filename,
            remedy="check where it comes from",
        )


def _is_xml(data: bytes) -> bool:
    head = data[:_HEAD].removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    return head.replace(b"\x00", b"").lstrip().startswith(b"<")
