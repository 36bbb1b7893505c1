"""What is wrong with a codebook, told of codes by name, number and line, in words for those who write codebooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import clipped
from pipeline.plural import listed

TWICE = "code_twice"
"""The type of the fault that a name is given to two codes, which is told here with the places."""

Location = tuple[int | str, ...]
Line = Callable[[Location], int | None]

_LISTS = {"themes": "theme", "codes": "code"}
_LIST_OF = {"codes": "each code begins with `- name: `", "themes": "each theme begins with `- name: `"}
_QUOTES = "put it in quotes"
_LONGEST = 32  # characters quoted


def tell_of(path: Path, *, yaml_file: bool) -> Callable[[Mapping[str, Any], Sequence[Any]], list[str]]:
    """Makes sentences of a codebook's content and the faults that pydantic found in it.

    Args:
        yaml_file: whether lines can be told; they are looked up only where there is a fault.
    """

    def tell(content: Mapping[str, Any], errors: Sequence[Any]) -> list[str]:
        line = _lines_of(path) if yaml_file else _no_line
        found = [
            f"{_where(fault['loc'], content, line)}{_problem(fault)}" for fault in errors if fault["type"] != TWICE
        ]
        return found + _twice(content, line)

    return tell


def _no_line(_: Location) -> None:
    return None


def _lines_of(path: Path) -> Line:
    root = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)

    def line(location: Location) -> int | None:
        node, mark = root, None
        for part in location:
            if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
                mark = node.start_mark
            elif isinstance(node, yaml.MappingNode):
                pair = next((pair for pair in node.value if pair[0].value == part), None)
                if pair is None:
                    break
                mark, node = pair[0].start_mark, pair[1]
        return None if mark is None else mark.line + 1

    return line


def _where(location: Location, content: Any, line: Line) -> str:
    """`code 2 'family', line 5: `."""
    parts = _items(location, content)
    at = line(location)
    if not parts:
        return "top level: " if at is None else f"line {at}: "
    return ", ".join(parts if at is None else [*parts, f"line {at}"]) + ": "


def _items(location: Location, content: Any) -> list[str]:
    """The theme and the code that a place is in."""
    parts: list[str] = []
    for key, place in pairwise(location):
        if key not in _LISTS or not isinstance(place, int):
            continue
        content = _part(_part(content, str(key)), place)
        name = _part(content, "name")
        parts.append(
            f"{_LISTS[str(key)]} {place + 1}" + (f" {_short(name)!r}" if name and isinstance(name, str) else "")
        )
    return parts


def _short(text: str) -> str:
    return clipped(text, _LONGEST)


def _part(content: Any, key: str | int) -> Any:
    """What stands under a key; also of a code that is made already, as from a table."""
    if isinstance(key, int):
        return content[key] if isinstance(content, Sequence) and key < len(content) else None
    return content.get(key) if isinstance(content, Mapping) else getattr(content, key, None)


def _problem(fault: Any) -> str:
    location, kind, given = fault["loc"], fault["type"], fault["input"]
    fields = [str(part) for part in location if isinstance(part, str)]
    field = _short(fields[-1]) if fields else ""
    in_list = bool(location) and isinstance(location[-1], int)
    if kind == "extra_forbidden":
        return f"unknown key {field!r}"
    if kind == "missing":
        return f"{field} is missing"
    if given is None and field not in _LIST_OF:
        return f"{field} is empty (write it, or leave the line out)"
    if kind == "string_type" and not in_list:
        what = (
            "a mapping" if isinstance(given, Mapping) else "a list" if isinstance(given, list) else _short(repr(given))
        )
        return f"{field} is {what}, not text ({_QUOTES})"
    if kind == "string_pattern_mismatch" and field == "name":
        told = "is empty" if not given else "begins or ends with a space, or holds `;`, `|` or a line end"
        return f"name {_short(given)!r} {told}"
    if kind == "string_pattern_mismatch" and field == "colour":
        return f"colour {_short(given)!r} is not of the form '#1a2b3c'"
    if kind in ("model_type", "dict_type") and in_list:
        return f"is {_short(repr(given))}, not a mapping of keys to values (write `- name: …`, and the rest below it)"
    if kind in ("tuple_type", "too_short") and field in _LIST_OF:
        return f"{field} {'is empty' if not given else 'is no list'} ({_LIST_OF[field]})"
    if kind == "string_too_long":
        return f"{field} is longer than {fault['ctx']['max_length']} characters"
    said = str(fault["msg"]).removeprefix("Value error, ")
    return f"{field}: {said}" if field else said


def _twice(content: Mapping[str, Any], line: Line) -> list[str]:
    """Names that are given to several codes, with where they stand."""
    places: dict[str, list[Location]] = {}
    for location, code in _codes(content):
        name = _part(code, "name")
        if isinstance(name, str):
            places.setdefault(name, []).append(location)
    return [
        f"code {_short(name)!r} is given {'twice' if len(at) == 2 else f'{len(at)} times'} "
        f"({listed([_told(location, line) for location in at])})"
        for name, at in places.items()
        if len(at) > 1
    ]


def _told(location: Location, line: Line) -> str:
    number, at = " ".join(_items(location, {})), line(location)
    return number.replace(" code", ", code") if at is None else f"line {at}"


def _codes(content: Any, above: Location = ()) -> Iterator[tuple[Location, Any]]:
    for key in _LISTS:
        items = _part(content, key)
        if not isinstance(items, (list, tuple)):
            continue
        for place, item in enumerate(items):
            location = (*above, key, place)
            if key == "codes":
                yield location, item
            else:
                yield from _codes(item, location)
