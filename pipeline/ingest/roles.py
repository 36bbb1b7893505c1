"""Who interviews and who is interviewed: a person's setting, the format, the lines above, the label, who asks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from pipeline.ingest.conventions import key_of, role_beside_a_name, role_by_convention
from pipeline.ingest.interpreters import explained, interprets, rendering
from pipeline.ingest.parts import Part, parts
from pipeline.ingest.second import second_interviewers
from pipeline.ingest.spelling import alike
from pipeline.plural import numbered
from pipeline.types import Role, Turn

_INTERVIEWED = re.compile(
    r"\b(?:participant|interviewee|respondent|informant|interviewte|befragte|enquêté|entrevistad)", re.IGNORECASE
)
"""Labels that only those have who are interviewed; a customer or a guest may talk to anybody."""
_ATTENDED = re.compile(
    r"(?<![^\W\d_])(?:clients?|patient(?:in|e|en)?|paciente|paziente|klient(?:in)?|pupils?|students?)(?![^\W\d_])",
    re.IGNORECASE,
)
"""Labels of those whom a professional talks with. Not so sure: a student may interview, and then asks the questions."""
_AGAIN = 3
"""Turns of one who is left among several participants; beside a single one who says more, any number will do."""
_MUCH = 50
"""Words below which nobody is missed."""
_RENDERS = "interprets, and says what participants say"
_ANSWERS_ALONE = "nobody else answers"
_QUESTIONS, _ASKS, _TIMES, _HALF = 2, 0.3, 2, 0.5
"""Who asks: turns with questions at least, their share of the turns, how often the others' share, and of the words at most."""


def with_roles(
    turns: Sequence[Turn],
    text: str,
    *,
    hints: Mapping[str, Role] | None = None,
    settings: Mapping[str, Role] | None = None,
) -> tuple[tuple[Turn, ...], list[str]]:
    """Give every turn its role; returns the turns and warnings.

    Args:
        turns: as the reader found them.
        text: that their offsets refer to.
        hints: roles that the format gives, by speaker.
        settings: label patterns (`Interviewer*`, `P?`) and the roles that the user says they have; wins over all.
    """
    speakers = list(dict.fromkeys(turn.speaker for turn in turns if turn.speaker is not None))
    said = _said(turns, text, speakers, hints or {}, settings or {})
    known = {speaker: one.role for speaker, one in said.items()}
    interpreters = [speaker for speaker, one in said.items() if one.interprets]
    warnings: list[str] = []
    open_ = [speaker for speaker in speakers if speaker not in known]
    talk = parts(turns, text)
    if open_:
        labelled = Role.INTERVIEWER in known.values()
        decided, warnings = _by_talk(open_, known, talk, interpreters)
        known |= decided
        left = [speaker for speaker in open_ if known[speaker] is Role.PARTICIPANT]
        if Role.INTERVIEWER in known.values():
            seconds, told = second_interviewers(left, known, talk, turns, text, labelled=labelled)
            known |= dict.fromkeys(seconds, Role.INTERVIEWER)
            warnings += told
    renders, told = rendering(interpreters, known, talk)
    known |= dict.fromkeys(renders, Role.PARTICIPANT)
    warnings += told
    warnings = [*warnings, *_misspelt(known, talk, settings or {}), *_left_out(known, talk)]
    unlabelled = Role.OTHER if speakers else Role.PARTICIPANT
    return tuple(replace(t, role=known[t.speaker] if t.speaker else unlabelled) for t in turns), warnings


def _misspelt(known: Mapping[str, Role], talk: Mapping[str, Part], settings: Mapping[str, Role]) -> list[str]:
    """Who may be somebody else, whose label is a slip: what is set for a label is known to the user."""
    return [
        f"{label!r} ({numbered(talk[label].turns, '[turn|turns]')}) is spelt almost as {other!r} ({talk[other].turns}), and is "
        f"taken as somebody else, {known[label]}: if it is a slip, correct the label in the file"
        for label, other in alike({speaker: part.turns for speaker, part in talk.items()})
        if not _by_setting(label, settings)
    ]


def _left_out(known: Mapping[str, Role], talk: Mapping[str, Part]) -> list[str]:
    """Who says much and is not coded: an interpreter may say all that the participants have to say."""
    told = sum(talk[speaker].words for speaker, role in known.items() if role is Role.PARTICIPANT)
    most = max((s for s, role in known.items() if role is Role.OTHER), key=lambda s: talk[s].words, default=None)
    if most is not None and talk[most].words > max(told, _MUCH):
        return [
            f"{most!r} says more ({talk[most].words:,} words) than all participants together ({told:,}) and is not coded; "
            "say in the configuration's roles if it is a participant"
        ]
    if known and Role.PARTICIPANT not in known.values():
        return [
            "none of the speakers is taken as a participant, so that nothing is coded: set the configuration's roles"
        ]
    return []


