"""Numbers and what they are of, as messages say them."""

from __future__ import annotations

import re
from collections.abc import Sequence

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
