"""The bootstrap of weights and sums against one that draws rows, and what is said where there is no interval."""

import numpy as np
import pytest

from pipeline.evaluate import statistics as stats
from pipeline.evaluate.figures import Figure, Resampler, rests_on


def test_weights_and_sums_are_a_bootstrap_of_whole_groups():
    rng = np.random.default_rng(5)
    groups = [f"g{number}" for number in rng.integers(0, 9, 200)]
    gold, other = rng.random((2, 200)) < 0.4
    resampler = Resampler(groups, resamples=50)
    flags = np.stack([gold & other, ~gold & other, gold & ~other, ~gold & ~other], axis=-1)
    drawn = stats.f1(resampler.resampled(resampler.sums(flags)))
    order = list(dict.fromkeys(groups))
    for weights, value in zip(resampler.weights, drawn, strict=True):
        rows = np.concatenate(
            [np.flatnonzero(np.array(groups) == order[g]) for g in range(9) for _ in range(int(weights[g]))]
        )
        assert stats.f1(stats.binary_counts(gold[rows], other[rows])) == pytest.approx(value)


def test_several_things_at_once_are_the_same_as_one_by_one():
    rng = np.random.default_rng(1)
    sums = rng.integers(0, 9, (4, 3, 4)).astype(float)
    resampler = Resampler(["a", "b", "c", "d"])
    together = resampler.figures(sums, stats.f1, 7)
    assert together == [resampler.figure(sums[:, k], stats.f1, 7) for k in range(3)]


@pytest.mark.parametrize(
    ("groups", "note", "interval"),
    [
        (["a"], "no interval: all units are of one group", False),
        (["a", "b"], "only 2 groups: the interval is no use", True),
        (["a", "b", "c"], "", True),
    ],
)
def test_few_groups_are_said(groups, note, interval):
    sums = np.array([[3.0, 1, 1, 5]] * len(groups))
    figure = Resampler(groups).figure(sums, stats.f1, 10)
    assert (figure.value, figure.note, figure.low is not None) == (0.75, note, interval)


def test_undefined_gives_the_reason():
    sums = np.array([[0.0, 0, 0, 5]] * 3)
    figure = Resampler(["a", "b", "c"]).figure(sums, stats.f1, 15, "neither coder used it")
    assert figure == Figure(None, None, None, 15, "undefined: neither coder used it")


def test_no_interval_where_most_resamples_are_undefined():
    sums = np.array([[1.0, 0, 0, 5]] + [[0.0, 0, 0, 5]] * 9)  # 0.9 ** 10: in a third the positive is not drawn
    assert Resampler(list("abcdefghij")).figure(sums, stats.f1, 60).low == 1
    rare = np.array([[0.0, 0, 0, 5]] * 2 + [[1.0, 0, 0, 5]])
    resampler = Resampler(["a", "b", "c"])
    drawn = np.full(2000, np.nan)
    assert resampler.made(1.0, drawn, 18).note == "no interval: undefined in most resamples"
    assert resampler.figure(rare, stats.f1, 18).value == 1


@pytest.mark.parametrize(
    "units, groups, told",
    [
        (100, 10, ""),
        (0, 0, ""),
        (99, 10, "from only 99 units of 10 groups: cite the interval"),
        (5000, 9, "from 5,000 units of only 9 groups: cite the interval"),
        (20, 20, "from only 20 units: cite the interval"),  # no groups were named
        (1, 1, "from 1 unit of only 1 group, too few for an interval to cite"),
        (40, 2, "from 40 units of only 2 groups, too few for an interval to cite"),
    ],
)
def test_on_how_little_figures_rest(units, groups, told):
    assert rests_on(units, groups) == told
