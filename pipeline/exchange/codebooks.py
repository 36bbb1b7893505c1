"""A project's codes as a codebook; `pipeline.exchange.codebook_codes` is the way back.

Programs know a code's name, colour and one description, so `code_when` and `not_when` stand in the description under headings,
and the identifier where it cannot be had from the name that people read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.codebook import Code, Codebook, Theme
from pipeline.errors import ThemesError
from pipeline.exchange import sections
from pipeline.exchange.attitudes import read_attitudes
from pipeline.exchange.project import ProjectCode

FACTS = ("Code when", "Not when", "Label", "Identifier")
OTHER = "other_codes"
"""The theme of codes that stand in no group of a codebook that has groups."""
_LONGEST = 100
_SAFE = re.compile(r"\w[\w.-]*")


@dataclass(frozen=True, slots=True)
class BookOfProject:
    """A codebook with what each of its codes is in the project.

    Attributes:
        names: `code_id` to the code's name in the codebook; attitudes are not among them.
    """

    codebook: Codebook
    names: dict[str, str]


def identifier(name: str) -> str:
    """A name as an identifier: itself where it is one, else in lower case with `_` for all but letters and digits."""
    if _SAFE.fullmatch(name) and len(name) <= _LONGEST:
        return name
    return re.sub(r"\W+", "_", name.lower()).strip("_")[:_LONGEST].rstrip("_") or "code"


def book_of(codes: Sequence[ProjectCode], name: str) -> BookOfProject:
    """The codes as a codebook: flat, or the topmost codes as themes.

    A topmost code that is itself assigned becomes a theme with a code of its own name in it.

    Raises:
        ThemesError: there are no codes.
    """
    attitudes, groups = read_attitudes(codes)
    own = [_Read.of(code) for code in codes if code.code_id not in attitudes and code.code_id not in groups]
    parents = _parents(own)
    own = [replace(item, parent=parents[item.code.code_id]) for item in own]
    used = [item for item in own if item.code.codable]
    if not used:
        raise ThemesError("holds no code", remedy="a codebook needs at least one")
    below = {item.parent for item in own if item.parent}
    nested = any(item.parent for item in used)
    names = _unique(used, parents, {item.code.code_id: item for item in own})
    themes: dict[str, tuple[_Read | None, list[Code]]] = {}
    labels = {item.code.code_id: item for item in own}
    for item in used:
        top, between = _top(item.code.code_id, parents)
        path = [labels[code_id].shown for code_id in between]
        code = item.as_code(names[item.code.code_id], path)
        alone = top == item.code.code_id and top not in below
        themes.setdefault(OTHER if alone else top, (None if alone else labels[top], []))[1].append(code)
    if not nested:
        return BookOfProject(Codebook(name=identifier(name), label=_label(name), codes=_all(themes)), names)
    found = [_theme(head, inside) for head, inside in themes.values()]
    return BookOfProject(Codebook(name=identifier(name), label=_label(name), themes=tuple(found)), names)


@dataclass(frozen=True, slots=True)
class _Read:
    """A project's code with what its description says."""

    code: ProjectCode
    parent: str | None
    definition: str
    facts: dict[str, str]

    @classmethod
    def of(cls, code: ProjectCode) -> _Read:
        definition, facts = sections.parse(code.description, FACTS)
        return cls(code, code.parent, definition, dict(facts))

    @property
    def own(self) -> str | None:
        """The identifier that the description gives, where it can be one."""
        given = self.facts.get("Identifier", "").strip()
        return given if given and not re.search(r"[;|\n]", given) and len(given) <= 120 else None

    @property
    def shown(self) -> str:
        """What people read."""
        return self.code.name

    def label(self, name: str) -> str:
        """The label; "" where the name says it already."""
        if "Label" in self.facts:
            return "" if self.facts["Label"] == "-" else self.facts["Label"]
        return "" if self.shown == name else self.shown

    def as_code(self, name: str, path: Sequence[str]) -> Code:
        label = " / ".join([*path, self.shown]) if path else self.label(name)
        return Code(
            name=name,
            label=label,
            definition=self.definition,
            code_when=self.facts.get("Code when", ""),
            not_when=self.facts.get("Not when", ""),
            colour=self.code.colour,
        )


def _theme(head: _Read | None, codes: list[Code]) -> Theme:
    if head is None:
        return Theme(name=OTHER, label="Other codes", codes=tuple(codes))
    name = head.own or identifier(head.shown)
    if head.code.codable:
        name, label = f"{name}_theme", head.shown
    else:
        label = head.label(name)
    return Theme(name=name, label=label, definition=head.definition, codes=tuple(codes))


def _all(themes: dict[str, tuple[_Read | None, list[Code]]]) -> tuple[Code, ...]:
    return tuple(code for _, inside in themes.values() for code in inside)


def _parents(items: Sequence[_Read]) -> dict[str, str | None]:
    """Each code's parent; None where it is unknown or leads back to the code itself."""
    given = {item.code.code_id: item.parent for item in items}
    parents: dict[str, str | None] = {}
    for code_id, parent in given.items():
        seen, at = {code_id}, parent
        while at in given and at not in seen:
            seen.add(at)
            at = given[at]
        parents[code_id] = parent if parent in given and at != code_id else None
    return parents


def _top(code_id: str, parents: dict[str, str | None]) -> tuple[str, list[str]]:
    """The topmost code above, and those between, from the top down."""
    line = [code_id]
    while len(line) <= len(parents) and (above := parents[line[-1]]) is not None:
        line.append(above)
    return line[-1], line[-2:0:-1]


def _unique(used: Sequence[_Read], parents: dict[str, str | None], by_id: dict[str, _Read]) -> dict[str, str]:
    """Names for all: those given first, then from what people read, with the parent's or a number where two would be alike."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for item in used:
        if item.own and item.own not in taken:
            names[item.code.code_id] = item.own
            taken.add(item.own)
    for item in used:
        if item.code.code_id in names:
            continue
        name = wanted = identifier(item.own or item.shown)
        parent = parents[item.code.code_id]
        if name in taken and parent is not None:
            name = wanted = identifier(f"{by_id[parent].shown} {item.shown}")
        number = 1
        while name in taken:
            number += 1
            name = f"{wanted}_{number}"
        names[item.code.code_id] = name
        taken.add(name)
    return names


def _label(name: str) -> str:
    return "" if identifier(name) == name else name
