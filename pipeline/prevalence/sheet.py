"""The sample as gold tables to fill in, without the machine's answers, and beside them the record of how it was drawn.

One table is for codes; one, where it is asked for, for attitudes (`pipeline.gold_sheet` says how it is read).

The record names strata by the machine's codes, and the stratum of each segment: it is not for coders' eyes.
Inclusion probabilities are in the record only: they differ by stratum, so the table would tell the machine's codes with them.
"""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.cells import for_workbook, guarded
from pipeline.context import TalkBefore
from pipeline.errors import UsageError
from pipeline.exchange.naming import default_group
from pipeline.gold_sheet import SAMPLED
from pipeline.prevalence.design import Design, draw, simple, stratified
from pipeline.prevalence.population import Population
from pipeline.prevalence.record import SUFFIX, TABLES_HASH, attitude_table_of, run_hash
from pipeline.store import ATTITUDES, SEGMENTS, write_atomically
from pipeline.types import PARTNERSHIP

COLUMNS = ("id", "group", "context", "text", "codes", "coder", "transcript", "start", "end", "sampled")
ATTITUDE_COLUMNS = (
    *("id", "group", "context", "text", "passage", "mention", "partner_type", "attitude", "coder"),
    *("mention_start", "mention_end", "transcript", "start", "end", "sampled"),
)
CODES, UNCERTAINTY, NONE = "codes", "uncertainty", "none"
DIGITS = 6
_WIDTHS = {"context": 40, "text": 80, "codes": 30, "coder": 12, "passage": 50, "mention": 20, "partner_type": 18}
_NUMBERS = ("start", "end", "mention_start", "mention_end")
_AROUND = 60
"""Characters shown on either side of a mention."""

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


def write_sample(
    population: Population, sample: Sample, out: Path, *, context: bool, attitudes: bool = False
) -> list[Path]:
    """Write the tables (CSV, and workbooks where openpyxl is installed) and `.design.json`; returns what was written.

    Args:
        attitudes: write a table for attitudes too, beside that for codes (`attitude_table_of`).

    Raises:
        UsageError: a file is there already (it may hold somebody's coding), or is no CSV.
    """
    if out.suffix.lower() != ".csv":
        raise UsageError("is not named .csv", path=out, remedy="a workbook for Excel is written beside it")
    record = out.with_suffix(SUFFIX)
    rows = _rows(population, sample, context=context)
    tables: dict[Path, tuple[Sequence[str], Sequence[Row]]] = {out: (COLUMNS, rows)}
    if attitudes:
        tables[attitude_table_of(out)] = (ATTITUDE_COLUMNS, _attitude_rows(population, sample, rows))
    for path in (*(form for table in tables for form in (table, table.with_suffix(".xlsx"))), record):
        if path.exists():
            raise UsageError("is there already", path=path, remedy="it may hold coding; name another file")
    written = [path for table, (columns, items) in tables.items() for path in _write(table, columns, items)]
    write_atomically(record, json.dumps(_record(population, sample), indent=1, ensure_ascii=False) + "\n")
    return [*written, record]


def _write(out: Path, columns: Sequence[str], rows: Sequence[Row]) -> list[Path]:
    text, workbook = io.StringIO(), out.with_suffix(".xlsx")
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: guarded(value) for name, value in row.items()} for row in rows)
    # Excel reads UTF-8 only where a byte order mark says so.
    write_atomically(out, "\ufeff" + text.getvalue())
    return [out, *([workbook] if _write_workbook(columns, rows, workbook) else [])]


def _rows(population: Population, sample: Sample, *, context: bool) -> list[Row]:
    texts, before = _texts(population, {population.ids[i] for i in sample.chosen})
    return [
        {
            "id": population.ids[i],
            # As an import of the run's workbook names it, so that one interview is one group in gold of both.
            "group": default_group(population.files[population.interview[i]]),
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


def _attitude_rows(population: Population, sample: Sample, rows: Sequence[Row]) -> list[Row]:
    """For each drawn segment a row for partnership as such, and below it one for each mention that the finder found."""
    found = _mentions(population, {population.ids[i] for i in sample.chosen})
    out: list[Row] = []
    for row in rows:
        empty = dict.fromkeys(ATTITUDE_COLUMNS, "") | {name: row[name] for name in ATTITUDE_COLUMNS if name in row}
        empty["sampled"] = SAMPLED
        out.append(empty | {"partner_type": PARTNERSHIP})
        for start, end, kind in found.get(row["id"], ()):
            place = {"mention_start": str(start), "mention_end": str(end), "mention": row["text"][start:end]}
            shown = {"text": "", "context": "", "passage": _passage(row["text"], start, end), "partner_type": kind}
            out.append(empty | place | shown)
    return out


def _mentions(population: Population, wanted: set[str]) -> Mapping[str, list[tuple[int, int, str]]]:
    """Where mentions stand in the text of their segment, and their partner type, in order."""
    found: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for item in population.tables.rows(ATTITUDES, ["segment_id", "start", "end", "partner_type"]):
        if item["segment_id"] in wanted and item["start"] is not None:
            offset = int(population.places[population.row_of[item["segment_id"]], 0])
            found[item["segment_id"]].append((item["start"] - offset, item["end"] - offset, item["partner_type"]))
    return {name: sorted(items) for name, items in found.items()}


def _passage(text: str, start: int, end: int) -> str:
    """The mention in brackets, with the words around it: a segment may hold the same words twice."""
    before, after = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
    left, right = "…" * (start > _AROUND), "…" * (len(text) - end > _AROUND)
    return f"{left}{before}[{text[start:end]}]{after}{right}"


def _texts(population: Population, wanted: set[str]) -> tuple[dict[str, str], dict[str, str]]:
    """The text of segments, and the context of each, as the run's model read it: gold teaches with what people were shown."""
    texts, before = {}, {}
    transcript, talk = "", TalkBefore(0)
    for row in population.tables.rows(SEGMENTS, ["transcript_id", "segment_id", "turn", "text"]):
        if row["transcript_id"] != transcript:
            transcript, talk = row["transcript_id"], TalkBefore(population.tables.context_words)
        if row["segment_id"] in wanted:
            texts[row["segment_id"]], before[row["segment_id"]] = row["text"], talk.before(row["turn"])
        talk.add(row["turn"], row["text"])
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


def _write_workbook(columns: Sequence[str], rows: Sequence[Row], path: Path) -> bool:
    """The same table for Excel, text as text; False where openpyxl is not installed."""
    try:
        from openpyxl import Workbook
        from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
        from openpyxl.styles import Alignment
    except ImportError:
        return False
    book = Workbook()
    sheet = book.active
    sheet.append(list(columns))
    for number, row in enumerate(rows, start=2):
        for column, name in enumerate(columns, start=1):
            value, marked = for_workbook(ILLEGAL_CHARACTERS_RE.sub("", row[name]))
            cell = sheet.cell(number, column)
            if name in _NUMBERS and value:
                cell.value = int(value)
            else:
                cell.value, cell.data_type, cell.quotePrefix = value, "s", marked
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    for column, name in enumerate(columns, start=1):
        sheet.column_dimensions[sheet.cell(1, column).column_letter].width = _WIDTHS.get(name, 14)
    sheet.freeze_panes = "A2"
    book.save(path)
    return True
