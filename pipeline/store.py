"""The run folder: tables as Parquet, each finished transcript safe at once.

While a run goes on, every finished transcript lies in `parts/` as a folder of its own, put there by one rename. At the end
the parts are joined, in the order of the inputs, into the tables of the design.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import ThemesError
from pipeline.types import Transcript

TRANSCRIPTS, SEGMENTS, THEMES, ATTITUDES, REVIEW = "transcripts", "segments", "themes", "attitudes", "review"
CODING_TABLES = (SEGMENTS, THEMES, ATTITUDES, REVIEW)
MANIFEST = "manifest.json"
PARTS = "parts"
NOTES = "notes.json"
GROUP = "group"
REPORT = "report.html"
LOCK = ".lock"

ROW_GROUP = 100_000
"""Rows that are written, and later read, together: more than all but the longest transcripts have."""

TOGETHER = 8_000_000
"""Bytes of joined tables, of many short transcripts perhaps, that make a row group: each is described in the file's end, which
whoever writes or reads the file keeps in memory."""

_CODE_ANEW = "remove the folder that it lies in and give the same command again, which codes that transcript anew"

_PROBABILITY = pa.float64()
_LABEL = pa.dictionary(pa.int32(), pa.string())

SCHEMAS: dict[str, pa.Schema] = {
    TRANSCRIPTS: pa.schema(
        [
            ("transcript_id", pa.string()),
            ("path", pa.string()),
            ("sha256", pa.string()),
            ("format", pa.string()),
            ("status", pa.string()),
            ("error", pa.string()),
            ("text", pa.large_string()),
            ("attributes", pa.string()),
        ]
    ),
    SEGMENTS: pa.schema(
        [
            ("transcript_id", pa.string()),
            ("segment_id", pa.string()),
            ("turn", pa.int32()),
            ("speaker", pa.string()),
            ("role", pa.string()),
            ("start", pa.int64()),
            ("end", pa.int64()),
            ("start_time", pa.float64()),
            ("end_time", pa.float64()),
            ("text", pa.large_string()),
        ]
    ),
    THEMES: pa.schema(
        [
            ("segment_id", pa.string()),
            ("code", _LABEL),
            ("probability", _PROBABILITY),
            ("assigned", pa.bool_()),
        ]
    ),
    ATTITUDES: pa.schema(
        [
            ("segment_id", pa.string()),
            ("start", pa.int64()),
            ("end", pa.int64()),
            ("mention", pa.string()),
            ("partner_type", pa.string()),
            ("attitude", pa.string()),
            ("negative", _PROBABILITY),
            ("neutral", _PROBABILITY),
            ("positive", _PROBABILITY),
        ]
    ),
    REVIEW: pa.schema(
        [
            ("segment_id", pa.string()),
            ("uncertainty", _PROBABILITY),
            ("review", pa.bool_()),
        ]
    ),
}


def transcript_row(transcript: Transcript) -> dict[str, Any]:
    """A coded transcript's row; `attributes` is JSON, those of single speakers under `speakers`."""
    attributes: dict[str, Any] = dict(transcript.attributes)
    if transcript.speakers:
        attributes["speakers"] = {name: dict(values) for name, values in transcript.speakers.items()}
    return {
        "transcript_id": transcript.transcript_id,
        "path": transcript.path,
        "sha256": transcript.sha256,
        "format": transcript.format,
        "status": "coded",
        "error": None,
        "text": transcript.text,
        "attributes": json.dumps(attributes, ensure_ascii=False, sort_keys=True),
    }


def failure_row(path: str, status: str, error: str, sha256: str | None = None) -> dict[str, Any]:
    """The row of an input that was not coded."""
    return dict.fromkeys(SCHEMAS[TRANSCRIPTS].names) | {
        "path": path,
        "sha256": sha256,
        "status": status,
        "error": error,
    }


@dataclass(frozen=True, slots=True)
class Part:
    """All that a run keeps of one coded transcript; it can be sent from process to process.

    Attributes:
        group: the group of transcripts that it was coded in.
        tables: one of each of `SCHEMAS`; texts may be dictionary-coded.
        notes: for the manifest.
        seconds: spent on each step.
    """

    transcript_id: str
    group: str
    tables: Mapping[str, pa.Table]
    notes: Mapping[str, Any]
    seconds: Mapping[str, float]


@contextmanager
def told_if_damaged(file: Path, remedy: str) -> Iterator[None]:
    """Name a file of a run that was cut short or garbled (copied in part, say), and what to do about it.

    Raises:
        ThemesError: within it a Parquet or JSON file could not be understood, or was not there.
    """
    try:
        yield
    except (pa.ArrowInvalid, pa.ArrowTypeError, ValueError, KeyError) as error:
        raise ThemesError("is damaged", path=file, remedy=remedy) from error
    except FileNotFoundError as error:
        raise ThemesError("is missing", path=file, remedy=remedy) from error
    except OSError as error:
        if error.errno is not None:  # the disk's; Arrow has this class for broken files too
            raise
        raise ThemesError("is damaged", path=file, remedy=remedy) from error


