"""From logits to decisions: calibration recovers what is known, thresholds are the best there are."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.decisions import (
    BinaryScale,
    ChoiceScale,
    ClassScale,
    Decisions,
    Labels,
)
from models.review import ReviewScale

LOGITS = st.lists(st.floats(-30, 30), min_size=1, max_size=20, unique=True)


@given(LOGITS, st.floats(0.05, 5), st.floats(-5, 5))
def test_probabilities_rise_with_logits(logits, slope, shift):
    rising = np.sort(logits)[:, None]
    seen = BinaryScale(slope, (shift,), (0.5,)).probabilities(rising)[:, 0]
    assert ((seen >= 0) & (seen <= 1) & np.isfinite(seen)).all()
    assert (np.diff(seen) >= 0).all()
    assert np.allclose(seen, 1 / (1 + np.exp(-(slope * rising[:, 0] + shift))))


@given(st.lists(st.tuples(*[st.floats(-500, 500)] * 3), max_size=20), st.floats(0.05, 5))
def test_classes_sum_to_one_and_follow_the_logits(rows, slope):
    logits = np.array(rows).reshape(-1, 3)
    seen = ClassScale(slope, (0.0, 0.0, 0.0)).probabilities(logits)
    assert seen.shape == logits.shape and np.allclose(seen.sum(1), 1)
    assert all(row[original.argmax()] == row.max() for row, original in zip(seen, logits, strict=True))


def test_uncalibrated_is_plain():
    plain = Decisions.uncalibrated(2)
    assert plain.themes.probabilities(np.array([[0.0, np.log(3)]])).tolist() == [[0.5, pytest.approx(0.75)]]
    assert plain.themes.assigned(np.array([[0.5, 0.4999]])).tolist() == [[True, False]]


def test_round_trip_through_json():
    decisions = Decisions(
        themes=BinaryScale(0.7, (0.1, -2.5), (0.31, 0.5)),
        presence=BinaryScale(1.1, (0.2,), (0.4,)),
        partnership=ClassScale(0.9, (0.1, 0.2, -0.3)),
        attitudes=ClassScale(1.3, (0.0, 0.5, -0.5)),
    )
    assert Decisions.from_dict(json.loads(json.dumps(decisions.to_dict()))) == decisions


# --- one code at most


@st.composite
def choices(draw, none=None):
    """A scale over three codes, and logits."""
    none = draw(st.booleans()) if none is None else none
    numbers = st.floats(-4, 4)
    handicaps = st.floats(0.3, 3)
    scale = ChoiceScale(
        draw(st.floats(0.05, 5)),
        tuple(draw(numbers) for _ in range(3)),
        tuple(draw(handicaps) for _ in range(3 + none)),
    )
    rows = draw(st.lists(st.tuples(*[st.floats(-30, 30)] * 3), max_size=12))
    return scale, np.array(rows).reshape(-1, 3)


@given(choices())
def test_choices_sum_to_one_or_less(drawn):
    scale, logits = drawn
    seen = scale.probabilities(logits)
    assert seen.shape == logits.shape and ((seen >= 0) & (seen <= 1)).all()
    scaled = scale.slope * logits + np.array(scale.shifts)
    rest = np.exp(0) if scale.none_possible else 0.0
    by_definition = np.exp(scaled) / (np.exp(scaled).sum(1, keepdims=True) + rest)
    assert np.allclose(seen, by_definition)
    assert (seen.sum(1) <= 1 + 1e-9).all()
    if not scale.none_possible:
        assert np.allclose(seen.sum(1), 1)


@given(choices())
def test_one_code_or_at_most_one_is_assigned(drawn):
    scale, logits = drawn
    probabilities = scale.probabilities(logits)
    assigned = scale.assigned(probabilities)
    assert assigned.shape == logits.shape and assigned.dtype == bool
    counts = assigned.sum(1)
    assert (counts <= 1).all() if scale.none_possible else (counts == 1).all()
    for row, flags in zip(probabilities, assigned, strict=True):  # from the probabilities alone, as anybody can
        shares = [*row, max(0.0, 1 - row.sum())][: len(scale.thresholds)]
        ratios = [share / handicap for share, handicap in zip(shares, scale.thresholds, strict=True)]
        chosen = int(flags.argmax()) if flags.any() else 3
        assert ratios[chosen] == pytest.approx(max(ratios))


def test_a_choice_by_hand():
    scale = ChoiceScale(2.0, (0.0, np.log(2)), (1.0, 1.0, 1.0))
    # exp(2 * 0) = 1, 2 * exp(2 * 0) = 2, and 1 for no code.
    assert scale.probabilities(np.zeros((1, 2)))[0] == pytest.approx([0.25, 0.5])
    probabilities = np.array([[0.25, 0.5], [0.2, 0.2], [0.5, 0.3]])
    assert scale.assigned(probabilities).tolist() == [[False, True], [False, False], [True, False]]
    strict = ChoiceScale(1.0, (0.0, 0.0), (0.5, 2.0, 1.0))
    assert strict.assigned(probabilities).tolist() == [[True, False], [False, False], [True, False]]
    # 0.25/0.5 beats 0.5/2 and 0.25/1; 0.2/0.5 loses against 0.6/1; 0.5/0.5 is the largest.


@given(choices(none=True))
def test_a_greater_handicap_never_gives_a_code_to_more(drawn):
    scale, logits = drawn
    harder = ChoiceScale(scale.slope, scale.shifts, (scale.thresholds[0] * 1.5, *scale.thresholds[1:]))
    probabilities = scale.probabilities(logits)
    before, after = (each.assigned(probabilities)[:, 0] for each in (scale, harder))
    assert not (after & ~before).any()


@pytest.mark.parametrize("labels", list(Labels))
@pytest.mark.parametrize("review", [ReviewScale(), ReviewScale((0.1, 0.25), (0.5, 1.0), (0.0, 0.125), (0.2, 0.4))])
def test_round_trip_of_every_kind_of_labels(labels, review):
    thresholds = (0.3, 0.4, 0.5, 1.25)[: 3 + (labels is Labels.AT_MOST_ONE)]
    kind = BinaryScale if labels is Labels.MANY else ChoiceScale
    plain = ClassScale(1.0, (0.0, 0.5, -0.5))
    decisions = Decisions(
        kind(0.7, (0.1, -2.5, 0.0), thresholds), BinaryScale(1.0, (0.0,), (0.5,)), plain, plain, review
    )
    assert decisions.labels is labels
    back = Decisions.from_dict(json.loads(json.dumps(decisions.to_dict())))
    assert back == decisions and type(back.themes) is kind and back.labels is labels


@pytest.mark.parametrize("labels", list(Labels))
def test_uncalibrated_of_every_kind_of_labels(labels):
    decisions = Decisions.uncalibrated(2, labels)
    assert decisions.labels is labels
    assert Decisions.from_dict(decisions.to_dict()) == decisions
    shares = {Labels.MANY: [0.5, 0.75], Labels.ONE: [0.25, 0.75], Labels.AT_MOST_ONE: [0.2, 0.6]}[labels]
    assert decisions.themes.probabilities(np.array([[0.0, np.log(3)]]))[0] == pytest.approx(shares)


def test_models_from_before_there_were_kinds_of_labels():
    content = Decisions.uncalibrated(2).to_dict()
    del content["labels"], content["review"]
    assert Decisions.from_dict(content) == Decisions.uncalibrated(2)
