"""Coding segments: partner mentions, then one pass of the model, then scores on the project's own types."""

from __future__ import annotations

from collections.abc import Sequence

from models.decisions import ATTITUDES
from models.inputs import Unit
from models.predict import Predictions, Predictor
from models.review import to_review
from pipeline.types import Attitude, AttitudeScore, CodedSegment, Mention, Segment, ThemeScore

DECIMALS = 4
"""Probabilities are kept to four decimals: more would record the arithmetic of one machine, not the model's opinion."""


def code_segments(
    predictor: Predictor,
    segments: Sequence[Segment],
    mentions: Sequence[Sequence[Mention]],
    *,
    wanted: Sequence[str] | None = None,
    risk: float | None = None,
) -> tuple[list[CodedSegment], int]:
    """Code segments in the order given; also says how many were longer than the encoder takes.

    A model that was trained without attitudes gives none.

    Args:
        mentions: those of each segment.
        wanted: the codes to report, where not all that the model knows.
        risk: the share of wrongly coded segments that is allowed; what is too uncertain for it is left to a human.
    """
    codes = predictor.model.codes
    columns = [codes.index(code) for code in wanted] if wanted is not None else list(range(len(codes)))
    learnt = predictor.model.learnt
    units = [unit_of(segment, found) for segment, found in zip(segments, mentions, strict=True)]
    if not units:
        return [], 0
    predictions = predictor.predict(units)
    review = to_review(predictions.uncertainty, predictor.model.decisions.review.limit(risk)) if risk else None
    coded, target = [], 0
    for row, (segment, found) in enumerate(zip(segments, mentions, strict=True)):
        attitudes = _partnership(predictions, row) if learnt["partnership"] else ()
        if learnt["attitudes"]:
            attitudes += tuple(_attitude(mention, predictions.attitudes[target + i]) for i, mention in enumerate(found))
        target += len(found)
        held = bool(review is not None and review[row])
        themes = _themes(codes, columns, predictions, row, held=held)
        uncertainty = round(float(predictions.uncertainty[row]), DECIMALS)
        coded.append(CodedSegment(segment, themes, attitudes, uncertainty, held))
    return coded, predictions.truncated


def unit_of(segment: Segment, mentions: Sequence[Mention]) -> Unit:
    """What the network reads of a segment."""
    targets = tuple((mention.start - segment.start, mention.end - segment.start) for mention in mentions)
    return Unit(segment.text, segment.context, targets)


def _themes(
    codes: Sequence[str], columns: Sequence[int], predictions: Predictions, row: int, *, held: bool
) -> tuple[ThemeScore, ...]:
    return tuple(
        ThemeScore(
            codes[column],
            round(float(predictions.themes[row, column]), DECIMALS),
            bool(predictions.assigned[row, column]) and not held,
        )
        for column in columns
    )


def _partnership(predictions: Predictions, row: int) -> tuple[AttitudeScore, ...]:
    """The attitude to partnership as such; none where the segment says nothing about joint work."""
    return (_attitude(None, predictions.partnership[row]),) if predictions.present[row] else ()


def _attitude(mention: Mention | None, probabilities: Sequence[float]) -> AttitudeScore:
    negative, neutral, positive = (round(float(value), DECIMALS) for value in probabilities)
    likeliest = max(range(3), key=lambda i: probabilities[i])
    return AttitudeScore(mention, Attitude(ATTITUDES[likeliest]), negative, neutral, positive)
