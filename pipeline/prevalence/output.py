"""`prevalence.json` and `prevalence.csv`: every figure with its interval; undefined is null, or empty."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline.cells import guarded
from pipeline.prevalence.results import Prevalence
from pipeline.store import make_private, write_atomically

JSON, CSV = "prevalence.json", "prevalence.csv"
LEVEL = 0.95


def write_prevalence(result: Prevalence, folder: Path) -> None:
    """Write both files, replacing those that are there."""
    make_private(folder)
    content = asdict(result) | {"level": LEVEL, "worth": result.worth}
    write_atomically(folder / JSON, json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    rows = [_flat(asdict(row)) for row in result.rows]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_atomically(folder / CSV, text.getvalue())


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """Figures as columns `corrected`, `corrected_low`, `corrected_high` …"""
    out: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            out |= {name: value["share"], f"{name}_low": value["low"], f"{name}_high": value["high"]}
        else:
            out[name] = guarded(value) if isinstance(value, str) else value
    return out
