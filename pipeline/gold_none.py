"""The gold table's rows with the attitude `none`: that a coder looked for attitudes in a unit and found none.

What was looked for stands in `partner_type`: attitudes to mentions, or that to partnership as such.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

from pipeline.types import PARTNERSHIP, Coding, MentionCoding

NONE = "none"
"""The `attitude` of such a row."""

LookedFor = Literal["mention", "partnership"]

MENTION: Final = "mention"
"""The `partner_type` of such a row where attitudes to mentions were looked for; the other is `PARTNERSHIP`."""

_WHAT: Mapping[LookedFor, str] = {"mention": "a mention", "partnership": "partnership as such"}


def is_none(row: Mapping[str, str]) -> bool:
    """Whether a row of the table is one of these."""
    return row.get("attitude", "").strip().lower() == NONE


def partner_type(row: Mapping[str, str]) -> str:
    """The type of partner that a row of the table gives, as vocabularies name types; people write them by hand."""
    return "_".join(row.get("partner_type", "").lower().split())


def looked_for(row: Mapping[str, str]) -> LookedFor:
    """What such a row says was looked for.

    Raises:
        ValueError: it does not say so, or contradicts itself; what is wrong, and what to do about it.
    """
    if any(row.get(name, "").strip() for name in ("mention", "mention_start", "mention_end")):
        raise ValueError("has a mention and the attitude 'none' (leave the mention's columns empty)")
    given = partner_type(row)
    if given == MENTION:
        return "mention"
    if given == PARTNERSHIP:
        return "partnership"
    about = f"partner_type {given!r}" if given else "no partner_type"
    raise ValueError(
        f"attitude 'none' with {about} (say in partner_type what was looked for: {PARTNERSHIP}, or {MENTION})"
    )


def kind_of(item: MentionCoding) -> LookedFor:
    """What an attitude is to."""
    return "partnership" if item.start is None else "mention"


def kinds_given(codings: Iterable[Coding]) -> dict[str, set[LookedFor]]:
    """To what each coder gives any attitude: having looked for those everywhere, they need not say where there are none."""
    given: dict[str, set[LookedFor]] = {}
    for coding in codings:
        given.setdefault(coding.coder, set()).update(map(kind_of, coding.attitudes or ()))
    return given


def nones_of(coding: Coding, given: Mapping[str, set[LookedFor]]) -> list[LookedFor]:
    """The rows of this kind that a coding needs, because nothing else in its table says what was looked for.

    Args:
        given: `kinds_given` of the table.
    """
    if coding.attitudes is None:
        return []
    flags: dict[LookedFor, bool] = {"mention": coding.mentions_asked, "partnership": coding.partnership_asked}
    asked = [kind for kind, flag in flags.items() if flag]
    never = [kind for kind in asked if kind not in given.get(coding.coder, ())]
    bare = coding.codes is None and not coding.attitudes
    return never or (asked if bare else [])


def not_looked_for(codings: Sequence[Coding]) -> list[str]:
    """A sentence where the gold has attitudes of one kind only, which may be the coders' finding or nobody's question."""
    asked = [coding for coding in codings if coding.attitudes is not None]
    if not asked:
        return []
    mentions, partnership = any(c.mentions_asked for c in asked), any(c.partnership_asked for c in asked)
    kinds: dict[LookedFor, bool] = {"mention": mentions, "partnership": partnership}
    return [
        f"nobody gave an attitude to {_WHAT[kind]}: taken as not asked; where they looked and found none, add a row with the "
        f"attitude {NONE} and the partner_type {kind}"
        for kind, known in kinds.items()
        if not known
    ]
