"""A unit of the gold table while it is put together, and which codings belong to it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from pipeline.exchange.project import ProjectCoding
from pipeline.types import PARTNERSHIP, Attitude, Coding, MentionCoding, Segment

NOBODY = "coder"
"""The coder of codings that name none, as in a gold table without that column."""


Stretch = TypeVar("Stretch", "UnitDraft", Segment)


@dataclass(slots=True)
class UnitDraft:
    """A unit that is being put together; `codes` and `attitudes` by coder."""

    unit_id: str
    group: str
    context: str
    transcript: str
    start: int
    end: int
    text: str
    codes: dict[str, set[str]] = field(default_factory=dict)
    attitudes: dict[str, dict[tuple[int, int] | None, MentionCoding]] = field(default_factory=dict)

    def rows(self) -> Iterable[Coding]:
        """A row for each coder."""
        for coder in dict.fromkeys([*self.codes, *self.attitudes]):
            given = self.codes.get(coder)
            yield Coding(
                unit_id=self.unit_id,
                group=self.group,
                text=self.text,
                codes=None if given is None else frozenset(given),
                coder=coder,
                context=self.context,
                attitudes=tuple(self.attitudes[coder].values()) if coder in self.attitudes else None,
                transcript=self.transcript,
                start=self.start,
                end=self.end,
            )

    def moved(self, offset: int) -> UnitDraft:
        """The unit where its piece of text stands in the transcript."""
        return replace(self, start=self.start + offset, end=self.end + offset)


def unit_of(units: Sequence[UnitDraft], coding: ProjectCoding, *, general: bool) -> UnitDraft | None:
    """The shortest unit around an attitude, the coder's own before others'."""
    if general:
        around = [unit for unit in units if _overlap(unit, coding) > 0]
        return max(around, key=lambda unit: _overlap(unit, coding), default=None)
    around = [unit for unit in units if unit.start <= coding.start and coding.end <= unit.end]
    around = [unit for unit in around if unit.unit_id == coding.unit] or around
    own = [unit for unit in around if coder_of(coding) in unit.codes] or around
    return min(own, key=lambda unit: unit.end - unit.start, default=None)


def mention_in(unit: UnitDraft, coding: ProjectCoding, partner_type: str, attitude: Attitude) -> MentionCoding:
    """An attitude as the gold table has it, with offsets into the unit."""
    if partner_type == PARTNERSHIP:
        return MentionCoding(None, None, None, PARTNERSHIP, attitude)
    start, end = coding.start - unit.start, coding.end - unit.start
    return MentionCoding(unit.text[start:end], start, end, partner_type, attitude)


def touched(units: Sequence[Stretch], coding: ProjectCoding) -> Sequence[Stretch]:
    """The units or segments, in order and apart, that a coding shares characters with."""
    first = bisect_right(units, coding.start, key=lambda unit: unit.end)
    return units[first : bisect_left(units, coding.end, key=lambda unit: unit.start)]


def mostly_on(unit: UnitDraft, coding: ProjectCoding) -> bool:
    """Whether the coding covers at least half of the unit, or lies at least half in it."""
    shared = 2 * _overlap(unit, coding)
    return shared >= unit.end - unit.start or shared >= coding.end - coding.start


def _overlap(unit: UnitDraft, coding: ProjectCoding) -> int:
    return min(unit.end, coding.end) - max(unit.start, coding.start)


def coder_of(coding: ProjectCoding) -> str:
    """Who coded."""
    return coding.coder or NOBODY
