"""Prodigy: a task a line for each participant's segment; codes as accepted options, attitudes as spans on the mention's words.

The attitude to partnership as such, which has no words, is an option too.
Prodigy counts code points, as Python does, from the segment's beginning.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.exchange.attitudes import code_id
from pipeline.exchange.export import columns
from pipeline.exchange.export.staged import staged_file
from pipeline.exchange.export.stream import attitude_names, codebook_of, shown_names
from pipeline.exchange.export.tasks import Task, facts, tasks_of
from pipeline.tables import RunTables
from pipeline.types import PARTNERSHIP, Attitude


def write(tables: RunTables, out: Path) -> Sequence[str]:
    """Write the tasks; returns how much was left to a human."""
    shown, attitudes = shown_names(codebook_of(tables)), attitude_names(tables)
    options = [{"id": code, "text": shown.get(code, code)} for code in tables.manifest["codebook"]["codes"]]
    as_such = [attitudes[item] for item in (code_id(PARTNERSHIP, one) for one in Attitude) if item in attitudes]
    options += [{"id": name, "text": name} for name in as_such]
    held = 0
    with staged_file(out) as aside, aside.open("w", encoding="utf-8", newline="\n") as file:
        for task in tasks_of(tables):
            held += task.item.review
            file.write(json.dumps(_line(task, options, attitudes), ensure_ascii=False) + "\n")
    return columns.held_back(held)


def _line(task: Task, options: Sequence[Mapping[str, str]], attitudes: Mapping[str, str]) -> dict[str, Any]:
    segment = task.item.segment
    spans = [
        {
            "start": score.mention.start - segment.start,
            "end": score.mention.end - segment.start,
            "text": score.mention.text,
            "label": attitudes[code_id(score.mention.partner_type, score.attitude)],
            "partner_type": score.mention.partner_type,
            "probability": columns.probability(score),
        }
        for score in task.item.attitudes
        if score.mention
    ]
    as_such = [attitudes[code_id(PARTNERSHIP, score.attitude)] for score in task.item.attitudes if not score.mention]
    return {
        "text": segment.text,
        "spans": spans,
        "options": options,
        "accept": [*(theme.code for theme in task.item.themes), *as_such],
        "probabilities": {theme.code: theme.probability for theme in task.item.themes},
        "context": task.context,
        "meta": facts(task),
    }
