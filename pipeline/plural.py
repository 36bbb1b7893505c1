"""Numbers and what they are of, as messages say them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_FORMS = re.compile(r"\[([^|\]]*)\|([^|\]]*)\]")


def numbered(number: int, what: str) -> str:
    """The number and what it is of, which says both forms where they differ: `[span is|spans are] left out`."""
    return f"{number:,} {_FORMS.sub(lambda forms: forms[1 if number == 1 else 2], what)}"


SHOWN = 5
"""Names told of a list, where a message does not need another number."""


def listed(names: Sequence[str], most: int = SHOWN, sign: str = ", ") -> str:
    """The first of some names, and how many more there are: `a, b and 3 more`."""
    more = len(names) - most
    return sign.join(names[:most]) + (f" and {more:,} more" if more > 0 else "")


def at_lines(indices: Sequence[int], most: int = 3) -> str:
    """Where lines are, counted from one, for indices from nought: `line 4`, `lines 4, 9, 12 and 3 more`."""
    return f"line{'s' if len(indices) > 1 else ''} {listed([f'{index + 1:,}' for index in indices], most)}"


_OWN = re.compile(r"'[^']*'|\"[^\"]*\"|\d[\d.,]*")
"""What differs between notices of a kind: names in quotation marks, numbers."""
EACH = 3
"""Notices of a kind that are told in full."""


def told_by_kind(notices: Iterable[tuple[str, str]], where: str) -> list[str]:
    """Notices on many things, each with the name of its own: of a kind the first few, and how many more there are.

    Args:
        where: the file in which all of them stand.
    """
    kinds: dict[str, list[str]] = {}
    for name, notice in notices:
        kinds.setdefault(_OWN.sub("", notice), []).append(f"{name}: {notice}")
    told = []
    for lines in kinds.values():
        told += lines[:EACH]
        if len(lines) > EACH:
            told.append(f"{numbered(len(lines) - EACH, 'more [warning|warnings] of this kind')}; {where} has them all")
    return told
