"""Who interviews beside the one who asks most: a second interviewer, whose label says nothing either."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

from pipeline.ingest.parts import Part, asks
from pipeline.types import Role, Turn

_SURE, _OFTEN = 0.75, 4
"""Share of the turns that ask, and their number, which make an interviewer of one who is not introduced."""
_HALF, _AGAIN = 0.5, 3
"""Share of the turns of one who is introduced as interviewing; with so many questions, of one who is told to the user."""
_ANSWERS = 1 / 3
"""Share of the turns that may follow on an interviewer's question: who is interviewed too answers these, if only by asking."""
_INTRODUCED = (
    r"\b(?:my colleague|(?:joined|helped) by|co-interviewer|second interviewer),? (?:\w+\.? )?{name}\b"
    r"|\b{name}(?: will|'ll|’ll| is going to|'s going to|’s going to)(?: also)?"
    r" (?:ask|come in|take over|interview|do the (?:second|other)|join me)\b"
)
"""How a first interviewer introduces the second."""


def second_interviewers(
    open_: Sequence[str],
    roles: Mapping[str, Role],
    talk: Mapping[str, Part],
    turns: Sequence[Turn],
    text: str,
    *,
    labelled: bool,
) -> tuple[set[str], list[str]]:
    """Who of those whose labels say nothing interviews too, and what the user should look at.

    One interviews whose turns are shorter than those of the people interviewed and nearly all ask, or half of whose turns ask
    and whom an interviewer introduces. Others half of whose turns ask stay what they are. Both are told. Questions that only
    ask to be agreed with are none here, and whoever answers the interviewer is interviewed.

    Args:
        open_: the speakers, less those who are known to interview.
        roles: of all speakers, as taken without this.
        talk: everybody's part.
        turns: of the talk.
        text: that their offsets refer to.
        labelled: whether a label says who interviews. One who has no such label beside it is told only.
    """
    introductions = _introductions(roles, turns, text)
    answers = _answers(roles, turns, text)
    asking = [
        speaker
        for speaker in open_
        if talk[speaker].wants_to_know >= _HALF and answers[speaker] <= _ANSWERS * talk[speaker].turns
    ]
    answering = [talk[s] for s, role in roles.items() if role is Role.PARTICIPANT and s not in asking]
    sure: set[str] = set()
    told: list[str] = []
    for speaker in asking:
        own = talk[speaker]
        if not answering or not _short_spoken(own, answering):
            continue
        really = own.questions - own.tags
        share = f"{speaker!r} asks in {own.wants_to_know:.0%} of {own.turns} turns"
        nearly_always = own.wants_to_know >= _SURE and really >= _OFTEN
        if not labelled and (nearly_always or _is_introduced(speaker, introductions)):
            sure.add(speaker)
            told.append(
                f"{share}, and is taken as a second interviewer, who is not coded; "
                f"if {speaker!r} is interviewed, say so in the configuration's roles"
            )
        elif really >= _AGAIN:
            told.append(
                f"{share}, but is taken as a participant, as another "
                f"interviews; if {speaker!r} interviews too, say so in the configuration's roles"
            )
    return sure, told


def _short_spoken(own: Part, answering: Sequence[Part]) -> bool:
    """Whether one says less than all those who answer together, and less at a time."""
    words, turns = sum(part.words for part in answering), sum(part.turns for part in answering)
    return own.words < words and own.words * turns < words * own.turns


def _answers(roles: Mapping[str, Role], turns: Sequence[Turn], text: str) -> Counter[str]:
    """How many turns of each speaker follow directly on an interviewer's question."""
    return Counter(
        after.speaker
        for before, after in pairwise(turns)
        if before.speaker and after.speaker and roles[before.speaker] is Role.INTERVIEWER and asks(before, text)
    )


def _introductions(roles: Mapping[str, Role], turns: Sequence[Turn], text: str) -> str:
    """What the interviewers say."""
    ours = (turn for turn in turns if turn.speaker and roles[turn.speaker] is Role.INTERVIEWER)
    return "\n".join(text[stretch.start : stretch.end] for turn in ours for stretch in turn.stretches)


def _is_introduced(speaker: str, introductions: str) -> bool:
    """Whether somebody who goes by one of the label's words is introduced as interviewing."""
    names = [re.escape(word) for word in re.findall(r"[^\W\d_]{3,}", speaker)]
    return any(re.search(_INTRODUCED.format(name=name), introductions) for name in names)
