"""Whose own agency is known, from what, and whose is not: over all participants, for manifest, report and terminal."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.errors import printable
from pipeline.own_agency import POLICE, OwnAgency
from pipeline.plural import listed, numbered
from pipeline.types import Mention, Segment

NOTE = "own_agencies"
"""What the manifest calls them in a transcript's notes."""
_SHOWN = 3
_AGENCIES_SHOWN = 5
_CHECK = "give the attribute agency where that is wrong, or set partners.own_agency and leave the force out"
_REMEDY = "give agency, force or rank as attributes, or set partners.own_agency for all who have none"


def own_agency_notes(
    agencies: Mapping[str | None, OwnAgency], coded: Sequence[Segment], mentions: Sequence[Sequence[Mention]]
) -> list[dict[str, Any]]:
    """For the manifest: of each participant of a transcript the own agency, what it is known from, and mentions by partner type.

    With `post` where a force alone makes a participant police, though a post is given that is no police rank.

    Args:
        agencies: of each speaker of `coded`, None being one who has no name.
        mentions: of each of `coded`.
    """
    counts: defaultdict[str | None, Counter[str]] = defaultdict(Counter)
    for segment, found in zip(coded, mentions, strict=True):
        counts[segment.speaker].update(mention.partner_type for mention in found)
    return [
        {
            "speaker": name,
            "agency": own.agency,
            "from": own.by or None,
            "mentions": dict(sorted(counts[name].items())),
            **({"post": own.post} if own.post else {}),
        }
        for name, own in agencies.items()
    ]


@dataclass(frozen=True, slots=True)
class Known:
    """Participants by own agency.

    Attributes:
        agencies: participants by agency and by what it is known from.
        unknown: participants whose own agency is not known, as a message names them.
        of_police: how many of these mention the police.
        posts: participants who are police by their force alone, by a post that is no police rank.
    """

    agencies: Mapping[str, Counter[str]]
    unknown: tuple[str, ...]
    of_police: int = 0
    posts: Mapping[str, int] = field(default_factory=dict)

    @property
    def known(self) -> int:
        """Participants whose own agency is known."""
        return sum(sources.total() for sources in self.agencies.values())

    @classmethod
    def of_run(cls, notes: Iterable[Mapping[str, Any]]) -> Known:
        """Of a run's transcripts, as noted in its manifest; nobody, where an older version noted none."""
        return cls.of((note["transcript_id"].rsplit("-", 1)[0], note.get(NOTE, ())) for note in notes)

    @classmethod
    def of(cls, transcripts: Iterable[tuple[str, Sequence[Mapping[str, Any]]]]) -> Known:
        """Of transcripts by name, each with its participants as noted."""
        agencies: defaultdict[str, Counter[str]] = defaultdict(Counter)
        unknown: list[str] = []
        of_police = 0
        posts: Counter[str] = Counter()
        for transcript, participants in transcripts:
            for one in participants:
                if one.get("post"):
                    posts[printable(one["post"])] += 1
                if one["agency"]:
                    agencies[one["agency"]][one["from"]] += 1
                    continue
                alone = len(participants) == 1 or not one["speaker"]
                unknown.append(printable(transcript if alone else f"{one['speaker']} in {transcript}"))
                of_police += bool(one.get("mentions", {}).get(POLICE))
        return cls(agencies, tuple(unknown), of_police, posts)

    def line(self) -> str:
        """In one line who is known and from what, and who is not; empty where there is no participant."""
        by_size = sorted(self.agencies.items(), key=lambda item: (-item[1].total(), item[0]))
        told = [_told(agency, sources) for agency, sources in by_size[:_AGENCIES_SHOWN]]
        if rest := by_size[_AGENCIES_SHOWN:]:
            others = sum(sources.total() for _, sources in rest)
            told.append(f"{numbered(len(rest), '[other agency|other agencies]')} for {others:,}")
        known = ", ".join(told)
        if self.posts:
            known += f"; to check: {self._by_force_alone()} ({_CHECK})"
        if not self.unknown:
            return known
        effect = f"what they say of it counts as of a partner ({_REMEDY})"
        return (f"{known}; " if known else "") + f"not known for {_participants(len(self.unknown))}: {effect}"

    def warnings(self) -> list[str]:
        """At most one: where participants whose agency is not known stand beside others, or speak of the police, and where a
        force made participants police whose post is no police rank."""
        to_check = [f"to check: {self._by_force_alone()}; {_CHECK}"] if self.posts else []
        told = [*self._not_known(), *to_check]
        return [". ".join(told)] if told else []

    def _by_force_alone(self) -> str:
        """How many are police by their force alone, with the posts most often given."""
        by_size = sorted(self.posts, key=lambda post: (-self.posts[post], post))
        count = sum(self.posts.values())
        return (
            f"{_participants(count)} {'counts' if count == 1 else 'count'} as police by the force, "
            f"with a post that is no police rank ({listed(by_size, _SHOWN)})"
        )

    def _not_known(self) -> list[str]:
        count = len(self.unknown)
        if not count or not (self.known or self.of_police):
            return []
        if self.known:
            whose = (
                f"the own agency of {count:,} of {_participants(count + self.known)} is not known "
                f"({listed(self.unknown, _SHOWN)}), so that what they say of it counts as of a partner, unlike with the others"
            )
        else:
            mention = numbered(self.of_police, "[mentions|mention] the police")
            whose = (
                f"nothing says the own agency of any of {_participants(count)}, of whom {mention}: of officers that is no "
                "partner, but counts as one"
            )
        return [f"{whose}; {_REMEDY}"]


def _told(agency: str, sources: Counter[str]) -> str:
    total = sources.total()
    if len(sources) == 1:
        return f"{agency} (from {next(iter(sources))}) for {_participants(total)}"
    each = ", ".join(f"{source} {number:,}" for source, number in sources.most_common())
    return f"{agency} (from {each}) for {_participants(total)}"


def _participants(number: int) -> str:
    return numbered(number, "[participant|participants]")
