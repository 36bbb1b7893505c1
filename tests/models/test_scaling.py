"""What is fitted recovers what is known; thresholds are the best there are."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from models.decisions import BinaryScale, ChoiceScale, ClassScale, Labels, softmax
from models.scaling import (
    HANDICAP_PRIOR,
    THRESHOLD_PRIOR,
    _handicaps,
    fit_binary,
    fit_choice,
    fit_classes,
    fit_thresholds,
)
from pipeline.evaluate.statistics import binary_counts, krippendorff_alpha

LOGITS = st.lists(st.floats(-30, 30), min_size=1, max_size=20, unique=True)


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
    # Observed over expected disagreement of the first k, times 10: 4/4.8, 2/5, 4/4.8, 2/4.2, 4/3.2. The second is the best: half
    # way from 0.8 to 0.6. By F1 it would be the fourth (6/7), which gives more than there is.
    assert fit_thresholds(probabilities, gold) == (0.7,)


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
    if not gold.any() or gold.all():
        return
    (threshold,) = fit_thresholds(probabilities[:, None], gold[:, None])

    def alpha(cut):
        return krippendorff_alpha(binary_counts(gold, probabilities >= cut))

    assert alpha(threshold) == pytest.approx(max(alpha(cut) for cut in probabilities))


def test_scores_that_tell_nothing_give_no_more_than_there_is():
    """By F1 the best that can be done with them is to give every code to every unit (Lipton et al. 2014)."""
    rng = np.random.default_rng(4)
    for units in (20, 60, 200):
        shares = []
        for _ in range(20):
            gold = (rng.random((units, 4)) < (0.3, 0.2, 0.2, 0.1)).astype(float)
            scale = fit_binary(rng.normal(0, 1, gold.shape), gold)
            given_ = scale.assigned(scale.probabilities(rng.normal(0, 1, (500, 4))))
            shares.append(given_.mean() / 0.2)
        assert np.mean(shares) < 1.2, units


def test_held_out_units_without_a_positive_rule_nothing_out():
    fitted = fit_binary(np.random.default_rng(5).normal(0, 1, (20, 2)), np.zeros((20, 2)))
    assert fitted.probabilities(np.full((1, 2), 6.0)).min() > 0.1
    assert fitted.thresholds == (0.5, 0.5)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000))
def test_many_probabilities_are_thinned_out_without_harm(seed):
    rng = np.random.default_rng(seed)
    gold = rng.random((4000, 1)) < 0.3
    probabilities = 1 / (1 + np.exp(-rng.normal(-1 + 2 * gold, 1)))
    (threshold,) = fit_thresholds(probabilities, gold)
    best = max(
        krippendorff_alpha(binary_counts(gold[:, 0], probabilities[:, 0] >= cut)) for cut in np.linspace(0.05, 0.95, 91)
    )
    assert krippendorff_alpha(binary_counts(gold[:, 0], probabilities[:, 0] >= threshold)) > best - 0.005


@given(
    st.lists(st.tuples(st.integers(1, 30), st.booleans(), st.booleans()), min_size=1, max_size=25),
)
def test_shares_of_votes_are_coders_one_after_the_other(rows):
    """Alpha with a coder drawn at random is alpha with the codings of both, put below each other."""
    probabilities = np.array([step / 31 for step, *_ in rows])
    codings = np.array([flags for _, *flags in rows], dtype=float)
    by_votes = fit_thresholds(probabilities[:, None], codings.mean(axis=1, keepdims=True))
    below_each_other = fit_thresholds(np.tile(probabilities, 2)[:, None], codings.T.reshape(-1, 1))
    assert by_votes == below_each_other


def test_two_coders_who_differ_are_not_their_union():
    probabilities = np.array([[0.9], [0.8], [0.5], [0.4], [0.3], [0.2]])
    votes = np.array([[1], [1], [0.5], [0.25], [0.0], [0.0]])
    assert fit_thresholds(probabilities, np.ceil(votes)) == (0.35,)
    assert fit_thresholds(probabilities, votes) == (0.45,)  # 4/4.75, 5/5.75, 5.5/6.75


def test_settled_coders_decide_thresholds_but_not_probabilities():
    rng = np.random.default_rng(3)
    logits = rng.normal(0, 2, (300, 2))
    votes = np.select([logits > 2, logits > 0], [1.0, 0.5])
    open_, settled = fit_binary(logits, votes), fit_binary(logits, votes, (votes == 1).astype(float))
    assert open_.shifts == settled.shifts and open_.slope == settled.slope
    assert min(settled.thresholds) > max(open_.thresholds)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 2), min_size=2, max_size=12), st.sampled_from([Labels.ONE, Labels.AT_MOST_ONE]))
def test_a_code_of_which_nothing_was_learnt_is_never_given(gold, labels):
    rng = np.random.default_rng(len(gold))
    logits, votes = rng.normal(0, 3, (len(gold), 4)), np.eye(4)[gold]
    unlearnt = np.array([False, False, False, True])
    choice = fit_choice(logits, votes, labels, unlearnt=unlearnt)
    many = fit_binary(logits, votes, unlearnt=unlearnt)
    for scale in (choice, many):
        assert scale.giving.tolist() == [True, True, True, False]
        probabilities = scale.probabilities(rng.normal(0, 2, (50, 4)))
        assert not scale.assigned(probabilities)[:, 3].any()
        assert json.loads(json.dumps(scale.thresholds)) == list(scale.thresholds)


def test_a_code_of_which_nothing_was_learnt_hardly_moves_the_others():
    rng = np.random.default_rng(9)
    logits = rng.normal(0, 2, (400, 3))
    gold = (rng.random(logits.shape) < 1 / (1 + np.exp(2 - logits))).astype(float)
    logits[:, 2], gold[:, 2] = rng.normal(2, 1, 400), 0
    alone = fit_binary(logits[:, :2], gold[:, :2])
    beside = fit_binary(logits, gold, unlearnt=np.array([False, False, True]))
    assert np.abs(alone.probabilities(logits[:, :2]) - beside.probabilities(logits)[:, :2]).max() < 0.02
    assert beside.probabilities(logits)[:, 2].mean() < 0.02  # what is not seen is not likely either
    assert (np.diff(beside.probabilities(np.array([[0, 0, 1.0], [0, 0, 2.0]]))[:, 2]) > 0).all()


def picked(scale, logits, seed):
    """Gold as the scale itself would give it."""
    shares = scale.probabilities(logits)
    if scale.none_possible:
        shares = np.hstack([shares, 1 - shares.sum(1, keepdims=True)])
    found = (shares.cumsum(1) > np.random.default_rng(seed).random((len(logits), 1))).argmax(1)
    return np.eye(shares.shape[1])[found][:, : logits.shape[1]]


@pytest.mark.parametrize("labels", [Labels.ONE, Labels.AT_MOST_ONE])
def test_fit_choice_recovers_temperature_and_shifts(labels):
    logits = np.random.default_rng(4).normal(0, 2, (8_000, 3))
    true = ChoiceScale(0.6, (0.8, -1.0, 0.2), (1.0,) * (3 + (labels is Labels.AT_MOST_ONE)))
    fitted = fit_choice(logits, picked(true, logits, 5), labels)
    assert fitted.none_possible == (labels is Labels.AT_MOST_ONE)
    assert fitted.slope == pytest.approx(0.6, abs=0.04)
    shifts = np.array(fitted.shifts) - (0 if fitted.none_possible else np.mean(fitted.shifts))  # a constant cancels out
    assert shifts == pytest.approx(true.shifts, abs=0.1)
    assert np.abs(fitted.probabilities(logits) - true.probabilities(logits)).max() < 0.04


def classes(flags):
    return np.where(flags.any(1), flags.argmax(1), flags.shape[1])


@pytest.mark.parametrize("labels", [Labels.ONE, Labels.AT_MOST_ONE])
def test_handicaps_do_not_harm_macro_f1_and_help_rare_codes(labels):
    none = labels is Labels.AT_MOST_ONE
    logits = np.random.default_rng(6).normal(0, 1, (2_000, 3))
    true = ChoiceScale(1.0, (2.0, -1.0, -1.0), (1.0,) * (3 + none))
    gold = picked(true, logits, 7)
    fitted = fit_choice(logits, gold, labels)
    even = ChoiceScale(fitted.slope, fitted.shifts, (1.0,) * len(fitted.thresholds))
    before, after = (
        f1_score(classes(gold == 1), classes(scale.assigned(scale.probabilities(logits))), average="macro")
        for scale in (even, fitted)
    )
    assert after > before + 0.02
    assert fitted.thresholds[0] > max(fitted.thresholds[1:3])  # the common code is held back


def test_a_handicap_of_few_units_is_near_none():
    gold = np.eye(2)[[0, 1, 0, 1, 1]]
    logits = np.array([[1.0, 1.2], [0.2, 0.1], [1.0, 0.0], [0.0, 1.0], [0.0, 0.3]])
    # At most exp(1.2) apart, trusted by 3 / (3 + 15) at most.
    assert all(
        abs(np.log(value)) <= 1.2 * 3 / (3 + HANDICAP_PRIOR)
        for value in fit_choice(logits, gold, Labels.ONE).thresholds
    )


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=2, max_size=15))
def test_handicaps_for_shares_are_those_for_coders_one_after_the_other(pairs):
    logits = np.random.default_rng(len(pairs)).normal(0, 1, (len(pairs), 3))
    codings = np.eye(3)[np.array(pairs)]  # units, coders, codes
    by_votes = _handicaps(softmax(logits), codings.mean(axis=1))
    apart = _handicaps(np.tile(softmax(logits), (2, 1)), codings.transpose(1, 0, 2).reshape(-1, 3))
    for one, other, votes in zip(by_votes, apart, codings.mean(axis=1).sum(axis=0), strict=True):
        trust, twice = votes / (votes + HANDICAP_PRIOR), 2 * votes / (2 * votes + HANDICAP_PRIOR)
        assert np.log(one) * twice == pytest.approx(np.log(other) * trust, abs=1e-3)


def test_fit_choice_takes_shares_of_votes():
    gold = np.tile([0.5, 0.25], (400, 1))  # and 0.25 for no code
    fitted = fit_choice(np.zeros((400, 2)), gold, Labels.AT_MOST_ONE)
    assert fitted.probabilities(np.zeros((1, 2)))[0] == pytest.approx([0.5, 0.25], abs=0.01)
