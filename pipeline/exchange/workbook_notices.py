"""What people are told of a workbook that they corrected, and the state of its segments that this goes by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pipeline.errors import clipped
from pipeline.exchange import run_workbook as wb
from pipeline.exchange.building import ProjectBuilder
from pipeline.exchange.workbook_rows import Given, Stance
from pipeline.gold_unit import NOBODY
from pipeline.types import PARTNERSHIP

HOW = (
    f"in the sheet {wb.SEGMENTS} correct the column {wb.CODES}, and write your name under {wb.CHECKED_BY} beside every segment "
    "that you have read"
)

_MOST_NAMED = 10
"""Segments that a warning names."""


@dataclass(slots=True)
class Segment:
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


def tell_unread(builder: ProjectBuilder, unread: Mapping[str, Iterable[str]]) -> None:
    """Name the segments whose attitudes cannot be read, by what is wrong, so that they can be mended."""
    for problem, found in unread.items():
        keys = list(found)
        named = ", ".join(map(clipped, keys[:_MOST_NAMED]))
        more = f" and {len(keys) - _MOST_NAMED} more" if len(keys) > _MOST_NAMED else ""
        builder.warn(
            f"{problem}: in segment {named}{more}, whose attitudes were left out, and the whole segment where its coder gave "
            "attitudes to others, as gold would take it for one without any; mend the rows and import again"
        )


def tell_what_is_gold(builder: ProjectBuilder, left: int, *, named: bool, judged: bool) -> None:
    """What of the workbook is gold.

    Args:
        left: segments that are not, because nobody changed or checked them.
        named: whether anybody's name stands in it.
        judged: whether anybody judged attitudes.
    """
    if left:
        builder.count(
            "[segment was|segments were] neither changed nor checked by a person; what the machine gave [it|them] is no gold",
            left,
        )
    if not named:
        builder.warn(
            "nobody's name stands under Checked by, so that only what was changed is gold: where people agreed with the "
            f"machine is not in it, and the machine looks worse than it is ({HOW})"
        )
    if judged:
        builder.warn(
            "attitudes: whoever changed or checked one is taken to have judged those of all segments that they coded, as "
            "they stand in the workbook"
        )


def tell_of_other_sheet(builder: ProjectBuilder, number: int) -> None:
    """That people corrected where nothing is read."""
    if number:
        builder.count(
            f"[segment was|segments were] given other codes in the sheet {wb.CODINGS}, which is not read: "
            f"corrections belong into the sheet {wb.SEGMENTS}",
            number,
        )


def tell_emptied(builder: ProjectBuilder, segments: Iterable[Segment], judges: set[str | None]) -> None:
    """That none to partnership as such, of which somebody left no other, cannot come with the import."""
    emptied, kept = dict[str | None, None](), set[str | None]()
    for one in segments:
        judge = one.judge if one.judge is not None else one.coder
        if any(stance.partner_type == PARTNERSHIP for stance in one.stances):
            kept |= {one.judge, one.coder}
        elif judge in judges and any(stance.partner_type == PARTNERSHIP for stance in one.given.stances):
            emptied[judge] = None
    for judge in emptied:
        if judge not in kept:
            builder.warn(
                f"{clipped(judge or NOBODY)} emptied all attitudes to partnership as such, for which gold takes it that "
                "nobody asked: in the gold add a row with attitude none, partner_type partnership for a segment in question"
            )
