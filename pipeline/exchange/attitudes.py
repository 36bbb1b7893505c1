"""Attitudes as codes, for programs that know codes only: `Attitude to police / negative`, on the mention's words.

`Attitude to a partner / none`, on a whole unit, says that its coder looked for attitudes to mentions and found none;
`Attitude to partnership / none` says so of that to partnership as such. `Coded for attitudes only`, on a whole unit, says that
nobody was asked for its codes: a stretch without any code would be taken as read and given none, where programs keep it at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pipeline.exchange import sections
from pipeline.exchange.project import ProjectCode
from pipeline.gold_none import LookedFor
from pipeline.types import PARTNERSHIP, Attitude

_PREFIX = "Attitude to "
_SEPARATOR = " / "
_IDENTIFIER = "Partner type"
_VALUES = {attitude.value for attitude in Attitude}
_NONE = "none"
NONE_FOUND = ProjectCode("attitude\n\nnone", f"{_PREFIX}a partner{_SEPARATOR}{_NONE}")
NONE_TO_PARTNERSHIP = ProjectCode(f"attitude\n{PARTNERSHIP}\nnone", f"{_PREFIX}{PARTNERSHIP}{_SEPARATOR}{_NONE}")
NONE_CODES: Mapping[LookedFor, ProjectCode] = {"mention": NONE_FOUND, "partnership": NONE_TO_PARTNERSHIP}
"""By what was looked for and not found; a project has them only where nothing else says that it was looked for."""
ATTITUDES_ONLY = ProjectCode(
    "attitude\n\nonly",
    "Coded for attitudes only",
    description="Nobody was asked for this unit's codes: it says nothing of what codes are not in it.",
)
"""On a unit that nobody was asked for the codes of; a project has it only where there are such."""
_COLOURS = {Attitude.NEGATIVE: "#C0392B", Attitude.NEUTRAL: "#7F8C8D", Attitude.POSITIVE: "#27AE60"}


class AttitudeCode(NamedTuple):
    """What a code of this kind says; `attitude` is None where it says that there is none, or, for `ATTITUDES_ONLY`, nothing."""

    partner_type: str
    attitude: Attitude | None


def code_id(partner_type: str, attitude: Attitude) -> str:
    """The id of the code for an attitude to a type of partner."""
    return f"attitude\n{partner_type}\n{attitude.value}"


def attitude_codes(partner_types: Sequence[str]) -> list[ProjectCode]:
    """The codes for these types of partner: for each a group and three codes under it."""
    codes = []
    for partner_type in partner_types:
        label = f"{_PREFIX}{partner_type.replace('_', ' ').strip() or 'a partner'}"
        about = "" if _partner_type(label) == partner_type else partner_type or "-"
        group = f"attitude\n{partner_type}"
        facts = [(_IDENTIFIER, about)]
        codes.append(ProjectCode(group, label, description=sections.compose("", facts, (_IDENTIFIER,)), codable=False))
        for attitude, colour in _COLOURS.items():
            name = f"{label}{_SEPARATOR}{attitude.value}"
            codes.append(ProjectCode(code_id(partner_type, attitude), name, parent=group, colour=colour))
    return codes


def read_attitudes(codes: Sequence[ProjectCode]) -> tuple[dict[str, AttitudeCode], set[str]]:
    """Codes that are attitudes, by `code_id`, and with them the groups that hold them."""
    by_id = {code.code_id: code for code in codes}
    found: dict[str, AttitudeCode] = {}
    for code in codes:
        label, separator, value = code.name.rpartition(_SEPARATOR)
        if code.name == NONE_FOUND.name:
            found[code.code_id] = AttitudeCode("", None)
        if code.name == NONE_TO_PARTNERSHIP.name:
            found[code.code_id] = AttitudeCode(PARTNERSHIP, None)
        if code.name == ATTITUDES_ONLY.name:
            found[code.code_id] = AttitudeCode("", None)
        if separator and label.startswith(_PREFIX) and value in _VALUES:
            group = by_id.get(code.parent or "")
            facts = sections.parse(group.description, (_IDENTIFIER,))[1] if group else []
            given = facts[0][1] if facts else _partner_type(label)
            found[code.code_id] = AttitudeCode("" if given == "-" else given, Attitude(value))
    groups = {code.parent for code in codes if code.code_id in found and code.parent}
    return found, {group for group in groups if not by_id[group].codable}


def named(name: str) -> AttitudeCode | None:
    """The attitude that a code of that name is; None where it is none."""
    found, _ = read_attitudes([ProjectCode(name, name)])
    return found.get(name)


def _partner_type(label: str) -> str:
    return label.removeprefix(_PREFIX).replace(" ", "_")
