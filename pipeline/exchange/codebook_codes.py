"""A codebook as a project's codes: what people read as the name, the rest in the description."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.codebook import Code, Codebook
from pipeline.exchange import sections
from pipeline.exchange.codebooks import FACTS, identifier
from pipeline.exchange.project import ProjectCode


def code_of(name: str) -> ProjectCode:
    """A code of which nothing but the name is known."""
    return _written(name, None, name, "", "", (("Identifier", name),))


def codes_of(codebook: Codebook) -> list[ProjectCode]:
    """The codebook's themes and codes as a project's; a code's id is its name."""
    codes = []
    for theme in codebook.themes:
        facts = (("Identifier", theme.name),)
        codes.append(
            _written(f"theme\n{theme.name}", None, theme.name, theme.label, theme.definition, facts, codable=False)
        )
        codes += [_code_of(code, f"theme\n{theme.name}") for code in theme.codes]
    codes += [_code_of(code, None) for code in codebook.codes]
    shown = [identifier(code.name) for code in codes if code.codable]
    # Two names that people read alike need their identifiers beside them.
    return [
        _with_identifier(code) if code.codable and shown.count(identifier(code.name)) > 1 else code for code in codes
    ]


def _code_of(code: Code, parent: str | None) -> ProjectCode:
    facts = (("Code when", code.code_when), ("Not when", code.not_when), ("Identifier", code.name))
    return _written(code.name, parent, code.name, code.label, code.definition, facts, colour=code.colour)


def _written(
    code_id: str,
    parent: str | None,
    name: str,
    label: str,
    definition: str,
    facts: Sequence[tuple[str, str]],
    *,
    colour: str | None = None,
    codable: bool = True,
) -> ProjectCode:
    """A code as people read it; what that hides stands in the description."""
    shown = label.strip() or name
    facts = [(key, value) for key, value in facts if key != "Identifier" or identifier(shown) != name]
    if label != ("" if shown == name else shown):
        facts.append(("Label", label or "-"))
    description = sections.compose(definition, facts, FACTS)
    return ProjectCode(code_id, shown, parent, description, colour, codable)


def _with_identifier(code: ProjectCode) -> ProjectCode:
    definition, facts = sections.parse(code.description, FACTS)
    if "Identifier" in dict(facts):
        return code
    return replace(code, description=sections.compose(definition, [*facts, ("Identifier", code.code_id)], FACTS))
