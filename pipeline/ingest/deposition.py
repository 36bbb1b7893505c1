"""Depositions: `Q.` and `A.`, counsel by name in capitals between them, and headings of the examination that nobody says."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.ingest.conventions import key_of
from pipeline.ingest.labels import Candidate, Style
from pipeline.ingest.speakers import names_of
from pipeline.types import Role

_COUNSEL = r"(?:MR|MS|MRS|MISS|MX|DR)\.? [A-Z][A-Z.'’ -]{1,40}"
_OFFICERS = (
    "COURT|COURT REPORTER|REPORTER|STENOGRAPHER|VIDEOGRAPHER|CLERK|INTERPRETER|BAILIFF|JUDGE|ARBITRATOR|OPERATOR"
)
_NAMED = re.compile(rf"{_COUNSEL}|THE (?:WITNESS|DEPONENT|{_OFFICERS})")
"""Who speaks beside question and answer: `MR. HALL`, `THE WITNESS`, `THE COURT REPORTER`."""
_BY = re.compile(rf"[ \t]*(?:EXAMINATION )?BY (?P<name>{_COUNSEL}?):?[ \t]*$")
_HEADING = re.compile(
    r"[ \t]*(?:(?:DIRECT|CROSS|RE-?DIRECT|RE-?CROSS|FURTHER|RESUMED)[ -]*)*EXAMINATION"
    r"(?: BY .{1,60}| ?\(?CONT\S{0,9}\)?)?:?[ \t]*$"
)
_SWORN = re.compile(r"\b(?:duly|first) (?:sworn|affirmed)\b|\btestified as follows\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Deposition:
    """What the form of a deposition says.

    Attributes:
        labels: those of the letters, and of the others who speak.
        aside: lines that nobody says.
        roles: by label: counsel who examines interviews; one who objects is not coded, nor is the court.
    """

    labels: tuple[Candidate, ...]
    aside: frozenset[int]
    roles: Mapping[str, Role]


def deposition(found: Sequence[Candidate], labels: Sequence[Candidate], talk: Sequence[str]) -> Deposition | None:
    """How questions and answers with counsel between them are to be read; None where there is no such thing.

    Args:
        found: all candidates.
        labels: the believed ones.
        talk: the lines, those blank that nobody says.
    """
    if not {"q", "a"} <= {key_of(one.label) for one in labels}:
        return None
    examiners = {key_of(match["name"]) for line in talk if (match := _BY.match(line[:100]))}
    headings = {
        index for index, line in enumerate(talk) if line and (_BY.match(line[:100]) or _HEADING.match(line[:100]))
    }
    taken = {one.line for one in labels} | headings
    named = [
        one for one in found if one.style is Style.COLON and _NAMED.fullmatch(one.label) and one.line not in headings
    ]
    ours = [one for one in labels if one.line not in headings]
    if not headings and not _before_a_court(named, talk[: labels[0].line]):
        return None
    every = sorted([*ours, *(one for one in named if one.line not in taken)], key=lambda one: one.line)
    above = range(every[0].line)
    opened = any(index in headings or _SWORN.search(talk[index]) for index in above)
    names = names_of(every)
    roles = {names[key_of(one.label)]: _role(one.label, examiners) for one in named}
    return Deposition(tuple(every), frozenset(headings | set(above if opened else ())), roles)


def _before_a_court(named: Sequence[Candidate], above: Sequence[str]) -> bool:
    """Whether a label or an oath says so: `MRS. JONES:` alone may be the wife who sits in on an interview."""
    return any(one.label.startswith("THE ") for one in named) or (bool(named) and any(map(_SWORN.search, above)))


def _role(label: str, examiners: set[str]) -> Role:
    if label.startswith("THE "):
        return Role.PARTICIPANT if label.endswith(("WITNESS", "DEPONENT")) else Role.OTHER
    return Role.INTERVIEWER if key_of(label) in examiners else Role.OTHER
