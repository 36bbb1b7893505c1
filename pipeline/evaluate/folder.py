"""The evaluation folder: JSON for programs, CSV for people, the machine's answers."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline.evaluate.compare import RESAMPLES, SEED, Figure, as_plain
from pipeline.evaluate.evaluation import AttitudeAnswer, Comparison
from pipeline.evaluate.judge import NOWHERE, MachineCoding
from pipeline.store import write_atomically

COUNTING = (
    "Every unit that gold lists is counted, coded or not; a unit without a code counts as a decision against each code. "
    "`overall` pools every decision; `macro_f1` is the mean over codes that occur. Intervals: 95 %, percentile bootstrap over "
    "groups."
)
PARTNERSHIP_COUNTING = "One of none, negative, neutral, positive for each unit whose coders coded attitudes."
ATTITUDE_COUNTING = "Mentions to which both gave an attitude, at the same offsets."


def write_folder(
    out: Path, comparisons: Sequence[Comparison], machine: MachineCoding, answers: Sequence[AttitudeAnswer]
) -> None:
    """Write the folder; `comparisons` begin with the machine's."""
    out.mkdir(parents=True, exist_ok=True)
    content = {
        "format": 1,
        "bootstrap": {"resamples": RESAMPLES, "seed": SEED, "over": "groups"},
        "counting": {"codes": COUNTING, "partnership": PARTNERSHIP_COUNTING, "attitudes": ATTITUDE_COUNTING},
        "units_without_answer": machine.missing,
        "units_truncated": machine.truncated,
        "units_seen_in_training": machine.seen,
        "comparisons": [_plain(item) for item in comparisons],
    }
    write_atomically(out / "evaluation.json", json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    write_atomically(out / "evaluation.csv", _csv(_EVALUATION, _evaluation_rows(comparisons)))
    write_atomically(
        out / "predictions.csv", _csv(("id", "code", "probability", "assigned"), _prediction_rows(machine))
    )
    write_atomically(out / "attitudes.csv", _csv(_ATTITUDES, _attitude_rows(answers)))


_EVALUATION = ("gold", "other", "level", "name", "units", "gold_count", "other_count", "figure", "value", "low", "high")
_ATTITUDES = ("id", "mention_start", "mention_end", "gold", "attitude", "negative", "neutral", "positive")


def _plain(item: Comparison) -> dict[str, Any]:
    content = {
        name: getattr(item, name) for name in ("gold", "other", "units", "groups", "mentions", "stances", "adjudicated")
    }
    content["rows"] = [as_plain(row) for row in item.rows]
    for name in ("partnership", "attitudes"):
        content[name] = {key: asdict(figure) for key, figure in getattr(item, name).items()}
    return content


def _evaluation_rows(comparisons: Sequence[Comparison]) -> Iterable[tuple[Any, ...]]:
    for item in comparisons:
        for row in item.rows:
            for name, figure in row.figures.items():
                head = (item.gold, item.other, row.level, row.name, row.units, row.gold, row.other)
                yield (*head, name, *_values(figure))
        for level, figures, n in (
            ("partnership", item.partnership, item.stances),
            ("attitudes", item.attitudes, item.mentions),
        ):
            for name, figure in figures.items():
                yield (item.gold, item.other, level, level, n, "", "", name, *_values(figure))


def _values(figure: Figure) -> tuple[float | str, ...]:
    return tuple("" if value is None else value for value in (figure.value, figure.low, figure.high))


def _prediction_rows(machine: MachineCoding) -> Iterable[tuple[Any, ...]]:
    for row, unit in enumerate(machine.units):
        for column, code in enumerate(machine.codes):
            assigned = bool(machine.assigned[row, column])
            yield unit.unit_id, code, round(float(machine.probabilities[row, column]), 4), assigned


def _attitude_rows(answers: Sequence[AttitudeAnswer]) -> Iterable[tuple[Any, ...]]:
    for item in answers:
        span = ("", "") if item.span == NOWHERE else item.span
        values = ("" if math.isnan(value) else round(value, 4) for value in item.probabilities)
        yield (item.unit_id, *span, item.gold, item.attitude, *values)


def _csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()
