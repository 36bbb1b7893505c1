"""Rows of a drawn sample that nobody has coded yet: they count for nothing, which whoever reads the gold is told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Waiting:
    """Rows of the tables read that hold neither a code nor a coder.

    Attributes:
        rows: so many.
        of: all rows of the tables.
        attitudes, of_attitudes: those without an attitude, and all, of the attitude tables that were drawn with samples.
    """

    rows: int = 0
    of: int = 0
    attitudes: int = 0
    of_attitudes: int = 0

    @property
    def notice(self) -> str:
        """What a reader must know, without a full stop; empty where no row waits."""
        if not self.rows:
            return ""
        have, they = ("has", "it") if self.rows == 1 else ("have", "them")
        return (
            f"{self.rows} of {self.of} rows {have} neither code nor coder: taken as not coded yet. Put your name under `coder` "
            f"where you read {they} and found none"
        )

    @property
    def attitude_notice(self) -> str:
        """The same, of attitudes; empty where every row has one."""
        if not self.attitudes:
            return ""
        return (
            f"{self.attitudes} of {self.of_attitudes} rows of the attitude table have no attitude: taken as not coded, and so "
            "are the mentions of a segment where one of them has none. Write none where the words are no mention of a partner, "
            "and where nothing is said of partnership as such"
        )


NONE_WAITS = Waiting()
