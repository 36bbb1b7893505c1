"""What stays as an earlier model had it: of a kind that no unit says anything of, the decisions, and for codes the words.

Fitted on nothing, decisions would be plain ones (slope 1, thresholds of one half), which fit no network. The network beneath may
learn on from other kinds, so that what stays is nearly, not quite, what the earlier model gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models.decisions import NEVER_CHOSEN, NEVER_REACHED, BinaryScale, ChoiceScale, Decisions
from models.lexical import LexicalHead
from models.loading import LoadedModel
from models.review import ReviewScale
from models.settings import TrainingUnit
from models.unused import known

THEMES, PARTNERSHIP, ATTITUDES = KINDS = ("themes", "partnership", "attitudes")


def staying(units: Sequence[TrainingUnit], start: LoadedModel | None, codes: Sequence[str]) -> tuple[str, ...]:
    """The kinds that `start` has learnt and no unit says anything of; codes only where it can give one of `codes`.

    Args:
        units: all there are, held-out ones too.
    """
    if start is None:
        return ()
    said = {
        THEMES: any(unit.themes is not None for unit in units) or not known(start, codes, len(codes)).any(),
        PARTNERSHIP: any(unit.partnership is not None for unit in units),
        ATTITUDES: any(unit.attitudes for unit in units),
    }
    return tuple(kind for kind in KINDS if start.learnt[kind] and not said[kind])


def can_stay(start: LoadedModel, codes: Sequence[str]) -> bool:
    """Whether the model's probabilities and thresholds can be those of these codes: shares of one choice are of all its codes."""
    return isinstance(start.decisions.themes, BinaryScale) or set(codes) == set(start.codes)


def with_kept(fitted: Decisions, kinds: Sequence[str], start: LoadedModel | None, codes: Sequence[str]) -> Decisions:
    """The decisions with those of `start` for these kinds; codes by their names, and one that it does not know is never given.

    Raises:
        ValueError: the codes cannot stay (`can_stay`).
    """
    if start is None or not kinds:
        return fitted
    before = start.decisions
    if ATTITUDES in kinds:
        fitted = replace(fitted, attitudes=before.attitudes)
    if PARTNERSHIP in kinds:
        fitted = replace(fitted, presence=before.presence, partnership=before.partnership)
    if THEMES in kinds:
        if not can_stay(start, codes):
            raise ValueError("a choice among other codes cannot be kept")
        # How sure a coding must be was learnt of all the codes together.
        review = before.review if set(codes) == set(start.codes) else ReviewScale()
        fitted = replace(fitted, themes=_by_name(before.themes, start.codes, codes), review=review)
    return fitted


def kept_words(start: LoadedModel | None, codes: Sequence[str]) -> LexicalHead | None:
    """The linear model of `start` for these codes; it says nothing of one that it does not know."""
    if start is None or start.lexical is None:
        return None
    head, at = start.lexical, _places(start.codes, codes)
    unknown = np.array([place is None for place in at])
    columns = [place or 0 for place in at]
    weight = np.where(unknown, 0.0, head.weight[:, columns])
    # A choice of columns is kept column by column, and safetensors takes rows.
    return LexicalHead(head.keys, head.idf, np.ascontiguousarray(weight), np.where(unknown, 0.0, head.bias[columns]))


def _by_name(
    scale: BinaryScale | ChoiceScale, before: Sequence[str], codes: Sequence[str]
) -> BinaryScale | ChoiceScale:
    at, mean = _places(before, codes), float(np.mean(scale.shifts))
    never = NEVER_REACHED if isinstance(scale, BinaryScale) else NEVER_CHOSEN
    shifts = tuple(mean if place is None else scale.shifts[place] for place in at)
    thresholds = tuple(never if place is None else scale.thresholds[place] for place in at)
    return replace(scale, shifts=shifts, thresholds=thresholds + scale.thresholds[len(before) :])


def _places(before: Sequence[str], codes: Sequence[str]) -> list[int | None]:
    """Where each code stood."""
    return [before.index(code) if code in before else None for code in codes]
