"""Attitudes to each type of partner, counted: over all, by speaker and by attribute; a table that needs no gold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.attitude_tally import AttitudeTally, in_order, unit_of
from pipeline.exchange.export import columns
from pipeline.exchange.export.stream import RunTranscript
from pipeline.types import Attitude, CodedSegment

SPEAKER = "speaker"


@dataclass(frozen=True, slots=True)
class Counted:
    """A type of partner in a group of talk.

    Attributes:
        by: `speaker`, or an attribute's name as `columns.attribute_columns` makes it unlike that; empty for all talk.
        group: the speaker, or the attribute's value; empty for all talk, and where the speaker is not known.
        transcript: the speaker's; empty for other groups.
        unit: what is counted.
        most_in: the name of the transcript that has most of them.
    """

    by: str
    group: str
    transcript: str
    partner_type: str
    unit: str
    tally: AttitudeTally
    most_in: str

    @property
    def counts(self) -> list[int]:
        """How many have each attitude as their likeliest, in the order of `Attitude`."""
        return [self.tally.likeliest[one] for one in Attitude]

    @property
    def means(self) -> list[float]:
        """The mean probability of each, in the same order."""
        return [self.tally.mean(one) for one in Attitude]


_Group = tuple[str, str, str]
_ALL: _Group = ("", "", "")


class AttitudeCounts:
    """Counts as transcripts stream past. Memory holds a tally for each type of partner in each group.

    Args:
        attributes: those of the run, in their order.
    """

    def __init__(self, attributes: Sequence[str]) -> None:
        self._attributes = attributes
        self._headings = columns.attribute_columns(attributes, [SPEAKER])
        self._tallies: defaultdict[_Group, defaultdict[str, AttitudeTally]] = defaultdict(
            lambda: defaultdict(AttitudeTally)
        )
        self._names: dict[str, str] = {}

    def add(self, transcript: RunTranscript, item: CodedSegment) -> None:
        """Count a segment's attitudes, in each group that its speaker is of."""
        if not item.attitudes:
            return
        self._names[transcript.transcript_id] = transcript.name
        groups = self._groups(transcript, item.segment.speaker)
        for score in item.attitudes:
            shares = (score.negative, score.neutral, score.positive)
            for group in groups:
                tally = self._tallies[group][columns.partner_type(score)]
                tally.add(transcript.transcript_id, item.segment.speaker, score.attitude, shares)

    def _groups(self, transcript: RunTranscript, speaker: str | None) -> list[_Group]:
        facts = transcript.attributes_of(speaker)
        named = zip(self._attributes, self._headings, strict=True)
        known = [(heading, facts[name], "") for name, heading in named if facts.get(name)]
        return [_ALL, (SPEAKER, speaker or "", transcript.name), *known]

    def overall(self) -> Iterator[Counted]:
        """Each type of partner over the run, the most mentioned first, partnership as such last."""
        return self._of(_ALL)

    def by_group(self) -> Iterator[Counted]:
        """By speaker, in the order of the run; then by each attribute, its values in order. Groups without any are left out."""
        order = {heading: place for place, heading in enumerate(self._headings)}
        speakers = [group for group in self._tallies if group[0] == SPEAKER]
        others = sorted(
            (group for group in self._tallies if group[0] in order), key=lambda group: (order[group[0]], group[1])
        )
        for group in (*speakers, *others):
            yield from self._of(group)

    def _of(self, group: _Group) -> Iterator[Counted]:
        tallies: Mapping[str, AttitudeTally] = self._tallies.get(group, {})
        for kind in in_order(tallies):
            tally = tallies[kind]
            yield Counted(*group, kind, unit_of(kind), tally, self._names[tally.most_in])
