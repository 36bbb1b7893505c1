"""The run folder: tables as Parquet, each finished transcript safe at once.

While a run goes on, every finished transcript lies in `parts/` as a folder of its own, put there by one rename. At the end
the parts are joined, in the order of the inputs, into the tables of the design, one row group per transcript.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import ThemesError
from pipeline.types import PARTNERSHIP, CodedSegment, Segment, Transcript

TRANSCRIPTS, SEGMENTS, THEMES, ATTITUDES, REVIEW = "transcripts", "segments", "themes", "attitudes", "review"
CODING_TABLES = (SEGMENTS, THEMES, ATTITUDES, REVIEW)
MANIFEST = "manifest.json"
PARTS = "parts"
NOTES = "notes.json"
REPORT = "report.html"

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


def segment_table(segments: Sequence[Segment]) -> pa.Table:
    """Segments of every role."""
    rows = {name: [getattr(segment, name) for segment in segments] for name in SCHEMAS[SEGMENTS].names}
    rows["role"] = [segment.role.value for segment in segments]
    return pa.table(rows, schema=SCHEMAS[SEGMENTS])


def theme_table(coded: Sequence[CodedSegment]) -> pa.Table:
    """A row for each coded segment and code."""
    scores = [(item.segment.segment_id, score) for item in coded for score in item.themes]
    columns = {
        "segment_id": [segment_id for segment_id, _ in scores],
        "code": pa.array([score.code for _, score in scores], pa.string()).dictionary_encode().cast(_LABEL),
        "probability": [score.probability for _, score in scores],
        "assigned": [score.assigned for _, score in scores],
    }
    return pa.table(columns, schema=SCHEMAS[THEMES])


def review_table(coded: Sequence[CodedSegment]) -> pa.Table:
    """A row for each coded segment: how uncertain its coding is, and whether it is left to a human."""
    columns = {
        "segment_id": [item.segment.segment_id for item in coded],
        "uncertainty": [item.uncertainty for item in coded],
        "review": [item.review for item in coded],
    }
    return pa.table(columns, schema=SCHEMAS[REVIEW])


def attitude_table(coded: Sequence[CodedSegment]) -> pa.Table:
    """A row for each mention, and one without offsets for partnership as such."""
    rows = []
    for item in coded:
        for score in item.attitudes:
            mention = score.mention
            rows.append(
                {
                    "segment_id": item.segment.segment_id,
                    "start": mention.start if mention else None,
                    "end": mention.end if mention else None,
                    "mention": mention.text if mention else None,
                    "partner_type": mention.partner_type if mention else PARTNERSHIP,
                    "attitude": score.attitude.value,
                    "negative": score.negative,
                    "neutral": score.neutral,
                    "positive": score.positive,
                }
            )
    return pa.Table.from_pylist(rows, schema=SCHEMAS[ATTITUDES])


class RunFolder:
    """A run folder that is being written.

    Args:
        path: made where it does not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.parts = path / PARTS

    def manifest(self) -> dict[str, Any] | None:
        """The manifest of the run that is here, if there is one.

        Raises:
            ThemesError: there is one, but it cannot be read.
        """
        file = self.path / MANIFEST
        if not file.exists():
            return None
        try:
            content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ThemesError(
                "is damaged",
                path=file,
                remedy="start afresh with --overwrite, or name another folder with --out",
            ) from error
        return content

    def write_manifest(self, content: Mapping[str, Any]) -> None:
        """Replace the manifest at once."""
        write_atomically(self.path / MANIFEST, json.dumps(content, indent=1, ensure_ascii=False) + "\n")

    def clear(self) -> None:
        """Remove what a run has written here, and nothing else; nothing at all where no run has been (no manifest)."""
        if not (self.path / MANIFEST).exists():
            return
        shutil.rmtree(self.parts, ignore_errors=True)
        tables = [f"{table}.parquet" for table in SCHEMAS]
        # The manifest goes last: without it, what is left would be taken for somebody's files.
        for name in (*tables, *(f"{table}.tmp" for table in tables), REPORT, MANIFEST):
            (self.path / name).unlink(missing_ok=True)

    def finished(self) -> set[str]:
        """Ids of the transcripts whose parts are whole."""
        if not self.parts.is_dir():
            return set()
        return {entry.name for entry in self.parts.iterdir() if entry.is_dir() and not entry.name.endswith(".tmp")}

    def save_part(
        self,
        row: Mapping[str, Any],
        segments: Sequence[Segment],
        coded: Sequence[CodedSegment],
        notes: Mapping[str, Any],
    ) -> None:
        """Make one transcript's results safe: written aside, flushed, then renamed."""
        transcript_id = row["transcript_id"]
        aside = self.parts / f"{transcript_id}.tmp"
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        tables = {
            TRANSCRIPTS: pa.Table.from_pylist([dict(row)], schema=SCHEMAS[TRANSCRIPTS]),
            SEGMENTS: segment_table(segments),
            THEMES: theme_table(coded),
            ATTITUDES: attitude_table(coded),
            REVIEW: review_table(coded),
        }
        for name, table in tables.items():
            with (aside / f"{name}.parquet").open("wb") as file:
                pq.write_table(table, file)
                file.flush()
                os.fsync(file.fileno())
        write_atomically(aside / NOTES, json.dumps(notes, ensure_ascii=False))
        aside.rename(self.parts / transcript_id)

    def notes(self, transcript_ids: Sequence[str]) -> list[dict[str, Any]]:
        """What was noted of finished transcripts."""
        return [json.loads((self.parts / name / NOTES).read_text(encoding="utf-8")) for name in transcript_ids]

    def drop_half_written(self) -> None:
        """Remove parts that were never finished; whole ones stay, even of inputs that are not given this time."""
        if self.parts.is_dir():
            for entry in self.parts.glob("*.tmp"):
                shutil.rmtree(entry, ignore_errors=True)

    def join(self, rows: Sequence[str | Mapping[str, Any]]) -> None:
        """Write the final tables.

        Args:
            rows: in the order of the inputs, the id of a finished transcript or the row of a failure.
        """
        for name in SCHEMAS:
            target = self.path / f"{name}.parquet"
            aside = target.with_suffix(".parquet.tmp")
            with pq.ParquetWriter(aside, SCHEMAS[name]) as writer:
                for table in self._tables(name, rows):
                    writer.write_table(table)
            aside.replace(target)

    def _tables(self, name: str, rows: Sequence[str | Mapping[str, Any]]) -> Iterator[pa.Table]:
        for row in rows:
            if isinstance(row, str):
                yield pq.read_table(self.parts / row / f"{name}.parquet", schema=SCHEMAS[name])
            elif name == TRANSCRIPTS:
                yield pa.Table.from_pylist([dict(row)], schema=SCHEMAS[name])


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
