"""Units drawn with unequal chances: each counts for 1 / its probability to be drawn (Hájek's estimator of ratios).

Every figure that is a function of sums over units is one of weighted sums, brought to an average weight of 1, so that the
small-sample terms of alpha stay those of the units there are. The bootstrap draws interviews with all their weighted units.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.gold import GoldUnit
from pipeline.prevalence.record import SUFFIX, Record
from pipeline.types import Coding

Floats = NDArray[np.float64]

NOT_WEIGHTED = {
    "counts": "units, gold, other, counts, n, the confusion tables and the disagreements are of the units as they are listed",
    "ceiling.tests.p": "p and winning_rate are the published test, which takes units as drawn alike; advantage, p_groups and "
    "winning_rate_groups are weighted",
    "spans.exact": "exact_ and near_ figures count stretches as they were marked, which are not the units that were drawn",
    "spans.alpha_u": "alpha for unitizing and gamma measure lengths and gaps along the text; a weight would change them",
}
"""Figures that are not weighted though units are, and why."""

UNWEIGHTED_NOTE = "not weighted by inclusion"


@dataclass(frozen=True, slots=True)
class Weighting:
    """How units count.

    Attributes:
        weighted: by 1 / inclusion; else all alike.
        reason: in words.
        units, effective: how many there are (0 where there is nothing to say of it); and how many drawn alike tell as
            much (Kish 1965), None where not weighted.
        least, most: of the inclusion probabilities.
        not_weighted: figures that are not weighted all the same, and why.
    """

    weighted: bool = False
    reason: str = "no unit says with which probability it was drawn: all count alike"
    units: int = 0
    effective: float | None = None
    least: float | None = None
    most: float | None = None
    not_weighted: dict[str, str] = field(default_factory=dict)

    @property
    def notice(self) -> str | None:
        """What a reader must know; None where units were drawn alike, or nothing is said of it."""
        return self.reason if self.units else None


def weighed(
    units: Sequence[GoldUnit], record: Record | None, sampled: Collection[str] = ()
) -> tuple[list[GoldUnit], Weighting]:
    """Units with the inclusion that their table or the record of the draw gives them, or all without; and how they count.

    Args:
        sampled: ids of units that `themes sample` drew.
    """
    drawn = record.inclusion if record is not None else {}
    given = [unit.first.inclusion or drawn.get(unit.unit_id) for unit in units]
    known = [value for value in given if value is not None]
    if len(known) < len(units):
        plain = [_with(unit, None) for unit in units]
        if known:
            told = (
                f"{len(units) - len(known)} of {len(units)} units do not say with which probability they were drawn, the others "
                "do: no figure is weighted, and all are of the units as they are listed, not of the material"
            )
            return plain, Weighting(reason=told, units=len(units))
        if record is not None:
            told = f"the design of the sample knows none of the {len(units)} units: no figure is weighted"
            return plain, Weighting(reason=told, units=len(units))
        drawn_here = sum(unit.unit_id in sampled for unit in units)
        if drawn_here:
            told = (
                f"{drawn_here} units were drawn by `themes sample`, and no {SUFFIX} lies beside their table (or is named with "
                "--design): no figure is weighted; unsure and rare codings are over-drawn, and figures are those of the sample"
            )
            return plain, Weighting(reason=told, units=len(units))
        return plain, Weighting()
    settled = [_with(unit, value) for unit, value in zip(units, given, strict=True)]
    if len(set(known)) < 2:
        return settled, Weighting(reason="all units had the same chance to be drawn: all count alike")
    weights = 1 / np.array(known)
    effective = float(weights.sum() ** 2 / (weights**2).sum())
    told = (
        f"The units were drawn with unequal chances (inclusion {min(known):.3g} to {max(known):.3g}): figures are weighted by "
        f"1 / inclusion and are those of the material that they were drawn from. {len(units)} units so weighted tell as much as "
        f"about {effective:.0f} drawn alike. Counts, the published alternative-annotator test and agreement of whole stretches "
        "are not weighted."
    )
    return settled, Weighting(True, told, len(units), round(effective, 1), min(known), max(known), dict(NOT_WEIGHTED))


def weights_of(codings: Sequence[Coding]) -> Floats | None:
    """1 / inclusion of each; None where one has none, or all have the same."""
    given = [coding.inclusion for coding in codings]
    if None in given or len(set(given)) < 2:
        return None
    return 1 / np.array(given, dtype=np.float64)


def _with(unit: GoldUnit, inclusion: float | None) -> GoldUnit:
    if all(coding.inclusion == inclusion for coding in unit.codings):
        return unit
    return replace(unit, codings=tuple(replace(coding, inclusion=inclusion) for coding in unit.codings))
