"""Precision and recall of the partner finder against hand-marked mentions.

    python scripts/measure_mentions.py examples/gold/mentions.csv --groups w4,w5 --show-misses 20

The gold is a CSV file with the columns id, text, mention, mention_start, mention_end, partner_type and, where it
has them, group and coder; a unit without a mention has one row with these fields empty. The speaker's own agency
is read from the head of the interview `GROUP.txt` in the folder `--interviews`, where there is one.

Intervals are 95 % percentile bootstraps over groups. A found and a marked mention that overlap count once each,
whatever their types; type accuracy is over those pairs. With `--partial` the gold marks only some of each unit's
mentions (the first of each type, say), and precision says little.
"""

from __future__ import annotations

import argparse
import csv
import math
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from pipeline.ingest import read_transcript
from pipeline.partners import PartnerFinder
from pipeline.segment import segment_transcript
from pipeline.types import PARTNERSHIP, Role, Segment


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


class Interview(NamedTuple):
    """What the rest of an interview tells of a unit: the speaker's own agency and the colleagues introduced."""

    own_agency: str | None = None
    people: Mapping[str, str] = MappingProxyType({})


def interview(finder: PartnerFinder, folder: Path, group: str) -> Interview:
    """As the pipeline reads it: only what participants say introduces anyone, and no speaker is introduced."""
    file = folder / f"{group}.txt"
    if not file.is_file():
        return Interview()
    transcript = read_transcript(file)
    segments = segment_transcript(transcript)
    told = [segment for segment in segments if segment.role is Role.PARTICIPANT]
    agencies = {finder.own_agency_of(transcript.attributes_of(segment.speaker)) for segment in told}
    people = finder.introduced([segment.text for segment in told], {segment.speaker for segment in segments})
    return Interview(agencies.pop() if len(agencies) == 1 else None, people)


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
    return {measure: middle([ratio(total, measure) for total in sums]) for measure in MEASURES}


def middle(values: list[float]) -> tuple[float, float]:
    """The bounds of the middle 95 % of `values`, those that are not numbers left out."""
    numbers = sorted(value for value in values if not math.isnan(value))
    if not numbers:
        return math.nan, math.nan
    return numbers[int(0.025 * len(numbers))], numbers[int(0.975 * len(numbers))]


def show_misses(units: list[Unit], limit: int) -> None:
    """Print marked mentions that were not found, and found ones that were not marked or have another type."""
    lines = []
    for unit in units:
        pairs = overlapping(unit.gold, unit.found)
        wrong = [("missed", span) for span in unit.gold if span not in [gold for gold, _ in pairs]]
        wrong += [("not marked", span) for span in unit.found if span not in [found for _, found in pairs]]
        wrong += [(f"not {g.partner_type}", f) for g, f in pairs if g.partner_type != f.partner_type]
        for kind, span in wrong:
            before, after = unit.text[max(0, span.start - 40) : span.start], unit.text[span.end :][:30]
            around = f"{before}[{unit.text[span.start : span.end]}]{after}"
            lines.append(f"{unit.group} {kind} {span.partner_type}: {' '.join(around.split())}")
    for line in lines[:limit]:
        print(line)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("gold", type=Path, help="CSV of marked mentions")
    parser.add_argument("--vocabulary", type=Path, help="another vocabulary than the shipped one")
    parser.add_argument(
        "--interviews", type=Path, default=Path("examples/interviews"), help="for own agencies and colleagues"
    )
    parser.add_argument("--coder", help="only this coder's rows")
    parser.add_argument("--groups", default="", help="only groups that start with one of these (w1,w2)")
    parser.add_argument("--partial", action="store_true", help="the gold marks only some mentions: recall only")
    parser.add_argument("--show-misses", type=int, default=0, metavar="N")
    parser.add_argument("--bootstrap", type=int, default=2000, metavar="ROUNDS")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    units = measured(options)
    total = counts(units)
    print(f"units {len(units)}  groups {len({u.group for u in units})}  ", end="")
    print(f"marked {total['gold']}  found {total['found']}")
    bounds = intervals(units, options.bootstrap, options.seed)
    for measure, (low, high) in bounds.items():
        if not (options.partial and "precision" in measure):
            print(f"{measure:18} {ratio(total, measure):.2f}  [{low:.2f}, {high:.2f}]")
    show_misses(units, options.show_misses)


def measured(options: argparse.Namespace) -> list[Unit]:
    """The units that the options ask for, with what the finder finds in them."""
    finder = PartnerFinder(options.vocabulary)
    prefixes = tuple(options.groups.split(","))
    known: dict[str, Interview] = {}
    units = []
    for group, text, gold in read_gold(options.gold, options.coder).values():
        if group.startswith(prefixes):
            if group not in known:
                known[group] = interview(finder, options.interviews, group)
            unit = Segment(group, group, 0, None, Role.PARTICIPANT, 0, len(text), text)
            mentions = finder.find(unit, *known[group])
            found = tuple(Span(mention.start, mention.end, mention.partner_type) for mention in mentions)
            units.append(Unit(group, text, tuple(gold), found))
    if not units:
        raise SystemExit(f"{options.gold}: no unit of these groups and this coder")
    return units


if __name__ == "__main__":
    main()
