"""The run folder: what was coded together safe at once, and all of it joined into the tables of the design at the end.

While a run goes on, finished transcripts lie in `parts/`, in bundles (`pipeline.bundles`). At the end they are joined in the
order of the inputs.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.bundles import UNFINISHED, Place, TableReader, bundles_in, gathered, notes_in, places_in, save_bundle
from pipeline.errors import ThemesError
from pipeline.store import MANIFEST, PARTS, REPORT, SCHEMAS, TRANSCRIPTS, Part, write_atomically


class RunFolder:
    """A run folder that is being written.

    Args:
        path: made where it does not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.parts = path / PARTS
        self._bundles: dict[Path, dict[str, Place]] = {}
        self._places: dict[str, Place] = {}

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
        """Ids of the transcripts that are safe.

        Raises:
            ThemesError: what a bundle notes cannot be read.
        """
        return set(self._look())

    def save_parts(self, parts: Sequence[Part]) -> None:
        """Make results safe that were coded together (`pipeline.bundles.save_bundle`)."""
        save_bundle(self.parts, parts)

    def group_of(self, transcript_id: str) -> str:
        """The group in which a finished transcript was coded."""
        return self._place(transcript_id).group

    def notes(self, transcript_ids: Sequence[str]) -> list[dict[str, Any]]:
        """What was noted of finished transcripts."""
        bundles = dict.fromkeys(self._place(name).bundle.path for name in transcript_ids)
        noted = {name: notes for bundle in bundles for name, notes in notes_in(bundle).items()}
        return [noted[name] for name in transcript_ids]

    def path_of(self, transcript_id: str) -> str:
        """Where a finished transcript was read from."""
        return self._place(transcript_id).path

    def _place(self, transcript_id: str) -> Place:
        return self._places.get(transcript_id) or self._look()[transcript_id]

    def _look(self) -> dict[str, Place]:
        """Every finished transcript's place; of those that lie here twice, which say the same, the first bundle's."""
        before, self._bundles = self._bundles, {}
        for bundle in bundles_in(self.parts):
            self._bundles[bundle] = before.get(bundle) or places_in(bundle)
        self._places = {name: place for places in reversed(self._bundles.values()) for name, place in places.items()}
        return self._places

    def drop_half_written(self) -> None:
        """Remove parts that were never finished; whole ones stay, even of inputs that are not given this time."""
        if self.parts.is_dir():
            for entry in self.parts.glob(f"*{UNFINISHED}"):
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
                for table in gathered(self._tables(name, rows)):
                    writer.write_table(table)
            aside.replace(target)

    def _tables(self, name: str, rows: Sequence[str | Mapping[str, Any]]) -> Iterator[pa.Table]:
        """The bundles' rows, one piece after another, so that memory does not grow with the corpus."""
        reader = TableReader(name)
        # Failures have a row in one table alone; in the others they must not part what lies together.
        rows = [row for row in rows if isinstance(row, str) or name == TRANSCRIPTS]
        for bundle, stretch in groupby(
            rows, lambda row: self._place(row).bundle.path if isinstance(row, str) else None
        ):
            if bundle is not None:
                yield from reader.rows([self._place(str(row)) for row in stretch])
            else:
                yield pa.Table.from_pylist([dict(row) for row in stretch if not isinstance(row, str)], SCHEMAS[name])
