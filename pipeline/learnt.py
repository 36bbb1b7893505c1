"""What a trained model has learnt: per code on held-out gold, and over growing amounts of gold."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from models.decisions import Labels
from models.job import Job
from models.predict import Predictor
from models.saving import load_model
from pipeline.codebook import Codebook
from pipeline.evaluate.compare import Figure, Row
from pipeline.evaluate.evaluation import machine_against_gold
from pipeline.evaluate.judge import code_gold
from pipeline.gold import ADJUDICATED, GoldUnit
from pipeline.learn import TrainSettings, save_trained, train_on_gold

THIN = 20
"""Fewer units than this with a code are too few to learn it from; the user is warned."""

CURVE_SHARES = (0.25, 0.5)
BATCH_TOKENS = 4096


@dataclass(frozen=True, slots=True)
class CodeLearnt:
    """A code's line in the table of what was learnt.

    Attributes:
        training, held_out: units with the code, by any coder.
        f1: on the held-out units, whose labels also set the threshold: a little too good.
        threshold: the probability from which the code is given; None where a unit carries one code at most, as the code with
            the largest share is given then.
    """

    code: str
    training: int
    held_out: int
    f1: Figure
    alpha: Figure
    threshold: float | None
    warning: str


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Held-out agreement after training on so many units."""

    units: int
    alpha: float | None
    macro_f1: float | None


def codes_learnt(
    folder: Path,
    training: Sequence[GoldUnit],
    validation: Sequence[GoldUnit],
    codebook: Codebook,
    *,
    device: str = "auto",
) -> list[CodeLearnt]:
    """Measure the saved model in `folder` on its held-out gold."""
    predictor = Predictor(load_model(folder), device=device, batch_tokens=BATCH_TOKENS)
    rows = {row.name: row for row in _rows(predictor, validation, codebook)}
    choice = predictor.model.decisions.labels is not Labels.MANY
    thresholds = predictor.model.decisions.themes.thresholds
    nothing = Figure(None, None, None)
    learnt = []
    for code, threshold in zip(codebook.names, thresholds, strict=False):
        seen, held = (units_with(code, part) for part in (training, validation))
        figures = rows[code].figures if code in rows else {}
        f1, alpha = (figures.get(name, nothing) for name in ("f1", "alpha"))
        given_from = None if choice else float(threshold)
        learnt.append(CodeLearnt(code, seen, held, f1, alpha, given_from, _warning(seen, held)))
    return learnt


def units_with(code: str, units: Sequence[GoldUnit]) -> int:
    """How many units any coder gave the code."""
    return sum(any(code in (coding.codes or ()) for coding in unit.codings) for unit in units)


def learning_curve(
    training: Sequence[GoldUnit],
    validation: Sequence[GoldUnit],
    codebook: Codebook,
    settings: TrainSettings,
    *,
    device: str = "auto",
    job: Job | None = None,
) -> list[CurvePoint]:
    """Train on growing parts of the gold (whole groups, each part within the next), measured on the same held-out units."""
    points = []
    for share in CURVE_SHARES:
        part = _part(training, share, settings.seed)
        part_job = job.part(f"{share:g}") if job else None
        trained = train_on_gold(part, validation, codebook, settings, device=device, job=part_job)
        with tempfile.TemporaryDirectory() as folder:
            save_trained(trained, Path(folder), codebook, settings, counts={}, data="", seen=())
            predictor = Predictor(load_model(Path(folder)), device=device, batch_tokens=BATCH_TOKENS)
            points.append(measured(predictor, len(part), validation, codebook))
    return points


def measured(predictor: Predictor, units: int, validation: Sequence[GoldUnit], codebook: Codebook) -> CurvePoint:
    """A model's agreement with held-out gold, after training on `units` units."""
    rows = _rows(predictor, validation, codebook)
    figures = rows[-1].figures if rows else {}
    alpha, macro = (figures[name].value if name in figures else None for name in ("alpha", "macro_f1"))
    return CurvePoint(units, alpha, macro)


def curve_lines(points: Sequence[CurvePoint]) -> list[str]:
    """The learning curve in words."""
    lines = [
        f"{point.units} units: alpha {number(point.alpha)}, macro-F1 {number(point.macro_f1)} on the held-out part"
        for point in points
    ]
    twice = 2 * points[-1].units
    expected = expected_at(points, twice)
    if expected is None:
        return [*lines, "the points do not rise steadily: they say nothing of what more coding would buy"]
    return [*lines, f"twice as much gold ({twice} units) may be expected to reach alpha {expected:.2f}"]


def number(value: float | None) -> str:
    """A number for people, a dash where there is none."""
    return "–" if value is None else f"{value:.2f}"


def expected_at(points: Sequence[CurvePoint], units: int) -> float | None:
    """Alpha to be expected from `units` units, by a power law through the points; None where they do not rise.

    1 - alpha = a * n ** -b is fitted by least squares in logarithms (Cortes et al. 1993; Figueroa et al. 2012).
    """
    known = [(point.units, point.alpha) for point in points if point.alpha is not None and point.alpha < 1]
    if len({n for n, _ in known}) < 3:
        return None
    x, y = np.log([n for n, _ in known]), np.log([1 - alpha for _, alpha in known])
    slope, intercept = np.polyfit(x, y, 1)
    return float(1 - np.exp(intercept + slope * np.log(units))) if slope < 0 else None


def as_markdown(learnt: Sequence[CodeLearnt]) -> str:
    """The table for the model's card."""
    lines = [
        "## What was learnt",
        "",
        "On the held-out part, whose labels also set the thresholds: a little too good. F1 with a 95 % interval (bootstrap over",
        "groups).",
        "",
        "| code | units to learn from | held out | F1 | threshold | |",
        "|---|---|---|---|---|---|",
        *(
            f"| {item.code} | {item.training} | {item.held_out} | {figure(item.f1)} | {number(item.threshold)} | {item.warning} |"
            for item in learnt
        ),
        "",
    ]
    return "\n".join(lines)


def figure(value: Figure) -> str:
    """A figure with its interval, for people."""
    if value.value is None:
        return "–"
    span = f" ({value.low:.2f}–{value.high:.2f})" if value.low is not None and value.high is not None else ""
    return f"{value.value:.2f}{span}"


def _rows(predictor: Predictor, validation: Sequence[GoldUnit], codebook: Codebook) -> list[Row]:
    return machine_against_gold(code_gold(predictor, [_settled(unit) for unit in validation]), codebook).rows


def _settled(unit: GoldUnit) -> GoldUnit:
    """A unit with a reference: where coders were never settled, what at least half of them gave."""
    if unit.reference is not None and not unit.unsettled("codes"):
        return unit
    asked = [coding for coding in unit.codings if coding.codes is not None]
    votes = [code for coding in asked for code in coding.codes or ()]
    codes = frozenset(code for code in votes if 2 * votes.count(code) >= len(asked))
    settled = replace(unit.first, coder=ADJUDICATED, codes=codes if asked else None, attitudes=None)
    return GoldUnit(unit.unit_id, (*unit.codings, settled))


def _warning(training: int, held_out: int) -> str:
    if training < THIN:
        return "too few to learn from" if training else "never coded: known by its definition only"
    return "too few held out to measure" if held_out < 5 else ""


def _part(units: Sequence[GoldUnit], share: float, seed: int) -> list[GoldUnit]:
    groups = sorted({unit.first.group for unit in units})
    random.Random(seed).shuffle(groups)
    kept = set(groups[: max(1, round(share * len(groups)))])
    return [unit for unit in units if unit.first.group in kept]
