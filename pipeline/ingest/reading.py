"""One file to one `Transcript`: bytes once, the reader by suffix and content, then roles and attributes."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from pipeline.errors import NotATranscript, UnreadableInput, printable
from pipeline.ingest import several
from pipeline.ingest.archives import place_in_archive, read_member
from pipeline.ingest.attributes import AttributesTable
from pipeline.ingest.draft import Draft
from pipeline.ingest.registry import BY_NAME, BY_SUFFIX, Format
from pipeline.ingest.roles import reasons, with_roles
from pipeline.ingest.sniff import FORMAT_OF_KIND, kind_of, may_be, remedy_for
from pipeline.types import Role, Stretch, Transcript, Turn

MAX_BYTES = 100_000_000
_LONGEST_SLUG = 60
_CAPTIONS = {
    "vtt": re.compile(rb"(?:\xef\xbb\xbf)?WEBVTT\b"),
    "srt": re.compile(rb"(?:\xef\xbb\xbf)?\s{0,20}\d+\s{1,4}\d\d:\d\d:\d\d,\d{3} --> "),
}
_LETTERS = str.maketrans(
    {
        "ß": "ss",
        "æ": "ae",
        "Æ": "AE",
        "œ": "oe",
        "Œ": "OE",
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "đ": "d",
        "Đ": "D",
        "þ": "th",
        "ð": "d",
        "ı": "i",
    }
)


def read_transcript(
    path: str | Path,
    *,
    roles: Mapping[str, Role] | None = None,
    attributes: AttributesTable | None = None,
    max_bytes: int = MAX_BYTES,
) -> Transcript:
    """Read one transcript.

    Args:
        path: the file; its suffix says the format, its content is checked.
        roles: label patterns (`Interviewer*`) and the roles that the user gives them; they win over all else.
        attributes: laid over those that the file itself gives.
        max_bytes: larger files are refused.

    Raises:
        UnreadableInput: saying what is wrong with the file and what to do about it.
    """
    return read_with_reasons(path, roles=roles, attributes=attributes, max_bytes=max_bytes).transcript


@dataclass(frozen=True, slots=True)
class Reading:
    """A transcript, and how its file was understood.

    Attributes:
        reasons: how each speaker's role was decided, in words for the user.
        columns: of a table, which of its columns was taken for what.
    """

    transcript: Transcript
    reasons: dict[str, str]
    columns: dict[str, str]


def read_with_reasons(
    path: str | Path,
    *,
    roles: Mapping[str, Role] | None = None,
    attributes: AttributesTable | None = None,
    max_bytes: int = MAX_BYTES,
) -> Reading:
    """As `read_transcript`, and with it how the file was understood."""
    path = Path(path)
    doubts: list[str] = []
    try:
        data = _bytes(path, max_bytes)
        format_, doubts = _format(path, data)
        draft = format_.load()(data)
        if not any(character.isalnum() for character in draft.text):
            raise UnreadableInput("there are no words in it", remedy="check that it is the right file")
    except UnreadableInput as error:
        problem = "; ".join((*doubts, error.problem))
        raise type(error)(problem, path=path, place=error.place, remedy=error.remedy) from error
    draft = replace(draft, warnings=(*doubts, *draft.warnings))
    transcript = _transcript(path, hashlib.sha256(data).hexdigest(), format_, draft, roles, attributes)
    why = reasons(transcript.turns, transcript.text, hints=draft.roles, settings=roles)
    return Reading(transcript, why, dict(draft.columns))


def identify(path: str | Path, max_bytes: int = MAX_BYTES) -> tuple[str, str, int]:
    """The id that `read_transcript` would give a file, its sha256 and its size, without reading it as a transcript.

    Raises:
        UnreadableInput: it is missing, unreadable, empty or too large.
    """
    path = Path(path)
    data = _bytes(path, max_bytes)
    sha256 = hashlib.sha256(data).hexdigest()
    return transcript_id(path.stem, sha256), sha256, len(data)


def check_content(path: Path, max_bytes: int = MAX_BYTES) -> None:
    """Look into a file that may be anything, such as a table in a folder.

    Raises:
        NotATranscript: it is sound, but something else; whatever else is wrong with it is told when it is read.
    """
    try:
        data = _bytes(path, max_bytes)
        _format(path, data)[0].load()(data)
    except NotATranscript:
        raise
    except Exception:
        return


def transcripts_in_table(path: Path, max_bytes: int = MAX_BYTES) -> list[Path]:
    """The paths of a table's transcripts, where it holds several; none for anything else, whatever is wrong with it."""
    if path.suffix.lower() not in several.SUFFIXES:
        return []
    try:
        return [path / f"{name}{several.MEMBER}" for name in _split(path, _stamp(path), max_bytes)]
    except Exception:  # what is wrong with a file is told when it is read
        return []


@lru_cache(maxsize=2)
def _split(table: Path, stamp: tuple[int, int], max_bytes: int) -> dict[str, bytes]:
    """A table's transcripts; kept, as those of one table are asked for one after another."""
    return several.split(_bytes(table, max_bytes))


def _stamp(table: Path) -> tuple[int, int]:
    """What changes with the file that a table is, or lies in."""
    member = place_in_archive(table)
    status = (member[0] if member else table).stat()
    return status.st_mtime_ns, status.st_size


def unattributed_share(transcript: Transcript) -> float:
    """The share of the speech, by characters, whose speaker is not known; 0 where there is no speech."""
    total = unknown = 0
    for turn in transcript.turns:
        length = sum(stretch.end - stretch.start for stretch in turn.stretches)
        total += length
        unknown += length if turn.speaker is None else 0
    return unknown / total if total else 0.0


