"""A run's segments as annotation tools give them back: which segment a task is, and what was said of it.

`pipeline.exchange.export.tasks` is the way out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipeline.exchange.attitudes import NONE_FOUND, attitude_codes, code_id
from pipeline.exchange.building import ProjectBuilder
from pipeline.exchange.codebook_codes import code_of
from pipeline.exchange.project import Origin
from pipeline.path_names import known_name
from pipeline.types import PARTNERSHIP, Attitude

CHANGED = (
    "[task holds|tasks hold] another text than the run's segment and "
    "[is read as a text of its own|are read as texts of their own]"
)
NO_CONTEXT = "—"
"""Stands in a task for no talk before it, as Label Studio takes no empty text."""
CODES, PARTNERS, STANCE, AS_SUCH = "codes", "partner", "attitude", PARTNERSHIP
"""What the labelling set-up for Label Studio calls its controls, and its results after them."""
NOBODYS = "is a run as it was exported, and what the machine gave is no gold"
CORRECT = (
    "people correct a run in its workbook (`themes export RUN --out run.xlsx`), in Word, or in an annotation tool, from which "
    "their answers are exported"
)
_LONGEST_CONTEXT = 600
"""Characters."""
_OURS = (b'"segment_id"', b'"transcript_id"')
_START = 100_000
"""Bytes."""


def is_exported(path: Path) -> bool:
    """Whether a file of JSON is a run as it was exported, for a message where nobody's answers are in it."""
    try:
        with path.open("rb") as file:
            start = file.read(_START)
    except OSError:
        return False
    return all(mark in start for mark in _OURS)


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
    before = context if isinstance(context, str) and context != NO_CONTEXT else ""
    return Origin(known_name(transcript, ident), start, segment, before)


def context_of(said: str) -> str:
    """What was said before a segment, as its context, where a workbook does not say what the model read."""
    return said if len(said) <= _LONGEST_CONTEXT else "…" + said[-_LONGEST_CONTEXT:]


def give_codes(builder: ProjectBuilder, source_id: str, length: int, codes: Iterable[str], coder: str) -> None:
    """A coder's codes of a segment; none says that it was read and given none."""
    codes = dict.fromkeys(code for code in codes if code.strip())
    for code in codes:
        builder.known_code(code_of(code))
        builder.coding(source_id, 0, length, code, coder=coder)
    if not codes:
        builder.coding(source_id, 0, length, None, coder=coder)


def give_no_attitude(builder: ProjectBuilder, source_id: str, length: int, coder: str) -> None:
    """A coder's answer that no mention of a partner is in a segment."""
    builder.known_code(NONE_FOUND)
    builder.coding(source_id, 0, length, NONE_FOUND.code_id, coder=coder)


def give_attitude(
    builder: ProjectBuilder, source_id: str, place: tuple[int, int], partner_type: str, attitude: Attitude, coder: str
) -> None:
    """A coder's attitude to a partner, on the words that name it."""
    for code in attitude_codes([partner_type]):
        builder.known_code(code)
    builder.coding(source_id, *place, code_id(partner_type, attitude), coder=coder)
