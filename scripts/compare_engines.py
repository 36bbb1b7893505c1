"""How fast each engine codes real segments, and whether it gives float32's codings.

    python scripts/compare_engines.py FILE… [--model M] [--engines float32 int8] [--units 3000] [--device cpu] [--out FILE]

All engines run in turn on the same pieces of the data, so that a busy machine slows them alike; read the ratios, not the rates.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.inputs import Unit
from models.predict import Predictions, Predictor
from pipeline.coding import unit_of
from pipeline.commands.models import load_predictor
from pipeline.config import RunSettings
from pipeline.prepare import Prepared, Preparer

PIECE = 500


def main() -> None:
    options = _options()
    units = read_units(options.files, options.units)
    predictors = {
        name: load_predictor(options.model, device=options.device, engine=name)
        for name in ("float32", *options.engines)
    }
    for predictor in predictors.values():
        predictor.predict(units[:20])  # the first use of anything is slow
    pieces = [units[start : start + PIECE] for start in range(0, len(units), PIECE)]
    seconds: dict[str, list[float]] = {name: [] for name in predictors}
    seen: dict[str, list[Predictions]] = {name: [] for name in predictors}
    for number, piece in enumerate(pieces, start=1):
        for name, predictor in predictors.items():
            started = time.perf_counter()
            seen[name].append(predictor.predict(piece))
            seconds[name].append(time.perf_counter() - started)
        done = sum(map(len, pieces[:number]))
        result = {name: _compare(name, done, seconds, seen, predictors) for name in predictors}
        print(json.dumps({"units": done, "engines": result}, indent=1), flush=True)
    if options.out:
        options.out.write_text(json.dumps({"units": len(units), "engines": result}, indent=1) + "\n", encoding="utf-8")


def read_units(paths: Sequence[Path], most: int) -> list[Unit]:
    """The different coded segments of the files, evenly drawn where there are more than wanted."""
    preparer = Preparer(RunSettings())
    found: dict[Unit, None] = {}
    for path in paths:
        prepared = preparer.prepare(path)
        if isinstance(prepared, Prepared):
            pairs = zip(prepared.coded, prepared.mentions, strict=True)
            found |= dict.fromkeys(unit_of(segment, mentions) for segment, mentions in pairs)
    units = list(found)
    return [units[i] for i in np.linspace(0, len(units) - 1, min(most, len(units))).astype(int)]


def _compare(
    name: str,
    units: int,
    seconds: dict[str, list[float]],
    seen: dict[str, list[Predictions]],
    predictors: dict[str, Predictor],
) -> dict[str, Any]:
    """Speed, and agreement with float32: of single decisions, and of the codes that either gives (F1)."""
    own, exact = _joined(seen[name]), _joined(seen["float32"])
    both = (own["assigned"] & exact["assigned"]).sum()
    stance, exact_stance = (np.where(one["present"], one["partnership"].argmax(1), -1) for one in (own, exact))
    return {
        "engine": predictors[name].engine,
        "units_per_second": round(units / sum(seconds[name]), 1),
        "times_float32": round(float(np.median(np.array(seconds["float32"]) / np.array(seconds[name]))), 3),
        "decisions_equal": round(float((own["assigned"] == exact["assigned"]).mean()), 5),
        "assigned_f1": round(2 * float(both) / max(1, int(own["assigned"].sum() + exact["assigned"].sum())), 4),
        "assigned": int(exact["assigned"].sum()),
        "partnership_equal": round(float((stance == exact_stance).mean()), 4),
        "attitudes_equal": round(float((own["attitudes"].argmax(1) == exact["attitudes"].argmax(1)).mean()), 4),
        "attitudes": len(exact["attitudes"]),
        "largest_difference": round(float(np.abs(own["themes"] - exact["themes"]).max()), 4),
        "mean_difference": round(float(np.abs(own["themes"] - exact["themes"]).mean()), 6),
    }


def _joined(parts: Sequence[Predictions]) -> dict[str, Any]:
    names = ("themes", "assigned", "present", "partnership", "attitudes")
    return {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--model", default="partnership-culture")
    parser.add_argument("--engines", nargs="+", default=["int8"], help="beside float32")
    parser.add_argument("--units", type=int, default=3000)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--out", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
