"""Counting attitudes to one type of partner, or to partnership as such: how many, whose, and how opinion is spread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pipeline.types import PARTNERSHIP, Attitude

MENTIONS, SEGMENTS = "mentions", "segments"


def unit_of(partner_type: str) -> str:
    """What is counted: mentions of a partner; of partnership as such, the segments that speak of it."""
    return SEGMENTS if partner_type == PARTNERSHIP else MENTIONS


def in_order(tallies: Mapping[str, AttitudeTally]) -> list[str]:
    """Partner types, the most mentioned first; partnership as such, which is counted in another unit, last."""
    return sorted(tallies, key=lambda name: (name == PARTNERSHIP, -tallies[name].count, name))


@dataclass(slots=True)
class AttitudeTally:
    """Attitudes as they stream past, those of a transcript together. Memory holds the speakers of one transcript.

    Attributes:
        count: mentions; of partnership as such, segments.
        transcripts: those that they stand in.
        speakers: who said them; a name counts anew in each transcript, as do those whose name is not known, together.
        most: of `count`, those in the transcript that has most (the first of equals); `most_in` is its id.
        likeliest: of each attitude, how many have it as their likeliest.
        probable: of each attitude, the sum of its probabilities.
    """

    count: int = 0
    transcripts: int = 0
    speakers: int = 0
    most: int = 0
    most_in: str = ""
    likeliest: dict[Attitude, int] = field(default_factory=lambda: dict.fromkeys(Attitude, 0))
    probable: dict[Attitude, float] = field(default_factory=lambda: dict.fromkeys(Attitude, 0.0))
    _here: int = 0
    _transcript: str | None = None
    _seen: set[str | None] = field(default_factory=set)

    def add(self, transcript: str, speaker: str | None, attitude: Attitude, probabilities: Iterable[float]) -> None:
        """Count one.

        Args:
            attitude: the likeliest.
            probabilities: in the order of `Attitude`.
        """
        if transcript != self._transcript:
            self._transcript, self._here, self._seen = transcript, 0, set()
            self.transcripts += 1
        self.count += 1
        self._here += 1
        if self._here > self.most:
            self.most, self.most_in = self._here, transcript
        if speaker not in self._seen:
            self._seen.add(speaker)
            self.speakers += 1
        self.likeliest[attitude] += 1
        for name, probability in zip(Attitude, probabilities, strict=True):
            self.probable[name] += probability

    def mean(self, attitude: Attitude) -> float:
        """The mean probability of an attitude, an estimate of its share; NaN where nothing was counted.

        Counting the likeliest class ("classify and count") misses shares systematically (Forman 2008, "Quantifying counts and
        costs via classification"): doubtful mentions all go to the commonest class. The mean of calibrated probabilities
        ("probability average" in Bella et al. 2010, "Quantification via probability estimators"; since then also
        "probabilistic classify and count") keeps their doubt. Neither corrects for a model that errs: `pipeline.prevalence` does.
        """
        return self.probable[attitude] / self.count if self.count else float("nan")
