"""Coding segments: one pass of the model, then the run's decisions on it, in columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from models.decisions import Flags, Floats
from models.inputs import Unit
from models.predict import Predictions, Predictor
from models.review import to_review
from pipeline.memory import give_back
from pipeline.types import Mention, Segment

DECIMALS = 4
"""Probabilities are kept to four decimals: more would record the arithmetic of one machine, not the model's opinion."""

UNITS_AT_ONCE = 16_384
"""So many segments go to the model together at most, however long a transcript is."""


@dataclass(frozen=True, slots=True)
class Codings:
    """What a run takes from the model's predictions: n segments with m mentions in all; c codes, in the order asked for.

    Attributes:
        themes: shape (n, c), calibrated probabilities.
        assigned: shape (n, c); no code where the segment is left to a human.
        present: shape (n,), whether the segment speaks of joint work; nowhere, if the model did not learn to tell.
        partnership: shape (n, 3), the attitude to partnership as such.
        attitudes: shape (m, 3), the mentions of the first segment first; None if the model learnt none.
        uncertainty: shape (n,), the probability that at least one code is wrongly given or withheld.
        review: shape (n,), left to a human, because the coding is more uncertain than the run allows.
        truncated: shape (n,), longer than the model reads.
    """

    codes: tuple[str, ...]
    themes: Floats
    assigned: Flags
    present: Flags
    partnership: Floats
    attitudes: Floats | None
    uncertainty: Floats
    review: Flags
    truncated: Flags

    def part(self, rows: slice, targets: slice) -> Codings:
        """Those of some segments and their mentions, views of the same memory."""
        return Codings(
            self.codes,
            self.themes[rows],
            self.assigned[rows],
            self.present[rows],
            self.partnership[rows],
            None if self.attitudes is None else self.attitudes[targets],
            self.uncertainty[rows],
            self.review[rows],
            self.truncated[rows],
        )


def code_units(
    predictor: Predictor, units: Sequence[Unit], *, wanted: Sequence[str] | None = None, risk: float | None = None
) -> Codings:
    """Code units in the order given.

    Args:
        wanted: the codes to report, where not all that the model knows.
        risk: the share of wrongly coded segments that is allowed; what is too uncertain for it is left to a human.
    """
    model = predictor.model
    names = tuple(model.codes if wanted is None else wanted)
    columns = [model.codes.index(code) for code in names]
    predictions = _predict(predictor, units)
    # None: nothing that was held out is coded well enough, and all goes to a human.
    limit = model.decisions.review.limit(risk) if risk else np.inf
    review = to_review(predictions.uncertainty, limit)
    return Codings(
        codes=names,
        themes=predictions.themes[:, columns],
        assigned=predictions.assigned[:, columns] & ~review[:, None],
        present=predictions.present & model.learnt["partnership"],
        partnership=predictions.partnership,
        attitudes=predictions.attitudes if model.learnt["attitudes"] else None,
        uncertainty=predictions.uncertainty,
        review=review,
        truncated=predictions.truncated,
    )


def _predict(predictor: Predictor, units: Sequence[Unit]) -> Predictions:
    """All units' predictions, some thousands at a time."""
    parts = []
    for at in range(0, max(1, len(units)), UNITS_AT_ONCE):
        parts.append(predictor.predict(units[at : at + UNITS_AT_ONCE]))
        give_back()
    if len(parts) == 1:
        return parts[0]
    names = [field.name for field in fields(Predictions)]
    return Predictions(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def unit_of(segment: Segment, mentions: Sequence[Mention]) -> Unit:
    """What the network reads of a segment."""
    targets = tuple((mention.start - segment.start, mention.end - segment.start) for mention in mentions)
    return Unit(segment.text, segment.context, targets)


def rounded(probabilities: Floats) -> Floats:
    """Probabilities as they are kept."""
    return np.asarray(np.round(probabilities, DECIMALS))


def likeliest(probabilities: Floats) -> NDArray[np.intp]:
    """Of each row of three, which attitude: an index into `ATTITUDES`. To be asked before they are rounded."""
    return np.asarray(probabilities.argmax(axis=-1))
