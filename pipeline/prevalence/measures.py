"""What is counted: codes, attitudes to each type of partner, attitudes to partnership as such; by the machine and by people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from pipeline.prevalence.matching import Sampled, attitude_codings, votes
from pipeline.prevalence.population import Population
from pipeline.prevalence.unmentioned import ALONE, Unmentioned
from pipeline.store import ATTITUDES
from pipeline.types import PARTNERSHIP, Attitude, Coding

Floats = NDArray[np.float64]

ANY = "any"
"""The share of segments that speak of partnership at all."""

UNKNOWN = "unknown"
"""The type of a mention that people gave none, and that the machine did not find."""

_PROBABLE = tuple(item.value for item in Attitude)


@dataclass(frozen=True)
class Measure:
    """One share: sum of `y` over sum of `z`.

    Those of one kind and name that are `of` the same part one whole: their `y` sum to `z`, their `f` and `machine` to `d`.

    Attributes:
        kind: `code`, `partner` or `partnership`.
        name: the code or the partner type.
        attitude: negative, neutral, positive or any; empty for codes.
        of: what it is a share of.
        machine: the machine's count for `y` as it is reported.
        f, d: what the machine says for `y` (probabilities where it has them) and `z`.
        y, z: what people say; 0 where they were not asked.
        weight: 1 / inclusion where they were, else 0.
        learnt: by the run's model; what it says of anything else is no coding, and corrects nothing.
        alone: why else hand-coding cannot correct what the machine says; empty where it can.
    """

    kind: str
    name: str
    attitude: str
    of: str
    machine: Floats
    f: Floats
    d: Floats
    y: Floats
    z: Floats
    weight: Floats
    learnt: bool = True
    alone: str = ""

    @property
    def corrects(self) -> bool:
        """Whether hand-coding and the machine go together."""
        return self.learnt and not self.alone


def measures(population: Population, sampled: Sampled) -> list[Measure]:
    """Every share that both the run and the gold speak of."""
    found = _codes(population, sampled)
    if population.tables.attitudes(["segment_id"]).num_rows:
        found += _attitudes(population, sampled)
    return found


def families(found: Sequence[Measure]) -> list[list[Measure]]:
    """Measures that part one whole together; each of the others by itself."""
    return [list(items) for _, items in groupby(found, key=lambda item: (item.kind, item.name, item.of))]


def _codes(population: Population, sampled: Sampled) -> list[Measure]:
    asked = [row for row, unit in sampled.units.items() if any(item.codes is not None for item in unit.codings)]
    if not asked:
        return []
    weight, one, learnt = sampled.weight(asked), np.ones(len(population)), not population.tables.only_orders
    out = []
    for column, code in enumerate(population.codes):
        y = np.zeros(len(population))
        y[asked] = [votes(sampled.units[row], code) for row in asked]
        machine = population.assigned[:, column].astype(np.float64)
        shares = (machine, population.probabilities[:, column], one, y, one)
        out.append(Measure("code", code, "", "segments", *shares, weight, learnt))
    return out


def _attitudes(population: Population, sampled: Sampled) -> list[Measure]:
    """Shares of mentions by partner type; of segments about partnership by attitude; and of segments about it.

    Of either by those who were asked about it.
    """
    size = len(population)
    machine: dict[tuple[str, str], Floats] = defaultdict(lambda: np.zeros(size))
    probable: dict[tuple[str, str], Floats] = defaultdict(lambda: np.zeros(size))
    spans: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
    for item in population.tables.rows(ATTITUDES):
        row, kind = population.row_of[item["segment_id"]], item["partner_type"]
        machine[kind, ANY][row] += 1
        machine[kind, item["attitude"]][row] += 1
        whole = sum(item[attitude] for attitude in _PROBABLE)  # 1, but for the tables' rounding
        for attitude in _PROBABLE:
            probable[kind, attitude][row] += item[attitude] / whole
        if item["start"] is not None:
            spans[row].append((item["start"], item["end"], kind))
    general = _People(population, sampled, spans, mentions=False)
    marked = _People(population, sampled, spans, mentions=True)
    one, out, tables = np.ones(size), [], population.tables
    alone = ALONE if Unmentioned.of(population, sampled).unread else ""
    for kind in sorted({name for name, _ in (*machine, *marked.said)} - {PARTNERSHIP}) if marked.asked else []:
        out += _by_attitude("partner", kind, "mentions", machine, probable, marked, tables.judges_mentions, alone)
    if general.asked:
        whole, learnt = (PARTNERSHIP, ANY), tables.judges_partnership
        shares = (machine[whole], machine[whole], one, general.said[whole], one)
        out.append(Measure("partnership", *whole, "segments", *shares, general.weight, learnt))
        out += _by_attitude(
            "partnership", PARTNERSHIP, "segments about partnership", machine, probable, general, learnt
        )
    return out


def _by_attitude(
    kind: str,
    name: str,
    of: str,
    machine: Mapping[tuple[str, str], Floats],
    probable: Mapping[tuple[str, str], Floats],
    people: _People,
    learnt: bool,
    alone: str = "",
) -> list[Measure]:
    whole, out = (name, ANY), []
    for attitude in _PROBABLE:
        key = (name, attitude)
        shares = (machine[key], probable[key], machine[whole], people.said[key], people.said[whole])
        out.append(Measure(kind, name, attitude, of, *shares, people.weight, learnt, alone))
    return out


class _People:
    """What people said of partners, by type of partner and attitude: of mentions, or of partnership as such."""

    def __init__(
        self,
        population: Population,
        sampled: Sampled,
        spans: Mapping[int, Sequence[tuple[int, int, str]]],
        *,
        mentions: bool,
    ) -> None:
        self.said: dict[tuple[str, str], Floats] = defaultdict(lambda: np.zeros(len(population)))
        found = {row: attitude_codings(unit, mentions=mentions) for row, unit in sampled.units.items()}
        self.asked = [row for row, codings in found.items() if codings]
        self.weight = sampled.weight(self.asked)
        for row in self.asked:
            for coding in found[row]:
                for kind, attitude in _given(coding, int(population.places[row, 0]), spans.get(row, ())):
                    if (kind != PARTNERSHIP) == mentions:
                        self.said[kind, ANY][row] += 1 / len(found[row])
                        self.said[kind, attitude][row] += 1 / len(found[row])


def _given(coding: Coding, offset: int, spans: Sequence[tuple[int, int, str]]) -> list[tuple[str, str]]:
    """Partner type and attitude of each mention that a coder marked; a type left empty is that of the machine's mention there."""
    out = []
    for item in coding.attitudes or ():
        kind = item.partner_type
        if item.start is not None and item.end is not None and not kind:
            start, end = item.start + offset, item.end + offset
            kind = next((name for low, high, name in spans if low < end and start < high), UNKNOWN)
        out.append((kind, item.attitude.value))
    return out
