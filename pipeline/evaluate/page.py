"""The evaluation as one HTML page that opens offline: no script, nothing fetched, all of the gold's text escaped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.decisions import ATTITUDES
from pipeline import __version__
from pipeline.codebook import Codebook
from pipeline.errors import ThemesError
from pipeline.evaluate.calibration import Calibration
from pipeline.evaluate.ceiling import Ceiling
from pipeline.evaluate.characters import SpanComparison
from pipeline.evaluate.disagreements import MOST, attitude_disagreements, confused, disagreements
from pipeline.evaluate.evaluation import MACHINE, AttitudeAnswer, Comparison
from pipeline.evaluate.figures import Figure, rests_on
from pipeline.evaluate.judge import THEMES, MachineCoding
from pipeline.evaluate.slices import Slice
from pipeline.pages import template
from pipeline.store import write_atomically

SIDE = 150
"""Of a reliability plot's square, in pixels."""

MARGIN = 22
SHOWN = ("precision", "recall", "f1", "alpha", "kappa", "ac1", "agreement", "average_precision", "roc_auc")
"""Figures in the first table."""
_MOST_CONFUSED = 30
"""Pairs of codes taken for each other that are listed."""


@dataclass(frozen=True, slots=True)
class Point:
    """One bin of a reliability plot, in pixels; `low` and `high` are the ends of its interval's bar."""

    x: float
    y: float
    low: float
    high: float
    title: str


@dataclass(frozen=True, slots=True)
class Plot:
    """One reliability plot."""

    name: str
    error: Figure
    points: tuple[Point, ...]


def write_page(
    path: Path,
    *,
    codebook: Codebook,
    machine: MachineCoding,
    comparisons: Sequence[Comparison],
    answers: Sequence[AttitudeAnswer],
    ceiling: Ceiling | None,
    spans: Sequence[SpanComparison],
    slices: Sequence[Slice],
    notices: Sequence[str],
) -> None:
    """Write the page.

    Raises:
        ThemesError: it cannot be written.
    """
    html = template("pipeline.evaluate", "evaluation.html.j2", _FILTERS).render(
        version=__version__,
        machine=machine,
        ceiling=ceiling,
        spans=spans,
        slices=slices,
        notices=notices,
        **_named(codebook),
        **_compared(comparisons, machine, codebook),
        **_plotted(comparisons[0]),
        **_disagreed(machine, codebook),
        classes=ATTITUDES,
        crossed=Counter((item.gold, item.attitude) for item in answers if item.attitude),
    )
    try:
        write_atomically(path, html)
    except OSError as error:
        raise ThemesError(
            f"cannot be written: {error.strerror}", path=path, remedy="name another folder with --out"
        ) from error


def _named(codebook: Codebook) -> dict[str, Any]:
    """What things are called."""
    return {
        "title": codebook.label or codebook.name,
        "labels": {name: codebook.label_of(name) for name in codebook.names},
        "themes": {theme.name: theme.label or theme.name.replace("_", " ") for theme in codebook.themes},
        "number": {name: k for k, name in enumerate(codebook.names)},
    }


def _compared(comparisons: Sequence[Comparison], machine: MachineCoding, codebook: Codebook) -> dict[str, Any]:
    """The tables of agreement: the machine against the reference at the head, then with people and between them."""
    head, only_orders = comparisons[0], THEMES in machine.unlearnt
    return {
        "head": head,
        "few": rests_on(head.units, head.groups),
        "only_orders": only_orders,
        "people": [item for item in comparisons[1:] if item.rows and not (item.other == MACHINE and only_orders)],
        "attitudes": [item for item in comparisons if item.attitudes or item.partnership],
        "minded": {"codes": _minded_codes(head, codebook), "attitudes": _minded_attitudes(comparisons)},
    }


def _plotted(head: Comparison) -> dict[str, Any]:
    """The reliability plots, and their size."""
    return {
        "plots": _plots(head.calibration),
        "attitude_plots": _plots(head.attitude_calibration),
        "side": SIDE,
        "margin": MARGIN,
    }


def _disagreed(machine: MachineCoding, codebook: Codebook) -> dict[str, Any]:
    """The units on which gold and machine differ, how many there are, and the codes to filter them by."""
    codes, attitudes = disagreements(machine, codebook), attitude_disagreements(machine)
    wrong = {answer.code for item in codes for answer in item.answers if answer.kind != "both"}
    return {
        "confused": confused(machine, codebook).most_common(_MOST_CONFUSED),
        "disagreements": codes[:MOST],
        "all_disagreements": len(codes),
        "attitude_disagreements": attitudes[:MOST],
        "all_attitude_disagreements": len(attitudes),
        "filters": [name for name in codebook.names if name in wrong],
    }


def _plots(found: Sequence[Calibration]) -> list[Plot]:
    """The pooled one first."""
    return [plot(item) for item in (*found[-1:], *found[:-1])]


def plot(item: Calibration) -> Plot:
    """Where a code's bins lie in its plot: probability to the right, frequency upwards."""

    def right(value: float) -> float:
        return round(MARGIN + value * SIDE, 1)

    def up(value: float) -> float:
        return round(SIDE - value * SIDE + 4, 1)

    points = [
        Point(
            x=right(found.probability),
            y=up(found.frequency.value),
            low=up(found.frequency.low if found.frequency.low is not None else found.frequency.value),
            high=up(found.frequency.high if found.frequency.high is not None else found.frequency.value),
            title=f"{found.n} decisions, mean probability {found.probability:.2f}, in gold {found.frequency.value:.2f}",
        )
        for found in item.bins
        if found.frequency.value is not None
    ]
    return Plot(item.name, item.error, tuple(points))


def _minded_codes(item: Comparison, codebook: Codebook) -> list[tuple[str, str]]:
    """Notes on the figures of the first table; one that all of a row's figures have is told once."""
    found = []
    for row in item.rows:
        name = codebook.label_of(row.name) if row.level == "code" else row.name
        found += _minded(name, {key: row.figures[key] for key in SHOWN if key in row.figures})
    return found


def _minded_attitudes(comparisons: Sequence[Comparison]) -> list[tuple[str, str]]:
    found = []
    for item in comparisons:
        who = f"{item.other} against {item.gold}"
        for what, figures in (
            ("mentions", item.attitudes),
            *item.partner_types.items(),
            ("partnership", item.partnership),
        ):
            found += _minded(f"{who}, {what.replace('_', ' ')}", figures)
    return found


def _minded(name: str, figures: Mapping[str, Figure]) -> list[tuple[str, str]]:
    notes: dict[str, list[str]] = {}
    for key, figure in figures.items():
        if figure.note:
            notes.setdefault(figure.note, []).append(key.replace("_", " "))
    return [(name if len(keys) == len(figures) else f"{name}, {', '.join(keys)}", note) for note, keys in notes.items()]


def told(figure: Figure | None) -> str:
    """Two digits, or a dash where it is undefined."""
    return "–" if figure is None or figure.value is None else f"{figure.value:.2f}"


def interval(figure: Figure | None) -> str:
    """The interval, or nothing."""
    if figure is None or figure.low is None or figure.high is None:
        return ""
    return f"{figure.low:.2f}{' to ' if figure.low < 0 else '–'}{figure.high:.2f}"


def share(figure: Figure | None) -> str:
    """A share in per cent."""
    return "–" if figure is None or figure.value is None else f"{100 * figure.value:.1f} %"


_FILTERS = {"figure": told, "interval": interval, "share": share}
