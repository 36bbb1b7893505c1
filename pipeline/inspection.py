"""How a file was understood, before anything is coded: for `themes inspect` and for programs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.attribute_tables import attributes_hint, is_same_file
from pipeline.config import RunSettings
from pipeline.errors import ThemesError
from pipeline.ingest import AttributesTable, Found, Skipped, discover, read_with_reasons, unattributed_share
from pipeline.own_agency import UNKNOWN, OwnAgencies
from pipeline.partners import PartnerFinder
from pipeline.segment import segment_transcript
from pipeline.types import Role, Transcript, Turn

EXAMPLES = 5
"""Pieces of text that are not speech shown of each file."""


@dataclass(frozen=True, slots=True)
class SpeakerSeen:
    """A speaker as understood; `reason` says how the role was decided.

    Attributes:
        own_agency: of a participant, as `themes run` would take it; None where it is not known.
        own_agency_from: what it is known from.
        own_agency_post: the post, where the force alone makes a participant police and it is no police rank.
    """

    name: str | None
    role: Role
    reason: str
    turns: int
    words: int
    attributes: dict[str, str]
    own_agency: str | None = None
    own_agency_from: str | None = None
    own_agency_post: str | None = None


@dataclass(frozen=True, slots=True)
class TurnSeen:
    """One of the first turns; the time is that of its first stretch."""

    speaker: str | None
    role: Role
    start: int
    end: int
    start_time: float | None
    text: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """How one file was understood.

    Attributes:
        turns: how many there are in all.
        unattributed: share of the speech, by characters, that has no speaker.
        timed: share of the stretches of speech that have a time.
        segments: those that would be coded, that is the participants'.
        words: in `segments`.
        columns: of a table, which of its columns was taken for what.
        not_speech: pieces of text that were set aside, and `examples` of them.
    """

    path: str
    transcript_id: str
    format: str
    turns: int
    speakers: tuple[SpeakerSeen, ...]
    attributes: dict[str, str]
    unattributed: float
    timed: float
    segments: int
    words: int
    not_speech: int
    not_speech_words: int
    examples: tuple[str, ...]
    first_turns: tuple[TurnSeen, ...]
    warnings: tuple[str, ...]
    columns: dict[str, str]

    def as_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class NotInspected:
    """An input that could not be read, or, where `skipped`, one in a folder that is no transcript."""

    path: str
    reason: str
    skipped: bool


def inspect_all(
    inputs: Iterable[str | Path],
    *,
    settings: RunSettings | None = None,
    attributes: AttributesTable | None = None,
    first: int = 3,
) -> Iterator[Inspection | NotInspected]:
    """Inspect files and folders as `themes run` would read them, one after another; the table of attributes is none of them.

    Raises:
        UsageError: the settings' partner vocabulary is unusable.
    """
    entries = [one for one in discover(inputs) if not (attributes and is_same_file(one.path, attributes.path))]
    transcripts = [one.path for one in entries if isinstance(one, Found)]
    settings = settings or RunSettings()
    agencies = _own_agencies(settings)
    for found in entries:
        hint = attributes_hint(found.path, transcripts) if isinstance(found, (Found, Skipped)) else ""
        if hint:
            yield NotInspected(str(found.path), hint, skipped=True)
            continue
        if not isinstance(found, Found):
            yield NotInspected(str(found.path), found.reason, isinstance(found, Skipped))
            continue
        try:
            yield _inspected(found.path, settings, agencies, attributes, first)
        except ThemesError as error:
            yield NotInspected(str(found.path), error.reason, skipped=False)


def inspect_file(
    path: str | Path,
    *,
    settings: RunSettings | None = None,
    attributes: AttributesTable | None = None,
    first: int = 3,
) -> Inspection:
    """Read one file and describe what came of it.

    Args:
        settings: of the run that is to follow; the defaults where there are none.
        first: how many turns to give in full.

    Raises:
        UnreadableInput: saying what is wrong with the file and what to do about it.
        UsageError: the settings' partner vocabulary is unusable.
    """
    settings = settings or RunSettings()
    return _inspected(path, settings, _own_agencies(settings), attributes, first)


def _own_agencies(settings: RunSettings) -> OwnAgencies:
    return PartnerFinder(settings.partners.vocabulary, settings.partners.own_agency).own_agencies


def _inspected(
    path: str | Path, settings: RunSettings, agencies: OwnAgencies, attributes: AttributesTable | None, first: int
) -> Inspection:
    ingest = settings.ingest
    reading = read_with_reasons(
        path, roles=ingest.roles, attributes=attributes, max_bytes=ingest.max_megabytes * 1_000_000
    )
    transcript = reading.transcript
    options = settings.segments
    segments = segment_transcript(transcript, max_words=options.max_words, context_words=options.context_words)
    coded = [segment for segment in segments if segment.role is Role.PARTICIPANT]
    stretches = [stretch for turn in transcript.turns for stretch in turn.stretches]
    aside = list(_not_speech(transcript))
    return Inspection(
        path=transcript.path,
        transcript_id=transcript.transcript_id,
        format=transcript.format,
        turns=len(transcript.turns),
        speakers=_speakers(transcript, reading.reasons, agencies),
        attributes=dict(transcript.attributes),
        unattributed=unattributed_share(transcript),
        timed=sum(stretch.start_time is not None for stretch in stretches) / len(stretches) if stretches else 0.0,
        segments=len(coded),
        words=sum(len(segment.text.split()) for segment in coded),
        not_speech=len(aside),
        not_speech_words=sum(len(piece.split()) for piece in aside),
        examples=tuple(dict.fromkeys(aside))[:EXAMPLES],
        first_turns=tuple(_seen(turn, transcript) for turn in transcript.turns[:first]),
        warnings=transcript.warnings,
        columns=reading.columns,
    )


def _speakers(transcript: Transcript, reasons: dict[str, str], agencies: OwnAgencies) -> tuple[SpeakerSeen, ...]:
    """In the order in which they first speak."""
    turns: dict[str | None, list[Turn]] = {}
    for turn in transcript.turns:
        turns.setdefault(turn.speaker, []).append(turn)
    alone = "no labels: one participant" if set(turns) == {None} else "its speaker is unknown"
    owns = {
        speaker: agencies.of(transcript.attributes_of(speaker), speaker) if own[0].role is Role.PARTICIPANT else UNKNOWN
        for speaker, own in turns.items()
    }
    return tuple(
        SpeakerSeen(
            name=speaker,
            role=own[0].role,
            reason=reasons[speaker] if speaker is not None else alone,
            turns=len(own),
            words=sum(len(transcript.text[s.start : s.end].split()) for turn in own for s in turn.stretches),
            attributes=dict(transcript.speakers.get(speaker, {})) if speaker is not None else {},
            own_agency=owns[speaker].agency,
            own_agency_from=owns[speaker].by or None,
            own_agency_post=owns[speaker].post or None,
        )
        for speaker, own in turns.items()
    )


def _seen(turn: Turn, transcript: Transcript) -> TurnSeen:
    text = " ".join(" ".join(transcript.text[s.start : s.end] for s in turn.stretches).split())
    return TurnSeen(turn.speaker, turn.role, turn.start, turn.end, turn.stretches[0].start_time, text)


def _not_speech(transcript: Transcript) -> Iterator[str]:
    """Text between stretches that holds more than a speaker's label and time, in pieces of one block each."""
    names = {turn.speaker for turn in transcript.turns if turn.speaker}
    last = 0
    for turn in transcript.turns:
        for stretch in turn.stretches:
            yield from _pieces(transcript.text[last : stretch.start], names)
            last = stretch.end
    yield from _pieces(transcript.text[last:], names)


_TIME = re.compile(r"[\[(<]?(?:\d{1,3}:)?\d{1,2}:\d{2}(?:[.,]\d{1,3})?[\])>]?")


def _pieces(text: str, names: set[str]) -> Iterator[str]:
    for line in text.split("\n"):
        piece = " ".join(_TIME.sub(" ", line).split())
        bare = piece.strip("*_#>[]() \t:.–-")
        if any(character.isalnum() for character in bare) and not {bare, piece.rstrip(" :")} & names:
            yield piece