def reasons(
    turns: Sequence[Turn],
    text: str,
    *,
    hints: Mapping[str, Role] | None = None,
    settings: Mapping[str, Role] | None = None,
) -> dict[str, str]:
    """How each speaker's role was decided, for the user: of the turns that `with_roles` gave roles, with its arguments."""
    speakers = list(dict.fromkeys(turn.speaker for turn in turns if turn.speaker is not None))
    role_of = {turn.speaker: turn.role for turn in turns if turn.speaker is not None}
    talk = parts(turns, text)
    said = _said(turns, text, speakers, hints or {}, settings or {})
    interpreters = [speaker for speaker, one in said.items() if one.interprets]
    found = {speaker: one.why for speaker, one in said.items()}
    alone = set(interpreters) == {speaker for speaker in speakers if role_of[speaker] is Role.PARTICIPANT}
    why = _ANSWERS_ALONE if alone else _RENDERS
    found |= {speaker: why for speaker in interpreters if role_of[speaker] is Role.PARTICIPANT}
    decided = {role_of[speaker] for speaker in found}
    answering = [speaker for speaker in found if role_of[speaker] is Role.PARTICIPANT]
    asker = _answering_asker([speaker for speaker in speakers if speaker not in found], answering, talk)
    for speaker in speakers:
        if speaker in found:
            continue
        asks = f"asks in {talk[speaker].asks:.0%} of turns"
        others = [other for other in speakers if other != speaker and role_of[other] is Role.PARTICIPANT]
        if role_of[speaker] is Role.INTERVIEWER and _beside_participants([speaker], others, talk):
            found[speaker] = f"the others are labelled participants; {asks}"
        elif role_of[speaker] is Role.INTERVIEWER:
            found[speaker] = f"who asks: {asks}"
        elif Role.INTERVIEWER in decided or Role.INTERVIEWER in role_of.values():
            found[speaker] = "another interviews"
        elif asker:
            found[speaker] = f"{asker!r} asks, but is a participant; {asks}"
        elif others:
            why = "; ".join(_against(speaker, [speaker, *others], talk)) or "another asks more questions"
            found[speaker] = f"nobody clearly asks: {asks} ({why})"
        else:
            found[speaker] = f"nobody clearly asks: {asks}" if len(speakers) > 1 else "the only speaker"
    return found


@dataclass(frozen=True, slots=True)
class _Said:
    """A role that need not be guessed.

    Attributes:
        why: in words for the user.
        interprets: whether it is an interpreter's, and not the user's setting.
    """

    role: Role
    why: str
    interprets: bool = False


def _said(
    turns: Sequence[Turn],
    text: str,
    speakers: Sequence[str],
    hints: Mapping[str, Role],
    settings: Mapping[str, Role],
) -> dict[str, _Said]:
    """The roles that settings, the format, the lines above the talk or labels say, in this order."""
    first = next((turn.stretches[0].start for turn in turns if turn.speaker is not None), 0)
    words = explained(text[:first], speakers)
    found = {}
    for speaker in speakers:
        word = words.get(speaker, speaker)
        by_word = role_by_convention(words[speaker]) if speaker in words else None
        interpreter = interprets(word)
        if role := _by_setting(speaker, settings):
            found[speaker] = _Said(role, "your settings")
        elif role := hints.get(speaker):
            found[speaker] = _Said(role, "the file says so", interpreter and role is Role.OTHER)
        elif by_word:
            found[speaker] = _Said(by_word, "the file says so", interpreter)
        elif role := _by_label(speaker, speakers):
            found[speaker] = _Said(role, "its label", interpreter and role is Role.OTHER)
    return found


def _by_setting(speaker: str, settings: Mapping[str, Role]) -> Role | None:
    """The first pattern that fits the label, spelling by case and spaces aside."""
    folded = " ".join(speaker.casefold().split())
    for pattern, role in settings.items():
        wanted = " ".join(pattern.casefold().split())
        if fnmatchcase(folded, wanted) or key_of(pattern) == key_of(speaker):
            return role
    return None


def _by_label(speaker: str, speakers: Sequence[str]) -> Role | None:
    """The convention, where it holds: `A` answers beside a `Q`, and is anybody beside a `B`."""
    key = key_of(speaker)
    if key in {"a", "q"} and not {"a", "q"} <= {key_of(other) for other in speakers}:
        return None
    return role_by_convention(speaker) or role_beside_a_name(speaker)


