"""Gold with codes that a codebook does not have: for judging they are left out, and told; for training they are a fault.

A coder who gave a unit a code that the machine cannot know has still read the unit: its other codes stay, and where it has none
the unit counts as coded with none of the codebook's codes. That is right for a code that is truly another one, and wrong for a
slip of the pen, so what is likely meant is told with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.code_names import likely_meant
from pipeline.errors import UsageError, clipped, printable
from pipeline.gold import GoldUnit
from pipeline.types import Coding

SHOWN = 8
_BY_NAME = "gold gives codes by name or label"


@dataclass(frozen=True, slots=True)
class UnknownCode:
    """A code of the gold that the codebook does not have.

    Attributes:
        units: that carry it, by any coder.
        meant: the codebook's code that it is likely a slip of the pen for; empty where none is near.
    """

    code: str
    units: int
    meant: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What was left out of a gold.

    Attributes:
        codes: the most frequent first.
        bare: units left without any code, by one coder at least.
        kept: how many of the codebook's codes the gold uses.
    """

    codes: tuple[UnknownCode, ...] = ()
    bare: int = 0
    kept: int = 0

    @property
    def notice(self) -> str:
        """What a reader must know; empty where nothing was left out."""
        if not self.codes:
            return ""
        are = "codes of the gold are" if len(self.codes) > 1 else "code of the gold is"
        sentences = [
            f"{len(self.codes)} {are} not in the codebook and left out: {_listed(self.codes)}",
            "The other codes of these units count",
        ]
        if self.bare:
            have = (
                "unit has no other and counts"
                if self.bare == 1
                else "units have no other (by one coder at least) and count"
            )
            sentences.append(f"{self.bare} {have} as coded with none of the codebook's codes")
        if any(item.meant for item in self.codes):
            sentences.append(
                "Where a code of the codebook is meant, figures on it and on all codes together are wrong until the table is "
                f"mended ({_BY_NAME})"
            )
        if len(self.codes) >= 3 and len(self.codes) > self.kept:
            sentences.append(
                f"Of the gold's {self.kept + len(self.codes)} codes only {self.kept} {'is' if self.kept == 1 else 'are'} known: "
                "it seems to be coded with another codebook"
            )
        return ". ".join(sentences) + "."


def with_known_codes(
    units: Sequence[GoldUnit], codes: Iterable[str], gold: Sequence[Path], labels: Mapping[str, str] | None = None
) -> tuple[list[GoldUnit], LeftOut]:
    """The units without the codes that are not among `codes`, and what that left out.

    Args:
        gold: the files that the units are from, for the message.
        labels: by the code's name, for what is likely meant.

    Raises:
        UsageError: the gold has codes, and none of them is known.
    """
    known = frozenset(codes)
    often: Counter[str] = Counter()
    used: set[str] = set()
    bare = 0
    for unit in units:
        given = frozenset[str]().union(*(coding.codes or () for coding in unit.codings))
        often.update(given - known)
        used |= given & known
        bare += any(coding.codes and not coding.codes & known for coding in unit.codings)
    unknown = tuple(
        UnknownCode(code, count, likely_meant(code, known, labels))
        for code, count in sorted(often.items(), key=lambda item: (-item[1], item[0]))
    )
    if not unknown:
        return list(units), LeftOut(kept=len(used))
    if not used:
        raise UsageError(
            f"has no code of the codebook, only {_listed(unknown)}",
            path=", ".join(map(printable, gold)),
            remedy=f"mend the table: {_BY_NAME}, several separated by `;`"
            if any(item.meant or "," in item.code for item in unknown)
            else "give a run or a model of the codebook that the gold is coded with",
        )
    return [_without(unit, known) for unit in units], LeftOut(unknown, bare, len(used))


def _listed(codes: Sequence[UnknownCode]) -> str:
    told = [
        f"'{clipped(item.code)}' ({item.units} {'unit' if item.units == 1 else 'units'}"
        + (f"; is {item.meant!r} meant?)" if item.meant else ")")
        for item in codes[:SHOWN]
    ]
    more = len(codes) - SHOWN
    return ", ".join(told) + (f" and {more} more" if more > 0 else "")


def _without(unit: GoldUnit, known: frozenset[str]) -> GoldUnit:
    return replace(unit, codings=tuple(_known(coding, known) for coding in unit.codings))


def _known(coding: Coding, known: frozenset[str]) -> Coding:
    return coding if coding.codes is None or coding.codes <= known else replace(coding, codes=coding.codes & known)
