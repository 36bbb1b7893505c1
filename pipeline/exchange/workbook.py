"""A run's workbook as people corrected it: what a person changed or marked as checked is theirs, all else stays the machine's.

`pipeline.exchange.export.xlsx` is the way out. Codes are those of the sheet Segments. Attitudes are a coder's where they changed
or checked any, and then in all of their segments, as gold has it: a coder of attitudes codes them throughout.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from pipeline.errors import ThemesError, UnreadableInput, clipped
from pipeline.exchange import run_workbook as wb
from pipeline.exchange.building import ProjectBuilder
from pipeline.exchange.codebooks import book_of
from pipeline.exchange.comment_codes import codes_in, comment_names
from pipeline.exchange.gold_units import NOBODY
from pipeline.exchange.project import Origin, Project
from pipeline.exchange.run_tasks import context_of, give_attitude, give_no_attitude
from pipeline.exchange.workbook_attitudes import ATTITUDES, NEEDED, Unreadable, remaining, stance_of
from pipeline.exchange.workbook_rows import Given, Row, Stance, Workbook, is_workbook, load
from pipeline.types import PARTNERSHIP, Role

_HOW = (
    f"in the sheet {wb.SEGMENTS} correct the column {wb.CODES}, and write your name under {wb.CHECKED_BY} beside every segment "
    "that you have read"
)

_MOST_NAMED = 10
"""Segments that a warning names."""

recognise = is_workbook


def read(path: Path) -> Project:
    """Read what people corrected.

    Raises:
        UnreadableInput: it is no run's workbook, or what it needs is gone.
        ThemesError: nobody changed or checked anything.
    """
    return _Corrections(load(path)).project()


@dataclass(slots=True)
class _Segment:
    """A segment as it now stands.

    Attributes:
        checked_by: in the sheet Segments; "" for nobody.
        coder: whose its codes are; None where they are the machine's.
        judge: whose its attitudes are, in the same way.
        unread: whether a row of its attitudes cannot be read, so that it is not known what was judged.
    """

    given: Given
    text: str
    codes: list[str]
    checked_by: str = ""
    coder: str | None = None
    judge: str | None = None
    stances: list[Stance] = field(default_factory=list)
    unread: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether its text is as long as it was: offsets in it can be trusted."""
        return len(self.text) == self.given.end - self.given.start


