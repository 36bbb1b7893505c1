"""Rows of a drawn sample that nobody has coded yet: they count for nothing, which whoever reads the gold is told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Waiting:
    """Rows of the tables read that hold neither a code nor a coder.

    Attributes:
        rows: so many.
        of: all rows of the tables.
    """

    rows: int = 0
    of: int = 0

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


NONE_WAITS = Waiting()
