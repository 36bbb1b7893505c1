"""The partner vocabulary: a YAML file that researchers edit, checked and expanded into phrases to look for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from pipeline.errors import UsageError
from pipeline.folding import straightened

_Entry = Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1)]
_TypeName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]

_ITEM = re.compile(r"\([^()]+\)\??|[^\s()]+")
AS_IT_STANDS = "="
"""At an entry's end: no plural is made of it."""
NOT_FIRST = "~"
"""At an acronym's end: it is an ordinary word where it begins a sentence."""


class _Lists(BaseModel):
    """What names one type of partner."""

    model_config = ConfigDict(extra="forbid")

    phrases: list[_Entry] = []
    acronyms: list[_Entry] = []
    posts: list[_Entry] = []
    post_acronyms: list[_Entry] = []
    patterns: list[_Entry] = []
    not_: list[_Entry] = Field([], alias="not")


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    types: dict[_TypeName, _Lists] = Field(min_length=1)
    people: list[_Entry] = []
    groups: list[_Entry] = []
    names: list[_Entry] = []


@dataclass(frozen=True, slots=True)
class Phrase:
    """What the words of a phrase mean: a partner's type, or None for what only looks like one."""

    partner_type: str | None
    is_post: bool = False
    is_person: bool = False
    """Whether one person is meant: what a name may be given to ("the housing officer, Denise")."""
    not_first: bool = False
    """Whether a sentence that begins with it means the ordinary word ("Mind the step")."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A vocabulary ready for matching.

    Attributes:
        path: the file that it was read from.
        types: the partner types, in the file's order.
        phrases: by lower-case words, in whatever case they are spoken.
        acronyms: by their exact letters.
        people: words for a person or group of an agency ("lass", "colleagues", "team"), lower case.
        persons: those for one person ("lass").
        names: first names, as written.
    """

    path: Path
    types: tuple[str, ...]
    phrases: dict[str, Phrase]
    acronyms: dict[str, Phrase]
    people: frozenset[str]
    persons: frozenset[str]
    names: frozenset[str]


def load_vocabulary(path: Path) -> Vocabulary:
    """Read and check a vocabulary.

    Raises:
        UsageError: it cannot be read, has wrong keys or values, or gives a phrase two types.
    """
    read = _parsed(path)
    people, persons = _forms(read.people + read.groups), frozenset(_forms_of(entry)[0] for entry in read.people)
    phrases: dict[str, Phrase] = {}
    acronyms: dict[str, Phrase] = {}
    for name, lists in read.types.items():
        place = f"types.{name}"
        for entry in lists.phrases:
            _add_forms(phrases, entry, Phrase(name), persons, path, f"{place}.phrases")
        for entry in lists.posts:
            _add_forms(phrases, entry, Phrase(name, is_post=True), persons, path, f"{place}.posts")
        for entry in lists.patterns:
            for phrase in _alternatives(entry, path, f"{place}.patterns"):
                _add_forms(phrases, phrase, Phrase(name), persons, path, f"{place}.patterns")
        for entry in lists.acronyms:
            _add_acronym(acronyms, entry, Phrase(name, is_post=True), path, f"{place}.acronyms")
        for entry in lists.post_acronyms:
            _add_acronym(acronyms, entry, Phrase(name, is_post=True, is_person=True), path, f"{place}.post_acronyms")
    for name, lists in read.types.items():
        for entry in lists.not_:
            for phrase in _alternatives(entry, path, f"types.{name}.not"):
                _add(phrases, [straightened(phrase).lower()], Phrase(None), path, f"types.{name}.not")
    return Vocabulary(path, tuple(read.types), phrases, acronyms, people, persons, frozenset(read.names))


def _forms(entries: Iterable[str]) -> frozenset[str]:
    return frozenset(form for entry in entries for form in _forms_of(entry))


def _forms_of(entry: str) -> list[str]:
    """The phrase as it is looked for, lower case, and its plural."""
    return _with_plural(straightened(entry).lower())


