"""Numbers and what they are of, as messages say them."""

from __future__ import annotations

import re

_FORMS = re.compile(r"\[([^|\]]*)\|([^|\]]*)\]")


def numbered(number: int, what: str) -> str:
    """The number and what it is of, which says both forms where they differ: `[span is|spans are] left out`."""
    return f"{number:,} {_FORMS.sub(lambda forms: forms[1 if number == 1 else 2], what)}"