class RunFolder:
    """A run folder that is being written.

    Args:
        path: made where it does not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.parts = path / PARTS

    def manifest(self) -> dict[str, Any] | None:
        """The manifest of the run that is here, if there is one.

        Raises:
            ThemesError: there is one, but it cannot be read.
        """
        file = self.path / MANIFEST
        if not file.exists():
            return None
        try:
            content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ThemesError(
                "is damaged",
                path=file,
                remedy="start afresh with --overwrite, or name another folder with --out",
            ) from error
        return content

    def write_manifest(self, content: Mapping[str, Any]) -> None:
        """Replace the manifest at once."""
        write_atomically(self.path / MANIFEST, json.dumps(content, indent=1, ensure_ascii=False) + "\n")

    def clear(self) -> None:
        """Remove what a run has written here, and nothing else; nothing at all where no run has been (no manifest)."""
        if not (self.path / MANIFEST).exists():
            return
        shutil.rmtree(self.parts, ignore_errors=True)
        tables = [f"{table}.parquet" for table in SCHEMAS]
        # The manifest goes last: without it, what is left would be taken for somebody's files.
        for name in (*tables, *(f"{table}.tmp" for table in tables), REPORT, MANIFEST):
            (self.path / name).unlink(missing_ok=True)

    def finished(self) -> set[str]:
        """Ids of the transcripts whose parts are whole."""
        if not self.parts.is_dir():
            return set()
        return {entry.name for entry in self.parts.iterdir() if entry.is_dir() and not entry.name.endswith(".tmp")}

    def save_part(self, part: Part) -> None:
        """Make one transcript's results safe: written aside, flushed, then renamed.

        Where another process has finished the same transcript meanwhile, its part stays: it says the same.
        """
        aside = self.parts / f"{part.transcript_id}.{os.getpid()}-{secrets.token_hex(4)}.tmp"
        aside.mkdir(parents=True)
        for name, schema in SCHEMAS.items():
            with (aside / f"{name}.parquet").open("wb") as file:
                _write(part.tables[name], schema, file)
                file.flush()
                os.fsync(file.fileno())
        write_atomically(aside / NOTES, json.dumps({**part.notes, GROUP: part.group}, ensure_ascii=False))
        try:
            aside.rename(self.parts / part.transcript_id)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            shutil.rmtree(aside, ignore_errors=True)

    def group_of(self, transcript_id: str) -> str:
        """The group in which a finished transcript was coded."""
        return str(self._notes(transcript_id)[GROUP])

    def notes(self, transcript_ids: Sequence[str]) -> list[dict[str, Any]]:
        """What was noted of finished transcripts."""
        return [{key: value for key, value in self._notes(name).items() if key != GROUP} for name in transcript_ids]

    def _notes(self, transcript_id: str) -> dict[str, Any]:
        file = self.parts / transcript_id / NOTES
        with told_if_damaged(file, _CODE_ANEW):
            notes: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return notes

    def path_of(self, transcript_id: str) -> str:
        """Where a finished transcript was read from."""
        file = self.parts / transcript_id / f"{TRANSCRIPTS}.parquet"
        with told_if_damaged(file, _CODE_ANEW):
            path: str = pq.read_table(file, columns=["path"])["path"][0].as_py()
        return path

    def drop_half_written(self) -> None:
        """Remove parts that were never finished; whole ones stay, even of inputs that are not given this time."""
        if self.parts.is_dir():
            for entry in self.parts.glob("*.tmp"):
                shutil.rmtree(entry, ignore_errors=True)

    def join(self, rows: Sequence[str | Mapping[str, Any]]) -> None:
        """Write the final tables.

        Args:
            rows: in the order of the inputs, the id of a finished transcript or the row of a failure.
        """
        for name in SCHEMAS:
            target = self.path / f"{name}.parquet"
            aside = target.with_suffix(".parquet.tmp")
            with pq.ParquetWriter(aside, SCHEMAS[name]) as writer:
                for table in _gathered(self._tables(name, rows)):
                    writer.write_table(table)
            aside.replace(target)

    def _tables(self, name: str, rows: Sequence[str | Mapping[str, Any]]) -> Iterator[pa.Table]:
        """The parts' row groups, one after another, so that memory does not grow with the corpus."""
        for row in rows:
            if isinstance(row, str):
                part = self.parts / row / f"{name}.parquet"
                with told_if_damaged(part, _CODE_ANEW), pq.ParquetFile(part) as file:
                    yield from (file.read_row_group(number) for number in range(file.num_row_groups))
            elif name == TRANSCRIPTS:
                yield pa.Table.from_pylist([dict(row)], schema=SCHEMAS[name])


def _gathered(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The same rows in larger pieces."""
    waiting: list[pa.Table] = []
    rows = size = 0
    for table in tables:
        if waiting and (rows + len(table) > ROW_GROUP or size + table.nbytes > TOGETHER):
            yield pa.concat_tables(waiting).unify_dictionaries()
            waiting, rows, size = [], 0, 0
        waiting.append(table)
        rows, size = rows + len(table), size + table.nbytes
    if waiting:
        yield pa.concat_tables(waiting).unify_dictionaries()


def _write(table: pa.Table, schema: pa.Schema, file: BinaryIO) -> None:
    """Write in row groups of a bounded size; a table without rows has one, which is empty."""
    with pq.ParquetWriter(file, schema) as writer:
        for start in range(0, max(1, len(table)), ROW_GROUP):
            writer.write_table(table.slice(start, ROW_GROUP).cast(schema))


def make_private(folder: Path) -> None:
    """Make a folder that only its owner may enter: it will hold what people said in confidence."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def write_atomically(path: Path, text: str) -> None:
    """Write a text file so that a reader sees the old one or the new one, never a part."""
    write_bytes_atomically(path, text.encode())


def write_bytes_atomically(path: Path, content: bytes) -> None:
    """As `write_atomically`, for bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(path.name + ".tmp")
    with aside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
