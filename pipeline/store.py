"""What a run keeps, and how files are written safely: the tables of the design, as Parquet. `pipeline.run_folder` writes them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.errors import ThemesError
from pipeline.types import Transcript

TRANSCRIPTS, SEGMENTS, THEMES, ATTITUDES, REVIEW = "transcripts", "segments", "themes", "attitudes", "review"
MANIFEST = "manifest.json"
PARTS = "parts"
REPORT = "report.html"
LOCK = ".lock"

_PROBABILITY = pa.float64()
_LABEL = pa.dictionary(pa.int32(), pa.string())

SCHEMAS: dict[str, pa.Schema] = {
    TRANSCRIPTS: pa.schema(
        [
            ("transcript_id", pa.string()),
            ("path", pa.string()),
            ("sha256", pa.string()),
            ("format", pa.string()),
            ("status", pa.string()),
            ("error", pa.string()),
            ("text", pa.large_string()),
            ("attributes", pa.string()),
        ]
    ),
    SEGMENTS: pa.schema(
        [
            ("transcript_id", pa.string()),
            ("segment_id", pa.string()),
            ("turn", pa.int32()),
            ("speaker", pa.string()),
            ("role", pa.string()),
            ("start", pa.int64()),
            ("end", pa.int64()),
            ("start_time", pa.float64()),
            ("end_time", pa.float64()),
            ("text", pa.large_string()),
        ]
    ),
    THEMES: pa.schema(
        [
            ("segment_id", pa.string()),
            ("code", _LABEL),
            ("probability", _PROBABILITY),
            ("assigned", pa.bool_()),
        ]
    ),
    ATTITUDES: pa.schema(
        [
            ("segment_id", pa.string()),
            ("start", pa.int64()),
            ("end", pa.int64()),
            ("mention", pa.string()),
            ("partner_type", pa.string()),
            ("attitude", pa.string()),
            ("negative", _PROBABILITY),
            ("neutral", _PROBABILITY),
            ("positive", _PROBABILITY),
        ]
    ),
    REVIEW: pa.schema(
        [
            ("segment_id", pa.string()),
            ("uncertainty", _PROBABILITY),
            ("review", pa.bool_()),
        ]
    ),
}


def transcript_row(transcript: Transcript) -> dict[str, Any]:
    """A coded transcript's row; `attributes` is JSON, those of single speakers under `speakers`."""
    attributes: dict[str, Any] = dict(transcript.attributes)
    if transcript.speakers:
        attributes["speakers"] = {name: dict(values) for name, values in transcript.speakers.items()}
    return {
        "transcript_id": transcript.transcript_id,
        "path": transcript.path,
        "sha256": transcript.sha256,
        "format": transcript.format,
        "status": "coded",
        "error": None,
        "text": transcript.text,
        "attributes": json.dumps(attributes, ensure_ascii=False, sort_keys=True),
    }


def failure_row(path: str, status: str, error: str, sha256: str | None = None) -> dict[str, Any]:
    """The row of an input that was not coded."""
    return dict.fromkeys(SCHEMAS[TRANSCRIPTS].names) | {
        "path": path,
        "sha256": sha256,
        "status": status,
        "error": error,
    }


@dataclass(frozen=True, slots=True)
class Part:
    """All that a run keeps of one coded transcript; it can be sent from process to process.

    Attributes:
        group: the group of transcripts that it was coded in.
        tables: one of each of `SCHEMAS`; texts may be dictionary-coded.
        notes: for the manifest.
        seconds: spent on each step.
    """

    transcript_id: str
    group: str
    tables: Mapping[str, pa.Table]
    notes: Mapping[str, Any]
    seconds: Mapping[str, float]


@contextmanager
def told_if_damaged(file: Path, remedy: str) -> Iterator[None]:
    """Name a file of a run that was cut short or garbled (copied in part, say), and what to do about it.

    Raises:
        ThemesError: within it a Parquet or JSON file could not be understood, or was not there.
    """
    try:
        yield
    except (pa.ArrowInvalid, pa.ArrowTypeError, ValueError, TypeError, KeyError) as error:
        raise ThemesError("is damaged", path=file, remedy=remedy) from error
    except FileNotFoundError as error:
        raise ThemesError("is missing", path=file, remedy=remedy) from error
    except OSError as error:
        if error.errno is not None:  # the disk's; Arrow has this class for broken files too
            raise
        raise ThemesError("is damaged", path=file, remedy=remedy) from error


def make_private(folder: Path) -> None:
    """Make a folder that only its owner may enter: it will hold what people said in confidence."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def write_atomically(path: Path, text: str) -> None:
    """Write a text file so that a reader sees the old one or the new one, never a part."""
    write_bytes_atomically(path, text.encode())


def write_bytes_atomically(path: Path, content: bytes) -> None:
    """As `write_atomically`, for bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(path.name + ".tmp")
    with aside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
