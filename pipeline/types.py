"""The nouns of the project: transcript, turn, segment, mention, coding.

Offsets everywhere are Unicode code points into `Transcript.text`, half-open: `text[start:end]` is the thing itself.
All types are frozen; a stage returns new objects and never changes those that it was given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Attributes = Mapping[str, str]


class Role(StrEnum):
    """A speaker's part in the interview; only participants' talk is coded."""

    INTERVIEWER = "interviewer"
    PARTICIPANT = "participant"
    OTHER = "other"


class Attitude(StrEnum):
    """A speaker's attitude to one partner, or to partnership as such."""

    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


PARTNERSHIP = "partnership"
"""The `partner_type` of an attitude to partnership as such; it has no offsets."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of uninterrupted speech within a turn.

    Attributes:
        start: first code point in the transcript's text.
        end: one past the last.
        start_time: seconds from the recording's start, where the source gives it.
        end_time: likewise.
    """

    start: int
    end: int
    start_time: float | None = None
    end_time: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"a stretch needs 0 <= start < end, got start={self.start}, end={self.end}")


@dataclass(frozen=True, slots=True)
class Turn:
    """One speaker's talk until another speaks.

    Attributes:
        speaker: the name as the transcript gives it (aliases merged), or None where no label is known.
        stretches: in order, not overlapping. Between two of them lies text that is not speech (a stage direction, a
            timestamp, a new caption's label), or only white space.
        role: filled in by `pipeline.ingest.roles`.
    """

    speaker: str | None
    stretches: tuple[Stretch, ...]
    role: Role = Role.OTHER

    def __post_init__(self) -> None:
        if not self.stretches:
            raise ValueError("a turn needs at least one stretch of speech")
        for before, after in zip(self.stretches, self.stretches[1:], strict=False):
            if before.end > after.start:
                raise ValueError(f"stretches overlap or are out of order: {before} then {after}")

    @property
    def start(self) -> int:
        """First code point of the turn's speech."""
        return self.stretches[0].start

    @property
    def end(self) -> int:
        """One past the last code point of the turn's speech."""
        return self.stretches[-1].end


@dataclass(frozen=True, slots=True)
class Transcript:
    """One input file, read.

    Attributes:
        transcript_id: the file's stem and the first 8 hex digits of its sha256; stable from run to run.
        path: as the user gave it or as found in the folder that the user gave.
        sha256: of the file's bytes.
        format: the reader's name (`txt`, `docx`, `vtt` …).
        text: the plain text that all offsets refer to: no byte order mark, line ends as `\\n`, else as in the source.
        turns: in the order of the text, not overlapping.
        attributes: of the whole transcript (force, site …).
        speakers: attributes per speaker (rank, gender …).
        warnings: what the reader was unsure of, for the user to check.
    """

    transcript_id: str
    path: str
    sha256: str
    format: str
    text: str
    turns: tuple[Turn, ...]
    attributes: Attributes = field(default_factory=dict)
    speakers: Mapping[str, Attributes] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for before, after in zip(self.turns, self.turns[1:], strict=False):
            if before.end > after.start:
                raise ValueError(f"turns overlap or are out of order at offset {after.start}")
        if self.turns and self.turns[-1].end > len(self.text):
            raise ValueError(f"a turn ends at {self.turns[-1].end}, past the text's end at {len(self.text)}")

    def attributes_of(self, speaker: str | None) -> dict[str, str]:
        """The transcript's attributes, overlaid with those of `speaker`."""
        return {**self.attributes, **(self.speakers.get(speaker, {}) if speaker else {})}


@dataclass(frozen=True, slots=True)
class Segment:
    """The unit that is coded: a turn, or a part of a long one. `transcript.text[start:end] == text`, always.

    Attributes:
        turn: index of its turn in the transcript.
        context: the talk just before (typically the question), from the same transcript; may be empty.
    """

    transcript_id: str
    segment_id: str
    turn: int
    speaker: str | None
    role: Role
    start: int
    end: int
    text: str
    context: str = ""
    start_time: float | None = None
    end_time: float | None = None


@dataclass(frozen=True, slots=True)
class Mention:
    """A partner named in a segment. Offsets are into the transcript's text; `segment.start <= start < end <= segment.end`."""

    start: int
    end: int
    text: str
    partner_type: str


@dataclass(frozen=True, slots=True)
class ThemeScore:
    """One code on one segment: the calibrated probability and whether the model assigns the code."""

    code: str
    probability: float
    assigned: bool


@dataclass(frozen=True, slots=True)
class AttitudeScore:
    """The attitude to one mention, or to partnership as such where `mention` is None. The three probabilities sum to 1."""

    mention: Mention | None
    attitude: Attitude
    negative: float
    neutral: float
    positive: float


@dataclass(frozen=True, slots=True)
class CodedSegment:
    """A segment with everything that the model says of it.

    Attributes:
        uncertainty: the probability that at least one code is wrongly given or withheld; None where the model learnt no codes.
        review: left to a human, because its coding is more uncertain than the run allows; no code is assigned then.
    """

    segment: Segment
    themes: tuple[ThemeScore, ...]
    attitudes: tuple[AttitudeScore, ...]
    uncertainty: float | None = 0.0
    review: bool = False


@dataclass(frozen=True, slots=True)
class MentionCoding:
    """A coder's attitude to one mention. Offsets are into the unit's own text, not the transcript's.

    `mention` is None for partnership as such.
    """

    mention: str | None
    start: int | None
    end: int | None
    partner_type: str
    attitude: Attitude


@dataclass(frozen=True, slots=True)
class Coding:
    """What one coder gave to one unit: a row of the gold table.

    Attributes:
        unit_id: the unit, shared by its coders.
        group: what a split must not cut through (an interview, a speaker).
        codes: empty where the unit was read and given no code; None where the coder was not asked for codes.
        attitudes: None where the coder did not code attitudes at all; empty where there were none to code.
        mentions_asked: False for a coder of attitudes who was asked for that to partnership as such only.
        partnership_asked: False for one who was asked for those to mentions only.
        transcript, start, end: where the unit comes from, where known.
        inclusion: the probability with which the unit was drawn to be coded, where it was drawn (`themes sample`).
    """

    unit_id: str
    group: str
    text: str
    codes: frozenset[str] | None
    coder: str
    context: str = ""
    attitudes: tuple[MentionCoding, ...] | None = None
    transcript: str | None = None
    start: int | None = None
    end: int | None = None
    inclusion: float | None = None
    mentions_asked: bool = field(default=True, compare=False)
    partnership_asked: bool = field(default=True, compare=False)
