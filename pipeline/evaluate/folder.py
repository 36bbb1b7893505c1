"""The evaluation folder: JSON for programs, CSV for people, the machine's answers."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline.evaluate.ceiling import OVERALL, Ceiling
from pipeline.evaluate.characters import SpanComparison
from pipeline.evaluate.compare import RESAMPLES, SEED, WITHIN, Figure, as_plain
from pipeline.evaluate.evaluation import AttitudeAnswer, Comparison
from pipeline.evaluate.judge import NOWHERE, MachineCoding
from pipeline.evaluate.slices import Slice
from pipeline.evaluate.weighting import Weighting
from pipeline.gold_codes import LeftOut
from pipeline.store import write_atomically

FORMAT = 3

COUNTING = (
    "Every unit that gold lists is counted, coded or not; a unit without a code counts as a decision against each code. "
    "`overall` pools every decision (micro averages); `within_alpha` holds each against the chance of its own code; `macro_…` is "
    "the mean over codes for which it is defined; `samples_…`, `same_set` and `masi_alpha` take a unit's codes as one answer, "
    "two empty sets agreeing. Intervals: 95 %, percentile bootstrap over groups. Units count as `weighting` says. Units that the "
    "machine has no answer for are not in any figure; they are counted in `units_without_answer`."
)
PARTNERSHIP_COUNTING = "One of none, negative, neutral, positive for each unit whose coders coded attitudes."
ATTITUDE_COUNTING = "Mentions to which both gave an attitude, at the same offsets."
DETECTION_COUNTING = (
    "All mentions of units whose coder coded attitudes. `exact`: the same begin and end; `overlap`: a character shared with any "
    "mention of the other coder. Gold mentions that nobody gave an attitude to count as absent. Empty where the machine was "
    "asked at gold's own spans (--model)."
)
CALIBRATION_COUNTING = (
    "Every decision (each code on each unit; of attitudes, each attitude to each mention) is one; bins hold about equally many, "
    "equal probabilities together."
)
CEILING_COUNTING = (
    "Units that the machine answered and two or more people coded. `beside`: each coder, and the machine on the same decisions, "
    "against the majority of the other coders; where these tie, the decision is left out for both."
)
SPAN_COUNTING = (
    "Every character that both coders read is a decision on each code; text without a code is counted, as a decision against "
    "it. `extent` says what people are taken to have read: `units`, the text that gold lists, or `transcripts`, all the "
    "participants' talk and whatever else they coded. Units of one code that only white space parts are one unit."
)
SLICE_COUNTING = (
    "All codes pooled, but for `within_alpha`. A difference is the slice less all other units whose attribute is given; p_holm "
    "is corrected for all tests of the evaluation."
)


def write_folder(
    out: Path,
    comparisons: Sequence[Comparison],
    machine: MachineCoding,
    answers: Sequence[AttitudeAnswer],
    *,
    ceiling: Ceiling | None = None,
    spans: Sequence[SpanComparison] = (),
    slices: Sequence[Slice] = (),
    notices: Sequence[str] = (),
    weighting: Weighting | None = None,
    left_out: LeftOut | None = None,
) -> None:
    """Write the folder; `comparisons` begin with the machine's."""
    out.mkdir(parents=True, exist_ok=True)
    content = {
        "format": FORMAT,
        "bootstrap": {"resamples": RESAMPLES, "seed": SEED, "over": "groups"},
        "counting": {
            "codes": COUNTING,
            "partnership": PARTNERSHIP_COUNTING,
            "attitudes": ATTITUDE_COUNTING,
            "detection": DETECTION_COUNTING,
            "calibration": CALIBRATION_COUNTING,
            "ceiling": CEILING_COUNTING,
            "spans": SPAN_COUNTING,
            "slices": SLICE_COUNTING,
        },
        "weighting": asdict(weighting or Weighting()),
        "codes_left_out": asdict(left_out or LeftOut()),
        "made_with": dict(machine.made_with),
        "unlearnt": dict(machine.unlearnt),
        "notices": list(notices),
        "units_without_answer": machine.missing,
        "units_left_to_a_human": machine.held,
        "units_truncated": machine.truncated,
        "units_seen_in_training": machine.seen,
        "units_too_short_to_tell": machine.short,
        "comparisons": [_plain(item) for item in comparisons],
        "ceiling": asdict(ceiling) if ceiling else None,
        "spans": [asdict(item) for item in spans],
        "slices": [asdict(item) for item in slices],
    }
    write_atomically(out / "evaluation.json", json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    rows = [*_evaluation_rows(comparisons), *_ceiling_rows(ceiling), *_span_rows(spans), *_slice_rows(slices)]
    write_atomically(out / "evaluation.csv", _csv(_EVALUATION, rows))
    write_atomically(
        out / "predictions.csv", _csv(("id", "code", "probability", "assigned"), _prediction_rows(machine))
    )
    write_atomically(out / "attitudes.csv", _csv(_ATTITUDES, _attitude_rows(answers)))


_EVALUATION = (
    *("gold", "other", "level", "name", "units", "gold_count", "other_count"),
    *("figure", "value", "low", "high", "n", "note"),
)
_ATTITUDES = ("id", "mention_start", "mention_end", "gold", "attitude", "negative", "neutral", "positive")


def _plain(item: Comparison) -> dict[str, Any]:
    content = asdict(item)
    content["rows"] = [as_plain(row) for row in item.rows]
    return content


def _evaluation_rows(comparisons: Sequence[Comparison]) -> Iterator[tuple[Any, ...]]:
    for item in comparisons:
        for row in item.rows:
            head = (item.gold, item.other, row.level, row.name, row.units, row.gold, row.other)
            yield from _figure_rows(head, row.figures)
        for level, name, figures, n in (
            ("partnership", "partnership", item.partnership, item.stances),
            ("attitudes", "attitudes", item.attitudes, item.mentions),
            *(("attitudes_by_type", name, figures, "") for name, figures in item.partner_types.items()),
            *(("detection", name, figures, "") for name, figures in item.detection.items()),
            *(("calibration", c.name, {"ece": c.error, "brier": c.brier}, c.n) for c in item.calibration),
            *(
                ("attitude_calibration", c.name, {"ece": c.error, "brier": c.brier}, c.n)
                for c in item.attitude_calibration
            ),
        ):
            yield from _figure_rows((item.gold, item.other, level, name, n, "", ""), figures)


def _ceiling_rows(ceiling: Ceiling | None) -> Iterator[tuple[Any, ...]]:
    if ceiling is None:
        return
    for who, of, within in (
        ("people", ceiling.people, ceiling.people_within),
        ("people and machine", ceiling.with_machine, ceiling.with_machine_within),
    ):
        for name, figure in of.items():
            figures = {"alpha": figure} | ({WITHIN: within} if name == OVERALL else {})
            yield from _figure_rows((who, "", "ceiling", name, ceiling.units, "", ""), figures)
    for item in ceiling.beside:
        others = f"majority without {item.coder}"
        head = ("ceiling", item.name, item.decisions, "", "")
        yield from _figure_rows((others, item.coder, *head), item.human)
        yield from _figure_rows((others, "machine", *head), item.machine)
        yield from _figure_rows((others, f"machine less {item.coder}", *head), item.difference)


def _span_rows(spans: Sequence[SpanComparison]) -> Iterator[tuple[Any, ...]]:
    for item in spans:
        for name, figures in item.figures.items():
            yield from _figure_rows((item.gold, item.other, "spans", name, item.transcripts, "", ""), figures)
        if item.gamma:
            head = (item.gold, item.other, "spans", "overall", item.transcripts, "", "")
            yield from _figure_rows(head, {"gamma": item.gamma})


def _slice_rows(slices: Sequence[Slice]) -> Iterator[tuple[Any, ...]]:
    for item in slices:
        head = ("reference", "machine", "slice", f"{item.attribute}={item.value}", item.units, "", "")
        yield from _figure_rows(head, item.figures)
        for name, difference in item.differences.items():
            yield from _figure_rows(head, {f"{name}_difference": difference.figure})


def _figure_rows(head: tuple[Any, ...], figures: Mapping[str, Figure]) -> Iterator[tuple[Any, ...]]:
    for name, figure in figures.items():
        yield (*head, name, *_values(figure), figure.n, figure.note)


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