def _by_talk(
    open_: Sequence[str], known: Mapping[str, Role], talk: Mapping[str, Part], interpreters: Sequence[str]
) -> tuple[dict[str, Role], list[str]]:
    """Roles of those whose labels say nothing, from who asks the questions."""
    if Role.INTERVIEWER in known.values():
        return dict.fromkeys(open_, Role.PARTICIPANT), []
    answering = [speaker for speaker, role in known.items() if role is Role.PARTICIPANT]
    # What an interpreter asks is said for others; what an interpreter answers is an answer.
    rendered = {**talk, **{speaker: replace(talk[speaker], questions=0) for speaker in interpreters}}
    askers = _askers([*open_, *answering, *interpreters], rendered).intersection(open_)
    if askers:
        told = [
            f"{s!r} is taken as the interviewer, but most of the questions only ask to be agreed with; "
            "say in the configuration's roles who interviews"
            for s in askers
            if 2 * talk[s].tags > talk[s].questions
        ]
        return {s: Role.INTERVIEWER if s in askers else Role.PARTICIPANT for s in open_}, told
    if _beside_participants(open_, answering, talk):
        return {open_[0]: Role.INTERVIEWER}, [
            f"{open_[0]!r} is taken as the interviewer, as all others are labelled as participants; "
            "say in the configuration's roles if that is wrong"
        ]
    if len(open_) == 1 and not answering:
        return dict.fromkeys(open_, Role.PARTICIPANT), []
    asker = _answering_asker(open_, answering, talk)
    who = (
        f"{asker!r} asks the questions, but is named as a participant" if asker else "nobody clearly asks the questions"
    )
    return dict.fromkeys(open_, Role.PARTICIPANT), [
        f"{who}: every speaker is taken as a participant; "
        "say who interviews in the configuration's roles if that is wrong"
    ]


def _answering_asker(open_: Sequence[str], answering: Sequence[str], talk: Mapping[str, Part]) -> str:
    """Who of those that are known to be participants clearly asks; empty for nobody."""
    return next((speaker for speaker in answering if open_ and _asks(speaker, [*open_, *answering], talk)), "")


def _beside_participants(open_: Sequence[str], answering: Sequence[str], talk: Mapping[str, Part]) -> bool:
    """Whether one person speaks among people who are all labelled as those who are interviewed.

    Again and again, or, asking something, with a single one of them, who says no less. Few turns without a question may be a
    relative's.
    """
    if not answering or len(open_) != 1:
        return False
    own = talk[open_[0]]
    if own.turns < _AGAIN and (len(answering) > 1 or not own.questions or own.words > talk[answering[0]].words):
        return False
    sure = {speaker for speaker in answering if _INTERVIEWED.search(speaker)}
    attended = {speaker for speaker in answering if _ATTENDED.search(speaker)} - sure
    if len(sure) + len(attended) < len(answering):
        return False
    return not any(_asks(speaker, [*open_, *answering], talk) for speaker in attended)


def _asks(speaker: str, speakers: Sequence[str], talk: Mapping[str, Part]) -> bool:
    """Whether one of the speakers clearly asks: nothing speaks against it."""
    return not _against(speaker, speakers, talk)


def _against(speaker: str, speakers: Sequence[str], talk: Mapping[str, Part]) -> list[str]:
    """What speaks against taking one of several speakers for the one who asks, in words for the user."""
    own, rest = talk[speaker], [talk[other] for other in speakers if other != speaker]
    others = sum(part.questions for part in rest) / sum(part.turns for part in rest)
    share = own.words / sum(talk[other].words for other in speakers)
    found = []
    if own.asks < _ASKS:
        found.append(f"fewer than {_ASKS:.0%}")
    elif own.questions < _QUESTIONS:
        found.append(f"fewer than {_QUESTIONS} questions")
    if own.asks < _TIMES * others:
        found.append(f"less than twice the others' {others:.0%}")
    if share > _HALF:
        found.append(f"says more than half of the words: {share:.0%}")
    return found


def _askers(open_: Sequence[str], talk: Mapping[str, Part]) -> set[str]:
    """The one speaker who asks most of the questions and mostly asks, if there is one."""
    if len(open_) < 2:
        return set()
    ranked = sorted(open_, key=lambda s: talk[s].questions, reverse=True)
    if _asks(ranked[0], open_, talk):
        return {ranked[0]}
    first, rest = talk[ranked[0]], [talk[s] for s in ranked[1:]]
    others = sum(part.questions for part in rest) / sum(part.turns for part in rest)
    # Machine transcripts lose question marks; in a talk of two, short turns then tell who asks.
    quiet = first.turns >= 3 and first.words < 0.4 * sum(part.words for part in rest)
    return {ranked[0]} if len(open_) == 2 and quiet and first.asks > others else set()
