"""Public hearings: who is the witness and who asks, from the oath, the section's title and the labels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from pipeline.ingest.conventions import role_by_convention
from pipeline.ingest.parts import Part
from pipeline.types import Role

THE_WITNESS = "The Witness"

_OATH = re.compile(
    r"^(?P<name>[^()]{4,80}?),? \((?:re-)?(?:sworn|affirmed|continued|recalled|called|partly affirmed)\)\.?$"
)
_SECTION = re.compile(r"^\d{1,2}[.)] (?P<name>.{4,120})$")
_TITLES = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "miss",
        "mx",
        "dr",
        "professor",
        "prof",
        "sir",
        "dame",
        "lord",
        "lady",
        "baroness",
        "the",
        "rt",
        "hon",
    ]
)
_COUNSEL = re.compile(r"^(?:counsel\b.*|lead (?:inquiry|counsel|\d\w?)|.* [kq]c)$", re.IGNORECASE)
_CHAIR = re.compile(
    r"^(?:(?:lady|baroness|lord|sir|dame|mrs?|ms) hallett|the (?:chair|president|chairman|judge|coroner))$",
    re.I,
)
_STAFF = re.compile(r"manager|usher|interpreter|clerk|speaker|stenographer|reporter|video|break", re.IGNORECASE)


def witnesses(asides: Iterable[str]) -> list[str]:
    """Names of those who give evidence, from oath lines (`MS SUE GRAY (affirmed).`) and section titles."""
    found: dict[str, None] = {}
    for aside in asides:
        line = " ".join(aside.split())
        if line.startswith(("Questions", "Further", "Examination", "Cross")):
            continue
        oath, section = _OATH.match(line), _SECTION.match(line)
        if oath:
            found[oath.group("name")] = None
        elif section and _starts_with_title(section.group("name")):
            found.update(dict.fromkeys(re.split(r",? and |, ", section.group("name"))))
    return list(found)


def _starts_with_title(name: str) -> bool:
    """`Ms Sue Gray` is a person; `Submissions on Behalf of … by Mr Phillips KC` is a speech."""
    return name.split()[0].casefold() in _TITLES and not re.search(r"\bremarks|submission|statement\b", name, re.I)


def _words(name: str) -> tuple[frozenset[str], list[str]]:
    """A name's titles, and its other words in order."""
    words = name.casefold().replace("’", "'").replace(".", "").split()
    return frozenset(words) & _TITLES, [word for word in words if word not in _TITLES]


def is_witness(speaker: str, names: Iterable[str]) -> bool:
    """Whether a label is one of these people, though it may lack the first name or a title."""
    titles, words = _words(speaker)
    if not words or words[-1] in {"kc", "qc"}:
        return False
    for name in names:
        other_titles, other = _words(name)
        same = other and words[-1] == other[-1] and set(words) <= set(other)
        if same and (not titles or bool(titles & other_titles) or len(words) > 1):
            return True
    return False


def hearing_roles(asides: Sequence[str], talk: Mapping[str, Part]) -> dict[str, Role]:
    """Roles of the speakers of a hearing; empty where nothing shows that it is one.

    Args:
        asides: titles and notes of the document.
        talk: each speaker's part in it.
    """
    names = witnesses(asides)
    giving = {speaker for speaker in talk if speaker == THE_WITNESS or is_witness(speaker, names)}
    asking = {speaker for speaker in talk if _COUNSEL.match(speaker) or _CHAIR.match(speaker)}
    if not giving and not asking:
        return {}
    if names or giving:
        return {speaker: _in_evidence(speaker, part, giving, asking) for speaker, part in talk.items()}
    return _in_speeches({speaker: part.words for speaker, part in talk.items()})


def _in_evidence(speaker: str, part: Part, giving: set[str], asking: set[str]) -> Role:
    """Everybody but the witnesses asks, or helps to; a witness heard jointly is known by never asking."""
    if speaker in giving:
        return Role.PARTICIPANT
    if speaker in asking:
        return Role.INTERVIEWER
    if _STAFF.search(speaker) or role_by_convention(speaker) is Role.OTHER:
        return Role.OTHER
    answers = part.turns >= 20 and part.words >= 800 and part.asks < 0.08
    return Role.PARTICIPANT if answers else Role.INTERVIEWER


def _in_speeches(words: Mapping[str, int]) -> dict[str, Role]:
    """Opening and closing speeches: nobody is asked, so that whoever makes a speech is a participant.

    The chair is one too where the file is her remarks.
    """
    total = sum(words.values())
    roles = {}
    for speaker, count in words.items():
        if _STAFF.search(speaker) or role_by_convention(speaker) is Role.OTHER:
            roles[speaker] = Role.OTHER
        elif _CHAIR.match(speaker) and count < 0.5 * total:
            roles[speaker] = Role.INTERVIEWER
        else:
            roles[speaker] = Role.PARTICIPANT
    return roles


def hearing_aliases(asides: Sequence[str], speakers: Iterable[str]) -> dict[str, str]:
    """`The Witness` is the one witness of the file; `Ms Mitchell` is `Ms Mitchell KC`."""
    speakers = list(speakers)
    names = witnesses(asides)
    giving = [speaker for speaker in speakers if is_witness(speaker, names)]
    aliases = {name: f"{name} KC" for name in speakers if f"{name} KC" in speakers}
    fullest = max(giving, key=len, default=None)
    if fullest and (len(giving) == 1 or len(names) == 1 or _one_person(giving)):
        aliases |= {name: fullest for name in [*giving, THE_WITNESS] if name in speakers and name != fullest}
    return aliases


def _one_person(giving: Sequence[str]) -> bool:
    return len({_words(name)[1][-1] for name in giving}) == 1
