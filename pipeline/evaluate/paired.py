"""Two machines on one gold: is one better, or do they differ by the luck of the interviews? A paired bootstrap over groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import UsageError
from pipeline.evaluate import statistics as stats
from pipeline.evaluate.compare import WITHIN
from pipeline.evaluate.figures import Figure, Resampler, Statistic
from pipeline.evaluate.judge import THEMES, MachineCoding
from pipeline.evaluate.statistics import Floats
from pipeline.evaluate.weighting import weights_of

OVERALL = "overall"


@dataclass(frozen=True, slots=True)
class Pairing:
    """One figure of both machines on the same units, and of their difference in the same resamples.

    Attributes:
        name: a code, or `overall`.
        difference: second less first.
        p: two-sided, from the share of resamples in which the difference has the other sign; None where it is undefined.
    """

    name: str
    figure: str
    first: Figure
    second: Figure
    difference: Figure
    p: float | None


def _macro_f1(counts: Floats) -> Floats:
    return stats.mean_defined(stats.f1(counts))


def _pooled(statistic: Statistic, counts: Floats) -> Floats:
    return statistic(counts.sum(-2))


_OVERALL: dict[str, Statistic] = {
    "alpha": partial(_pooled, stats.krippendorff_alpha),
    WITHIN: stats.within_alpha,
    "f1": partial(_pooled, stats.f1),
    "precision": partial(_pooled, stats.precision),
    "recall": partial(_pooled, stats.recall),
    "macro_f1": _macro_f1,
}
_EACH: dict[str, Statistic] = {"alpha": stats.krippendorff_alpha, "f1": stats.f1}


def compare_machines(first: MachineCoding, second: MachineCoding, codes: Sequence[str]) -> tuple[list[Pairing], int]:
    """Pairings overall and per code, and the number of units that both answered and gold has settled.

    Raises:
        UsageError: there is no such unit, or one of the two has not learnt codes.
    """
    for machine in (first, second):
        if THEMES in machine.unlearnt:
            raise UsageError(machine.unlearnt[THEMES], remedy="compare models that were trained with codes")
    row_of = {unit.unit_id: i for i, unit in enumerate(second.units)}
    rows = [
        (i, row_of[unit.unit_id], reference)
        for i, unit in enumerate(first.units)
        if unit.unit_id in row_of and (reference := unit.reference) is not None and reference.codes is not None
    ]
    if not rows:
        raise UsageError("no settled unit of the gold was answered by both", remedy="code the same transcripts alike")
    gold = np.array([[code in (coding.codes or ()) for code in codes] for _, _, coding in rows], dtype=bool)
    references = [coding for _, _, coding in rows]
    resampler = Resampler([coding.group for coding in references], units=weights_of(references))
    one = _sums(gold, _assigned(first, [i for i, _, _ in rows], codes), resampler)
    other = _sums(gold, _assigned(second, [k for _, k, _ in rows], codes), resampler)
    pooled = gold.size
    found = [_pair(OVERALL, name, one, other, function, resampler, pooled) for name, function in _OVERALL.items()]
    for k, code in enumerate(codes):
        sides = one[:, k], other[:, k]
        found += [_pair(code, name, *sides, function, resampler, len(gold)) for name, function in _EACH.items()]
    return found, len(rows)


def _pair(
    name: str, figure: str, one: Floats, other: Floats, function: Statistic, resampler: Resampler, n: int
) -> Pairing:
    values = [float(function(sums.sum(0))) for sums in (one, other)]
    drawn = [function(resampler.resampled(sums)) for sums in (one, other)]
    apart = drawn[1] - drawn[0]
    difference = resampler.made(values[1] - values[0], apart, n, "one of the two is")
    p = None
    known = apart[~np.isnan(apart)]
    if difference.low is not None:
        tail = min(int((known <= 0).sum()), int((known >= 0).sum()))
        p = round(min(1.0, 2 * (tail + 1) / (len(known) + 1)), 4)
    return Pairing(
        name,
        figure,
        resampler.made(values[0], drawn[0], n, "no decision to judge by"),
        resampler.made(values[1], drawn[1], n, "no decision to judge by"),
        difference,
        p,
    )


def _assigned(machine: MachineCoding, rows: Sequence[int], codes: Sequence[str]) -> NDArray[np.bool_]:
    return machine.assigned[np.ix_(rows, [machine.codes.index(code) for code in codes])]


def _sums(gold: NDArray[np.bool_], other: NDArray[np.bool_], resampler: Resampler) -> Floats:
    return resampler.sums(np.stack([gold & other, ~gold & other, gold & ~other, ~gold & ~other], axis=-1))
