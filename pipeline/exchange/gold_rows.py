"""A project's codings as rows of the gold table.

Units are either the coded stretches themselves, or the participants' segments of the sources. A program says which stretches a
coder coded, never which were read and given nothing; only the segments can say that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.code_names import plain
from pipeline.errors import clipped
from pipeline.exchange.attitudes import ATTITUDES_ONLY, read_attitudes
from pipeline.exchange.codebooks import BookOfProject, book_of
from pipeline.exchange.gold_units import UnitDraft, coder_of, mention_in, mostly_on, touched, unit_of
from pipeline.exchange.naming import NO_CONTEXT, default_group, default_unit, transcript_names
from pipeline.exchange.on_segments import Placed
from pipeline.exchange.project import Origin, Project, ProjectCoding, Source
from pipeline.exchange.talk_before import talk_before
from pipeline.gold_none import MENTION
from pipeline.plural import numbered
from pipeline.types import PARTNERSHIP, Coding, Role, Segment

Segmenter = Callable[[Source], Sequence[Segment]]
"""A source's segments of every role, in order, not overlapping; offsets into the source's text."""

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class GoldRows:
    """The rows, and what they are coded with.

    Attributes:
        book: None where the project has attitudes only.
        notes: what was left out, for the user.
    """

    codings: tuple[Coding, ...]
    book: BookOfProject | None
    transcripts: Mapping[str, str]
    notes: tuple[str, ...]


def gold_rows(project: Project, *, segmenter: Segmenter | None = None) -> GoldRows:
    """The rows of a project.

    Args:
        segmenter: gives the segments, of which the participants' are the units; None where each distinct coded stretch is a unit.
    """
    return _Rows(project).rows(segmenter)


class _Rows:
    """One project on its way to rows."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._attitudes, _ = read_attitudes(project.codes)
        self._only = {code.code_id for code in project.codes if code.name == ATTITUDES_ONLY.name}
        own = any(code.codable and code.code_id not in self._attitudes for code in project.codes)
        self._book = book_of(project.codes, project.name) if own else None
        self._transcripts = transcript_names(project.sources)
        self._left: dict[str, int] = defaultdict(int)
        self._placed = Placed()
        self._ids: dict[str, tuple[str, int, int]] = {}
        self._looked_for: dict[str, set[str]] = defaultdict(set)

    def rows(self, segmenter: Segmenter | None) -> GoldRows:
        """All units of all sources, in the order of the text."""
        by_source: dict[str, list[ProjectCoding]] = defaultdict(list)
        for coding in self._project.codings:
            by_source[coding.source_id].append(coding)
        codings: list[Coding] = []
        for source in self._project.sources:
            given = by_source[source.source_id]
            themes = [coding for coding in given if coding.code_id not in self._attitudes]
            if source.origin is not None:
                units = [self._piece(source, source.origin, themes)]
            elif segmenter is not None:
                units = self._segments(source, themes, segmenter) if given else []
                readers = dict.fromkeys(coder_of(coding) for coding in themes)
                for unit in units:
                    unit.codes = {coder: unit.codes.get(coder, set()) for coder in readers}
            else:
                units = self._spans(source, [*themes, *(coding for coding in given if coding.code_id in self._only)])
            stances = [c for c in given if c.code_id in self._attitudes and c.code_id not in self._only]
            self._add_attitudes(units, stances, exact=segmenter is None)
            if source.origin is not None:
                units = [unit.moved(source.origin.start) for unit in units]
            codings += [row for unit in units for row in unit.rows()]
        notes = (
            *self._alike(),
            *self._placed.notes(),
            *(numbered(count, problem) for problem, count in self._left.items()),
        )
        return GoldRows(tuple(map(self._asked, codings)), self._book, self._transcripts, notes)

    def _alike(self) -> list[str]:
        """Codes that people read alike, as those of the two parties' columns may be: the gold must tell them apart."""
        alike: dict[str, list[str]] = defaultdict(list)
        for code in self._project.codes:
            if self._book and code.code_id in self._book.names:
                alike[plain(code.name)].append(self._book.names[code.code_id])
        found = [names for names in alike.values() if len(names) > 1]
        if not found:
            return []
        shown = "; ".join(" and ".join(map(clipped, names)) for names in found[:_SHOWN])
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        told = "[name is|names are] borne by several codes each, which the gold table calls"
        return [f"{numbered(len(found), told)} {shown}{more}"]

    def _asked(self, coding: Coding) -> Coding:
        """A coder of attitudes was asked for what they gave, or found none of, anywhere."""
        if coding.attitudes is None:
            return coding
        kinds = self._looked_for[coding.coder]
        return replace(coding, mentions_asked=MENTION in kinds, partnership_asked=PARTNERSHIP in kinds)

    def _spans(self, source: Source, codings: Sequence[ProjectCoding]) -> list[UnitDraft]:
        named: dict[tuple[int, int], list[ProjectCoding]] = defaultdict(list)
        for coding in codings:
            if coding.unit and all(coding.unit != other.unit for other in named[coding.start, coding.end]):
                named[coding.start, coding.end].append(coding)
        units: dict[tuple[int, int, str], UnitDraft] = {}
        for given in sorted(codings, key=lambda coding: (coding.start, coding.end)):
            # A run's coding of the very words of a unit, or one added in another program, is of that unit.
            names = named.get((given.start, given.end), [])
            join = not given.unit and len(names) == 1
            coding = replace(names[0], coder=given.coder, code_id=given.code_id) if join else given
            text = source.text[coding.start : coding.end]
            if not text.strip():
                self._left["codings on white space alone were left out"] += 1
                continue
            key = (coding.start, coding.end, coding.unit)
            if key not in units:
                units[key] = self._unit(source, coding, text)
            if coding.code_id in self._only:
                continue  # a unit, of which nobody was asked for codes
            codes = units[key].codes.setdefault(coder_of(coding), set())
            if coding.code_id is not None:
                codes.update(self._names(coding.code_id))
        return list(units.values())

    def _piece(self, source: Source, origin: Origin, codings: Sequence[ProjectCoding]) -> UnitDraft:
        """The one unit of a source that is a segment."""
        text = source.text
        group = default_group(origin.transcript)
        unit = UnitDraft(origin.unit, group, origin.context, origin.transcript, 0, len(text), text)
        for coding in codings:
            codes = unit.codes.setdefault(coder_of(coding), set())
            if coding.code_id is not None:
                codes.update(self._names(coding.code_id))
        return unit

    def _unit(self, source: Source, coding: ProjectCoding, text: str) -> UnitDraft:
        transcript = self._transcripts[source.source_id]
        place = (source.source_id, coding.start, coding.end)
        unit_id = coding.unit or default_unit(transcript, coding.start, coding.end)
        if self._ids.setdefault(unit_id, place) != place:
            self._left["stretches share a unit's id with another and got one of their own"] += 1
            unit_id = default_unit(transcript, coding.start, coding.end)
        return UnitDraft(
            unit_id,
            coding.group or default_group(transcript),
            "" if coding.context == NO_CONTEXT else coding.context or talk_before(source.text, coding.start),
            transcript,
            coding.start,
            coding.end,
            text,
        )

    def _segments(self, source: Source, codings: Sequence[ProjectCoding], segmenter: Segmenter) -> list[UnitDraft]:
        transcript = self._transcripts[source.source_id]
        groups = {coding.group for coding in codings if coding.group}
        group = groups.pop() if len(groups) == 1 else default_group(transcript)
        segments = segmenter(source)
        units = [
            UnitDraft(
                default_unit(transcript, segment.start, segment.end),
                group,
                segment.context,
                transcript,
                segment.start,
                segment.end,
                segment.text,
            )
            for segment in segments
            if segment.role is Role.PARTICIPANT
        ]
        on = [(coding, [unit for unit in touched(units, coding) if mostly_on(unit, coding)]) for coding in codings]
        self._placed.place(on)
        for coding, found in on:
            if coding.code_id is None:
                continue
            for unit in found:
                unit.codes.setdefault(coder_of(coding), set()).update(self._names(coding.code_id))
            if not found:
                self._placed.leave(source, coding, segments)
        return units

    def _names(self, code_id: str) -> tuple[str, ...]:
        """The code's name in the codebook; none for a group that holds codes only."""
        name = self._book.names.get(code_id) if self._book else None
        if name is None:
            self._left["codings with a code that only groups others were left out"] += 1
        return (name,) if name is not None else ()

    def _add_attitudes(self, units: Sequence[UnitDraft], codings: Sequence[ProjectCoding], *, exact: bool) -> None:
        for coding in codings:
            code = self._attitudes[coding.code_id or ""]
            unit = unit_of(units, coding, general=code.partner_type == PARTNERSHIP and not exact)
            if unit is None:
                self._left["attitudes lie in no coded unit and were left out (other --units may hold them)"] += 1
                continue
            given = unit.attitudes.setdefault(coder_of(coding), {})
            self._looked_for[coder_of(coding)].add(PARTNERSHIP if code.partner_type == PARTNERSHIP else MENTION)
            if code.attitude is None:
                continue
            item = mention_in(unit, coding, code.partner_type, code.attitude)
            span = None if item.start is None or item.end is None else (item.start, item.end)
            if given.setdefault(span, item) != item:
                self._left["attitudes are a second one by the same coder to the same words and were left out"] += 1
