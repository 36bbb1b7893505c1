"""A unit of gold with the codings of all who coded it, and which of them counts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Literal

from pipeline.types import Coding

ADJUDICATED = "adjudicated"
"""The coder's name under which coders' differences were settled."""

NOBODY = "(unnamed)"
"""The coder of codings that name none, as in a gold table without that column; no name that a person has."""

MACHINE = "transcript-themes (machine)"
"""The coder of what this program coded, in all that it exports: no person's gold."""

Kind = Literal["codes", "attitudes"]


def coder_named(written: str | None) -> str:
    """The coder that a name stands for, as people wrote it: spaces around it do not count, nor the capitals of `adjudicated`."""
    name = (written or "").strip()
    return ADJUDICATED if name.casefold() == ADJUDICATED else name or NOBODY


def text_hash(text: str) -> str:
    """What a model remembers of a unit it has seen: enough to know it again, not to read it."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class GoldUnit:
    """A unit and the codings of all its coders."""

    unit_id: str
    codings: tuple[Coding, ...]

    @property
    def first(self) -> Coding:
        """Any of the codings, for what they share: text, context, group."""
        return self.codings[0]

    def by(self, coder: str) -> Coding | None:
        """One coder's coding."""
        return next((coding for coding in self.codings if coding.coder == coder), None)

    def settled(self, kind: Kind) -> Coding | None:
        """Of the codings that have this kind the adjudicated one, or the only one; None where there is none, or several."""
        asked = [coding for coding in self.codings if getattr(coding, kind) is not None]
        return next((item for item in asked if item.coder == ADJUDICATED), asked[0] if len(asked) == 1 else None)

    def unsettled(self, kind: Kind) -> bool:
        """Whether several coders coded this kind and nobody settled it."""
        return self.settled(kind) is None and any(getattr(coding, kind) is not None for coding in self.codings)

    @property
    def reference(self) -> Coding | None:
        """The adjudicated coding, or the only one there is; None where coders were never settled.

        Codes and attitudes are settled each for itself: an adjudicated coding of attitudes alone hides no one's codes.
        """
        only = self.codings[0] if len(self.codings) == 1 else None
        base, attitudes = self.settled("codes") or self.by(ADJUDICATED) or only, self.settled("attitudes")
        if base is None:
            return None
        if attitudes is base:
            return base
        if attitudes is None:
            return replace(base, attitudes=None, mentions_asked=True, partnership_asked=True)
        return replace(
            base,
            attitudes=attitudes.attitudes,
            mentions_asked=attitudes.mentions_asked,
            partnership_asked=attitudes.partnership_asked,
        )
