"""Bundles: what was coded together, as one folder, put there by one rename: many short transcripts, or a long one.

A folder for each transcript would take as long to write as a short one to code, and a helpline's archive would be a million
files.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.store import SCHEMAS, TRANSCRIPTS, Part, told_if_damaged, write_atomically

NOTES = "notes.json"
UNFINISHED = ".tmp"

ROW_GROUP = 100_000
"""Rows that are written, and later read, together: more than all but the longest transcripts have."""

TOGETHER = 8_000_000
"""Bytes of joined tables, of many short transcripts perhaps, that make a row group: each is described in the file's end, which
whoever writes or reads the file keeps in memory."""

_CODE_ANEW = "remove the folder that it lies in and give the same command again, which codes anew what was in it"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a finished transcript lies.

    Attributes:
        bundle: the folder.
        alone: it is the bundle's only one.
        group: the group that it was coded in.
        at, rows: of each table, the transcript's first row and how many it has.
        path: where it was read from.
        notes: of its part.
    """

    bundle: Path
    alone: bool
    group: str
    at: Mapping[str, int]
    rows: Mapping[str, int]
    path: str
    notes: Mapping[str, Any]


def save_bundle(folder: Path, parts: Sequence[Part]) -> None:
    """Make results safe: written aside, flushed, then renamed.

    Where another process has saved the same transcripts meanwhile, its bundle stays: it says the same.

    Args:
        folder: that of all bundles.
        parts: one or more.
    """
    name = _name(parts)
    aside = folder / f"{name}.{os.getpid()}-{secrets.token_hex(4)}{UNFINISHED}"
    aside.mkdir(parents=True)
    for table, schema in SCHEMAS.items():
        with (aside / f"{table}.parquet").open("wb") as file:
            _write([part.tables[table] for part in parts], schema, file)
            file.flush()
            os.fsync(file.fileno())
    write_atomically(aside / NOTES, json.dumps([_entry(part) for part in parts], ensure_ascii=False))
    try:
        aside.rename(folder / name)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        shutil.rmtree(aside, ignore_errors=True)


def bundles_in(folder: Path) -> list[Path]:
    """All finished bundles, by name."""
    if not folder.is_dir():
        return []
    return sorted(entry for entry in folder.iterdir() if entry.is_dir() and not entry.name.endswith(UNFINISHED))


def places_in(bundle: Path) -> dict[str, Place]:
    """The transcripts of a bundle, in its order.

    Raises:
        ThemesError: what it notes cannot be read.
    """
    places: dict[str, Place] = {}
    at = dict.fromkeys(SCHEMAS, 0)
    with told_if_damaged(bundle / NOTES, _CODE_ANEW):
        entries = json.loads((bundle / NOTES).read_text(encoding="utf-8"))
        for entry in entries:
            rows = {table: int(entry["rows"][table]) for table in SCHEMAS}
            places[entry["transcript_id"]] = Place(
                bundle, len(entries) == 1, entry["group"], at, rows, entry["path"], entry["notes"]
            )
            at = {table: at[table] + rows[table] for table in SCHEMAS}
    return places


def read_places(table: str, places: Sequence[Place]) -> Iterator[pa.Table]:
    """The rows of some transcripts of one bundle, in the order given: a long one's by row group, so that memory stays bounded.

    Raises:
        ThemesError: the table cannot be read.
    """
    file = places[0].bundle / f"{table}.parquet"
    with told_if_damaged(file, _CODE_ANEW), pq.ParquetFile(file) as opened:
        if places[0].alone:
            yield from (opened.read_row_group(number) for number in range(opened.num_row_groups))
            return
        whole = opened.read()
    start = end = places[0].at[table]
    for place in places:
        if place.at[table] != end:
            yield whole.slice(start, end - start)
            start = place.at[table]
        end = place.at[table] + place.rows[table]
    yield whole.slice(start, end - start)


def gathered(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
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


def _name(parts: Sequence[Part]) -> str:
    """The same for the same transcripts in the same order."""
    if len(parts) == 1:
        return parts[0].transcript_id
    ids = "\n".join(part.transcript_id for part in parts)
    return f"{len(parts)}-{hashlib.sha256(ids.encode()).hexdigest()[:16]}"


def _entry(part: Part) -> dict[str, Any]:
    return {
        "transcript_id": part.transcript_id,
        "group": part.group,
        "path": part.tables[TRANSCRIPTS]["path"][0].as_py(),
        "rows": {table: len(part.tables[table]) for table in SCHEMAS},
        "notes": dict(part.notes),
    }


def _write(tables: Sequence[pa.Table], schema: pa.Schema, file: BinaryIO) -> None:
    """Write in row groups of a bounded size; tables without rows have one, which is empty."""
    pieces = (
        table.slice(start, ROW_GROUP).cast(schema)
        for table in tables
        for start in range(0, max(1, len(table)), ROW_GROUP)
    )
    with pq.ParquetWriter(file, schema) as writer:
        for piece in gathered(pieces):
            writer.write_table(piece)
