"""Prodigy's answers on a run's segments, as the export gave them to it: codes among the options, attitudes as spans.

Only what the interface let somebody change counts as theirs: what a choice interface shows in the text, and what is accepted
while spans are marked, came from the machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.exchange.attitudes import named
from pipeline.exchange.building import ProjectBuilder
from pipeline.exchange.offsets import Unit
from pipeline.exchange.placing import Placer
from pipeline.exchange.project import Origin
from pipeline.exchange.run_tasks import give_attitude, give_codes, give_no_attitude

_SPANS_ONLY = frozenset({"spans", "spans_manual", "ner", "ner_manual"})
_CHOICE = "choice"
_UNITS = (Unit.CODE_POINT,)
_HUGE = 2**53


class SegmentAnswers:
    """The answers on segments, of which a coder's last on one segment and in one interface counts, as Prodigy has it."""

    def __init__(self, builder: ProjectBuilder) -> None:
        self._builder = builder
        self._last: dict[tuple[Origin, str, str], Mapping[str, Any]] = {}
        self._types: dict[str, str] = {}
        self._own_labels: set[tuple[str, str]] = set()

    def add(self, origin: Origin, coder: str, task: Mapping[str, Any]) -> None:
        """Take an answer."""
        view = str(task.get("_view_id") or "")
        for span in _spans(task):
            if named(_label(span)) is None:
                self._own_labels.add((coder, view))
            if isinstance(span.get("partner_type"), str):  # of the machine's spans; a person's have the label alone
                self._types.setdefault(_label(span), span["partner_type"])
        if task.get("answer", "accept") != "accept":
            self._builder.count(
                "rejected or ignored [segment was|segments were] left out: what would be right is not known"
            )
            return
        key = origin, coder, view
        if key in self._last:
            self._builder.count(
                "[answer was|answers were] replaced by a later one of the same coder on the same segment"
            )
        self._last[key] = task

    def finish(self) -> None:
        """Put the answers into the project."""
        sources: dict[Origin, str] = {}
        for (origin, coder, view), task in self._last.items():
            if origin not in sources:
                name = f"{origin.transcript} {origin.unit}"
                sources[origin] = self._builder.source(name, task["text"], origin=origin)
            if view not in _SPANS_ONLY:
                self._choices(sources[origin], coder, task)
            if view != _CHOICE:
                self._mentions(sources[origin], coder, task)
            if view in _SPANS_ONLY and not _spans(task):
                self._nothing(sources[origin], coder, view, len(task["text"]))

    def _choices(self, source_id: str, coder: str, task: Mapping[str, Any]) -> None:
        length = len(task["text"])
        given = task.get("accept")
        accepted = [str(item) for item in given] if isinstance(given, list) else []
        attitudes = {item: named(item) for item in accepted}
        give_codes(self._builder, source_id, length, (item for item in accepted if attitudes[item] is None), coder)
        for code in attitudes.values():
            if code is not None and code.attitude is not None:
                give_attitude(self._builder, source_id, (0, length), code.partner_type, code.attitude, coder)

    def _nothing(self, source_id: str, coder: str, view: str, length: int) -> None:
        """No span: there is no partner, unless the coder marked something else than partners there."""
        if (coder, view) in self._own_labels:
            self._builder.count(
                "[segment has|segments have] no span by a coder whose labels are others than the run's, so that nothing is "
                "known of partners in [it|them]"
            )
        else:
            give_no_attitude(self._builder, source_id, length, coder)

    def _mentions(self, source_id: str, coder: str, task: Mapping[str, Any]) -> None:
        placer = Placer(task["text"])
        for span in _spans(task):
            start, end, label = span.get("start"), span.get("end"), _label(span)
            code, place = named(label), None
            if type(start) is int and type(end) is int and max(abs(start), abs(end)) < _HUGE:
                place = placer.place(start, end, str(span.get("text") or ""), _UNITS)
            if code is None or code.attitude is None or place is None:
                self._builder.count(
                    "[span is no attitude of the run's, or not in its text, and was|spans are no attitude of the run's, "
                    "or not in their text, and were] left out"
                )
                continue
            partner_type = self._types.get(label, code.partner_type)
            give_attitude(self._builder, source_id, (place.start, place.end), partner_type, code.attitude, coder)


def _spans(task: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    given = task.get("spans")
    return [span for span in given if isinstance(span, dict)] if isinstance(given, list) else []


def _label(span: Mapping[str, Any]) -> str:
    return str(span.get("label") or "")
