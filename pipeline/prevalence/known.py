"""Whether the run's model learnt from the hand-coded segments more than from the others, or less.

How far the machine is off on the hand-coded segments is taken for how far it is off on all. Where it learnt from them it is off
less. A sample drawn at random from talk of which the model has seen a part is no such case: it has seen as much of the others.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import hypergeom

from pipeline.prevalence.matching import Floats, Sampled
from pipeline.prevalence.population import Population
from pipeline.seen import is_known, is_telling, known_to_model_of
from pipeline.store import SEGMENTS

CHANCE = 0.006
"""The probability of a draw by chance (of one side: 2.5 standard errors), below which what was seen was not drawn by chance."""

_DRAW = (
    "draw the segments to be hand-coded at random from all of the run (`themes sample`), or correct a run without the "
    "transcripts that the model has learnt from"
)

_ROUNDING = 1e-9

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
    beyond = beyond_chance(seen[telling], weight[telling])
    if not beyond:
        return ""
    coded, others = telling & (weight > 0), telling & (weight == 0)
    here, elsewhere = (f"{int(seen[which].sum())} of the {int(which.sum())}" for which in (coded, others))
    errs = (
        "it errs less on what it has seen, so that corrected shares are too near to the machine's, and their intervals too narrow"
        if beyond > 0
        else "it errs less on what it has seen, so that shares are corrected too much"
    )
    return (
        f"the run's model was trained or calibrated on {here} hand-coded segments, and on {elsewhere} others (those of fewer "
        f"than five words aside): {errs}; {_DRAW}"
    )


def beyond_chance(seen: Flags, weight: Floats) -> int:
    """Whether more of a sample was seen (1), or less (-1), than a draw from all, of which so many were seen, would hold.

    The tails are of the hypergeometric distribution; a weighted sample counts as its effective size (Kish 1965).

    Args:
        weight: of each segment, 0 where it is not in the sample.
    """
    drawn = weight[weight > 0]
    if len(drawn) in (0, len(weight)):
        return 0
    effective = round(float(drawn.sum() ** 2 / (drawn**2).sum()))
    share = float((weight * seen).sum() / drawn.sum())
    draw = hypergeom(len(weight), int(seen.sum()), effective)
    fewest, most = np.floor(share * effective + _ROUNDING), np.ceil(share * effective - _ROUNDING)
    if draw.sf(fewest - 1) < CHANCE:
        return 1
    return -1 if draw.cdf(most) < CHANCE else 0
