"""The estimator against closed forms, a plain second implementation, and its laws."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.prevalence import estimator
from pipeline.prevalence.bounds import of_one_whole
from pipeline.prevalence.intervals import design_error, exact_interval, logit_interval, wald


def study(seed, interviews=8, each=10, chance=0.5):
    rng = np.random.default_rng(seed)
    interview = np.repeat(np.arange(interviews), each)
    y = (rng.random(len(interview)) < 0.4).astype(float)
    f = np.clip(0.2 + 0.5 * y + rng.normal(0, 0.2, len(y)), 0, 1)
    inclusion = rng.uniform(chance, 1, len(y))
    weight = np.where(rng.random(len(y)) < inclusion, 1 / inclusion, 0.0)
    return interview, y, f, weight


def tabled(interview, y, f, weight, group=None, groups=1):
    one = np.ones_like(y)
    group = np.zeros_like(interview) if group is None else group
    shape = (groups, int(interview.max()) + 1)
    return estimator.sums(f[None], one[None], y[None], one[None], weight, group, interview, shape)[0]


def plainly(y, f, weight):
    """The same estimator, written from the paper: tuned mean of the machine plus the weighted mean of the errors."""
    coded = weight > 0
    covariance = np.cov(y[coded], f[coded], aweights=weight[coded], bias=True)
    k = np.clip(covariance[0, 1] / covariance[1, 1], 0, 1)
    return k * f.mean() + np.average(y[coded] - k * f[coded], weights=weight[coded])


@pytest.mark.parametrize("seed", range(5))
def test_point_and_jackknife_agree_with_leaving_each_interview_out_by_hand(seed):
    interview, y, f, weight = study(seed)
    result = estimator.corrected(tabled(interview, y, f, weight))
    left = [plainly(y[interview != c], f[interview != c], weight[interview != c]) for c in range(8)]
    point = plainly(y, f, weight)
    assert result.share[0] == pytest.approx(point, rel=1e-12)
    assert result.error[0] == pytest.approx(np.sqrt(7 / 8 * ((np.array(left) - point) ** 2).sum()), rel=1e-10)


def test_power_tuning_is_that_of_ppi_plus_plus():
    # Angelopoulos, Duchi and Zrnic 2023, example of the mean: k = cov(y, f) / ((1 + n/N) var(f)) with N segments that are not
    # hand-coded, and the estimate mean(y) + k (mean of f over those N - mean of f over the n).
    _, y, f, _ = study(3, interviews=40)
    f = f + np.random.default_rng(4).normal(0, 0.4, len(f))
    weight = np.zeros(len(y))
    weight[:100] = 4.0
    coded, rest = slice(0, 100), slice(100, None)
    n, others = 100, len(y) - 100
    k = np.cov(y[coded], f[coded])[0, 1] / ((1 + n / others) * np.var(f[coded], ddof=1))
    expected = y[coded].mean() + k * (f[rest].mean() - f[coded].mean())
    result = estimator.corrected(tabled(np.repeat(np.arange(40), 10), y, f, weight))
    assert 0 < result.tuning < 1
    assert result.share[0] == pytest.approx(expected, rel=1e-12)


def mentions(seed):
    """Marked mentions and the machine's, by three attitudes in 400 segments of 40 interviews; all segments weigh alike."""
    rng = np.random.default_rng(seed)
    y = rng.multinomial(1, [0.2, 0.5, 0.3], 400).T * rng.poisson(0.8, 400)
    f = 1.6 * rng.dirichlet([1, 2, 1], 400).T * rng.poisson(0.5 * y.sum(0) + 0.5) + 0.5 * y
    return np.repeat(np.arange(40), 10), y.astype(float), f


def shares_at(k, y, f, coded):
    z, d = y.sum(0), f.sum(0)
    above, below = ((k * m).mean(-1) + (p - k * m)[..., coded].mean(-1) for p, m in ((y, f), (z, d)))
    return above / below


@pytest.mark.parametrize("seed", range(3))
def test_the_tuning_of_shares_of_one_whole_is_that_of_the_least_summed_variance(seed):
    # By the delta method: the mean of (y - p z) - k (f - p d) over the sample, p by hand, over the mean of z.
    interview, y, f = mentions(seed)
    coded = np.random.default_rng(seed).permutation(400)[:150]
    weight = np.zeros(400)
    weight[coded] = 2.0
    z, d = (np.broadcast_to(item.sum(0), item.shape) for item in (y, f))
    table = estimator.sums(f, d, y, z, weight, np.zeros(400, dtype=int), interview, (1, 40))
    result = estimator.corrected(table, parts=True)
    p = y[:, coded].sum(1) / z[0, coded].sum()

    def summed(k):
        return ((y - p[:, None] * z) - k * (f - p[:, None] * d))[:, coded].var(axis=1).sum()

    tried = np.linspace(0, 1, 2001)
    best = tried[np.argmin([summed(k) for k in tried])]
    assert result.tuning == pytest.approx(best, abs=0.001) and len(set(result.tuning)) == 1 and 0 < best < 1
    assert result.share[:, 0] == pytest.approx(shares_at(result.tuning[0], y, f, coded))


def test_degrees_of_freedom_are_of_the_interviews_with_a_mention():
    interview, y, f = mentions(0)
    y, f, one = y * (interview < 3), f * (interview < 5), np.ones(400)
    z, d = (np.broadcast_to(item.sum(0), item.shape) for item in (y, f))
    table = estimator.sums(f, d, y, z, one, np.zeros(400, dtype=int), interview, (1, 40))
    assert set(estimator.corrected(table, parts=True).interviews.ravel()) == {3}
    assert set(estimator.machine_only(table).interviews.ravel()) == {5}
    coded = estimator.by_hand(tabled(interview, y[0], f[0], one))
    assert coded.interviews == [40]


