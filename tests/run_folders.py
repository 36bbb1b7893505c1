"""Run folders as tests compare them."""

import pyarrow.parquet as pq

from pipeline.store import SCHEMAS


def tables(folder):
    return {name: pq.read_table(folder / f"{name}.parquet") for name in SCHEMAS}


def rows(folder):
    return {name: table.to_pylist() for name, table in tables(folder).items()}


def assert_same(one, other):
    for name, table in tables(one).items():
        assert table.equals(tables(other)[name]), name
