"""A run's segments as annotation tools give them back: which segment a task is, and what was said of it.

`pipeline.exchange.export.tasks` is the way out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.exchange.attitudes import attitude_codes, code_id
from pipeline.exchange.building import ProjectBuilder
from pipeline.exchange.codebook_codes import code_of
from pipeline.exchange.project import Origin
from pipeline.types import PARTNERSHIP, Attitude

CHANGED = "tasks hold another text than the run's segment and are read as texts of their own"
NO_CONTEXT = "—"
"""Stands in a task for no talk before it, as Label Studio takes no empty text."""
CODES, PARTNERS, STANCE, AS_SUCH = "codes", "partner", "attitude", PARTNERSHIP
"""What the labelling set-up for Label Studio calls its controls, and its results after them."""


def origin_of(facts: Mapping[str, Any], text: str, context: Any, builder: ProjectBuilder) -> Origin | None:
    """Which segment of a run a task is, by what the export put into it; None where it is none, or was changed.

    Args:
        facts: the task's data or meta.
        text: of the task.
        context: the talk before it.
    """
    names = [facts.get(name) for name in ("segment_id", "transcript", "transcript_id")]
    start, end = facts.get("start"), facts.get("end")
    segment, transcript, ident = (name if isinstance(name, str) else "" for name in names)
    if not (segment and transcript) or type(start) is not int or type(end) is not int:
        return None
    if start < 0 or end - start != len(text):
        builder.count(CHANGED)
        return None
    # A name that the export made unique with the transcript's id is none that the run knows.
    name = ident if ident and f"({ident})" in transcript else transcript
    before = context if isinstance(context, str) and context != NO_CONTEXT else ""
    return Origin(name, start, segment, before)


def give_codes(builder: ProjectBuilder, source_id: str, length: int, codes: Iterable[str], coder: str) -> None:
    """A coder's codes of a segment; none says that it was read and given none."""
    codes = dict.fromkeys(code for code in codes if code.strip())
    for code in codes:
        builder.known_code(code_of(code))
        builder.coding(source_id, 0, length, code, coder=coder)
    if not codes:
        builder.coding(source_id, 0, length, None, coder=coder)


def give_attitude(
    builder: ProjectBuilder, source_id: str, place: tuple[int, int], partner_type: str, attitude: Attitude, coder: str
) -> None:
    """A coder's attitude to a partner, on the words that name it."""
    for code in attitude_codes([partner_type]):
        builder.known_code(code)
    builder.coding(source_id, *place, code_id(partner_type, attitude), coder=coder)
