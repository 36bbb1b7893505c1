"""Abstention: what is left to a human, and what the bound on the rest is worth."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from models.review import CONFIDENCE, POINTS, ReviewScale, fit_review, to_review, uncertainty

UNITS = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=120)


def scale_of(rows):
    return fit_review(np.array([step / 16 for step, _ in rows]), np.array([flag for _, flag in rows], dtype=bool))


# --- uncertainty


def test_uncertainty_of_many_codes_by_hand():
    probabilities = np.array([[0.9, 0.2], [0.9, 0.2], [0.5, 0.5], [1.0, 0.0]])
    assigned = np.array([[True, False], [False, True], [True, True], [True, False]])
    seen = uncertainty(probabilities, assigned, choice=False)
    assert seen == pytest.approx([1 - 0.9 * 0.8, 1 - 0.1 * 0.2, 0.75, 0])


def test_uncertainty_of_a_choice_by_hand():
    probabilities = np.array([[0.7, 0.2], [0.7, 0.2], [0.05, 0.15], [0.6, 0.4]])
    assigned = np.array([[True, False], [False, True], [False, False], [False, False]])
    # The last: the shares leave no room for "no code", so that giving none is wrong for sure.
    assert uncertainty(probabilities, assigned, choice=True) == pytest.approx([0.3, 0.8, 0.2, 1])


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.booleans(), st.booleans()), min_size=1, max_size=9))
def test_uncertainty_is_a_probability_and_least_for_the_likelier_coding(rows):
    probabilities = np.array([row[:2] for row in rows])
    assigned = np.array([row[2:] for row in rows])
    seen = uncertainty(probabilities, assigned, choice=False)
    assert ((seen >= 0) & (seen <= 1)).all()
    assert (uncertainty(probabilities, probabilities >= 0.5, choice=False) <= seen + 1e-12).all()


def test_uncertainty_is_the_rate_of_error_where_probabilities_are_right():
    rng = np.random.default_rng(0)
    probabilities = rng.random((40_000, 3))
    truth = rng.random(probabilities.shape) < probabilities
    assigned = probabilities >= 0.5
    wrong = (truth != assigned).any(axis=1)
    assert wrong.mean() == pytest.approx(uncertainty(probabilities, assigned, choice=False).mean(), abs=0.01)


# --- the curve


@given(UNITS)
def test_the_curve_rises_and_ends_with_everything(rows):
    scale = scale_of(rows)
    wrong = np.array([flag for _, flag in rows])
    assert len(scale.uncertainty) == len(scale.coverage) == len(scale.error) == len(scale.bound) <= POINTS
    assert (np.diff(scale.uncertainty) > 0).all() and (np.diff(scale.coverage) > 0).all()
    assert scale.coverage[-1] == 1 and scale.error[-1] == pytest.approx(wrong.mean(), abs=1e-6)
    assert all(0 <= error <= bound <= 1 for error, bound in zip(scale.error, scale.bound, strict=True))


@given(UNITS)
def test_no_cut_between_equal_uncertainties(rows):
    """Each point tells the units up to its limit, all of them and no others."""
    scale = scale_of(rows)
    steps = np.array([step / 16 for step, _ in rows])
    wrong = np.array([flag for _, flag in rows])
    for limit, coverage, error in zip(scale.uncertainty, scale.coverage, scale.error, strict=True):
        kept = steps <= limit
        assert coverage == pytest.approx(kept.mean(), abs=1e-6)
        assert error == pytest.approx(wrong[kept].mean(), abs=1e-6)


@given(UNITS)
def test_the_bound_is_clopper_and_pearsons(rows):
    scale = scale_of(rows)
    for coverage, error, bound in zip(scale.coverage, scale.error, scale.bound, strict=True):
        n = round(coverage * len(rows))
        k = round(error * n)
        # The upper end of the two-sided 80 % interval is the one-sided 90 % bound.
        interval = binomtest(k, n).proportion_ci(2 * CONFIDENCE - 1, method="exact")
        assert bound == pytest.approx(interval.high, abs=2e-6)
        if k < n:  # by definition: so few errors or fewer would be seen with probability 0.1 only
            assert binom.cdf(k, n, bound) == pytest.approx(1 - CONFIDENCE, abs=1e-4)


def test_the_curve_by_hand():
    scale = fit_review(np.array([0.3, 0.1, 0.2, 0.2]), np.array([True, False, False, True]))
    assert scale.uncertainty == (0.1, 0.2, 0.3)
    assert scale.coverage == (0.25, 0.75, 1.0)
    assert scale.error == (0.0, pytest.approx(1 / 3, abs=1e-6), 0.5)
    assert scale.bound[0] == pytest.approx(0.9, abs=1e-6)  # no error in one: 1 - 0.1 ** (1 / 1)
    # One error in three: (1 - p)^3 + 3 p (1 - p)^2 = 0.1.
    p = scale.bound[1]
    assert (1 - p) ** 3 + 3 * p * (1 - p) ** 2 == pytest.approx(0.1, abs=1e-5)


def test_no_error_in_ten_by_hand():
    scale = fit_review(np.full(10, 0.25), np.zeros(10, dtype=bool))
    assert scale == ReviewScale((0.25,), (1.0,), (0.0,), (pytest.approx(1 - 0.1**0.1, abs=1e-6),))


def test_all_wrong_and_nothing_at_all():
    assert fit_review(np.full(3, 0.25), np.ones(3, dtype=bool)).bound == (1.0,)
    halves = fit_review(np.array([0.1, 0.2]), np.array([0.5, 0.5]))  # either way one of two coders differs
    assert halves.error == (0.5, 0.5) and 0.5 < halves.bound[1] < halves.bound[0] < 1
    assert fit_review(np.zeros(0), np.zeros(0, dtype=bool)) == ReviewScale()
    assert ReviewScale().limit(0.9) is None and ReviewScale().coverage_at(0.9) == 0


# --- the limit


SCALE = ReviewScale((0.1, 0.2, 0.3, 0.4), (0.25, 0.5, 0.75, 1.0), (0.0, 0.02, 0.01, 0.3), (0.08, 0.12, 0.1, 0.35))


@pytest.mark.parametrize(
    ("risk", "limit", "coverage"),
    [(0.05, None, 0.0), (0.08, 0.1, 0.25), (0.09, 0.1, 0.25), (0.1, 0.3, 0.75), (0.3, 0.3, 0.75), (0.5, 0.4, 1.0)],
)
def test_the_limit_by_hand(risk, limit, coverage):
    assert SCALE.limit(risk) == limit
    assert SCALE.coverage_at(risk) == coverage


@given(UNITS, st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_more_risk_keeps_more(rows, one, other):
    scale = scale_of(rows)
    low, high = sorted((one, other))
    assert scale.coverage_at(low) <= scale.coverage_at(high)
    if scale.limit(low) is None:
        assert scale.coverage_at(low) == 0
    else:
        assert scale.limit(low) <= scale.limit(high)


@given(UNITS, st.floats(0.01, 0.99))
def test_what_is_promised_is_what_is_kept(rows, risk):
    scale = scale_of(rows)
    uncertain = np.array([step / 16 for step, _ in rows])
    assert (~to_review(uncertain, scale.limit(risk))).mean() == pytest.approx(scale.coverage_at(risk), abs=1e-6)


@pytest.mark.parametrize("value", [1 / 3, 3e-7])
def test_what_is_promised_is_kept_whatever_the_decimals(value):
    uncertain = np.full(50, value)
    scale = fit_review(uncertain, np.zeros(50, dtype=bool))
    assert scale.coverage_at(0.1) == 1
    assert not to_review(uncertain, scale.limit(0.1)).any()


def test_without_a_limit_everything_goes_to_a_human():
    uncertain = np.array([0.0, 0.2, 0.2001, 1.0])
    assert to_review(uncertain, None).all()
    assert to_review(uncertain, 0.2).tolist() == [False, False, True, True]


def test_the_risk_holds_on_new_units():
    """In at least nine drawings of ten the kept units' true rate of error is within the risk asked for."""
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(100):
        uncertain = rng.random(400) ** 2
        scale = fit_review(uncertain, rng.random(400) < uncertain)
        limit = scale.limit(0.15)
        fresh = rng.random(20_000) ** 2
        held += limit is None or fresh[fresh <= limit].mean() <= 0.15  # errs as often as its uncertainty says
    assert held >= 90


def test_round_trip_through_json():
    scale = scale_of([(i % 13, i % 3 == 0) for i in range(90)])
    content = json.loads(json.dumps({name: getattr(scale, name) for name in ReviewScale.__slots__}))
    assert ReviewScale(**{name: tuple(values) for name, values in content.items()}) == scale
