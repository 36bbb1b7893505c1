"""Sets of codes against scikit-learn, nltk's MASI and the krippendorff package with MASI as its metric."""

import math

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.metrics import masi_distance as nltk_masi
from sklearn import metrics

from pipeline.evaluate.figures import Resampler
from pipeline.evaluate.sets import masi_alpha, masi_distance, set_figures

CODES = 3
UNITS = st.lists(
    st.tuples(*(st.lists(st.booleans(), min_size=CODES, max_size=CODES) for _ in "ab")), min_size=2, max_size=25
)


def both(rows):
    return tuple(np.array(column, dtype=bool) for column in zip(*rows, strict=True))


@given(UNITS)
def test_averages_over_units_are_those_of_scikit_learn(rows):
    gold, other = both(rows)
    seen = set_figures(gold, other, Resampler(["a"] * len(gold)))
    f1 = metrics.f1_score(gold, other, average="samples", zero_division=1)
    jaccard = metrics.jaccard_score(gold, other, average="samples", zero_division=1)
    assert seen["samples_f1"].value == pytest.approx(f1, abs=1e-4)
    assert seen["samples_jaccard"].value == pytest.approx(jaccard, abs=1e-4)
    assert seen["same_set"].value == pytest.approx(metrics.accuracy_score(gold, other), abs=1e-4)


@given(st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=1, max_size=8))
def test_masi_distance_is_that_of_nltk(rows):
    sets = np.array(rows, dtype=bool)
    ours = masi_distance(sets, sets)
    for i, mine in enumerate(sets):
        for k, yours in enumerate(sets):
            a, b = (set(np.flatnonzero(one)) for one in (mine, yours))
            if a or b:  # nltk divides by nought for two empty sets; it rounds 2/3 and 1/3 to two digits
                assert ours[i, k] == pytest.approx(nltk_masi(a, b), abs=0.004)
            else:
                assert ours[i, k] == 0
    assert masi_distance(sets, sets, paired=True) == pytest.approx(np.diag(ours))


@given(UNITS)
def test_masi_alpha_is_that_of_the_krippendorff_package(rows):
    gold, other = both(rows)
    names, numbers = np.unique(np.concatenate([gold, other]), axis=0, return_inverse=True)
    ours = masi_alpha(gold, other, Resampler(["a"] * len(gold))).value
    if len(names) < 2:
        assert ours is None
        return
    distance = masi_distance(names, names)

    def metric(v1, v2, **_):
        return distance[np.asarray(v1, dtype=int), np.asarray(v2, dtype=int)]

    table = numbers.reshape(2, -1).tolist()
    theirs = krippendorff.alpha(
        reliability_data=table, level_of_measurement=metric, value_domain=list(range(len(names)))
    )
    assert ours == pytest.approx(theirs, abs=1e-4)


def test_an_interval_does_not_depend_on_how_chance_is_summed():
    """With few groups the form is by group, with many it is by set: the same resamples give the same figures."""
    rng = np.random.default_rng(2)
    gold, other = rng.random((2, 60, CODES)) < 0.4
    few = Resampler([str(i // 20) for i in range(60)])
    by_set = masi_alpha(gold, other, Resampler([str(i) for i in range(60)]))
    by_group = masi_alpha(gold, other, few)
    assert by_set.value == by_group.value and not math.isnan(by_set.low)
