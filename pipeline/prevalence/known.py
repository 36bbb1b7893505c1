"""Whether the run's model learnt from the hand-coded segments, more than from the others.

How far the machine is off on the hand-coded segments is taken for how far it is off on all. Where it learnt from them it is off
less. A sample drawn at random from talk of which the model has seen a part is no such case: it has seen as much of the others.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.prevalence.matching import Floats, Sampled
from pipeline.prevalence.population import Population
from pipeline.seen import is_known, is_telling, known_to_model_of
from pipeline.store import SEGMENTS

CHANCE = 2.5
"""So many standard errors above its share of all segments, what the model has seen is in the sample by more than chance."""

Flags = NDArray[np.bool_]


def known_notice(population: Population, sampled: Sampled) -> str:
    """That the model has seen what was hand-coded; empty where it has not, or of all as much."""
    if len(sampled.units) == len(population):  # nothing is taken for anything else
        return ""
    known = known_to_model_of(population.tables)
    if not known:
        return ""
    seen, telling = np.zeros(len(population), dtype=bool), np.zeros(len(population), dtype=bool)
    for segment in population.tables.rows(SEGMENTS, ["segment_id", "text"]):
        row = population.row_of.get(segment["segment_id"])
        if row is not None:
            seen[row], telling[row] = is_known(segment["text"], known), is_telling(segment["text"])
    weight = sampled.weight(list(sampled.units))
    if not more_than_chance(seen[telling], weight[telling]):
        return ""
    coded, others = telling & (weight > 0), telling & (weight == 0)
    here, elsewhere = (f"{int(seen[which].sum())} of the {int(which.sum())}" for which in (coded, others))
    return (
        f"the run's model was trained or calibrated on {here} hand-coded segments, and on {elsewhere} others (those of fewer "
        "than five words aside): it errs less on what it has seen, so that corrected shares are too near to the machine's, and "
        "their intervals too narrow. Correct with segments that it has not learnt from"
    )


def more_than_chance(seen: Flags, weight: Floats) -> bool:
    """Whether more of a sample was seen than a draw from all, of which so many were seen, would hold.

    Args:
        weight: of each segment, 0 where it is not in the sample.
    """
    drawn = weight[weight > 0]
    if len(drawn) in (0, len(weight)):
        return False
    share, of_all = float((weight * seen).sum() / drawn.sum()), float(seen.mean())
    effective = drawn.sum() ** 2 / (drawn**2).sum()
    error = np.sqrt(of_all * (1 - of_all) / effective * (1 - len(drawn) / len(weight)))
    return bool(share - of_all > CHANCE * error)