@given(st.lists(st.floats(-2, 2), min_size=2, max_size=2))
def test_shares_of_one_whole_are_brought_within_0_and_1_together(two):
    share = np.array([[*two, 1 - sum(two)]]).T
    inside = of_one_whole(share)
    assert ((inside >= 0) & (inside <= 1)).all() and inside.sum() == pytest.approx(1)
    if (share >= 0).all():
        assert inside == pytest.approx(share)


def test_the_error_of_a_mean_of_equal_interviews_is_that_of_the_mean_of_their_means():
    interview, y, f, _ = study(1)
    result = estimator.by_hand(tabled(interview, y, f, np.ones_like(y)))
    means = y.reshape(8, 10).mean(1)
    assert result.error[0] == pytest.approx(means.std(ddof=1) / np.sqrt(8), rel=1e-12)


@given(st.integers(0, 10**6), st.floats(0, 1), st.floats(0, 1))
def test_where_all_is_hand_coded_the_machine_does_not_matter(seed, a, b):
    interview, y, _, _ = study(seed)
    f = np.where(y > 0, a, b)
    result = estimator.corrected(tabled(interview, y, f, np.ones_like(y)))
    assert result.share[0] == pytest.approx(y.mean(), abs=1e-9)


@given(st.integers(0, 10**6))
def test_weights_count_only_in_proportion_and_a_useless_machine_not_at_all(seed):
    interview, y, f, weight = study(seed)
    result = estimator.corrected(tabled(interview, y, f, weight))
    again = estimator.corrected(tabled(interview, y, f, 7 * weight))
    assert again.share[0] == pytest.approx(result.share[0])
    useless = estimator.corrected(tabled(interview, y, np.full_like(f, 0.3), weight))
    hand = estimator.by_hand(tabled(interview, y, f, weight))
    assert (useless.tuning, useless.share[0], useless.error[0]) == (0, hand.share[0], hand.error[0])


def test_a_perfect_machine_leaves_no_error_within_the_corpus():
    interview, y, _, weight = study(2)
    result = estimator.corrected(tabled(interview, y, y, weight))
    coded = weight > 0
    assert result.share[0] == pytest.approx(y.mean())
    rest = y[coded] - result.tuning * y[coded]
    assert design_error(rest, weight[coded], 1 / weight[coded], least=0) == pytest.approx(0, abs=1e-12)
    cautious = design_error(rest, weight[coded], 1 / weight[coded])
    assert 0 < cautious < 2 / coded.sum()


def test_over_all_samples_weighted_hand_coding_is_right_on_average():
    y = np.array([1.0, 0, 0, 1, 1, 0])
    interview = np.arange(6)
    shares = []
    for chosen in itertools.combinations(range(6), 3):
        weight = np.zeros(6)
        weight[list(chosen)] = 2.0
        shares.append(estimator.by_hand(tabled(interview, y, y, weight)).share[0])
    assert np.mean(shares) == pytest.approx(0.5)


def test_the_error_within_a_corpus_is_that_of_a_simple_random_sample():
    rng = np.random.default_rng(0)
    y = rng.random(50)
    error = design_error(y, np.full(50, 4.0), np.full(50, 0.25), least=0)
    assert error == pytest.approx(np.sqrt((1 - 0.25) * y.var(ddof=1) / 50))


def test_undefined_stays_undefined():
    interview, y, f, weight = study(0)
    group = np.where(interview < 4, 0, 1)
    nothing = estimator.corrected(tabled(interview, y, f, np.where(group == 1, 0, weight), group, 2))
    assert np.isfinite(nothing.share[0]) and np.isnan(nothing.share[1])
    lonely = estimator.corrected(tabled(interview, y, f, np.where(interview > 4, 0, weight), group, 2))
    assert np.isfinite(lonely.share[1]) and np.isnan(lonely.error[1])


@given(st.floats(0.001, 0.999), st.floats(0.001, 1), st.integers(1, 50))
def test_intervals_hold_their_share_and_stay_within_0_and_1(share, error, df):
    low, high = logit_interval(np.array(share), np.array(error), np.array(df))
    assert 0 <= low <= share <= high <= 1


def test_exact_interval_is_clopper_and_pearsons():
    # Rule of three's exact form for none of 30; and Clopper-Pearson's published 95 % limits for 4 of 20: 0.0573 to 0.4366.
    low, high = exact_interval(np.array(0.0), np.array(30.0))
    assert (low, high) == (0, pytest.approx(1 - 0.025 ** (1 / 30)))
    low, high = exact_interval(np.array(0.2), np.array(20.0))
    assert (low, high) == (pytest.approx(0.0573, abs=1e-4), pytest.approx(0.4366, abs=1e-4))


def test_wald_of_two_groups_is_welchs_t_squared():
    from scipy import stats

    a, b = np.array([1.0, 2, 4, 3, 2]), np.array([2.0, 5, 4])
    share, variance = np.array([a.mean(), b.mean()]), np.array([a.var(ddof=1) / 5, b.var(ddof=1) / 3])
    test, welch = wald(share, np.diag(variance), np.array([5.0, 3.0])), stats.ttest_ind(a, b, equal_var=False)
    assert (test.statistic, test.p) == (pytest.approx(welch.statistic**2), pytest.approx(welch.pvalue))
    assert wald(share[:1], np.diag(variance[:1]), np.array([5.0])).p is None
