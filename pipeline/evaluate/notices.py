"""What a reader of the figures should know of the gold: said in words, before any figure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import chain

from pipeline.codebook import Codebook
from pipeline.evaluate.compare import WITHIN
from pipeline.evaluate.comparison import Comparison
from pipeline.evaluate.evaluation import coders_of
from pipeline.evaluate.figures import LEAST_GROUPS
from pipeline.gold import ADJUDICATED, GoldUnit
from pipeline.gold_machine import machines_own
from pipeline.gold_none import not_looked_for
from pipeline.gold_unit import MACHINE, NOBODY
from pipeline.gold_waiting import NONE_WAITS, Waiting

SHOWN = 8
FAR_ABOVE = 0.05
"""So much more alpha over pooled codes than within codes is told: it is no agreement."""

Place = tuple[str, int, int, str]


def gold_notices(
    units: Sequence[GoldUnit],
    codebook: Codebook,
    read: Sequence[GoldUnit] | None = None,
    waiting: Waiting = NONE_WAITS,
) -> list[str]:
    """Sentences on the gold; none where there is nothing to mind.

    Args:
        read: the units with all their codes, where some are not the codebook's and were left out of `units`.
        waiting: rows of the tables that are still to be coded.
    """
    listed = _all_coded(units if read is None else read, waiting)
    unjudged = [f"{waiting.attitude_notice}."] if waiting.attitudes else []
    told = (
        _coders(units),
        _codes(units, codebook),
        listed,
        unjudged,
        _attitudes(units),
        _groups(units),
        _places(units),
    )
    return list(chain.from_iterable(told))


def pooled_notices(comparisons: Sequence[Comparison]) -> list[str]:
    """A sentence where alpha over pooled codes is far above that within codes."""
    found = [
        f"{item.other} against {item.gold} {pooled.value:.2f}, within codes {within.value:.2f}"
        for item in comparisons
        if item.rows
        and (pooled := item.rows[-1].figures["alpha"]).value is not None
        and (within := item.rows[-1].figures[WITHIN]).value is not None
        and pooled.value - within.value >= FAR_ABOVE - 1e-9
    ]
    if not found:
        return []
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return [
        "Alpha of all codes pooled takes the codes' different frequencies for agreement, and is well above alpha within codes "
        f"({'; '.join(found[:SHOWN])}{more}): cite alpha within codes."
    ]


def _coders(units: Sequence[GoldUnit]) -> list[str]:
    coders = coders_of(units)
    people = [coder for coder in coders if coder != MACHINE]
    found = [f"{sentence}." for sentence in filter(None, [machines_own(units)])]
    if len(people) == 1:
        who = "who is not named" if people == [NOBODY] else people[0]
        found.append(
            f"The gold is one coder's ({who}): there is no human ceiling, and the machine's faults cannot be told from the "
            "coder's. Let a second person code some of the units."
        )
    if not coders:
        found.append("The gold holds the adjudicated coding only: there is no human ceiling.")
    unsettled = sum(unit.unsettled("codes") or unit.reference is None for unit in units)
    if unsettled:
        found.append(
            f"{unsettled} of {len(units)} units were coded by several people and never settled (no row by {ADJUDICATED!r}): they "
            "are compared with each coder, and left out of the comparison with the reference."
        )
    attitudes = sum(unit.unsettled("attitudes") and unit.reference is not None for unit in units)
    if attitudes:
        found.append(
            f"The attitudes of {attitudes} of {len(units)} units were coded by several people and never settled: they are left "
            "out of the comparison with the reference."
        )
    return found


def _codes(units: Sequence[GoldUnit], codebook: Codebook) -> list[str]:
    asked = [coding for unit in units for coding in unit.codings if coding.codes is not None]
    used = {code for coding in asked for code in coding.codes or ()}
    never = [name for name in codebook.names if name not in used]
    if not asked:
        return ["The gold has attitudes only, no codes."]
    if not used:
        return ["No unit of the gold carries a code: recall, F1, alpha and kappa are undefined."]
    found = []
    if never:
        named = ", ".join(never[:SHOWN]) + (f" and {len(never) - SHOWN} more" if len(never) > SHOWN else "")
        found.append(f"The gold never uses {named}: nothing can be said of how well the machine finds them.")
    for name in codebook.names:
        if all(name in (coding.codes or ()) for coding in asked):
            found.append(
                f"Every unit of the gold carries {name}: alpha and kappa are undefined for it, or rest on the machine alone."
            )
    return found


def _all_coded(units: Sequence[GoldUnit], waiting: Waiting) -> list[str]:
    asked = [coding for unit in units for coding in unit.codings if coding.codes is not None]
    every = bool(asked) and all(coding.codes for coding in asked)
    if waiting.rows:
        # Units without a code are listed: what they lack is a name.
        too_high = ". As it is every unit that counts carries a code, and precision is too high" if every else ""
        return [f"{waiting.notice}{too_high}."]
    if not every:
        return []
    return [
        "Every unit of the gold carries a code. If units without a code were left out of the table, precision is too high "
        "and agreement is not what it would be on whole interviews: list them with empty codes."
    ]


def _attitudes(units: Sequence[GoldUnit]) -> list[str]:
    told = not_looked_for([coding for unit in units for coding in unit.codings])
    return [f"{sentence[0].upper()}{sentence[1:]}." for sentence in told]


def _groups(units: Sequence[GoldUnit]) -> list[str]:
    groups = {unit.first.group for unit in units}
    if len(units) > 1 and groups == {unit.unit_id for unit in units}:
        return [
            "No unit has a group (an interview, a speaker): intervals treat all units as independent, and are too narrow if they "
            "are not. Add the column group."
        ]
    if len(groups) == 1:
        return ["All units are of one group (one interview?): intervals over groups cannot be had."]
    if len(groups) < LEAST_GROUPS:
        return [f"The units are of {len(groups)} groups only: the intervals are no use."]
    return []


def _places(units: Sequence[GoldUnit]) -> list[str]:
    """Units of one coder at one place, or over each other."""
    at: dict[Place, list[GoldUnit]] = defaultdict(list)
    for unit in units:
        for coding in unit.codings:
            if coding.transcript and coding.start is not None and coding.end is not None:
                at[coding.transcript, coding.start, coding.end, coding.coder].append(unit)
    found = []
    doubled = {key: mine for key, mine in at.items() if len(mine) > 1}
    if doubled:
        (name, start, end, coder), mine = next(iter(doubled.items()))
        ids = " and ".join(unit.unit_id for unit in mine[:2])
        unlike = sum(len({unit.by(key[3]).codes for unit in same}) > 1 for key, same in doubled.items())  # type: ignore[union-attr]
        contradict = f", in {unlike} of them with different codes" if unlike else ""
        found.append(
            f"{len(doubled)} {'place is' if len(doubled) == 1 else 'places are'} listed more than once by one coder{contradict} "
            f"(the first: {ids}, {name} {start}-{end}, {coder}): each is counted as often as it is listed."
        )
    spans: dict[tuple[str, str], list[tuple[int, int, str]]] = defaultdict(list)
    for (name, start, end, coder), mine in at.items():
        spans[name, coder].append((start, end, mine[0].unit_id))
    over = [
        (name, one, other)
        for (name, _), placed in spans.items()
        for one, other in zip(sorted(placed), sorted(placed)[1:], strict=False)
        if other[0] < one[1]
    ]
    if over:
        name, one, other = over[0]
        found.append(
            f"{len(over)} pairs of units of one coder overlap (the first: {one[2]} and {other[2]} in {name}): text in both is "
            "counted in both; by character it carries the codes of both."
        )
    return found
