"""Reliability against scikit-learn's calibration curve, and laws of the expected calibration error."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from pipeline.evaluate.calibration import BINS, calibrate, calibrate_classes
from pipeline.evaluate.figures import Resampler


def data(n=1000, seed=0):
    rng = np.random.default_rng(seed)
    probabilities = rng.random(n) ** 2
    return rng.random(n) < probabilities, probabilities, Resampler([str(g) for g in rng.integers(0, 20, n)])


def test_bins_are_those_of_scikit_learn():
    gold, probabilities, resampler = data()
    seen = calibrate("x", gold, probabilities, resampler)
    frequency, mean = calibration_curve(gold, probabilities, n_bins=BINS, strategy="quantile")
    assert [item.probability for item in seen.bins] == pytest.approx(mean, abs=0.003)  # edges fall between other scores
    assert [item.frequency.value for item in seen.bins] == pytest.approx(frequency, abs=0.02)
    assert seen.brier.value == pytest.approx(brier_score_loss(gold, probabilities), abs=1e-4)
    assert max(item.n for item in seen.bins) - min(item.n for item in seen.bins) <= 2
    gaps = sum(item.n * abs(item.probability - item.frequency.value) for item in seen.bins) / seen.n
    assert seen.error.value == pytest.approx(gaps, abs=1e-3)


def test_a_calibrated_coder_has_little_error_and_a_shifted_one_the_shift():
    gold, probabilities, resampler = data(20000)
    right = calibrate("x", gold, probabilities, resampler).error
    wrong = calibrate("x", gold, probabilities + 0.2, resampler).error
    assert right.value < 0.02 and wrong.value == pytest.approx(0.2, abs=0.01) and right.high < wrong.low


def test_equal_probabilities_share_a_bin():
    gold = np.array([True, False] * 20)
    seen = calibrate("x", gold, np.full(40, 0.3), Resampler(["a", "b"] * 20))
    assert [(item.n, item.probability) for item in seen.bins] == [(40, 0.3)]
    assert seen.error.value == pytest.approx(0.2)


def test_codes_are_pooled_and_nothing_is_undefined():
    gold, probabilities, resampler = data(60)
    pooled = calibrate(
        "overall", np.stack([gold, ~gold], 1), np.stack([probabilities, 1 - probabilities], 1), resampler
    )
    assert pooled.n == 120 and sum(item.n for item in pooled.bins) == 120
    empty = calibrate("x", np.zeros(0, dtype=bool), np.zeros(0), Resampler([]))
    assert empty.bins == () and empty.error.value is None and empty.error.note.startswith("undefined")


def test_one_answer_out_of_several_is_calibrated_class_by_class():
    rng = np.random.default_rng(3)
    p = rng.dirichlet((1, 1, 1), 200)
    gold = np.array([rng.choice(3, p=row) for row in p])
    found = calibrate_classes(("a", "b", "c"), gold, p, Resampler([str(k % 9) for k in range(200)], resamples=50))
    assert [(item.name, item.n) for item in found] == [("a", 200), ("b", 200), ("c", 200), ("overall", 600)]
    for k, item in enumerate(found[:3]):
        assert item.brier.value == pytest.approx(brier_score_loss(gold == k, p[:, k]), abs=1e-4)
    assert found[3].brier.value == pytest.approx(np.mean([item.brier.value for item in found[:3]]), abs=1e-4)
    assert (
        found[3].error.value < 0.1 < calibrate_classes("abc", (gold + 1) % 3, p, Resampler(["g"] * 200))[3].error.value
    )
