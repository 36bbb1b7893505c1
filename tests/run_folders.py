"""Run folders as tests compare and damage them."""

import shutil

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.bundles import TableReader, bundles_in, notes_in, places_in
from pipeline.run_folder import RunFolder
from pipeline.store import PARTS, SCHEMAS, Part


def tables(folder):
    return {name: pq.read_table(folder / f"{name}.parquet") for name in SCHEMAS}


def rows(folder):
    return {name: table.to_pylist() for name, table in tables(folder).items()}


def assert_same(one, other):
    for name, table in tables(one).items():
        assert table.equals(tables(other)[name]), name


def finished_in(folder):
    """The finished transcripts' ids, in order."""
    return sorted(RunFolder(folder).finished())


def forget(folder, *beginnings):
    """Leave a run folder as if transcripts whose ids begin so had never been finished, but those coded with them had."""
    for bundle in bundles_in(folder / PARTS):
        places, notes = places_in(bundle), notes_in(bundle)
        if not any(name.startswith(beginnings) for name in places):
            continue
        kept = [
            Part(
                name,
                place.group,
                {table: pa.concat_tables(TableReader(table).rows([place])) for table in SCHEMAS},
                notes[name],
                {},
            )
            for name, place in places.items()
            if not name.startswith(beginnings)
        ]
        shutil.rmtree(bundle)
        if kept:
            RunFolder(folder).save_parts(kept)
