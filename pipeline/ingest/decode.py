"""Bytes to text: the byte order mark and the line ends are settled here and nowhere else."""

from __future__ import annotations

from pipeline.errors import UnreadableInput

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


def decode(data: bytes) -> tuple[str, list[str]]:
    """Decode a text file; returns its text with `\\n` line ends and no byte order mark, and warnings."""
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableInput("not valid " + encoding, place=f"byte {error.start}") from error
    return text.replace("\r\n", "\n").replace("\r", "\n"), []
