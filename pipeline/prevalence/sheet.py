"""The sample as a gold table to fill in, without the machine's codes, and beside it the record of how it was drawn.

The record names strata by the machine's codes, and the stratum of each segment: it is not for coders' eyes.
Inclusion probabilities are in the record only: they differ by stratum, so the table would tell the machine's codes with them.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.cells import for_workbook, guarded
from pipeline.errors import UsageError
from pipeline.prevalence.design import Design, draw, simple, stratified
from pipeline.prevalence.population import Population
from pipeline.prevalence.record import SUFFIX, TABLES_HASH, run_hash
from pipeline.store import SEGMENTS, write_atomically

COLUMNS = ("id", "group", "context", "text", "codes", "coder", "transcript", "start", "end", "sampled")
CODES, UNCERTAINTY, NONE = "codes", "uncertainty", "none"
DIGITS = 6
_WIDTHS = {"context": 40, "text": 80, "codes": 30, "coder": 12}

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Sample:
    """A drawn sample: its design, the chosen segments in random order, how they were asked for."""

    design: Design
    chosen: tuple[int, ...]
    strata: tuple[str, ...]
    seed: int


def draw_sample(population: Population, size: int, *, strata: Sequence[str], seed: int) -> Sample:
    """Choose segments.

    Args:
        strata: `codes`, `uncertainty`, attributes; or `none` for a simple random sample.

    Raises:
        UsageError: a sample of no segments, or a stratum that is not known.
    """
    if size < 1:
        raise UsageError(f"--n {size}: a sample has at least 1 segment")
    if NONE in strata and len(strata) > 1:
        raise UsageError("--strata none goes with no other stratum")
    size = min(size, len(population))
    if NONE in strata:
        design = simple(len(population), size)
    else:
        attributes = [population.values(name) for name in strata if name not in (CODES, UNCERTAINTY)]
        within = [" | ".join(value or "?" for value in values) for values in zip(*attributes, strict=True)]
        by_code = CODES in strata
        design = stratified(
            population.probabilities,
            population.assigned if by_code else np.zeros_like(population.assigned),
            population.uncertainty if UNCERTAINTY in strata else None,
            population.codes,
            size,
            within or None,
        )
    chosen = draw(design, np.random.default_rng(seed))
    return Sample(design, tuple(int(i) for i in chosen), tuple(strata), seed)


def write_sample(population: Population, sample: Sample, out: Path, *, context: bool) -> list[Path]:
    """Write the table (CSV, and a workbook where openpyxl is installed) and `.design.json`; returns what was written.

    Raises:
        UsageError: the file is there already (it may hold somebody's coding), or is no CSV.
    """
    if out.suffix.lower() != ".csv":
        raise UsageError("is not named .csv", path=out, remedy="a workbook for Excel is written beside it")
    workbook, record = out.with_suffix(".xlsx"), out.with_suffix(SUFFIX)
    for path in (out, workbook, record):
        if path.exists():
            raise UsageError("is there already", path=path, remedy="it may hold coding; name another file")
    rows = _rows(population, sample, context=context)
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: guarded(value) for name, value in row.items()} for row in rows)
    # Excel reads UTF-8 only where a byte order mark says so.
    write_atomically(out, "\ufeff" + text.getvalue())
    write_atomically(record, json.dumps(_record(population, sample), indent=1, ensure_ascii=False) + "\n")
    return [out, *([workbook] if _write_workbook(rows, workbook) else []), record]


def _rows(population: Population, sample: Sample, *, context: bool) -> list[Row]:
    texts, before = _texts(population, {population.ids[i] for i in sample.chosen})
    return [
        {
            "id": population.ids[i],
            "group": population.interviews[population.interview[i]],
            "context": before[population.ids[i]] if context else "",
            "text": texts[population.ids[i]],
            "codes": "",
            "coder": "",
            "transcript": population.files[population.interview[i]],
            "start": str(population.places[i, 0]),
            "end": str(population.places[i, 1]),
            "sampled": "yes",
        }
        for i in sample.chosen
    ]


def _texts(population: Population, wanted: set[str]) -> tuple[dict[str, str], dict[str, str]]:
    """The text of segments, and that of the segment before each in the same transcript."""
    texts, before = {}, {}
    last = ("", "")
    for row in population.tables.rows(SEGMENTS, ["transcript_id", "segment_id", "text"]):
        if row["segment_id"] in wanted:
            texts[row["segment_id"]] = row["text"]
            before[row["segment_id"]] = last[1] if last[0] == row["transcript_id"] else ""
        last = (row["transcript_id"], row["text"])
    return texts, before


def _record(population: Population, sample: Sample) -> dict[str, object]:
    design = sample.design
    inclusion = design.inclusion
    return {
        "seed": sample.seed,
        TABLES_HASH: run_hash(population.tables.path),
        "model_sha256": population.tables.manifest.get("model", {}).get("sha256"),
        "strata_by": list(sample.strata),
        "segments": len(population),
        "drawn": len(sample.chosen),
        "strata": [
            {
                "stratum": name,
                "segments": int(design.sizes[h]),
                "drawn": int(design.drawn[h]),
                "inclusion": round(float(design.drawn[h] / design.sizes[h]), DIGITS),
            }
            for h, name in enumerate(design.names)
        ],
        "inclusion": {population.ids[i]: round(float(inclusion[i]), DIGITS) for i in sorted(sample.chosen)},
        "stratum_of": {name: int(h) for name, h in zip(population.ids, design.stratum, strict=True)},
    }


def _write_workbook(rows: Sequence[Row], path: Path) -> bool:
    """The same table for Excel, text as text; False where openpyxl is not installed."""
    try:
        from openpyxl import Workbook
        from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
        from openpyxl.styles import Alignment
    except ImportError:
        return False
    book = Workbook()
    sheet = book.active
    sheet.append(list(COLUMNS))
    for number, row in enumerate(rows, start=2):
        for column, name in enumerate(COLUMNS, start=1):
            value, marked = for_workbook(ILLEGAL_CHARACTERS_RE.sub("", row[name]))
            cell = sheet.cell(number, column)
            if name in ("start", "end"):
                cell.value = int(value)
            else:
                cell.value, cell.data_type, cell.quotePrefix = value, "s", marked
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    for column, name in enumerate(COLUMNS, start=1):
        sheet.column_dimensions[sheet.cell(1, column).column_letter].width = _WIDTHS.get(name, 14)
    sheet.freeze_panes = "A2"
    book.save(path)
    return True
