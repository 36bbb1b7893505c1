"""What the lines above a talk say that its labels stand for; and who renders in another language what participants say."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from pipeline.ingest.conventions import says_its_role, words_of
from pipeline.ingest.parts import Part
from pipeline.types import Role

_INTERPRETS = words_of("""
    interpreter translator dolmetscher dolmetscherin übersetzer übersetzerin interprète traducteur traductrice
    intérprete traductor traductora interprete traduttore traduttrice
""")
_HEAD = 3000
"""Characters above the talk that are looked at."""
_CODE = re.compile(r"[A-Z]{1,4}\d{0,2}")
"""Labels that stand for somebody: initials and short words in capitals."""
_ENDS = r"(?=[ \t]*(?:[.,;:()\[\]\n]|and\b|$))"
_BEFORE = r"\b([^\W\d_]{{4,}})[ \t]*(?:[:=–—-]|is\b)?[ \t]*[(\[]?{label}" + _ENDS
_AFTER = r"(?<!\w){label}[ \t]*(?:[(\[=:–—-]|is\b)[ \t]*(?:the[ \t]+)?([^\W\d_]{{4,}})"
_LIKE_OTHERS = 0.5
"""Share of what the participants say on average from which an interpreter among several may be one of those interviewed."""
_HARDLY = 3
"""Times the participants' own words that an interpreter must say to be heard in their place."""


def explained(head: str, labels: Collection[str]) -> dict[str, str]:
    """Role words that the lines above the talk give to labels: `Interviewer LB, interpreter INT`, `INT = interpreter`.

    Args:
        head: all that stands above the talk.
        labels: of the talk; a label that is given several words is given none.
    """
    found = {}
    for label in labels:
        if _CODE.fullmatch(label):
            patterns = (one.format(label=re.escape(label)) for one in (_BEFORE, _AFTER))
            words = {word.casefold() for pattern in patterns for word in re.findall(pattern, head[-_HEAD:])}
            words = {word for word in words if says_its_role(word)}
            if len(words) == 1:
                found[label] = words.pop()
    return found


def interprets(label: str) -> bool:
    """Whether a label, or the word that explains it, is an interpreter's: `Interpreter (female)`."""
    return not _INTERPRETS.isdisjoint(re.findall(r"[^\W\d_]+", label.casefold()))


def rendering(
    interpreters: Collection[str], roles: Mapping[str, Role], talk: Mapping[str, Part]
) -> tuple[set[str], list[str]]:
    """Interpreters whose words are to be coded, and what the user should know.

    An interpreter who says three times as many words as the participants, where somebody interviews, says what they have to say.
    One who says fewer is not coded, for the participants' own words are; but these may be in another language. Where nobody else
    answers, the interpreter is the one who is interviewed; among several who do, the interpreter may be one of them.

    Args:
        interpreters: who are no participants by their labels.
        roles: of all speakers.
        talk: everybody's part.
    """
    answering = [speaker for speaker, role in roles.items() if role is Role.PARTICIPANT]
    own = sum(talk[speaker].words for speaker in answering)
    words = sum(talk[speaker].words for speaker in interpreters)
    if not words or Role.INTERVIEWER not in roles.values():
        return set(), []
    names = ", ".join(map(repr, interpreters))
    if not answering:
        return set(interpreters), [
            f"nobody answers but {names}: the interpreter's words are taken as what participants say, and are coded; "
            "if they are not to be, say in the configuration's roles that the interpreter is other"
        ]
    if own > _HARDLY * words:
        alike = len(answering) > 1 and words * len(answering) >= _LIKE_OTHERS * own * len(interpreters)
        return set(), [
            f"{names} says {words:,} words, about as many as others who are interviewed, and is not coded, as an "
            f"interpreter; if {names} is interviewed, say in the configuration's roles that it is a participant"
        ] if alike else []
    say = f"{names} says {words:,} words, participants say {own:,} themselves"
    if words >= _HARDLY * own:
        return set(interpreters), [
            f"{say}: the interpreter's words are taken as what participants say, and are coded; "
            "if they are not to be, say in the configuration's roles that the interpreter is other"
        ]
    return set(), [
        f"{say}: the interpreter's words are not coded; if participants speak another language than is to be coded, say in the "
        "configuration's roles that the interpreter is a participant and they are other"
    ]
