"""The alternative-annotator test against a plain reading of the paper, and cases by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_1samp

from pipeline.evaluate.alternative import alternative_test

CODERS = ("ann", "bob", "cy")


def plainly(machine, answers, epsilon):
    """As the paper's algorithm 1 says it, coder by coder and unit by unit; answers are labels."""
    p_values, advantages = [], []
    for j, mine in enumerate(answers):
        better, as_good = [], []
        for i, said in enumerate(machine):
            others = [theirs[i] for k, theirs in enumerate(answers) if k != j]
            score = {name: np.mean([one == label for label in others]) for name, one in (("m", said), ("h", mine[i]))}
            as_good.append(score["m"] >= score["h"])
            better.append(int(score["h"] >= score["m"]) - int(score["m"] >= score["h"]))
        advantages.append(np.mean(as_good))
        p_values.append(ttest_1samp(better, epsilon, alternative="less").pvalue)
    order = np.argsort(p_values)
    harmonic = sum(1 / (k + 1) for k in range(len(order)))
    passed = [k for k, j in enumerate(order) if p_values[j] <= (k + 1) / len(order) * 0.05 / harmonic]
    return (max(passed) + 1 if passed else 0) / len(order), np.mean(advantages), p_values


@given(st.integers(0, 10**6), st.sampled_from([0.0, 0.1, 0.2]))
def test_the_paper_read_plainly(seed, epsilon):
    rng = np.random.default_rng(seed)
    truth = rng.random(60) < 0.5
    answers = np.stack([np.where(rng.random(60) < noise, ~truth, truth) for noise in (0.1, 0.3, 0.3)])
    machine = np.where(rng.random(60) < rng.choice([0.05, 0.3, 0.5]), ~truth, truth)
    answered = np.ones((3, 60), dtype=bool)
    seen = alternative_test("x", machine[:, None], CODERS, answers[:, :, None], answered, np.arange(60), epsilon)
    winning, advantage, p_values = plainly(machine, answers, epsilon)
    assert seen.winning_rate == pytest.approx(winning, abs=1e-4)
    assert seen.advantage == pytest.approx(advantage, abs=1e-3)
    assert [item.p for item in seen.coders] == pytest.approx(p_values, abs=1e-5)
    # Every unit its own group: the test that is robust to clusters differs by n / (n - 1) and the same t.
    assert [item.p_groups for item in seen.coders] == pytest.approx(p_values, abs=1e-5)


def test_sets_of_codes_agree_by_their_jaccard_index():
    answers = np.array([[[1, 1, 0]] * 40, [[1, 0, 0]] * 40, [[1, 0, 0]] * 40], dtype=bool)
    machine = np.array([[1, 0, 0]] * 40, dtype=bool)
    seen = alternative_test("all", machine, CODERS, answers, np.ones((3, 40), bool), np.arange(40) % 4)
    # Against ann's others (both 100) the machine has 1, ann 1/2; against bob's (110 and 100) both have 3/4.
    assert [item.advantage for item in seen.coders] == [1, 1, 1]
    assert [item.p for item in seen.coders] == [0, 0, 0] and seen.winning_rate == 1 and seen.passed


def test_groups_that_move_together_prove_less():
    rng = np.random.default_rng(0)
    by_group = np.repeat(
        [True, False, False, True, False, False], 10
    )  # in a third of the interviews the machine is wrong throughout
    answers = np.zeros((3, 60, 1), dtype=bool)
    answers[:, :, 0] = rng.random((3, 60)) < 0.15
    seen = alternative_test("x", by_group[:, None], CODERS, answers, np.ones((3, 60), bool), np.arange(60) // 10)
    assert all(item.p_groups > item.p for item in seen.coders)


def test_few_units_take_the_rank_test_and_two_coders_are_said():
    answers = np.zeros((2, 12, 1), dtype=bool)
    seen = alternative_test("x", answers[0], CODERS[:2], answers, np.ones((2, 12), bool), np.arange(12))
    assert {item.test for item in seen.coders} == {"wilcoxon"} and "2 coders" in seen.note
    # Every difference is -0.15: 12 equal ranks, all on one side, z = -39 / sqrt((12 x 13 x 25 - (12^3 - 12) / 2) / 24).
    assert seen.coders[0].p == pytest.approx(0.000266, abs=2e-5)


def test_coders_who_share_no_unit_cannot_be_tested():
    answered = np.array([[True, False], [False, True]])
    assert (
        alternative_test("x", np.zeros((2, 1), bool), CODERS[:2], np.zeros((2, 2, 1), bool), answered, np.arange(2))
        is None
    )


@pytest.mark.parametrize(("units", "groups"), [(2, 2), (40, 4), (40, 8)])
def test_all_ties_or_few_groups_give_no_robust_p(units, groups):
    answers = np.zeros((3, units, 1), dtype=bool)
    numbers = np.arange(units) % groups
    seen = alternative_test("x", answers[0], CODERS, answers, np.ones((3, units), bool), numbers)
    assert [item.p_groups for item in seen.coders] == [None] * 3 and seen.winning_rate_groups is None
    assert "independent" in seen.verdict


@pytest.mark.parametrize("units", [12, 40])
@pytest.mark.parametrize("epsilon", [0.0, 1.0])
def test_the_ends_of_epsilon(units, epsilon):
    answers = np.zeros((3, units, 1), dtype=bool)
    machine = np.full((units, 1), epsilon == 1)  # at 0 nobody ever differs; at 1 the machine is always worse
    seen = alternative_test("x", machine, CODERS, answers, np.ones((3, units), bool), np.arange(units), epsilon)
    assert [item.p for item in seen.coders] == [1.0] * 3 and seen.winning_rate == 0 and not seen.passed
