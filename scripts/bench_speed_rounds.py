"""Timing in alternating rounds (A, B, C, A, B, C …), and ratios round by round: what slows the machine slows both sides."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench_speed_rivals import Contender

WARM_UP = 16


@dataclass(slots=True)
class Timed:
    """A contender's rounds.

    Attributes:
        seconds: of each round.
        answer: what it gave in the last round.
    """

    contender: Contender
    seconds: list[float] = field(default_factory=list)
    answer: Any = None

    @property
    def rate(self) -> float:
        """Segments per second, in the median round."""
        return self.contender.segments / statistics.median(self.seconds)


@dataclass(frozen=True, slots=True)
class Ratio:
    """A row of the table.

    Attributes:
        values: of each round.
        target: the least that is wanted; None where nothing was asked for.
    """

    ours: str
    against: str
    values: tuple[float, ...]
    target: float | None

    @property
    def median(self) -> float:
        """Of the rounds."""
        return statistics.median(self.values)

    @property
    def met(self) -> bool | None:
        """Whether the median reaches the target."""
        return None if self.target is None else self.median >= self.target

    def to_dict(self) -> dict[str, Any]:
        """For the record."""
        return {
            "ours": self.ours,
            "against": self.against,
            "median": round(self.median, 3),
            "least": round(min(self.values), 3),
            "most": round(max(self.values), 3),
            "rounds": [round(value, 3) for value in self.values],
            "target": self.target,
            "met": self.met,
        }


def time_in_rounds(
    contenders: Sequence[Contender],
    rounds: int,
    *,
    clock: Callable[[], float] = time.perf_counter,
    report: Callable[[str], None] = lambda line: None,
) -> dict[str, Timed]:
    """Time every contender once a round, in the same order, after a short warm-up of each."""
    timed = {contender.name: Timed(contender) for contender in contenders}
    if len(timed) < len(contenders):
        raise ValueError("two contenders have the same name")
    for contender in contenders:
        contender.work(contender.items[:WARM_UP])
    for number in range(rounds):
        for item in timed.values():
            gc.collect()
            started = clock()
            item.answer = item.contender.work(item.contender.items)
            item.seconds.append(clock() - started)
            report(f"round {number + 1}/{rounds}  {item.seconds[-1]:8.2f} s  {item.contender.name}")
    return timed


def ratio(timed: Mapping[str, Timed], ours: str, against: str, target: float | None) -> Ratio:
    """How many times faster `ours` is, each segment for each segment."""
    mine, theirs = timed[ours], timed[against]
    factor = mine.contender.segments / theirs.contender.segments
    values = tuple(factor * b / a for a, b in zip(mine.seconds, theirs.seconds, strict=True))
    return Ratio(ours, against, values, target)


def share_of(
    timed: Mapping[str, Timed],
    ours: str,
    operations: float,
    limit: str,
    limit_operations: float,
    target: float | None,
) -> Ratio:
    """The operations that our segments need each second, against those that the bare products do each second."""
    pairs = zip(timed[ours].seconds, timed[limit].seconds, strict=True)
    return Ratio(ours, limit, tuple((operations / a) / (limit_operations / b) for a, b in pairs), target)
