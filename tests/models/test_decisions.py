"""From logits to decisions: calibration recovers what is known, thresholds are the best there are."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from models.decisions import (
    THRESHOLD_PRIOR,
    BinaryScale,
    ClassScale,
    Decisions,
    fit_binary,
    fit_classes,
    fit_thresholds,
)

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


def test_fit_binary_recovers_slope_and_shifts():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (20_000, 3))
    true = BinaryScale(0.6, (-1.5, 0.0, 1.0), (0.5,) * 3)
    gold = (rng.random(logits.shape) < true.probabilities(logits)).astype(float)
    fitted = fit_binary(logits, gold)
    assert fitted.slope == pytest.approx(0.6, abs=0.03)
    assert fitted.shifts == pytest.approx(true.shifts, abs=0.1)


def test_a_rare_code_keeps_near_the_shared_shift():
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 1, (400, 2))
    gold = np.zeros_like(logits)
    gold[:, 0] = rng.random(400) < 0.5
    shifts = fit_binary(logits, gold).shifts
    assert np.isfinite(shifts).all()
    assert shifts[0] - 12 < shifts[1] < shifts[0]  # never used, yet not ruled out


def test_fit_binary_takes_shares_of_votes():
    fitted = fit_binary(np.zeros((200, 1)), np.full((200, 1), 0.25))
    assert fitted.probabilities(np.zeros((1, 1)))[0, 0] == pytest.approx(0.25, abs=0.01)


def test_fit_classes_recovers_probabilities():
    rng = np.random.default_rng(2)
    logits = rng.normal(0, 2, (20_000, 3))
    true = ClassScale(0.5, (0.5, -1.0, 0.5))
    picked = (true.probabilities(logits).cumsum(1) > rng.random((len(logits), 1))).argmax(1)
    fitted = fit_classes(logits, np.eye(3)[picked])
    assert fitted.slope == pytest.approx(0.5, abs=0.03)
    assert np.abs(fitted.probabilities(logits) - true.probabilities(logits)).max() < 0.03


def test_nothing_to_fit_classes_on():
    assert fit_classes(np.zeros((0, 3)), np.zeros((0, 3))) == ClassScale(1.0, (0.0, 0.0, 0.0))


def test_threshold_by_hand():
    probabilities = np.array([[0.9], [0.8], [0.6], [0.4], [0.2]])
    gold = np.array([[1], [1], [0], [1], [0]], dtype=bool)
    # F1 with the first k: 2/4, 4/5, 4/6, 6/7, 6/8. The fourth is the best: half way from 0.4 to 0.2.
    assert fit_thresholds(probabilities, gold) == (0.3,)


def test_thresholds_are_shrunk_to_the_common_one_by_hand():
    probabilities = np.array([[0.9, 0.3], [0.7, 0.2], [0.1, 0.1]])
    gold = np.array([[1, 1], [1, 0], [0, 0]], dtype=bool)
    # Alone: 0.4 with two positives, and 0.25 with one. Pooled (0.9, 0.7, 0.3, 0.2 …): all three positives down to 0.25.
    common = 0.25
    expected = [(2 * 0.4 + THRESHOLD_PRIOR * common) / (2 + THRESHOLD_PRIOR), common]
    assert fit_thresholds(probabilities, gold) == pytest.approx(expected, abs=1e-4)


def test_a_code_without_positives_takes_the_common_threshold():
    probabilities = np.array([[0.9, 0.5], [0.2, 0.1]])
    used, never = fit_thresholds(probabilities, np.array([[True, False], [False, False]]))
    assert never == pytest.approx(0.7)  # half way from 0.9 to 0.5, all codes together
    assert used == pytest.approx((0.55 + THRESHOLD_PRIOR * 0.7) / (1 + THRESHOLD_PRIOR), abs=1e-4)
    assert fit_thresholds(probabilities, np.zeros((2, 2), dtype=bool)) == (0.5, 0.5)


@given(st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=1, max_size=25))
def test_no_threshold_is_better(rows):
    probabilities = np.array([step / 31 for step, _ in rows])
    gold = np.array([flag for _, flag in rows])
    if not gold.any():
        return
    (threshold,) = fit_thresholds(probabilities[:, None], gold[:, None])
    found = f1_score(gold, probabilities >= threshold)
    assert found == max(f1_score(gold, probabilities >= cut) for cut in probabilities)


def test_round_trip_through_json():
    decisions = Decisions(
        themes=BinaryScale(0.7, (0.1, -2.5), (0.31, 0.5)),
        presence=BinaryScale(1.1, (0.2,), (0.4,)),
        partnership=ClassScale(0.9, (0.1, 0.2, -0.3)),
        attitudes=ClassScale(1.3, (0.0, 0.5, -0.5)),
    )
    assert Decisions.from_dict(json.loads(json.dumps(decisions.to_dict()))) == decisions
