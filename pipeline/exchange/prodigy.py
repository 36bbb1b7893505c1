"""Prodigy's annotations (JSONL): spans, choices and accepted or rejected labels; offsets count code points, as Python does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import ThemesError, UnreadableInput
from pipeline.exchange.building import ProjectBuilder
from pipeline.exchange.files import parsed, text_of
from pipeline.exchange.offsets import Unit
from pipeline.exchange.placing import Placer
from pipeline.exchange.prodigy_run import SegmentAnswers
from pipeline.exchange.project import Project
from pipeline.exchange.run_tasks import origin_of

_MARKS = frozenset({"_input_hash", "_task_hash", "answer", "_annotator_id", "_session_id", "_view_id"})
_PLACE = ("source", "document", "file", "id", "transcript", "segment_id", "section", "page", "line", "start", "end")
"""Of a task's meta: what tells where its text is from."""
_HUGE = 2**53
_UNITS = (Unit.CODE_POINT, Unit.STORED)
_TIME = re.compile(r"\d{4}-\d\d-\d\d_\d\d-\d\d")


def recognise(path: Path) -> bool:
    """Whether the first line is a text with an answer as Prodigy stores it."""
    try:
        lines = text_of(path).split("\n")
        first = parsed(next(line for line in lines if line.strip()), path)
    except (ThemesError, StopIteration):
        return False
    return isinstance(first, dict) and isinstance(first.get("text"), str) and bool(_MARKS & set(first))


def read(path: Path) -> Project:
    """Read what `prodigy db-out` gives. An accepted text without label was read and given none; ignored ones are left out.

    Raises:
        UnreadableInput: a line is no JSON, or no text.
    """
    builder = ProjectBuilder(path.stem)
    texts: dict[tuple[str, ...], tuple[str, Placer]] = {}
    segments = SegmentAnswers(builder)
    read = False
    for number, line in enumerate(text_of(path).split("\n"), 1):
        if not line.strip():
            continue
        task = parsed(line, path, number)
        if not isinstance(task, dict) or not isinstance(task.get("text"), str):
            raise UnreadableInput(
                "no annotated text", path=path, place=f"line {number}", remedy="export with `prodigy db-out`"
            )
        if not task["text"].strip():
            continue
        read = True
        meta = task.get("meta")
        origin = origin_of(meta, task["text"], task.get("context"), builder) if isinstance(meta, dict) else None
        if origin is not None:
            segments.add(origin, _coder(task), task)
        else:
            _read_task(builder, task, texts)
    segments.finish()
    if not read:
        raise UnreadableInput("there are no texts in it", path=path, remedy="export with `prodigy db-out`")
    return builder.project()


def _read_task(
    builder: ProjectBuilder, task: Mapping[str, Any], texts: dict[tuple[str, ...], tuple[str, Placer]]
) -> None:
    stored = task["text"]
    text = stored.replace("\r\n", "\n").replace("\r", "\n")
    facts = task.get("meta")
    about = {str(key): str(value) for key, value in facts.items()} if isinstance(facts, dict) else {}
    # `Yes.` said twice is two texts; what else meta holds (a score) may differ between two answers to one task.
    key = (stored, *(about.get(name, "") for name in _PLACE))
    if key not in texts:
        name = next((about[name] for name in _PLACE[:4] if name in about), "text")
        texts[key] = builder.source(f"{name} {len(texts) + 1}", text, attributes=about), Placer(text, stored)
    source_id, placer = texts[key]
    coder = _coder(task)
    answer = task.get("answer", "accept")
    for option in _listed(task, "options"):
        if isinstance(option, dict):  # the codebook, also of what nobody chose
            builder.code(_name(option))
    if answer == "ignore":
        builder.count("ignored [text was|texts were] left out")
        return
    whole = [] if answer == "reject" else _choices(task)
    spans = [] if answer == "reject" else [span for span in _listed(task, "spans") if isinstance(span, dict)]
    found = False
    for name in whole:
        found |= builder.coding(source_id, 0, len(text), builder.code(name), coder=coder)
    for span in spans:
        start, end, label = span.get("start"), span.get("end"), span.get("label")
        place = None
        if isinstance(start, int) and isinstance(end, int) and max(abs(start), abs(end)) < _HUGE:
            place = placer.place(start, end, str(span.get("text") or ""), _UNITS)
        if place is None or not label:
            builder.count(
                "[span has|spans have] no label, or [is not in its|are not in their] text, and [was|were] left out"
            )
            continue
        if not place.agrees:
            builder.count("[span was|spans were] found by [its|their] words, as [its|their] offsets point elsewhere")
        found |= builder.coding(source_id, place.start, place.end, builder.code(str(label)), coder=coder)
    if not found:
        # Rejecting the one label that was asked for says that it does not apply.
        builder.coding(source_id, 0, len(text), None, coder=coder)


def _choices(task: Mapping[str, Any]) -> list[str]:
    """The labels of the whole text: those chosen among options, or the one that was asked for."""
    accepted = task.get("accept")
    if isinstance(accepted, list):
        options = [option for option in _listed(task, "options") if isinstance(option, dict)]
        names = {option.get("id"): _name(option) for option in options if isinstance(option.get("id"), str | int)}
        return [names.get(item, str(item)) for item in accepted if isinstance(item, str | int)]
    label = task.get("label")
    return [label] if isinstance(label, str) and label else []


def _listed(task: Mapping[str, Any], key: str) -> list[Any]:
    found = task.get(key)
    return found if isinstance(found, list) else []


def _name(option: Mapping[str, Any]) -> str:
    return str(option.get("text") or option.get("id") or "")


def _coder(task: Mapping[str, Any]) -> str:
    """The annotator; session ids are the data set's name and theirs, or the time where nobody was named."""
    given = str(task.get("_annotator_id") or task.get("_session_id") or "")
    if _TIME.search(given):
        return ""
    return given.rpartition("-")[2] if "-" in given else given
