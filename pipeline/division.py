"""Whether a part of the gold is held out, or all of it in turn in folds: as was asked for, or as its size and groups allow.

A part of small gold is an interview or two: of two alike 15 % are half of what there is, and what is set aside is not learnt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pipeline.errors import UsageError
from pipeline.gold import GoldUnit
from pipeline.holding_out import fold_groups, groups_of, of_one_group, split_groups
from pipeline.train_settings import TrainSettings

FOLDS = 5

FEW_UNITS = 500
"""Of fewer coded units than this too few would be held out to set thresholds on."""

FEW_GROUPS, MORE_UNITS = 7, 1500
"""Of fewer groups than this, one is more than 15 %; of so many units enough is left to learn from all the same."""


@dataclass(frozen=True, slots=True)
class Division:
    """Gold as training takes it.

    Attributes:
        training: where there are folds, all of the gold.
        validation: what is held out; nothing where there are folds, or no gold.
        folds: indices of `training`, each in one fold; none where a part is held out.
        asked: the setting `folds`.
        decided: the same, or what `auto` came to: so many folds at most, 0 for a held-out part.
        why: a clause: why `auto` took folds, or would have but for a learning curve.
    """

    training: Sequence[GoldUnit]
    validation: Sequence[GoldUnit]
    folds: Sequence[Sequence[int]] = ()
    asked: int | Literal["auto"] = "auto"
    decided: int = 0
    why: str = ""

    @property
    def units(self) -> list[GoldUnit]:
        """All of the gold."""
        return [*self.training, *self.validation]

    def record(self) -> dict[str, Any]:
        """For the model's files."""
        return {"asked": self.asked, "folds": len(self.folds), "why": self.why}


def divide(units: Sequence[GoldUnit], settings: TrainSettings, *, curve: bool = False) -> Division:
    """Hold out a part of the gold, or deal it into folds.

    Args:
        curve: a learning curve is asked for, which takes a held-out part.

    Raises:
        UsageError: the gold cannot be divided so.
    """
    asked = settings.folds
    if not units:
        return Division(units, (), asked=asked)
    if curve and of_one_group(units) and len(units) > 1:
        raise UsageError(
            "--curve: needs a held-out part, and the gold has a single group",
            remedy="leave --curve out, or give each interview its name in the column `group`",
        )
    decided, why = _as_it_allows(units, curve=curve) if asked == "auto" else (asked, "")
    if not decided:
        return Division(*split_groups(units, settings.validation_share, settings.seed), (), asked, decided, why)
    if len(units) == 1:
        raise UsageError("a single unit of gold cannot be dealt into folds", remedy="code more")
    return Division(units, (), fold_groups(units, decided, settings.seed), asked, decided, why)


def _as_it_allows(units: Sequence[GoldUnit], *, curve: bool) -> tuple[int, str]:
    """How many folds, 0 for none, and why."""
    why = _too_little(units)
    return (FOLDS if why and not curve else 0), why


def _too_little(units: Sequence[GoldUnit]) -> str:
    """Why nothing can well be set aside of the gold; empty where a part can."""
    # Where codes were asked for, it is their thresholds that need units.
    coded = [unit for unit in units if any(coding.codes is not None for coding in unit.codings)] or units
    groups = len(groups_of(coded))
    if of_one_group(units):
        return "a single group cannot be split"
    if len(coded) < FEW_UNITS:
        return f"{len(coded)} units are too few to set some aside"
    if groups < FEW_GROUPS and len(coded) < MORE_UNITS:
        return f"{len(coded)} units of {groups} group{'s' * (groups > 1)} are too few to set a group aside"
    return ""
