"""Damage that leaves a file in good form, so that it gets past the syntax: values of JSON, XML, tables and databases."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from contextlib import closing, suppress
from copy import deepcopy
from random import Random
from typing import Any

from lxml import etree

_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 3, 1e308, -1e308, float("nan"), float("inf"), 10**30, "", " ", "0", "-5", "NaN", "9" * 400,
    "x" * 5000, "00:00:10", "👩‍👩‍👧 \ud800", "\u2028", "\x00", "1.2.3", [], {}, [[]], [None], {"text": None}, [[[[[]]]]],
)  # fmt: skip
_TEXTS = tuple(str(value).replace("\x00", "").replace("\ud800", "") for value in _VALUES)
_CELLS = (None, True, 1e308, float("inf"), 0, -1, 10**18, b"\xff\x00", *_TEXTS)
_SQLITE = b"SQLite format 3\0"
_LONGEST_ROWS = 20_000


def change_json(random: Random, data: bytes) -> bytes:
    """Values of a JSON (or of a line of JSON) become others, go, or come twice."""
    lines = data.split(b"\n") if data[:1] == b"{" and b"}\n{" in data else [data]
    at = random.randrange(len(lines))
    try:
        content = json.loads(lines[at])
    except (ValueError, RecursionError):
        return data
    for _ in range(random.choice((1, 1, 3, 10))):
        places = list(_places(content))
        if places:
            _change(random, *random.choice(places))
    lines[at] = json.dumps(content).encode()
    return b"\n".join(lines)


def _places(content: Any) -> list[tuple[Any, Any]]:
    """Every container with each of its keys."""
    found: list[tuple[Any, Any]] = []
    waiting = [content]
    while waiting:
        one = waiting.pop()
        keys = list(one) if isinstance(one, dict) else list(range(len(one))) if isinstance(one, list) else []
        found += [(one, key) for key in keys]
        waiting += [one[key] for key in keys]
    return found


def _change(random: Random, holder: Any, key: Any) -> None:
    way = random.randrange(5)
    if way == 0:
        del holder[key]
    elif way == 1 and isinstance(holder, list):
        holder.insert(key, holder[key])
    elif way == 2:
        holder[key] = [holder[key]]
    else:
        holder[key] = deepcopy(random.choice(_VALUES))


def change_elements(random: Random, data: bytes) -> bytes:
    """Elements of an XML go, come twice, move; attributes and texts become others."""
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))
    except (etree.XMLSyntaxError, ValueError):
        return data
    for _ in range(random.choice((1, 1, 3, 10))):
        elements = [element for element in root.iter() if isinstance(element.tag, str) and element is not root]
        if elements:
            _change_element(random, random.choice(elements), random.choice(elements))
    found: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return found


def _change_element(random: Random, one: Any, other: Any) -> None:
    way = random.randrange(6)
    parent = one.getparent()
    if way == 0 and parent is not None:
        parent.remove(one)
    elif way == 1 and parent is not None:
        one.addnext(deepcopy(one))
    elif way == 2 and one not in other.iterancestors() and one is not other:
        other.append(one)
    elif way == 3 and one.attrib:
        one.attrib.pop(random.choice(list(one.attrib)))
    elif way == 4 and one.attrib:
        name = random.choice(list(one.attrib))
        one.set(name, random.choice((*_TEXTS, other.get(name, ""))))
    else:
        with suppress(ValueError):
            one.text = random.choice(_TEXTS)


def change_cells(random: Random, data: bytes) -> bytes:
    """Cells of a CSV become others; columns and rows go or come twice."""
    try:
        rows = list(csv.reader(io.StringIO(data.decode(), newline="")))
    except (csv.Error, UnicodeDecodeError):
        return data
    if not rows or len(rows) > _LONGEST_ROWS:
        return data
    for _ in range(random.choice((1, 3, 30))):
        row = random.choice(rows)
        if row:
            row[random.randrange(len(row))] = random.choice(_TEXTS)
    if random.random() < 0.3:
        column = random.randrange(max(1, len(rows[0])))
        rows = [row[:column] + row[column + 1 :] * random.choice((1, 2)) for row in rows]
    if random.random() < 0.3:
        rows.insert(random.randrange(len(rows)), random.choice(rows))
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def change_database(random: Random, data: bytes) -> bytes:
    """Values of a database become others, rows go or come twice."""
    try:
        with closing(sqlite3.connect(":memory:")) as base:
            base.deserialize(data)
            base.execute("PRAGMA journal_mode = MEMORY")
            names = [name for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for _ in range(random.choice((1, 3, 20))):
                _change_row(random, base, random.choice(names))
            base.commit()
            return base.serialize()
    except (sqlite3.Error, IndexError, OverflowError):
        return data


def _change_row(random: Random, base: sqlite3.Connection, table: str) -> None:
    columns = [row[1] for row in base.execute(f'PRAGMA table_info("{table}")')]
    count = base.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]
    if not count or not columns:
        return
    at = f'rowid = (SELECT rowid FROM "{table}" LIMIT 1 OFFSET {random.randrange(count)})'
    column = random.choice(columns)
    with suppress(sqlite3.IntegrityError):
        if random.random() < 0.2:
            base.execute(f'DELETE FROM "{table}" WHERE {at}')
        elif random.random() < 0.3:
            base.execute(f'INSERT INTO "{table}" SELECT * FROM "{table}" WHERE {at}')
        elif random.random() < 0.5:  # what another row has there: circles, doubles, codings of the wrong text
            other = f'(SELECT "{column}" FROM "{table}" LIMIT 1 OFFSET {random.randrange(count)})'
            base.execute(f'UPDATE "{table}" SET "{column}" = {other} WHERE {at}')
        else:
            base.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE {at}', (random.choice(_CELLS),))


def structural(data: bytes) -> list[Any]:
    """The ways that fit a file, by its first bytes."""
    head = data[:200].lstrip(b"\xef\xbb\xbf \r\n\t")
    if head.startswith(_SQLITE):
        return [change_database]
    if head[:1] in {b"{", b"["}:
        return [change_json]
    if head[:1] == b"<":
        return [change_elements]
    return [change_cells] if data[:200].count(b",") > 2 else []
