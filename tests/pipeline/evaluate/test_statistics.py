"""Every statistic against another's implementation on random codings, and by hand where it is undefined."""

import math
import warnings

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from pipeline.evaluate import statistics as stats

PAIRS = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40)
CLASSES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40)


def same(ours, theirs):
    return (math.isnan(ours) and math.isnan(theirs)) or ours == pytest.approx(theirs, abs=1e-9)


def quiet(function, *arguments, **options):
    """Undefined is NaN with us; with others it is a warning, or an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return float(function(*arguments, **options))
        except ValueError:
            return math.nan


def alpha(gold, other, level="nominal"):
    if len(set(gold) | set(other)) < 2:
        return math.nan
    return quiet(krippendorff.alpha, reliability_data=[gold, other], level_of_measurement=level)


def confusion(rows):
    table = np.zeros((4, 4))
    for gold, other in rows:
        table[gold, other] += 1
    return table


def independent(prevalences, n=40_000):
    rng = np.random.default_rng(5)
    one, two = (rng.random((n, len(prevalences))) < prevalences for _ in range(2))
    return one, two, stats.binary_counts(one, two)


@pytest.mark.parametrize("prevalences", [(0.6, 0.05), (0.5, 0.02, 0.02, 0.3), (0.9, 0.1)])
def test_coders_who_guess_agree_within_codes_by_nothing(prevalences):
    one, two, counts = independent(prevalences)
    assert float(stats.within_alpha(counts)) == pytest.approx(0, abs=0.02)
    pooled = float(stats.krippendorff_alpha(counts.sum(0)))
    assert pooled > 0.2 and (prevalences != (0.6, 0.05) or pooled == pytest.approx(0.345, abs=0.01))
    # Against each code's own figures: the mean over codes of what is observed, and of what is expected.
    apart = (one != two).mean(0)
    expected = apart / (1 - stats.krippendorff_alpha(counts))
    assert float(stats.within_alpha(counts)) == pytest.approx(1 - apart.sum() / expected.sum(), abs=1e-9)


@given(st.integers(2, 30), st.integers(0, 30), st.integers(0, 30), st.integers(0, 400), st.integers(2, 6))
def test_codes_that_are_as_frequent_lose_nothing_by_pooling(both, mine, yours, neither, codes):
    counts = np.tile(np.array([both, mine, yours, neither], dtype=float), (codes, 1))
    one, within, pooled = (
        float(value)
        for value in (
            stats.krippendorff_alpha(counts[0]),
            stats.within_alpha(counts),
            stats.krippendorff_alpha(counts.sum(0)),
        )
    )
    assert same(within, one)  # and of a single code it is alpha
    assert (math.isnan(within) and math.isnan(pooled)) or abs(within - pooled) <= 2 / counts[
        0
    ].sum()  # the n - 1 of alpha


@given(st.lists(PAIRS, min_size=1, max_size=4))
def test_of_several_coders_within_codes_is_that_of_two(codes):
    counts = np.stack([stats.binary_counts(*np.array(rows).T) for rows in codes])
    sums = np.stack(
        [
            stats.several_coders_sums(np.array(rows, dtype=float).sum(1), np.full(len(rows), 2.0)).sum(0)
            for rows in codes
        ]
    )
    assert same(float(stats.several_coders_within_alpha(sums)), float(stats.within_alpha(counts)))


def test_codes_that_nobody_decided_on_do_not_count_within_codes():
    counts = np.array([[5.0, 1, 2, 12], [0, 0, 0, 0], [0, 0, 0, 20]])
    assert stats.within_alpha(counts) == stats.krippendorff_alpha(counts[0])
    assert math.isnan(stats.within_alpha(counts[1:]))


@given(PAIRS)
def test_binary_statistics(rows):
    gold, other = (np.array(column) for column in zip(*rows, strict=True))
    counts = stats.binary_counts(gold, other)
    assert (
        counts.tolist()
        == metrics.confusion_matrix(gold, other, labels=[True, False])[[0, 1, 0, 1], [0, 0, 1, 1]].tolist()
    )
    assert same(float(stats.krippendorff_alpha(counts)), alpha(gold.astype(int).tolist(), other.astype(int).tolist()))
    assert same(float(stats.cohen_kappa(counts)), quiet(metrics.cohen_kappa_score, gold, other))
    for ours, theirs in (
        (stats.f1, metrics.f1_score),
        (stats.precision, metrics.precision_score),
        (stats.recall, metrics.recall_score),
    ):
        assert same(float(ours(counts)), quiet(theirs, gold, other, zero_division=np.nan))
    assert float(stats.percent_agreement(counts)) == metrics.accuracy_score(gold, other)
    either = (gold | other).sum()
    assert same(float(stats.jaccard(counts)), (gold & other).sum() / either if either else math.nan)
    assert (float(stats.prevalence_gold(counts)), float(stats.prevalence_other(counts))) == (gold.mean(), other.mean())


@given(CLASSES)
def test_statistics_of_several_classes(rows):
    gold, other = (list(column) for column in zip(*rows, strict=True))
    table = confusion(rows)
    assert same(float(stats.nominal_alpha(table)), alpha(gold, other))
    occurring = sorted(set(gold) | set(other))
    theirs = metrics.f1_score(gold, other, labels=occurring, average="macro", zero_division=0)
    assert same(float(stats.macro_f1(table)), theirs)
    assert same(float(stats.ordinal_alpha(table)), alpha(gold, other, "ordinal"))
    apart = metrics.mean_absolute_error(gold, other)
    assert float(stats.mean_absolute_error(table)) == pytest.approx(apart)
    quadratic = quiet(metrics.cohen_kappa_score, gold, other, weights="quadratic", labels=[0, 1, 2, 3])
    assert same(float(stats.quadratic_kappa(table)), quadratic)


@given(st.lists(PAIRS, min_size=1, max_size=4))
def test_leading_dimensions_are_free(many):
    counts = np.array([stats.binary_counts(*map(np.array, zip(*rows, strict=True))) for rows in many])
    for function in (stats.precision, stats.recall, stats.f1, stats.krippendorff_alpha, stats.cohen_kappa):
        together = function(np.stack([counts, counts]))
        assert together.shape == (2, len(many))
        assert all(same(value, float(function(one))) for value, one in zip(together[1], counts, strict=True))


def test_by_hand():
    # Twenty units: both gave the code to 4, only the other to 1, only gold to 3, neither to 12.
    counts = np.array([4.0, 1, 3, 12])
    assert stats.precision(counts) == 4 / 5
    assert stats.recall(counts) == 4 / 7
    assert stats.f1(counts) == 8 / 12
    assert stats.percent_agreement(counts) == 16 / 20
    chance = 7 / 20 * 5 / 20 + 13 / 20 * 15 / 20
    assert stats.cohen_kappa(counts) == pytest.approx((0.8 - chance) / (1 - chance))
    # Forty values, 12 of them ones: expected disagreement 2 * 12 * 28 / (40 * 39).
    assert stats.krippendorff_alpha(counts) == pytest.approx(1 - 0.2 / (2 * 12 * 28 / (40 * 39)))


@pytest.mark.parametrize(
    ("function", "counts"),
    [
        (stats.precision, [0, 0, 3, 9]),
        (stats.recall, [0, 3, 0, 9]),
        (stats.f1, [0, 0, 0, 9]),
        (stats.krippendorff_alpha, [0, 0, 0, 9]),
        (stats.krippendorff_alpha, [9, 0, 0, 0]),
        (stats.cohen_kappa, [0, 0, 0, 9]),
        (stats.percent_agreement, [0, 0, 0, 0]),
    ],
)
def test_undefined_is_nan(function, counts):
    assert np.isnan(function(np.array(counts, dtype=float)))


def test_undefined_classes_are_nan():
    only = np.diag([5.0, 0, 0])
    assert np.isnan(stats.nominal_alpha(only)) and np.isnan(stats.quadratic_kappa(only))
    assert stats.macro_f1(only) == 1
    assert np.isnan(stats.macro_f1(np.zeros((3, 3))))


def test_interval():
    values = np.arange(101.0)
    assert stats.interval(values) == pytest.approx((2.5, 97.5))
    assert stats.interval(np.append(values, [np.nan] * 99)) == pytest.approx((2.5, 97.5))
    assert all(map(math.isnan, stats.interval(np.append(values, [np.nan] * 102))))
    assert all(map(math.isnan, stats.interval(np.full(3, np.nan))))


def test_resamples_draw_groups():
    weights = stats.group_weights(7, 500, seed=3)
    assert weights.shape == (500, 7) and (weights.sum(1) == 7).all()
    assert np.array_equal(weights, stats.group_weights(7, 500, seed=3))
    assert weights.mean(0) == pytest.approx(np.ones(7), abs=0.2)


@pytest.mark.parametrize(
    ("counts", "agreement", "kappa", "ac1"),
    [
        # Gwet (2002), "Kappa statistic is not satisfactory for assessing the extent of agreement between raters":
        # 125 units, 118 yes by both, 5 and 2 by one only, none by neither: kappa falls below 0 at 94.4 % agreement.
        ((118, 5, 2, 0), 0.944, -0.0234, 0.9408),
        # Feinstein and Cicchetti (1990), "High agreement but low kappa: I", kappa 0.70 and 0.32 at the same agreement; AC1 by
        # the package irrCAC 0.4.4, Gwet's own method.
        ((40, 9, 6, 45), 0.85, 0.69952, 0.70075),
        ((80, 10, 5, 5), 0.85, 0.31818, 0.808),
    ],
)
def test_published_tables_of_agreement(counts, agreement, kappa, ac1):
    table = np.array(counts, dtype=float)
    assert float(stats.percent_agreement(table)) == pytest.approx(agreement, abs=5e-5)
    assert float(stats.cohen_kappa(table)) == pytest.approx(kappa, abs=5e-5)
    assert float(stats.gwet_ac1(table)) == pytest.approx(ac1, abs=5e-5)
    assert float(stats.pabak(table)) == pytest.approx(2 * agreement - 1, abs=1e-4)


@given(st.lists(st.lists(st.sampled_from([0, 1, None]), min_size=4, max_size=4), min_size=1, max_size=30))
def test_alpha_of_several_coders_with_gaps(rows):
    votes = np.array([sum(value or 0 for value in row) for row in rows], dtype=float)
    coders = np.array([sum(value is not None for value in row) for row in rows], dtype=float)
    ours = float(stats.several_coders_alpha(stats.several_coders_sums(votes, coders).sum(0)))
    paired = {value for row in rows if sum(v is not None for v in row) > 1 for value in row if value is not None}
    table = [[math.nan if value is None else value for value in column] for column in zip(*rows, strict=True)]
    theirs = math.nan if len(paired) < 2 else quiet(krippendorff.alpha, table, level_of_measurement="nominal")
    assert same(ours, theirs)
