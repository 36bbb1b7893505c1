"""Precision and recall of the partner finder against hand-marked mentions.

    python scripts/measure_mentions.py examples/gold/mentions.csv --groups w4,w5 --show-misses 20

The gold is a CSV file with the columns id, text, mention, mention_start, mention_end, partner_type and, where it has
them, group and coder; a unit without a mention has one row with these fields empty. A speaker's own agency is
looked for in the file that `--interviews` and the group name, if there is one.

Intervals are 95 % percentile bootstraps over groups. A found and a marked mention that overlap count once each,
whatever their types; type accuracy is over those pairs. With `--partial` the gold marks only some of each unit's
mentions (the first of each type, say), and precision says little.
"""

from __future__ import annotations

import argparse
import csv
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from pipeline.partners import PartnerFinder, own_agency_of
from pipeline.types import PARTNERSHIP


class Span(NamedTuple):
    """A mention's place in its unit's text."""

    start: int
    end: int
    partner_type: str


class Unit(NamedTuple):
    """A marked segment: what the coder marked and what the finder found."""

    group: str
    text: str
    gold: tuple[Span, ...]
    found: tuple[Span, ...]


def read_gold(path: Path, coder: str | None) -> dict[str, tuple[str, str, list[Span]]]:
    """Group, text and marked spans of each unit."""
    units: dict[str, tuple[str, str, list[Span]]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if coder and row.get("coder") != coder:
                continue
            _, _, spans = units.setdefault(row["id"], (row.get("group") or row["id"], row["text"], []))
            if row["mention"] and row["partner_type"] != PARTNERSHIP:
                span = Span(int(row["mention_start"]), int(row["mention_end"]), row["partner_type"])
                if row["text"][span.start : span.end] != row["mention"]:
                    raise SystemExit(f"{path}: {row['id']}: the offsets do not give {row['mention']!r}")
                spans.append(span)
    return units


def own_agency(folder: Path | None, group: str) -> str | None:
    """The agency that the head of the group's interview gives."""
    file = folder / f"{group}.txt" if folder else None
    if file is None or not file.is_file():
        return None
    head = file.read_text(encoding="utf-8").partition("\n\n")[0]
    return own_agency_of(dict(re.findall(r"^([^:\n]+): *(.+)$", head, re.MULTILINE)))


def overlapping(left: Iterable[Span], right: Iterable[Span]) -> list[tuple[Span, Span]]:
    """Pairs of spans that share a character, each span in one pair at most."""
    free = list(right)
    pairs = []
    for span in left:
        other = next((each for each in free if each.start < span.end and span.start < each.end), None)
        if other:
            free.remove(other)
            pairs.append((span, other))
    return pairs


def counts(units: Iterable[Unit]) -> Counter[str]:
    """All that the measures are made of."""
    total: Counter[str] = Counter()
    for unit in units:
        pairs = overlapping(unit.gold, unit.found)
        total["gold"] += len(unit.gold)
        total["found"] += len(unit.found)
        total["exact"] += sum(gold[:2] == found[:2] for gold, found in pairs)
        total["overlap"] += len(pairs)
        total["typed"] += sum(gold.partner_type == found.partner_type for gold, found in pairs)
    return total


MEASURES: dict[str, tuple[str, str]] = {
    "exact precision": ("exact", "found"),
    "exact recall": ("exact", "gold"),
    "overlap precision": ("overlap", "found"),
    "overlap recall": ("overlap", "gold"),
    "type accuracy": ("typed", "overlap"),
}


def ratio(total: Counter[str], measure: str) -> float:
    """A measure's value; not a number where nothing was there to measure."""
    part, whole = MEASURES[measure]
    return total[part] / total[whole] if total[whole] else float("nan")


def intervals(units: list[Unit], rounds: int, seed: int) -> dict[str, tuple[float, float]]:
    """95 % bootstrap intervals, whole groups drawn with replacement."""
    groups: dict[str, list[Unit]] = defaultdict(list)
    for unit in units:
        groups[unit.group].append(unit)
    totals = [counts(members) for members in groups.values()]
    draw = random.Random(seed)
    sums = [sum(draw.choices(totals, k=len(totals)), Counter()) for _ in range(rounds)]
    bounds: Callable[[list[float]], tuple[float, float]] = lambda values: (  # noqa: E731
        values[int(0.025 * len(values))],
        values[int(0.975 * len(values))],
    )
    return {
        measure: bounds(sorted(value for total in sums if (value := ratio(total, measure)) == value))
        for measure in MEASURES
    }
