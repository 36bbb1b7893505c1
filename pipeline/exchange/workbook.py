"""A run's workbook as people corrected it: what a person changed or marked as checked is theirs, all else stays the machine's.

`pipeline.exchange.export.xlsx` is the way out. Codes are those of the sheet Segments. Attitudes are a coder's where they changed
or checked any, and then in all of their segments, as gold has it: a coder of attitudes codes them throughout.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline.cells import as_read
from pipeline.errors import ThemesError, UnreadableInput, clipped
from pipeline.exchange import run_workbook as wb
from pipeline.exchange.building import ProjectBuilder
from pipeline.exchange.project import Origin, Project
from pipeline.exchange.run_tasks import context_of, give_attitude, give_no_attitude
from pipeline.exchange.workbook_attitudes import ATTITUDES, NEEDED, Unreadable, remaining, stance_of
from pipeline.exchange.workbook_codes import CellCodes
from pipeline.exchange.workbook_notices import (
    HOW,
    Segment,
    tell_emptied,
    tell_of_other_sheet,
    tell_unread,
    tell_what_is_gold,
)
from pipeline.exchange.workbook_rows import Row, Stance, Workbook, is_workbook, load
from pipeline.types import PARTNERSHIP, Role

recognise = is_workbook


def read(path: Path) -> Project:
    """Read what people corrected.

    Raises:
        UnreadableInput: it is no run's workbook, or what it needs is gone.
        ThemesError: nobody changed or checked anything.
    """
    return _Corrections(load(path)).project()


class _Corrections:
    """A workbook on its way to a project."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._builder = ProjectBuilder(book.path.stem)
        self._codes = CellCodes(book, self._builder)
        self._types = {item.partner_type for given in book.given.values() for item in given.stances}
        self._said: dict[str, str] = {}
        self._unread: dict[str, dict[str, None]] = {}

    def project(self) -> Project:
        """All that is a person's."""
        segments = self._segments()
        changed = {key for key, one in segments.items() if set(one.codes) != set(self._codes.of_cell(one.given.codes))}
        moved = self._read_attitudes(segments)
        names = {name for one in segments.values() for name in (one.checked_by, one.judge) if name}
        nobody = next(iter(names)) if len(names) == 1 else self._book.saved_by
        for key, one in segments.items():
            if key in changed or one.checked_by:
                one.coder = one.checked_by or nobody
            if one.unread:
                one.judge = None
            elif key in moved and not one.judge:
                one.judge = one.checked_by or nobody
        judges = {one.judge for one in segments.values()} - {None}
        tell_unread(self._builder, self._unread)
        left = 0
        for key, one in segments.items():
            if one.unread and (one.coder is None or one.coder in judges):
                continue  # told; gold would have it that its coder found no attitude there
            if one.coder is None and one.judge is None:
                left += one.given.role == Role.PARTICIPANT
            elif self._fits(key, one):
                self._put(key, one, judges)
        if not self._builder.coded:
            problem = "nothing in it was changed or checked by a person, and what the machine gave is no gold"
            if any(one.coder is not None or one.judge is not None or one.unread for one in segments.values()):
                problem = (
                    f"nothing that people changed in it can be kept: {'; '.join(self._builder.project().warnings)}"
                )
            raise ThemesError(problem, path=self._book.path, remedy=HOW)
        tell_what_is_gold(self._builder, left, named=bool(names), judged=bool(judges))
        tell_emptied(self._builder, segments.values(), judges)
        now = self._in_codings()
        still = {key: one for key, one in segments.items() if key not in changed}
        others = (now.get(key, set()) - set(self._codes.of_cell(one.given.codes)) for key, one in still.items())
        tell_of_other_sheet(self._builder, sum(map(bool, others)))
        return self._builder.project()

    def _segments(self) -> dict[str, Segment]:
        found: dict[str, Segment] = {}
        needed = (wb.SEGMENT, wb.TEXT, wb.CODES, wb.CHECKED_BY)
        for row in self._book.rows(wb.SEGMENTS, needed):
            key = row[wb.SEGMENT]
            given = self._book.given.get(key)
            if given is None or key in found:
                self._builder.count(
                    "[row is|rows are] of no segment of the run, or of one that stands above, and [was|were] left out"
                )
                continue
            said = row[wb.TEXT]
            own = given.text and (len(given.text) == len(said) or as_read(given.text) == said)
            text = given.text if own else said
            self._said[key] = text
            found[key] = Segment(given, text, self._codes.of_cell(row[wb.CODES]), _name(row))
        return found

    def _read_attitudes(self, segments: Mapping[str, Segment]) -> set[str]:
        """Read the sheet; returns the segments in which a person judged. Of a row that is gone the machine's attitude stays."""
        moved: set[str] = set()
        read: dict[str, list[tuple[Row, Stance | None]]] = {}
        for row in self._book.rows(wb.ATTITUDES, NEEDED):
            key = row[wb.SEGMENT]
            one = segments.get(key)
            if one is None or not one.is_whole:
                continue
            one.judge = one.judge or _name(row) or None
            stance = stance_of(row, one.text, one.given.start, self._types)
            if isinstance(stance, Unreadable):
                one.unread = True
                self._unread.setdefault(stance.problem, {})[key] = None
                continue
            read.setdefault(key, []).append((row, stance))
            if stance not in one.given.stances or _name(row):
                moved.add(key)
        for key, one in segments.items():
            rows = read.get(key, [])
            one.stances = remaining(one.given.stances, rows, one.given.start)
            one.stances += [stance for _, stance in rows if stance is not None]
        return moved

    def _fits(self, key: str, one: Segment) -> bool:
        """Whether a segment that a person coded is one that the run coded, with the words that it had, and can stand in gold."""
        if one.given.role != Role.PARTICIPANT:
            self._builder.count(
                "[segment is|segments are] no participant's, which alone are coded, and [was|were] left out"
            )
        elif not one.is_whole:
            self._builder.count("[segment holds|segments hold] another text than the run's and [was|were] left out")
        elif one.coder is not None and (group := self._codes.group(one.codes)):
            self._builder.warn(
                f"{clipped(group)!r} under {wb.CODES} in segment {clipped(key)} only groups codes and is none itself: the "
                "segment was left out, as gold would take it for one without a code; write the code that is meant, import again"
            )
        else:
            return True
        return False

    def _put(self, key: str, one: Segment, judges: set[str | None]) -> None:
        given, length = one.given, len(one.text)
        context = given.context if given.context is not None else context_of(self._said.get(given.before, ""))
        origin = Origin(given.transcript, given.start, key, context)
        source_id = self._builder.source(f"{given.transcript} {key}", one.text, origin=origin)
        if one.coder is not None:
            for code in [self._codes.put(code) for code in dict.fromkeys(one.codes)] or [None]:
                self._builder.coding(source_id, 0, length, code, coder=one.coder)
        for judge in dict.fromkeys((one.judge, one.coder)):
            if judge is not None and judge in judges:
                for start, end, kind, attitude in one.stances:
                    place = (0, length) if start is None or end is None else (start, end)
                    give_attitude(self._builder, source_id, place, kind, ATTITUDES[attitude], judge)
                if all(stance.partner_type == PARTNERSHIP for stance in one.stances):
                    # Where all of a workbook's were emptied nothing else says that its coder looked.
                    give_no_attitude(self._builder, source_id, length, judge)

    def _in_codings(self) -> dict[str, set[str]]:
        """The codes of each segment in the sheet that has a row for each; none where people deleted it, as nothing needs it."""
        found: dict[str, set[str]] = {}
        try:
            rows = list(self._book.rows(wb.CODINGS, (wb.SEGMENT, wb.CODE)))
        except UnreadableInput:
            return found
        for row in rows:
            found.setdefault(row[wb.SEGMENT], set()).add(self._codes.known(row[wb.CODE]))
        return found


def _name(row: Row) -> str:
    return " ".join(row[wb.CHECKED_BY].split())
