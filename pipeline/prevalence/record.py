"""`.design.json`: how a sample was drawn. It lies beside the table and holds what coders must not see."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.gold import GoldUnit, further_columns
from pipeline.store import MANIFEST, SCHEMAS

SUFFIX = ".design.json"
_ATTITUDES = "-attitudes"
TABLES_HASH = "run_tables_sha256"
_AGAIN = "give the .design.json that `themes sample` wrote with the table"


@dataclass(frozen=True, slots=True)
class Record:
    """What `themes prevalence` needs to know of a draw.

    Attributes:
        inclusion: of each drawn segment, by id: the probability to be sampled.
    """

    inclusion: Mapping[str, float]


def attitude_table_of(table: Path) -> Path:
    """The attitude table that is drawn with a table for codes (`to-code.csv`: `to-code-attitudes.csv`)."""
    return table.with_name(f"{table.stem}{_ATTITUDES}{table.suffix}")


def _record_of(table: Path) -> Path | None:
    """A table's own record, else that of the table for codes with which it was drawn; None where there is neither."""
    own = table.with_suffix(SUFFIX)
    # A table for codes may be named like another draw's attitude table: then only its own counts.
    other = table.with_name(table.stem.removesuffix(_ATTITUDES) + SUFFIX)
    return next((path for path in (own, other) if path.exists()), None)


def run_hash(run: Path) -> str:
    """What tells a run from another: the sha256 of its tables. The manifest also says when it was made, and by which command."""
    digest = hashlib.sha256()
    for name in SCHEMAS:
        with (run / f"{name}.parquet").open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _is_of(content: Mapping[str, object], run: Path) -> bool:
    if TABLES_HASH in content:
        return content[TABLES_HASH] == run_hash(run)
    # Records of earlier versions name the manifest.
    return content["run_manifest_sha256"] == hashlib.sha256((run / MANIFEST).read_bytes()).hexdigest()


def find_record(gold: Sequence[Path], given: Path | None, run: Path | None) -> Record | None:
    """The record that is given, else the one beside a gold table (`to-code.csv`: `to-code.design.json`, which is that of
    `to-code-attitudes.csv` too); None without one.

    Args:
        run: the run that the sample must have been drawn from; None where any will do, since a segment's chance to be drawn is
            the same whoever codes it.

    Raises:
        UsageError: it cannot be read, is of another run, or two tables are two draws.
    """
    paths = [given] if given is not None else [path for path in map(_record_of, gold) if path is not None]
    records = [_read(path, run) for path in dict.fromkeys(paths)]
    if any(record != records[0] for record in records):
        raise UsageError(
            "the gold tables were drawn apart: how likely a segment was to be in either is not known",
            path=paths[0],
            remedy="give one sample's tables",
        )
    return records[0] if records else None


def drawn_unevenly(gold: Sequence[Path], units: Sequence[GoldUnit]) -> bool:
    """Whether `themes sample` drew units of these tables with chances that differ, or that nothing here tells.

    Tables may be of several draws, or of none: what was drawn is looked for in each.
    """
    by_table = [drawn for path in gold for drawn in [_chances(path)] if drawn]
    own = {unit.first.inclusion for unit in units} - {None}
    return len(own) > 1 or any(len(chances) > 1 or None in chances for chances in by_table)


def _chances(table: Path) -> set[float | None]:
    """The different chances with which a table's units were drawn, None among them for one that is not known."""
    drawn = further_columns([table], ["sampled", "inclusion"])
    ids = [unit_id for unit_id, row in drawn.items() if row.get("sampled") and not row.get("inclusion")]
    if not ids:
        return set()
    try:
        record = find_record([table], None, None)
    except UsageError:  # of a draw that cannot be read no more is known than of one that is not there
        record = None
    return {record.inclusion.get(unit_id) if record else None for unit_id in ids}


def _read(path: Path, run: Path | None) -> Record:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        inclusion = {str(name): float(value) for name, value in content["inclusion"].items()}
        of_run = run is None or _is_of(content, run)
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", path=path, remedy=_AGAIN) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError("is no record of a draw with inclusion by id", path=path, remedy=_AGAIN) from error
    if not inclusion or not all(0 < value <= 1 for value in inclusion.values()):
        raise UsageError("has an inclusion that is not above 0 and at most 1, or none", path=path, remedy=_AGAIN)
    if not of_run:
        raise UsageError(
            "was drawn from another run",
            path=path,
            remedy="give the run that the sample was drawn from, or draw one of this run with `themes sample`",
        )
    return Record(inclusion)
