"""Label Studio's JSON: tasks with annotations by several people; spans count UTF-16 units, as JavaScript does.

Choices without a span are codes on the whole text. A run's segments that were exported as tasks are known again. What a
cancelled (skipped) annotation holds is nobody's judgement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import ThemesError, UnreadableInput
from pipeline.exchange.building import ProjectBuilder
from pipeline.exchange.files import json_of, number
from pipeline.exchange.label_studio_run import read_annotations
from pipeline.exchange.offsets import Unit
from pipeline.exchange.placing import Placer
from pipeline.exchange.project import Origin, Project
from pipeline.exchange.run_tasks import origin_of

_SPANS = ("labels", "hypertextlabels", "paragraphlabels", "choices", "taxonomy")
_UNITS = (Unit.UTF16, Unit.CODE_POINT, Unit.UTF16_STORED, Unit.STORED)
_OTHER_DATA = ("id", "name", "file", "filename", "document", "title", "source", "meta", "context")


def recognise(path: Path) -> bool:
    """Whether a JSON file holds tasks with annotations."""
    try:
        tasks = json_of(path)
    except ThemesError:
        return False
    return isinstance(tasks, list) and any(_is_task(task) for task in tasks)


def read(path: Path) -> Project:
    """Read an export (JSON, not JSON-MIN).

    Raises:
        UnreadableInput: it is no such export.
    """
    tasks = json_of(path)
    if not isinstance(tasks, list) or not any(_is_task(task) for task in tasks):
        raise UnreadableInput(
            "no list of tasks with annotations", path=path, remedy="export from Label Studio as JSON (not JSON-MIN)"
        )
    builder = ProjectBuilder(path.stem)
    segments: dict[Origin, _Segment] = {}
    for index, task in enumerate(tasks, 1):
        if not _is_task(task):
            builder.count("[entry is no annotated task and was|entries are no annotated tasks and were] left out")
            continue
        with _at(path, f"task {index}"):
            _read_task(builder, segments, task, index)
    for origin, segment in segments.items():
        source_id = builder.source(f"{origin.transcript} {origin.unit}", segment.text, origin=origin)
        with _at(path, f"task {segment.first}"):
            read_annotations(builder, source_id, segment.text, segment.annotations)
    return builder.project()


@dataclass(slots=True)
class _Segment:
    """A run's segment, and what was said of it in all its tasks: a project may hold it twice.

    Attributes:
        first: the number of its first task.
        annotations: with their coders.
    """

    text: str
    first: int
    annotations: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)


@contextmanager
def _at(path: Path, place: str) -> Iterator[None]:
    """Annotations that are built otherwise end in a message that says where they stand."""
    try:
        yield
    except (AttributeError, TypeError, KeyError, ValueError) as error:
        raise UnreadableInput(
            "the annotations are not as Label Studio writes them", path=path, place=place, remedy="export again"
        ) from error


def _is_task(task: Any) -> bool:
    return isinstance(task, dict) and isinstance(task.get("data"), dict) and isinstance(_given(task), list)


def _skipped(annotation: Mapping[str, Any], builder: ProjectBuilder) -> bool:
    skipped = bool(annotation.get("was_cancelled") or annotation.get("skipped"))
    builder.count("skipped [annotation was|annotations were] left out", skipped)
    return skipped


def _given(task: Mapping[str, Any]) -> Any:
    return task.get("annotations", task.get("completions"))


def _read_task(builder: ProjectBuilder, segments: dict[Origin, _Segment], task: Mapping[str, Any], index: int) -> None:
    data, name = task["data"], str(task.get("id", index))
    text = str(data.get("text") or "")
    origin = origin_of(data, text, data.get("context"), builder) if text.strip() else None
    if origin is not None:
        kept = [item for item in _given(task) if not _skipped(item, builder)]
        if kept:
            annotations = segments.setdefault(origin, _Segment(text, index)).annotations
            annotations += [(_coder(item.get("completed_by")), item) for item in kept]
        return
    texts: dict[str, tuple[str, Placer]] = {}
    for annotation in _given(task):
        if _skipped(annotation, builder):
            continue
        coder = _coder(annotation.get("completed_by"))
        results = annotation.get("result") or []
        if not results:
            key = _text_key(task["data"], None)
            if key:
                source_id, _ = _source(builder, texts, task["data"], key, name)
                length = len(str(task["data"][key]).replace("\r\n", "\n"))
                builder.coding(source_id, 0, length, None, coder=coder)
        for result in results:
            _read_result(builder, result, task["data"], texts, name, coder)


def _read_result(
    builder: ProjectBuilder,
    result: Mapping[str, Any],
    data: Mapping[str, Any],
    texts: dict[str, tuple[str, Placer]],
    name: str,
    coder: str,
) -> None:
    kind, value = str(result.get("type", "")).lower(), result.get("value") or {}
    if kind not in _SPANS:
        builder.count(f"[result|results] of type {kind or '?'} [is no code and was|are no codes and were] left out")
        return
    key = _text_key(data, result)
    if key is None:
        builder.count(
            "[result has|results have] no text in [its|their] task (a picture, a recording, a dialogue) and [was|were] left out"
        )
        return
    source_id, placer = _source(builder, texts, data, key, name)
    text = str(data[key]).replace("\r\n", "\n").replace("\r", "\n")
    start, end = value.get("start"), value.get("end")
    offsets = value.get("globalOffsets")
    if isinstance(offsets, dict):
        start, end = offsets.get("start"), offsets.get("end")
    if start is None and end is None:
        place: tuple[int, int] | None = (0, len(text))
    else:
        first, last = number(start), number(end)
        found = placer.place(first, last, str(value.get("text") or ""), _UNITS) if min(first, last) >= 0 else None
        if found is not None and not found.agrees:
            builder.count("[span was|spans were] found by [its|their] words, as [its|their] offsets point elsewhere")
        place = (found.start, found.end) if found else None
    if place is None:
        builder.count("[span is not in its|spans are not in their] text and [was|were] left out")
        return
    for code in _codes(value.get(kind)):
        builder.coding(source_id, *place, builder.code(*code), coder=coder)


def _codes(value: Any) -> list[Sequence[str]]:
    """Names, or for a taxonomy paths of names."""
    items = value if isinstance(value, list) else [value] if isinstance(value, str) else []
    return [[str(part) for part in item] if isinstance(item, list) else [str(item)] for item in items]


def _text_key(data: Mapping[str, Any], result: Mapping[str, Any] | None) -> str | None:
    """Which of a task's fields holds the text: the one that the result's tag is named after, else `text`, else the longest."""
    texts = {key: value for key, value in data.items() if isinstance(value, str) and value.strip()}
    if result is not None and result.get("to_name") in texts:
        return str(result["to_name"])
    if "text" in texts:
        return "text"
    likely = {key: value for key, value in texts.items() if key.lower() not in _OTHER_DATA} or texts
    return max(likely, key=lambda key: len(likely[key]), default=None)


def _source(
    builder: ProjectBuilder, texts: dict[str, tuple[str, Placer]], data: Mapping[str, Any], key: str, name: str
) -> tuple[str, Placer]:
    if key not in texts:
        stored = str(data[key])
        text = stored.replace("\r\n", "\n").replace("\r", "\n")
        named = next(
            (str(data[other]) for other in _OTHER_DATA[1:-1] if isinstance(data.get(other), str)), f"task {name}"
        )
        about = {other: str(value) for other, value in data.items() if isinstance(value, str | int) and other != key}
        texts[key] = builder.source(named, text, attributes=about), Placer(text, stored)
    return texts[key]


def _coder(given: Any) -> str:
    """Exports name the annotator by a number, an address, or a record of both."""
    if isinstance(given, dict):
        name = " ".join(str(given.get(part) or "") for part in ("first_name", "last_name")).strip()
        return name or str(given.get("email") or given.get("id") or "")
    return "" if given is None else str(given)
