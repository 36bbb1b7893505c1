"""The segments that a run's model finds likeliest for each code, whether it assigns the code or not."""

from __future__ import annotations

from collections import defaultdict

from pipeline.store import THEMES
from pipeline.tables import RunTables

IN_REPORT, IN_WORKBOOK = 10, 50
"""So many of each code are shown where the model only orders segments: to read at once, and to code from."""

Likely = tuple[str, float]
"""A segment's id and its probability."""


def likeliest(tables: RunTables, most: int) -> dict[str, list[Likely]]:
    """At most `most` segments of each code of the run, the likeliest first, equals in the order of their ids."""
    found: dict[str, list[Likely]] = {code: [] for code in tables.manifest["codebook"]["codes"]}
    floor: defaultdict[str, float] = defaultdict(lambda: -1.0)
    for batch in tables.batches(THEMES, ["segment_id", "code", "probability"]):
        columns = (batch.column(name).to_pylist() for name in ("segment_id", "code", "probability"))
        for segment_id, code, probability in zip(*columns, strict=True):
            if probability < floor[code]:
                continue
            best = found[code]
            best.append((segment_id, probability))
            if len(best) > 2 * most:
                best[:] = _ordered(best)[:most]
                floor[code] = best[-1][1]
    return {code: _ordered(best)[:most] for code, best in found.items()}


def where_to_look(run: str) -> str:
    """What to do with a run whose model only orders segments."""
    return (
        f"Where to look: the report shows the {IN_REPORT} likeliest segments of each code; the sheet Likeliest of "
        f"`themes export {run} --out likeliest.xlsx` has {IN_WORKBOOK} of each, with their probabilities."
    )


def _ordered(found: list[Likely]) -> list[Likely]:
    return sorted(found, key=lambda one: (-one[1], one[0]))
