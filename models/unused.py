"""Codes that the gold never uses: nothing is learnt of them, neither that they occur nor that they do not.

Trained as absent everywhere they would unlearn their definitions. Their votes are NaN instead, which `models.losses` leaves out
and `models.validation` never assigns.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models.decisions import Flags
from models.loading import LoadedModel
from models.settings import TrainingUnit


def used(units: Sequence[TrainingUnit], codes: int) -> Flags:
    """Which of the codes any coder of any unit gave; shape (codes,)."""
    found = np.zeros(codes, dtype=bool)
    for unit in units:
        if unit.themes is not None:
            found |= np.nan_to_num(np.asarray(unit.themes)) > 0
    return found


def unlearnt(units: Sequence[TrainingUnit], codes: int) -> Flags:
    """Which of the codes are marked as unused in all units that were coded; none where no unit was."""
    rows = [unit.themes for unit in units if unit.themes is not None]
    return np.isnan(np.array(rows)).all(axis=0) if rows else np.zeros(codes, dtype=bool)


def known(start: LoadedModel | None, codes: Sequence[str], count: int) -> Flags:
    """Which of the codes the model that training starts from has learnt; shape (count,)."""
    if start is None or not start.learnt.get("themes"):
        return np.zeros(count, dtype=bool)
    learnt = {code for code, given in zip(start.codes, start.decisions.themes.giving, strict=True) if given}
    return np.array([code in learnt for code in codes], dtype=bool)


def mark_unused(
    training: Sequence[TrainingUnit], validation: Sequence[TrainingUnit], before: Flags
) -> tuple[list[TrainingUnit], list[TrainingUnit]]:
    """Both parts with the unused codes marked.

    Args:
        before: which codes were learnt before (`known`): those keep what they know, and may be assigned all the same.

    Returns:
        the training units, marked where no training unit has the code; the held-out units, marked where no unit at all has it
        and it was not known before.
    """
    here = used(training, len(before))
    anywhere = here | used(validation, len(before)) | before
    return [_marked(unit, ~here) for unit in training], [_marked(unit, ~anywhere) for unit in validation]


def _marked(unit: TrainingUnit, columns: Flags) -> TrainingUnit:
    if unit.themes is None or not columns.any():
        return unit
    votes = (math.nan if flag else vote for vote, flag in zip(unit.themes, columns, strict=True))
    return replace(unit, themes=tuple(votes))