def _add_forms(
    phrases: dict[str, Phrase], entry: str, meaning: Phrase, persons: frozenset[str], path: Path, place: str
) -> None:
    """Add a phrase, its plural and, of capitals alone, the form with full stops."""
    one, *plural = _forms_of(entry)
    is_person = meaning.is_post or one.split()[-1] in persons
    _add(phrases, [one], replace(meaning, is_person=is_person), path, place)
    dotted = [form.lower() for form in _dotted(entry.removesuffix(AS_IT_STANDS).rstrip())]
    _add(phrases, plural + dotted, meaning, path, place)


def _add_acronym(acronyms: dict[str, Phrase], entry: str, meaning: Phrase, path: Path, place: str) -> None:
    name = entry.removesuffix(NOT_FIRST).rstrip()
    meaning = replace(meaning, not_first=name != entry)
    _add(acronyms, [name, *_dotted(name)], meaning, path, place)
    _add(acronyms, [form + "s" for form in (name, *_dotted(name))], replace(meaning, is_person=False), path, place)


def _dotted(acronym: str) -> list[str]:
    """`CPS` as it is written with full stops, the last of which may be missing or end the sentence."""
    return [".".join(acronym), ".".join(acronym) + "."] if re.fullmatch(r"[A-Z]{2,}", acronym) else []


def _parsed(path: Path) -> _File:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"cannot be read: {error}", path=path, remedy="give the path of a YAML file in UTF-8"
        ) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise UsageError(
            f"not valid YAML: {getattr(error, 'problem', None) or error}",
            path=path,
            place=f"line {mark.line + 1}" if mark else None,
            remedy="quote entries that hold a colon, a # or a bracket",
        ) from error
    try:
        return _File.model_validate(content)
    except ValidationError as error:
        raise _complaint(path, error) from error


def _complaint(path: Path, error: ValidationError) -> UsageError:
    """All that is wrong, in one message; the place and the remedy are those of the first."""
    errors = error.errors()
    places = [".".join(str(part) for part in each["loc"] if part != "[key]") for each in errors]
    first = errors[0]
    unknown = first["type"] == "extra_forbidden"
    allowed = (
        "phrases, acronyms, posts, post_acronyms, patterns, not"
        if len(first["loc"]) > 1
        else "types, people, groups, names"
    )
    more = f"; also wrong: {', '.join(places[1:])}" if len(errors) > 1 else ""
    return UsageError(
        ("unknown key" if unknown else first["msg"]) + more,
        path=path,
        place=places[0] or "the whole file",
        remedy=f"the keys here are {allowed}" if unknown else "see the head of the shipped partners.yaml",
    )


def _add(known: dict[str, Phrase], forms: list[str], meaning: Phrase, path: Path, place: str) -> None:
    for form in forms:
        before = known.setdefault(form, meaning)
        if before.partner_type != meaning.partner_type:
            raise UsageError(
                f"{form!r} is already listed as {before.partner_type or 'not a partner'}",
                path=path,
                place=place,
                remedy="keep it in one place only",
            )


def _alternatives(entry: str, path: Path, place: str) -> Iterator[str]:
    """`the? housing (lass|lad)` as the four phrases that it stands for."""
    items = _ITEM.findall(entry)
    if not items or _ITEM.sub("", entry).strip():
        raise UsageError(
            f"cannot make out the pattern {entry!r}",
            path=path,
            place=place,
            remedy="write (a|b) for a or b, ? behind what may be left out, and no brackets in brackets",
        )
    choices = []
    for item in items:
        words = item.rstrip("?").strip("()").split("|")
        choices.append([*words, ""] if item.endswith("?") else words)
    for chosen in product(*choices):
        if phrase := " ".join(" ".join(chosen).split()):
            yield phrase


def _with_plural(phrase: str) -> list[str]:
    if phrase.endswith(AS_IT_STANDS):
        return [phrase.removesuffix(AS_IT_STANDS).rstrip()]
    if phrase.endswith("man"):
        return [phrase, phrase[:-2] + "en"]
    if re.search(r"[^aeiou]y$", phrase):
        return [phrase, phrase[:-1] + "ies"]
    if re.search(r"(ch|sh|x|z|ss)$", phrase):
        return [phrase, phrase + "es"]
    return [phrase] if phrase.endswith("s") else [phrase, phrase + "s"]
