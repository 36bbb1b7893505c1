"""What a run remembers of its table of attributes, so that a changed one can be told by what has changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.errors import clipped
from pipeline.ingest import AttributesTable

_SHOWN = 3
_LONGEST = 40


def remembered(table: AttributesTable | None) -> dict[str, Any] | None:
    """The table as the manifest keeps it; None where there is none."""
    if table is None:
        return None
    rows = [[row.line, row.transcript, row.speaker, dict(row.values)] for row in table.rows]
    return {"path": table.path, "rows": rows}


def is_same(before: Mapping[str, Any], now: Mapping[str, Any] | None) -> bool:
    """Whether two manifests' tables say the same, in whatever way they were saved."""
    old = before.get("attributes")
    return old is not None and now is not None and old["rows"] == now["rows"]


def changes(before: Mapping[str, Any], now: Mapping[str, Any] | None) -> str:
    """In words how the table differs from that of an earlier manifest, the first few differences; empty where it is not known.

    Args:
        before: the earlier manifest.
        now: as `remembered`.
    """
    old = before.get("attributes")
    if now is None:
        path = f" ({clipped(old['path'])})" if old else ""
        return f"it was begun with a table of attributes{path}, and none is given now"
    if before.get("attributes_sha256") is None:
        return "it was begun without any"
    if old is None:  # an older version's
        return ""
    found = list(_changes(_by_key(old), _by_key(now)))
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    told = f"{'; '.join(found[:_SHOWN])}{more}" if found else "its rows stand on other lines"
    renamed = f", and the table was {clipped(old['path'])}" if old["path"] != now["path"] else ""
    return f"{told}{renamed}"


_Key = tuple[str, str | None]
_Table = dict[_Key, dict[str, str]]


def _by_key(table: Mapping[str, Any]) -> _Table:
    """The values by transcript and speaker; of several rows of one the last counts, as it does in a run."""
    rows: _Table = {}
    for _, transcript, speaker, values in table["rows"]:
        rows.setdefault((transcript, speaker), {}).update(values)
    return rows


def _changes(old: _Table, new: _Table) -> Iterator[str]:
    columns = [{name for values in table.values() for name in values} for table in (old, new)]
    yield from (f"there is a new column {_quoted(name)}" for name in sorted(columns[1] - columns[0]))
    yield from (f"the column {_quoted(name)} is gone" for name in sorted(columns[0] - columns[1]))
    both = columns[0] & columns[1]
    for key in sorted({*old, *new}, key=lambda key: (key[0], key[1] or "")):
        who = clipped(key[0], _LONGEST) + (f" ({clipped(key[1], _LONGEST)})" if key[1] else "")
        if key not in old or key not in new:
            yield f"{who} has a row now" if key in new else f"{who} has no row any more"
            continue
        for name in sorted(both):
            was, now = old[key].get(name), new[key].get(name)
            if was != now:
                yield f"{name} of {who} is {_quoted(now)}, and was {_quoted(was)}"


def _quoted(value: str | None) -> str:
    return "empty" if value is None else repr(clipped(value, _LONGEST))
