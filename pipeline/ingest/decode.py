"""Bytes to text: the encoding, the byte order mark and the line ends are settled here and nowhere else."""

from __future__ import annotations

import codecs
import re

from pipeline.errors import UnreadableInput

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_SAMPLE = 64_000
"""Bytes that the guess is made from: more would cost minutes on a large file and change nothing."""
_HIGH = re.compile(rb"[\x80-\xff]")
_MULTIBYTE = re.compile(rb"[\xc2-\xf4][\x80-\xbf]{1,3}")
_MAC_APOSTROPHE = re.compile(rb"[A-Za-z]\xd5(?:s|t|m|re|ve|ll|d)\b")
_NOT_WESTERN = re.compile(
    r"(?<=[^\W\d_])[\u00a1-\u00b6\u00b8-\u00bf\u00d7\u00f7\u2020-\u2022\u2030\ufffd](?=[^\W\d_])|[\u00de\u00fe\u00f0]"
)
_JUNK = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_JUNK_SHARE = 0.002
_A_FEW, _OF_FEW = 3, 0.05
"""So many control characters are in short texts too (a small gold table of a transcript that holds one), up to that share."""
SAVE_AS_CSV = "save it as CSV UTF-8, and nothing is guessed"
"""What to do about a guess at a table's encoding."""
_RESAVE = "open it in the program that made it and save it as plain text in UTF-8"


def decode(data: bytes) -> tuple[str, list[str]]:
    """Decode a text file; returns its text with `\\n` line ends and no byte order mark, and warnings.

    Raises:
        UnreadableInput: for binary data and for bytes that fit no encoding.
    """
    text, warnings = decode_as_stored(data)
    return text.replace("\r\n", "\n").replace("\r", "\n"), warnings


def decode_as_stored(data: bytes) -> tuple[str, list[str]]:
    """As `decode`, with the line ends that the file has: for offsets that count them."""
    text, warnings = _decode(data)
    junk, length = len(_JUNK.findall(text[:_SAMPLE])), min(len(text), _SAMPLE)
    if junk > _JUNK_SHARE * length and (junk > _A_FEW or junk > _OF_FEW * length):
        raise UnreadableInput("this is not text: it is full of control characters", remedy=_RESAVE)
    return text, warnings


def _decode(data: bytes) -> tuple[str, list[str]]:
    marked = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    if marked:
        return _decode_marked(data, marked)
    wide = _wide_without_mark(data)
    if wide:
        return data.decode(wide), [f"no byte order mark; read as {wide.upper()} by the pattern of its zero bytes"]
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError as error:
        if _mostly_utf8(data):
            return _decode_with_strays(data, error.start)
    return _decode_guessed(data)


def _decode_marked(data: bytes, encoding: str) -> tuple[str, list[str]]:
    try:
        return data.decode(encoding), []
    except UnicodeDecodeError as error:
        name = encoding.removesuffix("-sig").upper()
        raise UnreadableInput(
            f"the file says that it is {name}, but is not valid {name}",
            place=f"byte {error.start}",
            remedy=f"the file may be cut off or damaged; {_RESAVE}",
        ) from error


def _wide_without_mark(data: bytes) -> str | None:
    """UTF-16 without a mark shows as a zero in every other byte of Latin text."""
    sample = data[:_SAMPLE]
    if len(sample) < 4 or len(data) % 2 or b"\x00" not in sample:
        return None
    half = len(sample) / 2
    even, odd = sample[0::2].count(0) / half, sample[1::2].count(0) / half
    for encoding, zeros, letters in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if zeros > 0.4 and letters < 0.02:
            try:
                data.decode(encoding)
            except UnicodeDecodeError:
                continue
            return encoding
    return None


def _mostly_utf8(data: bytes) -> bool:
    """Whether a file that is not valid UTF-8 is UTF-8 all the same, but for a few stray bytes."""
    matched = sum(len(match) for match in _MULTIBYTE.findall(data))
    strays = len(_HIGH.findall(data)) - matched
    return matched > 20 * strays


def _decode_with_strays(data: bytes, first: int) -> tuple[str, list[str]]:
    text = data.decode("utf-8", errors="stray-windows-1252")
    return text, [
        f"a few bytes are not UTF-8 (the first is byte {first}) and were read as Windows-1252; "
        "the file may have been joined from several, or cut off"
    ]


def _stray(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", errors="replace"), error.end


codecs.register_error("stray-windows-1252", _stray)


def _decode_guessed(data: bytes) -> tuple[str, list[str]]:
    """Neither marked nor UTF-8: Windows-1252 where it fits Western text, else charset-normalizer's judgement."""
    for encoding in _guesses(data):
        try:
            text = data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
        name = "Windows-1252" if encoding == "cp1252" else encoding
        return text, [f"not UTF-8; read as {name}, which is a guess: check accents and apostrophes"]
    raise UnreadableInput("no known text encoding fits this file", remedy=_RESAVE)


def _guesses(data: bytes) -> list[str]:
    """Encodings to try, the likeliest first."""
    if b"\x92" not in data and _MAC_APOSTROPHE.search(data):
        return ["mac_roman"]
    if _looks_western(_sample(data)):
        return ["cp1252", *_judged(data)]
    return [*_judged(data), "cp1252"]


def _sample(data: bytes) -> bytes:
    """From the first high byte's line on, as a long plain stretch says nothing of the encoding."""
    first = _HIGH.search(data)
    start = data.rfind(b"\n", 0, first.start() if first else 0) + 1
    start = max(start, (first.start() if first else 0) - _SAMPLE // 2)
    return data[start : start + _SAMPLE]


def _looks_western(sample: bytes) -> bool:
    """Whether Windows-1252 gives words: few high characters, and no signs or rare letters inside words.

    Statistics over bytes (charset-normalizer's) cannot tell Windows-1252 from 1250 in English or French; signs
    inside words can, as Polish read so is full of `\u00b3` and `\u00b9`.
    """
    high = len(_HIGH.findall(sample))
    text = sample.decode("cp1252", errors="replace")
    return high < 0.15 * len(sample) and len(_NOT_WESTERN.findall(text)) <= 0.02 * high


def _judged(data: bytes) -> list[str]:
    from charset_normalizer import from_bytes

    best = from_bytes(_sample(data)).best()
    return [best.encoding] if best and best.encoding not in {"ascii", "utf_8"} else []
