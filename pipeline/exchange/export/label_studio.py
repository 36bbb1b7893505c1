"""Label Studio: a task for each participant's segment with the run's codings as a prediction, and the labelling set-up.

Codes are choices on the task, partners are labelled regions with the attitude as a choice per region. Label Studio counts
UTF-16 units, as JavaScript does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from lxml import etree

from pipeline.codebook import Codebook
from pipeline.errors import UsageError
from pipeline.exchange.export import columns
from pipeline.exchange.export.staged import staged_file
from pipeline.exchange.export.stream import codebook_of, shown_names
from pipeline.exchange.export.tasks import Task, facts, tasks_of
from pipeline.exchange.offsets import OffsetMap, Unit
from pipeline.exchange.refi.xml import clean
from pipeline.exchange.run_tasks import AS_SUCH, CODES, NO_CONTEXT, PARTNERS, STANCE
from pipeline.store import ATTITUDES, write_bytes_atomically
from pipeline.tables import RunTables
from pipeline.types import PARTNERSHIP, Attitude

TEXT = "text"
_ATTITUDES = [attitude.value for attitude in Attitude]


def setup_file(out: Path) -> Path:
    """Where the labelling set-up of these tasks stands."""
    return out.with_name(f"{out.stem}-setup.xml")


def write(tables: RunTables, out: Path) -> Sequence[str]:
    """Write the tasks and, beside them, the labelling set-up.

    Raises:
        UsageError: the set-up's file is there already, and the tasks are not.
    """
    setup = setup_file(out)
    if setup.exists() and not out.exists():
        raise UsageError("is there already", path=setup, remedy="name another with --out, or move it away")
    codebook = codebook_of(tables)
    version = f"transcript-themes {tables.manifest.get('version', '')} {tables.manifest['model']['name']}"
    held = 0
    with staged_file(out) as aside, aside.open("w", encoding="utf-8", newline="\n") as file:
        for number, task in enumerate(tasks_of(tables)):
            held += task.item.review
            file.write(("[\n" if number == 0 else ",\n") + json.dumps(_task(task, version), ensure_ascii=False))
        file.write("[]\n" if file.tell() == 0 else "\n]\n")
    types = dict.fromkeys(row["partner_type"] for row in tables.rows(ATTITUDES, ["partner_type"]))
    codes = tables.manifest["codebook"]["codes"]
    content = setup_xml(codebook, codes, [name for name in types if name != PARTNERSHIP])
    write_bytes_atomically(setup, content)
    return [f"the labelling set-up for it is {setup.name}", *columns.held_back(held)]


def setup_xml(codebook: Codebook, codes: Iterable[str], partner_types: Sequence[str]) -> bytes:
    """The labelling set-up: what may be chosen, and how it is laid out."""
    names, definitions = shown_names(codebook), {code.name: code.definition for code in codebook.all_codes}
    view = etree.Element("View")
    etree.SubElement(view, "Header", value="$transcript", size="5")
    etree.SubElement(view, "Text", name="before", value="$context")
    etree.SubElement(view, "Header", value="$speaker", size="5")
    if partner_types:
        labels = etree.SubElement(view, "Labels", name=PARTNERS, toName=TEXT)
        for partner_type in partner_types:
            etree.SubElement(labels, "Label", value=clean(partner_type))
    etree.SubElement(view, "Text", name=TEXT, value="$text", granularity="symbol")
    if partner_types:
        etree.SubElement(view, "Header", value="Attitude to the partner that is selected", size="5")
        _choices(view, STANCE, _ATTITUDES, perRegion="true", choice="single")
    etree.SubElement(view, "Header", value="Codes", size="5")
    choices = _choices(view, CODES, (), choice="multiple")
    for code in codes:
        # The alias is what results hold, so that they fit the codebook whatever its labels are.
        hint = {"hint": clean(definitions[code])} if definitions.get(code) else {}
        etree.SubElement(choices, "Choice", value=clean(names.get(code, code)), alias=code, **hint)
    etree.SubElement(view, "Header", value="Attitude to partnership as such", size="5")
    _choices(view, AS_SUCH, _ATTITUDES, choice="single")
    content: bytes = etree.tostring(view, encoding="utf-8", pretty_print=True)
    return content


def _choices(parent: Any, name: str, values: Iterable[str], **options: str) -> Any:
    choices = etree.SubElement(parent, "Choices", name=name, toName=TEXT, **options)
    for value in values:
        etree.SubElement(choices, "Choice", value=value)
    return choices


def _task(task: Task, version: str) -> dict[str, Any]:
    segment = task.item.segment
    # A text must not be empty, else Label Studio refuses the task.
    data = {"text": segment.text, "context": task.context or NO_CONTEXT, **facts(task)}
    doubt = task.item.uncertainty
    score = {} if doubt is None else {"score": round(1 - doubt, 4)}
    prediction = {"model_version": version, **score, "result": _results(task)}
    return {"data": data, "predictions": [prediction]}


def _results(task: Task) -> list[dict[str, Any]]:
    segment, item = task.item.segment, task.item
    results: list[dict[str, Any]] = []
    given = [theme.code for theme in item.themes if theme.assigned]
    if given:
        least = min(theme.probability for theme in item.themes if theme.assigned)
        results.append(_result("codes", CODES, "choices", {"choices": given}, least))
    units = OffsetMap(segment.text)
    for number, score in enumerate(item.attitudes):
        stance, chance = score.attitude.value, columns.probability(score)
        if score.mention is None:
            results.append(_result("as-such", AS_SUCH, "choices", {"choices": [stance]}, chance))
            continue
        mention = score.mention
        start = units.to_unit(mention.start - segment.start, Unit.UTF16)
        end = units.to_unit(mention.end - segment.start, Unit.UTF16)
        place = {"start": start, "end": end, "text": mention.text}
        region = f"mention-{number}"
        results.append(_result(region, PARTNERS, "labels", {**place, "labels": [clean(mention.partner_type)]}, None))
        results.append(_result(region, STANCE, "choices", {**place, "choices": [stance]}, chance))
    return results


def _result(identity: str, control: str, kind: str, value: dict[str, Any], score: float | None) -> dict[str, Any]:
    result = {"id": identity, "from_name": control, "to_name": TEXT, "type": kind, "value": value}
    return result if score is None else result | {"score": score}
