"""Reading a run folder: what summary, report, export and evaluation have in common."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.config import SegmentSettings
from pipeline.errors import ThemesError, UsageError
from pipeline.plural import numbered
from pipeline.store import ATTITUDES, MANIFEST, SCHEMAS, SEGMENTS, THEMES, TRANSCRIPTS, told_if_damaged

_BATCH_ROWS = 8_192
_JOIN_ANEW = "give its `themes run` command again, which writes it anew"

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RunTables:
    """A finished run.

    Attributes:
        path: the run folder; tables are read when they are asked for.
    """

    path: Path
    manifest: dict[str, Any]

    def read(self, name: str, columns: list[str] | None = None) -> pa.Table:
        """One table, or some of its columns."""
        file = self.path / f"{name}.parquet"
        with told_if_damaged(file, _JOIN_ANEW):
            return pq.read_table(file, columns=columns)

    def transcripts(self, columns: list[str] | None = None) -> pa.Table:
        """A row per input."""
        return self.read(TRANSCRIPTS, columns)

    def segments(self, columns: list[str] | None = None) -> pa.Table:
        """A row per segment, of every role."""
        return self.read(SEGMENTS, columns)

    def themes(self, columns: list[str] | None = None) -> pa.Table:
        """A row per coded segment and code."""
        return self.read(THEMES, columns)

    def attitudes(self, columns: list[str] | None = None) -> pa.Table:
        """A row per mention, and per segment about partnership as such."""
        return self.read(ATTITUDES, columns)

    def batches(self, name: str, columns: list[str] | None = None, rows: int | None = None) -> Iterator[pa.RecordBatch]:
        """A table piece by piece, of so many rows at most; memory holds one."""
        path = self.path / f"{name}.parquet"
        with told_if_damaged(path, _JOIN_ANEW):
            file = pq.ParquetFile(path)
        with file:
            batches = file.iter_batches(rows or _BATCH_ROWS, columns=columns)
            while True:
                with told_if_damaged(path, _JOIN_ANEW):
                    batch = next(batches, None)
                if batch is None:
                    return
                yield batch

    def rows(self, name: str, columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
        """Rows one after another; memory holds one batch."""
        for batch in self.batches(name, columns):
            yield from batch.to_pylist()

    def attitudes_and_speakers(self) -> Iterator[tuple[Row, str | None]]:
        """Rows of attitudes one after another, each with its segment's speaker, in one pass over both tables.

        Raises:
            ThemesError: the tables are not of one run.
        """
        segments, name, speaker = self.rows(SEGMENTS, ["segment_id", "speaker"]), None, None
        for row in self.rows(ATTITUDES):
            while name != row["segment_id"]:  # both stand in the order of the transcripts
                segment = next(segments, None)
                if segment is None:
                    raise ThemesError("holds tables that do not belong together", path=self.path, remedy=_JOIN_ANEW)
                name, speaker = segment["segment_id"], segment["speaker"]
            yield row, speaker

    @property
    def context_words(self) -> int:
        """The most words of talk before a segment that the run's model read."""
        settings = self.manifest.get("configuration", {}).get("segments", {})
        return int(settings.get("context_words", SegmentSettings().context_words))

    @property
    def only_orders(self) -> bool:
        """Whether the run's model never learnt codes: it assigns none, and only the order of its probabilities means anything."""
        learnt = self.manifest["model"].get("learnt", {})  # older manifests do not say
        return not learnt.get("themes", True)

    @property
    def no_codes(self) -> str:
        """A sentence, where the run's model never learnt codes and so assigns none."""
        if not self.only_orders:
            return ""
        return (
            "The model has learnt no codes: it orders segments by their likeness to each code's definition, and assigns none. "
            "Its probabilities are not calibrated; only their order means anything."
        )

    @property
    def judges_mentions(self) -> bool:
        """Whether the run's model gives an attitude to each partner mentioned."""
        return bool(self.manifest["model"].get("learnt", {}).get("attitudes", True))

    @property
    def judges_partnership(self) -> bool:
        """Whether the run's model gives the attitude to partnership as such."""
        return bool(self.manifest["model"].get("learnt", {}).get("partnership", True))

    @property
    def no_attitudes(self) -> str:
        """A sentence on the attitudes that the run's model never learnt and so does not give."""
        mentions, partnership = self.judges_mentions, self.judges_partnership
        if mentions and partnership:
            return ""
        if mentions:
            return "The model has not learnt the attitude to partnership as such, and does not give it."
        single = " to single partners" if partnership else ""
        found = int(self.manifest["counts"].get("mentions", 0))
        judged = numbered(found, "[mention|mentions] of partners [was|were] found, and not judged.") if found else ""
        return f"The model has learnt no attitudes{single}, and gives none.{judged and ' ' + judged}"

    def segments_named(self, wanted: Iterable[str], columns: list[str]) -> dict[str, tuple[Row, Row | None]]:
        """Some segments by id, each with the one before it in its transcript, in one pass over the table."""
        ids = pa.array(sorted(set(wanted)), pa.string())
        found: dict[str, tuple[Row, Row | None]] = {}
        last: Row | None = None
        for batch in self.batches(SEGMENTS, sorted({*columns, "transcript_id", "segment_id"})):
            for at in pc.indices_nonzero(pc.is_in(batch["segment_id"], ids)).to_pylist():
                row = batch.slice(at, 1).to_pylist()[0]
                before = batch.slice(at - 1, 1).to_pylist()[0] if at else last
                same = before is not None and before["transcript_id"] == row["transcript_id"]
                found[row["segment_id"]] = (row, before if same else None)
            if len(batch):
                last = batch.slice(len(batch) - 1).to_pylist()[0]
        return found


def open_run(path: Path) -> RunTables:
    """Open a finished run folder.

    Raises:
        UsageError: it is no run folder, or its run was not finished.
    """
    file = path / MANIFEST
    if not file.is_file():
        raise UsageError(
            "is not a run folder (it has no manifest.json)", path=path, remedy="make one with `themes run`"
        )
    try:
        manifest: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError("cannot be read", path=file, remedy="run again with --overwrite") from error
    missing = [name for name in SCHEMAS if not (path / f"{name}.parquet").is_file()]
    if manifest.get("status") != "complete" or missing:
        raise UsageError(
            "holds a run that was not finished",
            path=path,
            remedy="give its `themes run` command again, it goes on",
        )
    return RunTables(path, manifest)
