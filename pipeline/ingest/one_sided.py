"""Talk of two in which only one has labels: the paragraphs between are the other's.

Believed only where the talk alternates, and where it is plain which of the two asks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from pipeline.ingest.conventions import key_of, role_by_convention
from pipeline.ingest.labels import Candidate, Style
from pipeline.ingest.set_off import INTERVIEWER, PARTICIPANT, Typed, blocks, label_of, words_in
from pipeline.ingest.speakers import OF_PEOPLE, names_of, shape
from pipeline.plural import listed
from pipeline.types import Role

_LEAST = 3
"""Labels below which chance may have done it."""
_BETWEEN = 0.7
"""Share of the labelled paragraphs that a paragraph of the other must follow, or come before."""
_ASKS, _SAYS_SO = 0.5, 0.3
"""Share of their paragraphs in which interviewers ask; the second where their label says that they interview."""
_ANSWERS_ASK = 0.3
"""Share of their paragraphs in which participants may."""
_BLANK = 0.2
"""Blank lines for each other line, below which lines are paragraphs."""
_SENTENCES = 0.8
"""Share of the lines that must end a sentence where lines are paragraphs: else they are broken to a width."""


@dataclass(frozen=True, slots=True)
class Sides:
    """What the paragraphs without labels are.

    Attributes:
        labels: of both sides, in order.
        roles: of the speakers of both sides.
        warnings: what the user should know.
    """

    labels: tuple[Candidate, ...]
    roles: Mapping[str, Role] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def both_sides(labels: Sequence[Candidate], found: Sequence[Candidate], talk: Sequence[str]) -> Sides:
    """The labels, and those of the other where only one of two is labelled.

    Args:
        labels: the believed ones.
        found: all candidates; of these, one name that comes again may be one that was not believed for want of another.
        talk: the lines, those blank that nobody says.
    """
    ours = list(labels) or _one_name(found, by_line=_by_line(talk))
    if len(ours) < _LEAST or any(one.style in {Style.ALONE, Style.TIMED, Style.BRACKET} for one in ours):
        return Sides(tuple(labels))
    says_so = {role_by_convention(one.label) if key_of(one.label) != "q" else Role.INTERVIEWER for one in ours}
    if len(says_so) > 1 or (None in says_so and len({key_of(one.label) for one in ours}) > 1):
        return Sides(tuple(labels))
    units = _units(talk, ours)
    answers = _answers(units, least=_SAYS_SO if says_so == {Role.INTERVIEWER} else _ASKS)
    if answers:
        return _with(ours, answers, PARTICIPANT, (Role.INTERVIEWER, Role.PARTICIPANT))
    questions = _questions(units)
    if questions:
        return _with(ours, questions, INTERVIEWER, (Role.PARTICIPANT, Role.INTERVIEWER))
    return Sides(tuple(labels))


def _one_name(found: Sequence[Candidate], *, by_line: bool) -> list[Candidate]:
    """The candidates of the one name with a colon, or the one letter of `Q.`, that comes again; none where several do."""
    named = [
        one
        for one in found
        if (one.opens or by_line)
        and (one.style is Style.LETTER or (one.style is Style.COLON and shape(one.label) in OF_PEOPLE))
    ]
    counts = Counter(key_of(one.label) for one in named)
    often = [key for key, count in counts.items() if count >= _LEAST]
    return [one for one in named if key_of(one.label) == often[0]] if len(often) == 1 else []


Unit = tuple[Typed, bool]
"""A paragraph, and whether it has a label."""


def _units(talk: Sequence[str], labels: Sequence[Candidate]) -> list[Unit]:
    """Paragraphs; or lines, in a text without blank ones that is not broken to a width."""
    speech = {one.line: one.speech for one in labels}
    filled = [line for line in talk if line.strip()]
    ended = sum(line.rstrip("\"'’”)] \t").endswith((".", "?", "!", "…", "-", "–", "—")) for line in filled)
    by_line = _by_line(talk)
    if by_line and ended < _SENTENCES * len(filled):
        return []
    parts: list[list[int]] = []
    for block in blocks(talk):
        for index, _ in block:
            if by_line or index in speech or index == block[0][0]:
                parts.append([])
            parts[-1].append(index)
    return [(_paragraph(part, talk, speech), part[0] in speech) for part in parts]


def _paragraph(part: Sequence[int], talk: Sequence[str], speech: Mapping[int, int]) -> Typed:
    words = [talk[part[0]][speech.get(part[0], 0) :], *(talk[index] for index in part[1:])]
    return Typed(part[0], "\n".join(words))


def _by_line(talk: Sequence[str]) -> bool:
    """Whether a text has hardly any blank lines, so that each of its lines may be a paragraph."""
    filled = sum(bool(line.strip()) for line in talk)
    return len(talk) - filled < _BLANK * filled


def _answers(units: Sequence[Unit], *, least: float) -> list[Typed]:
    """The paragraphs without labels, where those with labels ask and these answer."""
    first = next((place for place, (_, labelled) in enumerate(units) if labelled), len(units))
    ours = [one for one, labelled in units if labelled]
    others = [one for one, labelled in units[first:] if not labelled]
    followed = sum(labelled and not after for (_, labelled), (_, after) in pairwise(units))
    if followed < _BETWEEN * len(ours) or _asking(ours) < least or not _answering(others, ours):
        return []
    return others


def _questions(units: Sequence[Unit]) -> list[Typed]:
    """The paragraphs before those with labels, where these ask and those with labels answer."""
    ours = [one for one, labelled in units if labelled]
    found: list[Typed] = []
    single = 0
    between: list[Typed] = []
    for one, labelled in units:
        if not labelled:
            between.append(one)
            continue
        single += len(between) == 1
        # Of several, those before the last go on with the speaker's answer.
        found += between[-1:] if len(between) == 1 or (between and between[-1].asks) else []
        between = []
    if single < _BETWEEN * len(ours) or _asking(found) < _ASKS or not _answering(ours, found):
        return []
    return found


def _asking(paragraphs: Sequence[Typed]) -> float:
    return sum(one.asks for one in paragraphs) / len(paragraphs) if paragraphs else 0.0


def _answering(answers: Sequence[Typed], questions: Sequence[Typed]) -> bool:
    """Whether paragraphs hardly ask, and say more than the others."""
    return _asking(answers) <= _ANSWERS_ASK and words_in(answers) > words_in(questions)


def _with(ours: Sequence[Candidate], others: Sequence[Typed], name: str, roles: tuple[Role, Role]) -> Sides:
    """Both sides' labels.

    Args:
        ours: the labels that the text has.
        others: the other's paragraphs.
        name: what the other is called.
        roles: of those with labels and of the other.
    """
    added = [label_of(one, name) for one in others]
    known = dict.fromkeys(names_of(ours).values(), roles[0])
    shown = listed(list(known), 3)
    whose = "the interviewer's" if roles[1] is Role.INTERVIEWER else "one participant's"
    warning = (
        f"only {shown} {'has' if len(known) == 1 else 'have'} labels: the paragraphs without one between them are taken as "
        f"{whose} ({len(others):,}); if they are not, write the labels"
    )
    labels = sorted([*ours, *added], key=lambda one: one.line)
    return Sides(tuple(labels), {**known, name: roles[1]}, (warning,))
