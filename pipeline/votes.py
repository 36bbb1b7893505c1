"""Coders' votes: what a gold unit gives to learn from, and how many codes a unit may carry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import chain
from typing import Literal

from models.decisions import ATTITUDES, Labels
from models.inputs import Unit
from models.settings import TrainingUnit, Votes
from pipeline.gold import ADJUDICATED, GoldUnit
from pipeline.types import Attitude, Coding

ADJUDICATED_WEIGHT = 2.0
"""An adjudicated coding counts as two coders: it was made knowing the others', but is one reading all the same."""

ENOUGH_DOUBLES = 5.0
"""With fewer units of two codes to be expected by chance than this, none at all does not show that two are impossible.

Where five are expected, chance leaves none with probability exp(-5), below 0.7 % (Poisson).
"""


def training_unit(gold: GoldUnit, codes: Sequence[str]) -> TrainingUnit:
    """A gold unit with its coders' votes."""
    asked = [(_weight(coding), coding.codes) for coding in gold.codings if coding.codes is not None]
    total = sum(weight for weight, _ in asked)
    themes = tuple(sum(weight for weight, given in asked if code in given) / total for code in codes) if asked else None
    final = gold.settled("codes")
    held_against = [final.codes] if final else [given for _, given in asked]
    targets, attitudes = _mention_votes(gold)
    return TrainingUnit(
        Unit(gold.first.text, gold.first.context, targets),
        themes=themes,
        partnership=_partnership_votes(gold),
        attitudes=attitudes,
        readings=tuple(tuple(float(code in (given or ())) for code in codes) for given in held_against),
        group=gold.first.group,
    )


def labels_of(units: Sequence[GoldUnit], wish: Labels | Literal["auto"] = "auto") -> Labels:
    """How many codes a unit may carry: as wished, or as the gold shows.

    Where nobody gave a unit two codes, and that is no chance (`doubles_by_chance`), gold in which every coding has exactly one
    code is taken for a choice of one, and gold in which some have none for a choice of one at most. Coders who differ gave one
    code each.
    """
    if wish != "auto":
        return Labels(wish)
    sizes = [len(coding.codes) for unit in units for coding in unit.codings if coding.codes is not None]
    if not sizes or max(sizes) > 1 or doubles_by_chance(units) < ENOUGH_DOUBLES:
        return Labels.MANY
    return Labels.ONE if min(sizes) == 1 else Labels.AT_MOST_ONE


def doubles_by_chance(units: Sequence[GoldUnit]) -> float:
    """How many pairs of codes would fall on one unit if codes were given independently, each as often as it is.

    Of n units with codes, n times the sum over pairs of codes of the product of their shares. A unit counts once, however many
    coded it (its codings are no independent draws), and a code in it by the share of its coders who gave it.
    """
    asked = [given for unit in units if (given := [c.codes for c in unit.codings if c.codes is not None])]
    often: dict[str, float] = defaultdict(float)
    for given in asked:
        for code in chain.from_iterable(given):
            often[code] += 1 / len(given)
    total, squares = sum(often.values()), sum(count**2 for count in often.values())
    return (total**2 - squares) / (2 * len(asked)) if asked else 0.0


def _weight(coding: Coding) -> float:
    return ADJUDICATED_WEIGHT if coding.coder == ADJUDICATED else 1.0


def _partnership_votes(gold: GoldUnit) -> Votes | None:
    """Shares for (nothing said, negative, neutral, positive); None where no coder was asked."""
    votes = [0.0, 0.0, 0.0, 0.0]
    for coding in gold.codings:
        if coding.attitudes is None or not coding.partnership_asked:
            continue
        weight = _weight(coding)
        stance = _stance(coding)
        votes[0 if stance is None else 1 + ATTITUDES.index(stance.value)] += weight
    total = sum(votes)
    return tuple(vote / total for vote in votes) if total else None


def _stance(coding: Coding) -> Attitude | None:
    return next((item.attitude for item in coding.attitudes or () if item.start is None), None)


def _mention_votes(gold: GoldUnit) -> tuple[tuple[tuple[int, int], ...], tuple[Votes, ...]]:
    """Every span that any coder marked, with the shares of attitudes among those who marked it."""
    votes: dict[tuple[int, int], list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for coding in gold.codings:
        weight = _weight(coding)
        for item in coding.attitudes or ():
            if item.start is not None and item.end is not None:
                votes[item.start, item.end][ATTITUDES.index(item.attitude.value)] += weight
    spans = tuple(sorted(votes))
    return spans, tuple(tuple(vote / sum(votes[span]) for vote in votes[span]) for span in spans)
