"""Whether people read segments in which the machine found no mention: without these nothing tells what it overlooks.

The machine's mean is over all segments. Corrected by segments that all have mentions, it comes out far too high.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.prevalence.matching import Sampled, attitude_codings
from pipeline.prevalence.population import Population

ALONE = "no segment without a listed mention was marked as read: by hand-coding alone"
_FEW = 0.5
"""Of the chance of the others to be read; as few come about by chance only in samples that are thin anyway."""
_REMEDY = (
    "in the attitude table write your name under `coder` in the row of each segment that you read, also where no mention is "
    "listed"
)


@dataclass(frozen=True, slots=True)
class Unmentioned:
    """Segments without a mention by the machine, beside those with one.

    Attributes:
        segments: so many are in the run.
        read, others: those that people read for mentions, without and with one.
        expected: how many without one, had they been read as often as the others, by their chances to be drawn; 0 where none was.
    """

    segments: int
    read: int
    others: int
    expected: float

    @classmethod
    def of(cls, population: Population, sampled: Sampled) -> Unmentioned:
        """Those of a run, and of its hand-coding."""
        found = population.tables.attitudes(["segment_id", "start"])
        items = zip(found["segment_id"].to_pylist(), found["start"].to_pylist(), strict=True)
        bare = np.ones(len(population), dtype=bool)
        bare[[population.row_of[name] for name, start in items if start is not None]] = False
        weight = sampled.weight([row for row, unit in sampled.units.items() if attitude_codings(unit, mentions=True)])
        read = weight > 0
        without, others = int((read & bare).sum()), int((read & ~bare).sum())
        rate = float(weight[~bare].sum()) / max(1, int((~bare).sum()))
        expected = rate * int(bare.sum()) * without / float(weight[bare].sum()) if without else 0.0
        return cls(int(bare.sum()), without, others, expected)

    @property
    def unread(self) -> bool:
        """Whether none of them was read, while there are some."""
        return self.segments > 0 and self.read == 0

    @property
    def notice(self) -> str:
        """What a reader of shares of mentions must know, without a full stop; empty where such segments were read too."""
        if not self.others or not self.segments:
            return ""
        if self.unread:
            return (
                "no segment without a listed mention was marked as read, so that shares of mentions are by hand-coding alone: "
                f"{_REMEDY}"
            )
        if self.read < _FEW * self.expected:
            return (
                f"of the segments without a listed mention {self.read} were marked as read, where about {self.expected:.0f} are "
                f"expected beside {self.others} others, so that corrected shares of mentions may be far off: {_REMEDY}"
            )
        return ""
