"""What a reader of corrected shares must be warned of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.gold_codes import LeftOut
from pipeline.gold_machine import machines_own
from pipeline.gold_none import not_looked_for
from pipeline.gold_types import types_of_people_only
from pipeline.gold_waiting import NONE_WAITS, Waiting
from pipeline.plural import listed
from pipeline.prevalence.groups import FEWEST
from pipeline.prevalence.known import known_notice
from pipeline.prevalence.matching import Sampled
from pipeline.prevalence.measures import UNKNOWN
from pipeline.prevalence.population import Population
from pipeline.prevalence.results import Prevalence, Row
from pipeline.prevalence.unmentioned import Unmentioned

THIN_SEGMENTS, THIN_INTERVIEWS = 30, 5


def cautions(
    population: Population,
    sampled: Sampled,
    rows: Sequence[Row],
    splits: Mapping[str, Sequence[str | None]],
    *,
    simple_random: bool,
    waiting: Waiting = NONE_WAITS,
) -> list[str]:
    """Sentences on how the gold was drawn, what was left out, and where it is thin."""
    out = []
    lacking = {row.kind == "code" for row in rows if not row.learnt}
    told = {True: population.tables.no_codes, False: population.tables.no_attitudes}
    out += [
        f"{told[of_codes]} Shares of what it has not learnt are by hand-coding alone"
        for of_codes in sorted(lacking, reverse=True)
    ]
    # Of what is coded throughout nothing was sampled.
    if not sampled.known and not simple_random and len(sampled.units) < len(population):
        out.append(
            "the gold does not say how its segments were sampled. The correction holds only if every segment had the same "
            "chance: say so with --simple-random, or draw a sample with `themes sample`"
        )
    if sampled.unmatched:
        shown = listed(sampled.unmatched)
        out.append(
            f"{len(sampled.unmatched)} gold units are no participant segments of this run and were left out: {shown}"
        )
    if sampled.twice:
        out.append(
            f"{len(sampled.twice)} gold units are a segment that another unit is too, left out: {sampled.twice[0]} …"
        )
    out += filter(None, [machines_own(list(sampled.units.values())), known_notice(population, sampled)])
    codings = [coding for unit in sampled.units.values() for coding in unit.codings]
    if population.tables.attitudes(["segment_id"]).num_rows:
        out += not_looked_for(codings)
        if population.tables.judges_mentions:
            out += filter(None, [Unmentioned.of(population, sampled).notice])
        out += _types_of_people_only(population, rows)
    every = any(coding.codes for coding in codings) and all(coding.codes != frozenset() for coding in codings)
    if waiting.rows:
        out.append(
            waiting.notice + (", or all shares are too high: every segment that counts has a code" if every else "")
        )
    elif every and sampled.coverage < 1:
        out.append(
            "every hand-coded segment has a code, and a part of the sample is not in the table: list what you read and gave "
            "none too, with your name under `coder`, or all shares are too high"
        )
    out += filter(None, [waiting.attitude_notice])
    for name, values in splits.items():
        unknown = sum(value is None for value in values)
        if unknown:
            out.append(f"{name} is not known of {unknown} segments; they are in no group")
    return out + _thin_coding(rows) + _thin_marks(rows)


def _types_of_people_only(population: Population, rows: Sequence[Row]) -> list[str]:
    given = {row.name for row in rows if row.kind == "partner" and not row.by and not row.found} - {UNKNOWN}
    return types_of_people_only(given, (), population.tables)


def _thin_coding(rows: Sequence[Row]) -> list[str]:
    of_segments = [row for row in rows if row.of == "segments"]
    thin = dict.fromkeys(
        (row.by, row.group, row.coded, row.coded_interviews)
        for row in of_segments
        if row.coded < THIN_SEGMENTS or row.coded_interviews < THIN_INTERVIEWS
    )
    return [
        f"{f'{by} {group}' if by else 'the gold'}: {coded} hand-coded segments in {interviews} interviews are thin "
        f"(fewer than {THIN_SEGMENTS} or {THIN_INTERVIEWS}); do not lean on its figures"
        for by, group, coded, interviews in thin
    ]


def _thin_marks(rows: Sequence[Row]) -> list[str]:
    """One sentence over all, and one for each attribute: what has no mark at all has no figure either."""
    thin: dict[str, dict[str, None]] = {}
    for row in rows:
        few = row.marked < THIN_SEGMENTS or row.marked_interviews < THIN_INTERVIEWS
        if row.of != "segments" and row.marked and few:
            name = row.name.replace("_", " ") + (f" of {row.group}" if row.by else "")
            withheld = "" if row.hand.share is not None else " (withheld)"
            thin.setdefault(row.by, {})[f"{name} {row.marked:g} from {row.marked_interviews}{withheld}"] = None
    limit = f"fewer than {THIN_SEGMENTS}, or from fewer than {THIN_INTERVIEWS} interviews"
    return [
        f"{f'{by}: ' if by else ''}attitudes rest on few hand-marked mentions ({limit}): {listed(list(told))}; do not lean on "
        f"these figures. Shares of fewer than {FEWEST}, or from one interview only, are withheld"
        for by, told in thin.items()
    ]


def with_left_out(result: Prevalence, left_out: LeftOut) -> Prevalence:
    """The answer with a warning of the gold's codes that were left out, and a note on the shares that this may make wrong."""
    if not left_out.codes:
        return result
    slips = {item.meant: item.code for item in left_out.codes if item.meant}
    rows = tuple(_doubtful(row, slips) if row.kind == "code" and row.name in slips else row for row in result.rows)
    return replace(result, rows=rows, warnings=(left_out.notice, *result.warnings), codes_left_out=left_out)


def _doubtful(row: Row, slips: Mapping[str, str]) -> Row:
    doubt = f"too low, if people meant this code by {slips[row.name]!r}, which was left out"
    return replace(row, note="; ".join(filter(None, (row.note, doubt))))
