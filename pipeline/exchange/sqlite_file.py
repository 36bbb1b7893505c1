"""Projects that are SQLite databases: opened for reading only, checked to hold the tables that are expected."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from pipeline.errors import UnreadableInput

_HEAD = b"SQLite format 3\0"
MOST_ROWS = 2_000_000


class Database:
    """An open database, whose rows are dictionaries."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def columns(self) -> dict[str, set[str]]:
        """The columns of each table."""
        names = [row[0] for row in self._connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: {row[1] for row in self._connection.execute(f"PRAGMA table_info({_quoted(name)})")} for name in names
        }

    def rows(self, table: str, order: str) -> Iterator[dict[str, Any]]:
        """All rows of a table in the order of a column.

        Raises:
            UnreadableInput: there are more than anybody can have coded.
        """
        cursor = self._connection.execute(f"SELECT * FROM {_quoted(table)} ORDER BY {_quoted(order)}")
        for count, row in enumerate(cursor):
            if count >= MOST_ROWS:
                raise UnreadableInput(
                    f"the table {table} has more than {MOST_ROWS:,} rows", remedy="is it the right file?"
                )
            yield dict(row)


@contextmanager
def open_database(path: Path, tables: Mapping[str, Collection[str]], program: str) -> Iterator[Database]:
    """Open a database that has these tables with these columns.

    Raises:
        UnreadableInput: it is none, is damaged, or is another program's.
    """
    try:
        with closing(_connect(path)) as connection:
            database = Database(connection)
            _check(database.columns(), tables, program)
            yield database
    except sqlite3.Error as error:
        raise UnreadableInput(
            f"the database is damaged or cannot be opened: {error}", path=path, remedy="copy or export it again"
        ) from error
    except UnreadableInput as error:
        raise UnreadableInput(error.problem, path=path, place=error.place, remedy=error.remedy) from error


def has_tables(path: Path, tables: Collection[str]) -> bool:
    """Whether a file is a database with these tables."""
    try:
        with closing(_connect(path)) as connection:
            return set(tables) <= set(Database(connection).columns())
    except (sqlite3.Error, OSError, UnreadableInput):
        return False


def text(value: Any) -> str:
    """A cell as text; "" where it is empty."""
    return "" if value is None else str(value)


def _connect(path: Path) -> sqlite3.Connection:
    try:
        with path.open("rb") as file:
            head = file.read(len(_HEAD))
    except OSError as error:
        raise UnreadableInput(f"cannot be read: {error.strerror}", remedy="check the path") from error
    if head != _HEAD:
        raise UnreadableInput("no SQLite database", remedy="export the project again, as SQLite")
    # Without a log beside it nothing can be missing from the file itself, and nothing is written to its folder.
    log = path.with_name(path.name + "-wal")
    options = "mode=ro" if log.exists() else "mode=ro&immutable=1"
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?{options}", uri=True)
    connection.row_factory = sqlite3.Row
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


def _check(found: Mapping[str, Collection[str]], tables: Mapping[str, Collection[str]], program: str) -> None:
    for table, columns in tables.items():
        missing = [column for column in columns if column not in found.get(table, ())]
        if table not in found or missing:
            what = f"the column {missing[0]} of the table {table}" if table in found else f"the table {table}"
            raise UnreadableInput(
                f"a database without {what}, so not a project of {program} that is known",
                remedy=f"is it another program's? Else open it in the current {program} and export it again",
            )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
