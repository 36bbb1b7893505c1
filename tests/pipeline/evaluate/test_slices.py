"""Slices: figures of the rows themselves, Holm's correction by a published example, and what the tests find."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from pipeline.evaluate.slices import NOT_GIVEN, _jackknife_p, lengths, slices_by


def data(groups=16, per=30, worse=0.35):
    """Half of the groups (`rank` b) are coded worse; `mood` changes within groups and means nothing."""
    rng = np.random.default_rng(11)
    group = np.repeat(np.arange(groups), per)
    gold = rng.random((groups * per, 3)) < 0.3
    noise = np.where(group % 2 == 1, worse, 0.05)[:, None]
    other = gold ^ (rng.random(gold.shape) < noise)
    attributes = [
        {"rank": "ab"[g % 2], "mood": ["up", "down", "flat"][int(k)]}
        for g, k in zip(group, rng.integers(0, 3, len(group)), strict=True)
    ]
    return attributes, gold, other, [f"g{g}" for g in group]


def test_figures_are_those_of_the_slice_alone():
    attributes, gold, other, groups = data()
    seen = slices_by(["rank"], attributes, gold, other, groups)
    for item in seen:
        rows = np.array([mine["rank"] == item.value for mine in attributes])
        assert item.figures["f1"].value == pytest.approx(f1_score(gold[rows].ravel(), other[rows].ravel()), abs=1e-4)
        assert (item.units, item.groups) == (240, 8)


def test_a_real_difference_is_found_and_noise_is_not():
    seen = slices_by(["rank", "mood"], *data())
    by = {(item.attribute, item.value): item.differences for item in seen}
    assert by["rank", "b"]["alpha"].figure.value < -0.4 and by["rank", "b"]["alpha"].p_holm < 0.01
    assert by["rank", "a"]["alpha"].p == by["rank", "b"]["alpha"].p  # one test, told twice
    assert by["rank", "b"]["alpha"].test == "permutation of groups"
    assert by["mood", "up"]["alpha"].test == "jackknife over groups"
    assert all(by["mood", value]["f1"].p_holm > 0.05 for value in ("up", "down", "flat"))


def test_what_is_not_given_is_shown_but_not_tested():
    attributes, gold, other, groups = data()
    attributes = [mine if i % 3 else {} for i, mine in enumerate(attributes)]
    seen = slices_by(["rank"], attributes, gold, other, groups)
    assert [item.value for item in seen][-1] == NOT_GIVEN and seen[-1].differences == {}
    assert sum(item.units for item in seen) == len(attributes)


def test_one_group_on_a_side_is_not_tested():
    attributes, gold, other, groups = data(groups=3)
    found = {item.value: item.differences["alpha"] for item in slices_by(["rank"], attributes, gold, other, groups)}
    assert found["b"].p is None and found["b"].test == "none: fewer than 2 groups on one side"


def test_lengths_are_thirds():
    names = lengths([" ".join(["word"] * n) for n in range(1, 10)])
    assert [names.count(name) for name in dict.fromkeys(names)] == [3, 3, 3] and lengths([]) == []


def test_of_means_the_jackknifes_p_is_that_of_students_t():
    from scipy import stats

    apart = np.array([0.3, -0.1, 0.2, 0.4, 0.15, 0.05])  # of the mean of groups' differences it is the one-sample test
    without = (apart.sum() - apart) / (len(apart) - 1)
    assert _jackknife_p(apart.mean(), without) == pytest.approx(stats.ttest_1samp(apart, 0).pvalue)
    assert _jackknife_p(0.1, np.array([0.1, np.nan, 0.2])) is None and _jackknife_p(0.1, np.full(4, 0.1)) is None


def test_with_few_groups_noise_is_no_more_often_a_difference_than_it_may_be():
    rng = np.random.default_rng(2)
    found = []
    for _ in range(60):
        group, mood = np.repeat(np.arange(6), 20), rng.integers(0, 2, 120)
        gold = rng.random((120, 1)) < rng.beta(2, 3, 6)[group, None]
        other = gold ^ (rng.random((120, 1)) < rng.beta(2, 8, 6)[group, None])
        seen = slices_by(["mood"], [{"mood": "ab"[k]} for k in mood], gold, other, [str(g) for g in group])
        found.append(seen[0].differences["f1"].p < 0.05)
    assert np.mean(found) <= 0.12
