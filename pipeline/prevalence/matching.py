"""Gold found among a run's segments, and the weight of each hand-coded one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import UsageError
from pipeline.gold import GoldUnit
from pipeline.lookup import names_in
from pipeline.prevalence.population import Population
from pipeline.prevalence.record import Record
from pipeline.types import Coding

Floats = NDArray[np.float64]

_ALL = 0.999  # probabilities are rounded in the table


@dataclass(frozen=True)
class Sampled:
    """The hand-coded segments of a run.

    Attributes:
        units: gold by the segment's row.
        inclusion: shape (n,): the probability to be sampled; 0 for segments that were not hand-coded.
        known: whether the gold or the record of its draw says it; where not, all segments are taken to have had the same.
        coverage: the share of the drawn sample that is coded: in random order, so that the coded were drawn with inclusion
            times this.
        unmatched: ids of gold units that are no segment of the run.
        twice: ids of gold units left out because another one is the same segment.
    """

    units: dict[int, GoldUnit]
    inclusion: Floats
    known: bool
    coverage: float
    unmatched: tuple[str, ...]
    twice: tuple[str, ...]

    def weight(self, rows: Sequence[int]) -> Floats:
        """1 / inclusion for some of the hand-coded segments, 0 for all others."""
        out = np.zeros_like(self.inclusion)
        out[rows] = 1 / self.inclusion[rows]
        return out


def match(population: Population, gold: Sequence[GoldUnit], record: Record | None = None) -> Sampled:
    """Find gold by the segment's id, else by transcript and offsets.

    Args:
        record: gives the inclusion of units that do not say it themselves.

    Raises:
        UsageError: nothing was found, the name of a transcript may mean several, or only a part of the gold says how it was
            sampled.
    """
    names = names_in(population.tables)
    by_place = {
        (population.interviews[number], int(start), int(end)): row
        for row, (number, (start, end)) in enumerate(zip(population.interview, population.places, strict=True))
    }
    units: dict[int, GoldUnit] = {}
    unmatched, twice = [], []
    for unit in gold:
        first = unit.first
        row = population.row_of.get(unit.unit_id)
        if row is None and first.transcript and first.start is not None and first.end is not None:
            with suppress(KeyError):
                row = by_place.get((names.find(first.transcript), first.start, first.end))
        if row is None:
            unmatched.append(unit.unit_id)
        elif row in units:
            twice.append(unit.unit_id)
        else:
            units[row] = unit
    if not units:
        raise UsageError(
            f"none of the gold's {len(gold)} units is a participant segment of this run",
            path=population.tables.path,
            remedy="draw a sample of this run with `themes sample`, or give transcript, start, end of its segments",
        )
    drawn = record.inclusion if record is not None else {}
    given = {row: unit.first.inclusion or drawn.get(population.ids[row]) for row, unit in units.items()}
    without = [row for row, value in given.items() if value is None]
    if without and len(without) < len(given):
        raise UsageError(
            f"{len(without)} of {len(given)} matched gold units have no inclusion, here or in the design "
            f"(for one, {units[without[0]].unit_id})",
            remedy="give the sample that `themes sample` drew, and nothing else",
        )
    inclusion = np.zeros(len(population))
    for row, value in given.items():
        inclusion[row] = value or len(units) / len(population)
    return Sampled(units, inclusion, not without, _coverage(inclusion, record, units), tuple(unmatched), tuple(twice))


def _coverage(inclusion: Floats, record: Record | None, units: Mapping[int, GoldUnit]) -> float:
    """Coded of drawn; where the draw is not recorded, the segments that the weights stand for, of all."""
    if record is not None:
        return min(1.0, len(units) / len(record.inclusion))
    share = float((1 / inclusion[list(units)]).sum()) / len(inclusion)
    return share if share < _ALL else 1.0


def votes(unit: GoldUnit, code: str) -> float | None:
    """Whether people gave a code: the settled coding or the only one, else the majority; a tie counts half."""
    settled = unit.reference
    # Coders may have been settled over attitudes only; then their codes still vote.
    codings = [settled] if settled is not None and settled.codes is not None else list(unit.codings)
    given = [code in coding.codes for coding in codings if coding.codes is not None]
    if not given:
        return None
    share = sum(given) / len(given)
    return share if share == 0.5 else float(share > 0.5)


def attitude_codings(unit: GoldUnit, *, mentions: bool) -> list[Coding]:
    """The codings whose attitudes count: the settled one or the only one, else all (their mean is taken).

    Args:
        mentions: those to mentions; else those to partnership as such. Who was asked for one of them only has not said that
            there are none of the other.
    """

    def asked(coding: Coding) -> bool:
        return coding.attitudes is not None and (coding.mentions_asked if mentions else coding.partnership_asked)

    settled = unit.reference
    return [settled] if settled is not None and asked(settled) else [item for item in unit.codings if asked(item)]
