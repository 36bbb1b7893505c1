"""Reading a foreign file's bytes and JSON, with an error that the user can do something about."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from pipeline.errors import UnreadableInput
from pipeline.ingest.decode import decode
from pipeline.ingest.reading import MAX_BYTES

_AGAIN = "export it again"
_ESCAPED = re.compile(r"\\u[dD][89a-fA-F]")
_HALF = re.compile("[\ud800-\udfff]")
_HUGE = 2**53


def bytes_of(path: Path) -> bytes:
    """A file's content.

    Raises:
        UnreadableInput: it cannot be read, is empty, or too large.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UnreadableInput(
                f"larger than the limit of {MAX_BYTES:,} bytes", path=path, remedy="export it in parts"
            )
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableInput(f"cannot be read: {error.strerror}", path=path, remedy="check the path") from error
    if not data.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        raise UnreadableInput("the file is empty", path=path, remedy=_AGAIN)
    return data


def text_of(path: Path) -> str:
    """A text file's content, line ends as `\\n`.

    Raises:
        UnreadableInput: as `bytes_of`, or it is no text.
    """
    try:
        return decode(bytes_of(path))[0]
    except UnreadableInput as error:
        raise UnreadableInput(error.problem, path=path, remedy=error.remedy) from error


def json_of(path: Path) -> Any:
    """What a JSON file holds.

    Raises:
        UnreadableInput: as `text_of`, or it is no JSON.
    """
    return parsed(text_of(path), path)


def parsed(text: str, path: Path, line: int = 1) -> Any:
    """What a piece of JSON says that starts in a line of a file.

    Raises:
        UnreadableInput: it is none.
    """
    try:
        content = json.loads(text)
        return _whole(content) if _ESCAPED.search(text) else content
    except json.JSONDecodeError as error:
        place = f"line {line + error.lineno - 1}, column {error.colno}"
        raise UnreadableInput(f"no JSON: {error.msg}", path=path, place=place, remedy=_AGAIN) from error
    except (ValueError, RecursionError) as error:
        raise UnreadableInput("JSON with impossible numbers, or nested too deep", path=path, remedy=_AGAIN) from error


def _whole(content: Any) -> Any:
    """The same with lone halves of surrogate pairs, which no file can hold, as the sign for a lost character; offsets stay."""
    if isinstance(content, str):
        return _HALF.sub("\ufffd", content)
    if isinstance(content, list):
        return [_whole(item) for item in content]
    if isinstance(content, dict):
        return {_whole(key): _whole(value) for key, value in content.items()}
    return content


def number(value: Any) -> int:
    """An offset or id as SQLite or JSON gives it, which may be text or a float; -1 where it is none."""
    try:
        found = int(float(value))
    except (TypeError, ValueError, OverflowError):
        return -1
    return found if abs(found) < _HUGE else -1