def _storable(path: Path) -> str:
    """The path as it is, unless its bytes are no UTF-8 and so cannot be written to a table."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return printable(path)
    return str(path)


def transcript_id(stem: str, sha256: str) -> str:
    """An id of plain letters, digits, `-` and `_`: the file's stem and the start of its hash."""
    plain = unicodedata.normalize("NFKD", stem.translate(_LETTERS))
    plain = plain.encode("ascii", "ignore").decode()
    slug = re.sub(r"[^A-Za-z0-9_-]+", "-", plain).strip("-")[:_LONGEST_SLUG].rstrip("-")
    return f"{slug}-{sha256[:8]}" if slug else sha256[:8]


def _bytes(path: Path, max_bytes: int) -> bytes:
    """The file's content, once, after a look at its size."""
    part = several.place_in_table(path)
    if part is not None:
        return _part_bytes(*part, max_bytes)
    member = place_in_archive(path)
    data = read_member(*member, max_bytes) if member else _file_bytes(path, max_bytes)
    if not data.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        raise UnreadableInput("the file is empty", remedy="check that it was saved and copied in full")
    return data


def _part_bytes(table: Path, name: str, max_bytes: int) -> bytes:
    try:
        parts = _split(table, _stamp(table), max_bytes)
    except OSError as error:
        raise UnreadableInput(f"cannot be read: {error.strerror or error}", remedy="check who may read it") from error
    if name not in parts:
        raise UnreadableInput("there is no such transcript in the table", remedy="check the name")
    return parts[name]


def _file_bytes(path: Path, max_bytes: int) -> bytes:
    try:
        if path.is_dir():
            raise UnreadableInput("is a folder", remedy="name the files in it, or give the folder to `themes run`")
        size = path.stat().st_size
        if size > max_bytes:
            raise UnreadableInput(
                f"{size:,} bytes are more than the limit of {max_bytes:,}",
                remedy="split it, or save it without pictures",
            )
        return path.read_bytes()
    except PermissionError as error:
        raise UnreadableInput("permission denied", remedy="check who may read the file") from error
    except FileNotFoundError as error:
        raise UnreadableInput("there is no such file", remedy="check the path") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableInput(f"cannot be read: {reason}", remedy="check the disk or copy it again") from error


def _format(path: Path, data: bytes) -> tuple[Format, list[str]]:
    """By content where the content says it, as suffixes lie, else by suffix; and a warning where the two differ."""
    suffix = path.suffix.lower()
    named = BY_SUFFIX.get(suffix)
    kind = kind_of(data)
    found = _by_content(data, kind, named)
    if found is not None and found is not named:
        if suffix == ".xml":  # which says nothing of what is in it
            return found, []
        shown = f"named {printable(suffix)}" if suffix else "without a suffix"
        return found, [
            f"the file is {shown}, but is {kind or {'txt': 'plain text'}.get(found.name, found.name)} by its content"
        ]
    if named is None:
        what = kind or printable(suffix) or "a file without suffix"
        raise UnreadableInput(f"{what} is not a format that is read", remedy=remedy_for(kind or "a file"))
    if kind is not None and found is None and not may_be(kind, named.name):
        raise UnreadableInput(f"the file is named {suffix} but is {kind}", remedy=remedy_for(kind))
    return named, []


def _by_content(data: bytes, kind: str | None, named: Format | None) -> Format | None:
    """The format that the content shows, if it shows one."""
    if named is not None and named.name in {"txt", "vtt", "srt"}:  # elsewhere, captions may be quoted
        caption = next((name for name, start in _CAPTIONS.items() if start.match(data)), None)
        if caption:
            return BY_NAME[caption]
    if kind is None and named is not None and named.name in {"doc", "rtf"}:
        return BY_NAME["txt"]  # plain text, saved by old programs under the suffix of the day
    return BY_NAME.get(FORMAT_OF_KIND.get(kind or "", ""))


def _transcript(
    path: Path,
    sha256: str,
    format_: Format,
    draft: Draft,
    settings: Mapping[str, Role] | None,
    attributes: AttributesTable | None,
) -> Transcript:
    trimmed = tuple(filter(None, (_trimmed(turn, draft.text) for turn in draft.turns)))
    turns, warnings = with_roles(trimmed, draft.text, hints=draft.roles, settings=settings)
    if not turns:
        warnings = [*warnings, "no speech was found in it"]
    transcript = Transcript(
        transcript_id=transcript_id(path.stem, sha256),
        path=_storable(path),
        sha256=sha256,
        format=format_.name,
        text=draft.text,
        turns=turns,
        attributes=draft.attributes,
        speakers=draft.speakers,
        warnings=(*draft.warnings, *warnings),
    )
    if attributes is None:
        return transcript
    own, speakers, missing = attributes.attributes_for(path, transcript)
    return replace(transcript, attributes=own, speakers=speakers, warnings=(*transcript.warnings, *missing))


def _trimmed(turn: Turn, text: str) -> Turn | None:
    """The turn with stretches that begin and end at non-space characters; None if nothing is left of it."""
    stretches = tuple(filter(None, (_tight(stretch, text) for stretch in turn.stretches)))
    return replace(turn, stretches=stretches) if stretches else None


def _tight(stretch: Stretch, text: str) -> Stretch | None:
    if not text[stretch.start].isspace() and not text[stretch.end - 1].isspace():
        return stretch
    words = text[stretch.start : stretch.end]
    start = stretch.start + len(words) - len(words.lstrip())
    end = stretch.start + len(words.rstrip())
    return replace(stretch, start=start, end=end) if start < end else None
