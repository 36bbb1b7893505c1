"""Average precision and ROC area against scikit-learn: the values, and each resample as rows drawn by group."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from pipeline.evaluate import ranking
from pipeline.evaluate.figures import Resampler
from pipeline.evaluate.ranking import macro_ranking, rank, ranking_figures

SCORED = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.25, 0.25001, 0.5, 0.9]), st.integers(0, 3)),
    min_size=1,
    max_size=40,
)


def theirs(gold, scores):
    gold, scores = np.asarray(gold), np.asarray(scores)
    if not gold.any():
        return math.nan, math.nan
    return average_precision_score(gold, scores), math.nan if gold.all() else roc_auc_score(gold, scores)


def same(ours, other):
    return (math.isnan(ours) and math.isnan(other)) or ours == pytest.approx(other)


@given(SCORED)
def test_values_and_resamples_are_those_of_scikit_learn(rows):
    gold, scores, groups = (np.array(column) for column in zip(*rows, strict=True))
    resampler = Resampler([str(g) for g in groups], resamples=2)
    seen = rank(gold, scores, resampler.numbers, resampler.weights)
    precision, area = theirs(gold, scores)
    assert same(seen.precision, precision) and same(seen.area, area)
    for weights, ours, ours_area in zip(resampler.weights, seen.drawn_precision, seen.drawn_area, strict=True):
        drawn = np.repeat(np.arange(len(rows)), weights[resampler.numbers].astype(int))
        precision, area = theirs(gold[drawn], scores[drawn])
        assert same(ours, precision) and same(ours_area, area)


def test_joined_levels_change_the_resamples_little(monkeypatch):
    rng = np.random.default_rng(3)
    gold = rng.random(3000) < 0.3
    scores = gold * 0.3 + rng.random(3000)
    resampler = Resampler([str(g) for g in rng.integers(0, 30, 3000)], resamples=40)
    joined = rank(gold, scores, resampler.numbers, resampler.weights)
    monkeypatch.setattr(ranking, "LEVELS", 10**6)
    exact = rank(gold, scores, resampler.numbers, resampler.weights)
    assert (joined.precision, joined.area) == (exact.precision, exact.area)
    assert joined.drawn_area == pytest.approx(exact.drawn_area, abs=1e-3)
    assert joined.drawn_precision == pytest.approx(exact.drawn_precision, abs=1e-3)


def test_undefined_is_said_and_left_out_of_the_mean():
    gold, scores = np.array([True, False, True]), np.array([0.9, 0.5, 0.1])
    resampler = Resampler(["a", "b", "c"])
    some = rank(gold, scores, resampler.numbers, resampler.weights)
    none = rank(np.zeros(3, dtype=bool), scores, resampler.numbers, resampler.weights)
    seen = ranking_figures(none, resampler, 3)
    assert seen["average_precision"].note == "undefined: gold never has it"
    assert seen["roc_auc"].note == "undefined: gold has it everywhere or nowhere"
    macro = macro_ranking([some, none], resampler, 3)
    assert macro["macro_average_precision"].value == round(some.precision, 4)
