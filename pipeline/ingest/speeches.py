"""Speeches in marked-up text (TEI, Akoma Ntoso): what both formats share once their elements are told apart."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pipeline.ingest.draft import Draft, Rendering
from pipeline.types import Attributes, Role


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of a speech, or a note within it."""

    text: str
    is_note: bool = False


@dataclass(frozen=True, slots=True)
class Speech:
    """What one speaker says at a stretch.

    Attributes:
        who: the speaker's reference in the file, without `#`; empty where there is none.
        label: the name that is printed before the speech.
        capacity: in what capacity it is said (`chair`), as the file has it.
    """

    who: str
    label: str
    paragraphs: tuple[Paragraph, ...]
    capacity: str = ""
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """Text between speeches that nobody says."""

    text: str


@dataclass(frozen=True, slots=True)
class Person:
    """A speaker as the head of the file describes them."""

    name: str
    attributes: Attributes = field(default_factory=dict)


def render(
    parts: Iterable[Speech | Note],
    persons: Mapping[str, Person],
    *,
    attributes: Attributes,
    roles: Mapping[str, Role],
) -> Draft:
    """Speeches as turns; speakers go by the name in the head, else by the label printed most, else by the reference.

    Args:
        roles: by reference.
    """
    parts = list(parts)
    names = _names([part for part in parts if isinstance(part, Speech)], persons)
    rendering = Rendering()
    for part in parts:
        if isinstance(part, Note):
            rendering.note(part.text)
            continue
        speaker = names.get(part.who) or _tidy(part.label) or None
        for paragraph in part.paragraphs:
            if paragraph.is_note:
                rendering.note(paragraph.text)
            else:
                rendering.speech(speaker, paragraph.text, joiner="\n", start_time=part.start, end_time=part.end)
    spoken = {part.who for part in parts if isinstance(part, Speech)}
    return rendering.draft(
        attributes=dict(attributes),
        speakers={names[who]: persons[who].attributes for who in spoken if who in persons and persons[who].attributes},
        roles={names[who]: role for who, role in roles.items() if who in names},
    )


def _names(speeches: Iterable[Speech], persons: Mapping[str, Person]) -> dict[str, str]:
    """A name for each reference, no two alike."""
    labels: dict[str, Counter[str]] = defaultdict(Counter)
    for speech in speeches:
        if speech.who:
            labels[speech.who][_tidy(speech.label)] += 1
    names: dict[str, str] = {}
    taken: set[str] = set()
    for who, printed in labels.items():
        best = next((label for label, _ in printed.most_common() if label), "")
        known = persons[who].name if who in persons else ""
        name = known or best or who
        names[who] = name if name not in taken else f"{name} ({who})"
        taken.add(names[who])
    return names


def _tidy(label: str) -> str:
    """A printed label without its colon."""
    return " ".join(label.split()).rstrip(" :–-.").strip() if len(label) < 200 else ""
