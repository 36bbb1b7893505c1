"""From logits to decisions: calibration recovers what is known, thresholds are the best there are."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from models.decisions import (
    HANDICAP_PRIOR,
    THRESHOLD_PRIOR,
    BinaryScale,
    ChoiceScale,
    ClassScale,
    Decisions,
    Labels,
    _handicaps,
    fit_binary,
    fit_choice,
    fit_classes,
    fit_thresholds,
    softmax,
)
from models.review import ReviewScale
from pipeline.evaluate.statistics import binary_counts, krippendorff_alpha

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
