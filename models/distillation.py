"""A large model teaches a small one: its probabilities beside the coders' votes as targets (Hinton, Vinyals and Dean 2015).

The teacher's probabilities are calibrated, so that they are on the scale of votes and need no temperature of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models.decisions import Floats
from models.predict import Predictor
from models.settings import TrainingUnit, Votes


def taught(
    units: Sequence[TrainingUnit], teacher: Predictor, codes: Sequence[str], *, share: float = 0.5
) -> list[TrainingUnit]:
    """The units with targets that are part votes and part teacher.

    Args:
        units: where coders gave no votes of a kind, the teacher's probabilities stand alone: plain text can be learnt from too.
        teacher: a model that knows all of `codes`.
        codes: the order of the units' votes.
        share: the teacher's part where there are votes, 0 to 1.

    Raises:
        ValueError: the teacher lacks a code, or has learnt nothing.
    """
    if not any(teacher.model.learnt.values()):
        raise ValueError("the teacher has learnt neither codes nor attitudes")
    missing = [code for code in codes if code not in teacher.model.codes]
    if missing:
        raise ValueError(f"the teacher does not know the code {missing[0]!r}")
    columns = [teacher.model.codes.index(code) for code in codes]
    said = teacher.predict([unit.unit for unit in units])
    partnership = np.concatenate([1 - said.presence[:, None], said.presence[:, None] * said.partnership], axis=1)
    ends = np.cumsum([len(unit.unit.targets) for unit in units])
    learnt = teacher.model.learnt
    return [
        replace(
            unit,
            themes=_mixed(unit.themes, said.themes[i, columns], share, learnt["themes"]),
            partnership=_mixed(unit.partnership, partnership[i], share, learnt["partnership"]),
            attitudes=_attitudes(unit, said.attitudes[end - len(unit.unit.targets) : end], share, learnt["attitudes"]),
        )
        for i, (unit, end) in enumerate(zip(units, ends, strict=True))
    ]


def _attitudes(unit: TrainingUnit, rows: Floats, share: float, learnt: bool) -> tuple[Votes, ...]:
    votes: Sequence[Votes | None] = unit.attitudes or [None] * len(rows)
    mixed = [_mixed(vote, row, share, learnt) for vote, row in zip(votes, rows, strict=True)]
    return tuple(item for item in mixed if item is not None)


def _mixed(votes: Votes | None, probabilities: Floats, share: float, learnt: bool) -> Votes | None:
    """Votes and the teacher's probabilities in proportion; either alone where there is no other."""
    if not learnt:
        return votes
    if votes is None:
        return tuple(float(p) for p in probabilities)
    return tuple((1 - share) * vote + share * float(p) for vote, p in zip(votes, probabilities, strict=True))
