"""What makes held-out figures too good without anyone wanting it: talk on both sides of the split, or known to the base.

Figures, thresholds and the curve for abstention are of no use where what is judged was learnt from. Groups keep an interview on
one side; here is looked for what gets past them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from pipeline.division import Division
from pipeline.errors import clipped, printable
from pipeline.gold import GoldUnit
from pipeline.gold_unit import text_hash
from pipeline.holding_out import ungrouped
from pipeline.plural import listed, numbered
from pipeline.seen import is_telling, known_again

FEW_ALONE = 5
"""Fewer units without a group are a slip, or interviews of a single unit."""
_OF_RUN = re.compile(r"(?P<transcript>.+-[0-9a-f]{8}):\d+-\d+")
"""The id of a run's segment, with the transcript's in front."""
SHARED = 0.02
"""Share of the held-out units that may say what others say too, before it is told."""


def leaks(gold: Division, known: Mapping[str, frozenset[str]]) -> list[str]:
    """What is wrong with how gold was held out, each with the remedy; nothing where there is no gold.

    Args:
        known: the hashes of what a model that takes part has seen (`text_hash`), by what the model is called: the base that is
            gone on from, the teacher.
    """
    if not gold.units:
        return []
    return [*_seen(gold, known), *_under_two_names(gold.units), *_partly_ungrouped(gold.units), *_on_both_sides(gold)]


def _seen(gold: Division, known: Mapping[str, frozenset[str]]) -> list[str]:
    judged = _telling(gold.units if gold.folds else gold.validation)
    found = []
    for name, seen in known.items():
        again = known_again(judged, seen)
        if again and again > SHARED * len(judged):
            found.append(
                f"{again} of {len(judged)} units that are held out were learnt from when {printable(name)} was made: figures are "
                "too good, and probabilities, thresholds and what `--risk` leaves to a person too sure; train on all of your "
                "gold from the model that you began with, or from a bare encoder"
            )
    return found


def _under_two_names(units: Sequence[GoldUnit]) -> list[str]:
    """One file's units under several groups, as when two tables name an interview differently.

    Two runs may: in one of them another file had the same name. The units' ids tell then.
    """
    groups: dict[str, set[str]] = defaultdict(set)
    for unit in units:
        segment = _OF_RUN.fullmatch(unit.unit_id)
        for name in filter(None, (unit.first.transcript, segment and segment["transcript"])):
            if unit.first.group != unit.unit_id:
                groups[name].add(unit.first.group)
    several: dict[tuple[str, ...], str] = {}
    for name, found in groups.items():
        if len(found) > 1:  # a transcript of which both its name and its id tell counts once
            several.setdefault(tuple(sorted(found)), name)
    if not several:
        return []
    names, name = next(iter(several.items()))
    told = numbered(
        len(several), "[transcript stands|transcripts stand] under more than one name in the column `group`"
    )
    return [
        f"{told} ({clipped(name, 40)}: {listed([clipped(one, 40) for one in names], 3)}): turns of one interview may lie on both "
        "sides, and figures be too good; give each interview one name"
    ]


def _partly_ungrouped(units: Sequence[GoldUnit]) -> list[str]:
    alone = sum(unit.first.group == unit.unit_id for unit in units)
    if alone < FEW_ALONE or ungrouped(units):  # of which `holding_out` tells
        return []
    return [
        f"{alone} of {len(units)} units have no group, and each was taken for an interview of its own: if several are of one, "
        "its turns lie on both sides, and figures are too good; name each unit's interview in the column `group`"
    ]


def _on_both_sides(gold: Division) -> list[str]:
    """Texts that were held out from what learnt from the same text elsewhere."""
    dealt: list[Sequence[GoldUnit]] = [[gold.training[i] for i in fold] for fold in gold.folds]
    sides = dealt or [gold.training, gold.validation]
    where: dict[str, set[int]] = defaultdict(set)
    for number, side in enumerate(sides):
        for unit in _telling(side):
            where[text_hash(unit.first.text)].add(number)
    judged = _telling(gold.training if gold.folds else gold.validation)
    shared = sum(len(where[text_hash(unit.first.text)]) > 1 for unit in judged)
    if not shared or shared <= SHARED * len(judged):
        return []
    return [
        f"{shared} of {len(judged)} held-out units say word for word what others say from which is learnt: if an interview is "
        "in the gold twice, figures are too good; leave one of the two out, or give both the same `group`"
    ]


def _telling(units: Iterable[GoldUnit]) -> list[GoldUnit]:
    return [unit for unit in units if is_telling(unit.first.text)]
