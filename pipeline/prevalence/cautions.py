"""What a reader of corrected shares must be warned of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.prevalence.matching import Sampled
from pipeline.prevalence.population import Population
from pipeline.prevalence.results import Row

THIN_SEGMENTS, THIN_INTERVIEWS = 30, 5


def cautions(
    population: Population,
    sampled: Sampled,
    rows: Sequence[Row],
    splits: Mapping[str, Sequence[str | None]],
    *,
    simple_random: bool,
) -> list[str]:
    """Sentences on how the gold was drawn, what was left out, and where it is thin."""
    out = []
    if not sampled.known and not simple_random:
        out.append(
            "the gold does not say how its segments were sampled. The correction holds only if every segment had the same "
            "chance: say so with --simple-random, or draw a sample with `themes sample`"
        )
    if sampled.unmatched:
        shown = ", ".join(sampled.unmatched[:5]) + (" …" if len(sampled.unmatched) > 5 else "")
        out.append(
            f"{len(sampled.unmatched)} gold units are no participant segments of this run and were left out: {shown}"
        )
    if sampled.twice:
        out.append(
            f"{len(sampled.twice)} gold units are a segment that another unit is too, left out: {sampled.twice[0]} …"
        )
    for name, values in splits.items():
        unknown = sum(value is None for value in values)
        if unknown:
            out.append(f"{name} is not known of {unknown} segments; they are in no group")
    thin = {
        (row.by, row.group): (row.coded, row.coded_interviews)
        for row in rows
        if row.kind == "code" and (row.coded < THIN_SEGMENTS or row.coded_interviews < THIN_INTERVIEWS)
    }
    for (name, group), (coded, interviews) in thin.items():
        place = f"{name} {group}" if name else "the gold"
        out.append(
            f"{place}: {coded} hand-coded segments in {interviews} interviews are thin "
            f"(fewer than {THIN_SEGMENTS} or {THIN_INTERVIEWS}); do not lean on its figures"
        )
    return out
