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
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
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

KEPT = 8
"""Bundles whose tables, of a few megabytes at most, are kept while a table is joined: where the inputs' order goes to and fro
between bundles, each is not read again for every transcript."""

_NUMBERS = {table: number for number, table in enumerate(SCHEMAS)}
_CODE_ANEW = "remove the folder that it lies in and give the same command again, which codes anew what was in it"


@dataclass(frozen=True, slots=True)
class Bundle:
    """A finished bundle.

    Attributes:
        path: the folder.
        transcripts: how many it holds.
        rows: how many rows each of its tables has.
    """

    path: Path
    transcripts: int
    rows: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a finished transcript lies.

    Attributes:
        group: the group that it was coded in.
        path: where it was read from.
        at, rows: of each table, in the order of `SCHEMAS`, the transcript's first row and how many it has.
    """

    bundle: Bundle
    group: str
    path: str
    at: tuple[int, ...]
    rows: tuple[int, ...]

    def stretch(self, table: str) -> tuple[int, int]:
        """First row and row after the last one in a table."""
        number = _NUMBERS[table]
        return self.at[number], self.at[number] + self.rows[number]


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
    try:
        for table, schema in SCHEMAS.items():
            with (aside / f"{table}.parquet").open("wb") as file:
                _write([part.tables[table] for part in parts], schema, file)
                file.flush()
                os.fsync(file.fileno())
        write_atomically(aside / NOTES, json.dumps([_entry(part) for part in parts], ensure_ascii=False))
        aside.rename(folder / name)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
    finally:  # what was renamed is no longer there
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
    entries = _entries(bundle)
    with told_if_damaged(bundle / NOTES, _CODE_ANEW):
        rows = [tuple(int(entry["rows"][table]) for table in SCHEMAS) for entry in entries]
        names = [tuple(str(entry[key]) for key in ("transcript_id", "group", "path")) for entry in entries]
    ends = list(accumulate(rows, lambda before, own: tuple(map(sum, zip(before, own, strict=True)))))
    whole = Bundle(bundle, len(entries), dict(zip(SCHEMAS, ends[-1], strict=True)))
    starts = [(0,) * len(SCHEMAS), *ends]
    return {
        name: Place(whole, group, path, at, own)
        for (name, group, path), at, own in zip(names, starts[:-1], rows, strict=True)
    }


def notes_in(bundle: Path) -> dict[str, dict[str, Any]]:
    """What was noted of the bundle's transcripts.

    Raises:
        ThemesError: it cannot be read.
    """
    with told_if_damaged(bundle / NOTES, _CODE_ANEW):
        return {entry["transcript_id"]: dict(entry["notes"]) for entry in _entries(bundle)}


def _entries(bundle: Path) -> list[dict[str, Any]]:
    with told_if_damaged(bundle / NOTES, _CODE_ANEW):
        entries: list[dict[str, Any]] = json.loads((bundle / NOTES).read_text(encoding="utf-8"))
        if not isinstance(entries, list) or not entries:
            raise ValueError("no transcripts are noted")
        return entries


class TableReader:
    """Reads one table of many bundles."""

    def __init__(self, table: str) -> None:
        self._table = table
        self._kept: OrderedDict[Path, pa.Table] = OrderedDict()

    def rows(self, places: Sequence[Place]) -> Iterator[pa.Table]:
        """The rows of some transcripts of one bundle, in the order given; a long one's by row group, to bound the memory.

        Raises:
            ThemesError: the table cannot be read, or is not as long as the bundle's notes say.
        """
        bundle = places[0].bundle
        if bundle.transcripts == 1:
            yield from self._row_groups(bundle)
            return
        whole = self._whole(bundle)
        start = end = places[0].stretch(self._table)[0]
        for place in places:
            first, last = place.stretch(self._table)
            if first != end:
                yield _copied(whole, start, end)
                start = first
            end = last
        yield _copied(whole, start, end)

    def _row_groups(self, bundle: Bundle) -> Iterator[pa.Table]:
        file = self._file(bundle)
        with told_if_damaged(file, _CODE_ANEW), pq.ParquetFile(file) as opened:
            self._check(bundle, opened.metadata.num_rows)
            yield from (opened.read_row_group(number) for number in range(opened.num_row_groups))

    def _whole(self, bundle: Bundle) -> pa.Table:
        if bundle.path not in self._kept:
            file = self._file(bundle)
            with told_if_damaged(file, _CODE_ANEW):
                table = pq.read_table(file, schema=SCHEMAS[self._table])
                self._check(bundle, len(table))
            self._kept[bundle.path] = table
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(bundle.path)
        return self._kept[bundle.path]

    def _check(self, bundle: Bundle, rows: int) -> None:
        if rows != bundle.rows[self._table]:
            raise ValueError(f"has {rows} rows instead of {bundle.rows[self._table]}")

    def _file(self, bundle: Bundle) -> Path:
        return bundle.path / f"{self._table}.parquet"


def _copied(table: pa.Table, start: int, end: int) -> pa.Table:
    """Some rows of a table; a copy, where they are not all, as a mere view would keep the others in memory."""
    return table if end - start == len(table) else table.take(np.arange(start, end))


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