class _Corrections:
    """A workbook on its way to a project."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._builder = ProjectBuilder(book.path.stem)
        for code in book.codes:
            self._builder.known_code(code)
        codes = {name.casefold(): ident for ident, name in book_of(book.codes, "codes").names.items()}
        self._names = codes | {name.casefold(): ident for ident, name in comment_names(book.codes).items()}
        self._groups = {code.code_id: code.name for code in book.codes if not code.codable}
        self._types = {item.partner_type for given in book.given.values() for item in given.stances}
        self._said: dict[str, str] = {}
        self._unread: dict[str, dict[str, None]] = {}

    def project(self) -> Project:
        """All that is a person's."""
        segments = self._segments()
        changed = {key for key, one in segments.items() if set(one.codes) != set(self._codes(one.given.codes))}
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
        self._tell_unread()
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
            raise ThemesError(problem, path=self._book.path, remedy=_HOW)
        self._tell(segments, changed, left, bool(names), judges)
        return self._builder.project()

    def _segments(self) -> dict[str, _Segment]:
        found: dict[str, _Segment] = {}
        needed = (wb.SEGMENT, wb.TEXT, wb.CODES, wb.CHECKED_BY)
        for row in self._book.rows(wb.SEGMENTS, needed):
            key = row[wb.SEGMENT]
            given = self._book.given.get(key)
            if given is None or key in found:
                self._builder.count(
                    "[row is|rows are] of no segment of the run, or of one that stands above, and [was|were] left out"
                )
                continue
            text = given.text if len(given.text) == len(row[wb.TEXT]) else row[wb.TEXT]
            self._said[key] = text
            found[key] = _Segment(given, text, self._codes(row[wb.CODES]), _name(row))
        return found

    def _codes(self, cell: str) -> list[str]:
        """The ids of a cell's codes; a name that the codebook lacks stands for itself."""
        return [code for said in codes_in(cell) for code in self._apart(said.name)]

    def _apart(self, name: str) -> list[str]:
        """A code's id; those of several that somebody separated by commas, where the codebook has each of them."""
        parts = [part.strip().casefold() for part in name.split(",") if part.strip()]
        if name.casefold() not in self._names and len(parts) > 1 and all(part in self._names for part in parts):
            return [self._names[part] for part in parts]
        return [self._names.get(name.casefold(), name)]

    def _read_attitudes(self, segments: Mapping[str, _Segment]) -> set[str]:
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

    def _fits(self, key: str, one: _Segment) -> bool:
        """Whether a segment that a person coded is one that the run coded, with the words that it had, and can stand in gold."""
        if one.given.role != Role.PARTICIPANT:
            self._builder.count(
                "[segment is|segments are] no participant's, which alone are coded, and [was|were] left out"
            )
        elif not one.is_whole:
            self._builder.count("[segment holds|segments hold] another text than the run's and [was|were] left out")
        elif one.coder is not None and (groups := [self._groups[code] for code in one.codes if code in self._groups]):
            self._builder.warn(
                f"{clipped(groups[0])!r} under {wb.CODES} in segment {clipped(key)} only groups codes and is none itself: the "
                "segment was left out, as gold would take it for one without a code; write the code that is meant, import again"
            )
        else:
            return True
        return False

    def _put(self, key: str, one: _Segment, judges: set[str | None]) -> None:
        given, length = one.given, len(one.text)
        origin = Origin(given.transcript, given.start, key, context_of(self._said.get(given.before, "")))
        source_id = self._builder.source(f"{given.transcript} {key}", one.text, origin=origin)
        if one.coder is not None:
            for code in [self._id(code) for code in dict.fromkeys(one.codes)] or [None]:
                self._builder.coding(source_id, 0, length, code, coder=one.coder)
        for judge in dict.fromkeys((one.judge, one.coder)):
            if judge is not None and judge in judges:
                for start, end, kind, attitude in one.stances:
                    place = (0, length) if start is None or end is None else (start, end)
                    give_attitude(self._builder, source_id, place, kind, ATTITUDES[attitude], judge)
                if all(stance.partner_type == PARTNERSHIP for stance in one.stances):
                    # Where all of a workbook's were emptied nothing else says that its coder looked.
                    give_no_attitude(self._builder, source_id, length, judge)

    def _tell_unread(self) -> None:
        """Name the segments whose attitudes cannot be read, so that they can be mended."""
        for problem, keys in self._unread.items():
            named = ", ".join(clipped(key) for key in list(keys)[:_MOST_NAMED])
            more = f" and {len(keys) - _MOST_NAMED} more" if len(keys) > _MOST_NAMED else ""
            self._builder.warn(
                f"{problem}: in segment {named}{more}, whose attitudes were left out, and the whole segment where its coder gave "
                "attitudes to others, as gold would take it for one without any; mend the rows and import again"
            )

    def _id(self, code: str) -> str | None:
        """A code's id; a name that the codebook lacks is a new code, and told."""
        if code in self._names.values():
            return code
        self._tell_unknown(code)
        return self._builder.code(code)

    def _tell_unknown(self, name: str) -> None:
        near = get_close_matches(name.casefold(), list(self._names), n=1, cutoff=0.75)
        shown = comment_names(self._book.codes)[self._names[near[0]]] if near else ""
        meant = f" (is {clipped(shown)!r} meant?)" if near else ""
        self._builder.warn(f"the codebook has no code {clipped(name)!r}{meant}; it becomes a code of its own")

    def _tell(
        self, segments: Mapping[str, _Segment], changed: set[str], left: int, named: bool, judges: set[str | None]
    ) -> None:
        if left:
            self._builder.count(
                "[segment was|segments were] neither changed nor checked by a person; what the machine gave [it|them] is no gold",
                left,
            )
        if not named:
            self._builder.warn(
                "nobody's name stands under Checked by, so that only what was changed is gold: where people agreed with the "
                f"machine is not in it, and the machine looks worse than it is ({_HOW})"
            )
        if judges:
            self._builder.warn(
                "attitudes: whoever changed or checked one is taken to have judged those of all segments that they coded, as "
                "they stand in the workbook"
            )
        self._tell_general(segments, judges)
        now = self._in_codings()
        others = [
            key
            for key, one in segments.items()
            if key not in changed and now.get(key, set()) - {*self._codes(one.given.codes)}
        ]
        if others:
            self._builder.count(
                f"[segment was|segments were] given other codes in the sheet {wb.CODINGS}, which is not read: "
                "corrections belong into the "
                f"sheet {wb.SEGMENTS}",
                len(others),
            )

    def _tell_general(self, segments: Mapping[str, _Segment], judges: set[str | None]) -> None:
        """That none to partnership as such, of which somebody left no other, cannot come with the import."""
        emptied, kept = dict[str | None, None](), set[str | None]()
        for one in segments.values():
            judge = one.judge if one.judge is not None else one.coder
            if any(stance.partner_type == PARTNERSHIP for stance in one.stances):
                kept |= {one.judge, one.coder}
            elif judge in judges and any(stance.partner_type == PARTNERSHIP for stance in one.given.stances):
                emptied[judge] = None
        for judge in emptied:
            if judge not in kept:
                self._builder.warn(
                    f"{clipped(judge or NOBODY)} emptied all attitudes to partnership as such, for which gold takes it that "
                    "nobody asked: in the gold add a row with attitude none, partner_type partnership for a segment in question"
                )

    def _in_codings(self) -> dict[str, set[str]]:
        """The codes of each segment in the sheet that has a row for each; none where people deleted it, as nothing needs it."""
        found: dict[str, set[str]] = {}
        try:
            rows = list(self._book.rows(wb.CODINGS, (wb.SEGMENT, wb.CODE)))
        except UnreadableInput:
            return found
        for row in rows:
            found.setdefault(row[wb.SEGMENT], set()).add(self._names.get(row[wb.CODE].casefold(), row[wb.CODE]))
        return found


def _name(row: Row) -> str:
    return " ".join(row[wb.CHECKED_BY].split())
