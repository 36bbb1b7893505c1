"""What more gold may be expected to buy, and when nothing can be said of it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toys import CODES

from pipeline.errors import UsageError
from pipeline.evaluate.compare import Figure
from pipeline.evaluate.statistics import binary_counts, interval, krippendorff_alpha
from pipeline.gold import GoldUnit
from pipeline.learning_curve import (
    LEAST_SHARED,
    CurvePoint,
    check_curve,
    curve_lines,
    expected_at,
    gain,
    measured,
    mostly_adjudicated,
    part_of,
)
from pipeline.learnt import Agreement
from pipeline.types import Coding

NONE = Figure(None, None, None)


def point(units, alpha, drawn=None, macro=None):
    low, high = (None, None) if drawn is None else interval(drawn)
    kept = np.empty(0) if drawn is None else drawn
    return CurvePoint(units, Figure(alpha, low, high), Figure(macro, None, None), kept)


def power(a, b, sizes, limit=1.0):
    return [point(n, limit - a * n**-b) for n in sizes]


def unit(name, group, codes=()):
    coded = None if codes is None else frozenset(codes)
    return GoldUnit(name, (Coding(name, group, "we save money with the council", coded, "ann"),))


SIZES = st.lists(st.integers(10, 500), min_size=3, max_size=5, unique=True)


@given(st.floats(0.5, 3), st.floats(0.05, 0.7), SIZES, st.integers(20, 20_000), st.sampled_from([1.0, 0.8, 0.6]))
def test_a_power_law_is_found_again(a, b, sizes, units, limit):
    """Also where agreement levels off below 1."""
    seen = expected_at(power(a, b, sizes, limit), units, limit)
    assert seen == pytest.approx(limit - a * units**-b, abs=1e-4)


def test_the_power_law_by_hand():
    # 1 - alpha = 4 / sqrt(n): 0.4, 0.2, 0.1 at 100, 400, 1600; at 6400 it is 0.05, and twice 1600 adds 0.1 - 0.0707.
    points = [point(100, 0.6), point(400, 0.8), point(1600, 0.9)]
    assert expected_at(points, 6400) == pytest.approx(0.95)
    assert gain(points).value == pytest.approx(0.1 - 0.1 / 2**0.5)


def test_a_limit_below_one_promises_less():
    points = power(2, 0.5, (100, 200, 400), 0.7)
    assert expected_at(points, 800, 0.7) < expected_at(points, 800)


@pytest.mark.parametrize("alphas", [(0.6, None, 0.8), (0.5, 0.7), (None, None, None)])
def test_nothing_is_expected_without_three_sizes(alphas):
    points = [point(100 * 2**i, alpha) for i, alpha in enumerate(alphas)]
    assert expected_at(points, 1000) is None
    assert "alpha is not defined at three sizes" in curve_lines(points)[-1]
    assert expected_at([point(10, 0.5)] * 3, 20) is None


def noisy(alphas, shared, own, seed=0, resamples=400):
    """Points whose resamples vary together (`shared`: the held-out part is easy or hard) and each for itself (`own`)."""
    rng = np.random.default_rng(seed)
    common = rng.normal(0, shared, resamples)
    return [
        point(100 * 2**i, alpha, alpha + common + rng.normal(0, own, resamples), 0.5) for i, alpha in enumerate(alphas)
    ]


def test_what_varies_together_does_not_hide_a_gain():
    clear = gain(noisy((0.3, 0.4, 0.5), shared=0.08, own=0.005))
    assert 0 < clear.low < clear.value < clear.high
    lines = curve_lines(noisy((0.3, 0.4, 0.5), shared=0.08, own=0.005))
    assert lines[2].startswith("400 units: alpha 0.50 (0.3") and "macro-F1 0.50" in lines[2]
    assert lines[3].startswith("twice as much gold (800 units) may be expected to reach alpha 0.58: +0.0")
    assert "taken to rise towards 1: where it levels off is unknown, as no unit has two coders" in lines[4]


def test_a_gain_that_may_be_chance_is_no_promise():
    lines = curve_lines(noisy((0.44, 0.45, 0.46), shared=0.05, own=0.05))
    assert lines[3].startswith(
        "no gain from twice as much gold (800 units) can be told from chance: alpha +0.01 (95 % interval -0"
    )
    lines = curve_lines(noisy((0.6, 0.5, 0.4), shared=0.01, own=0.01))
    assert lines[3].startswith("agreement falls with more gold, by -0.")


def test_chance_is_seldom_promised_as_a_gain():
    """Nothing is learnt from more gold; what the reviewer saw announced as a rise in half of the cases."""
    promised = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        alphas = 0.45 + rng.normal(0, 0.05, 3)
        promised += gain(noisy(alphas, shared=0.0, own=0.05, seed=seed + 1000, resamples=300)).low > 0
    assert promised <= 14  # 2.5 % of 200 are expected


def test_a_machine_that_is_right_agrees_with_one_coder_by_the_root_of_the_coders_alpha():
    """Two coders who err alike and apart from each other: the old limit, their alpha, lies below what the truth reaches."""
    rng = np.random.default_rng(4)
    truth = rng.random(100_000) < 0.5
    one, two = (truth ^ (rng.random(len(truth)) < 0.1) for _ in range(2))
    coders, right = (
        float(krippendorff_alpha(binary_counts(first, second))) for first, second in ((one, two), (truth, one))
    )
    people = Agreement(LEAST_SHARED, Figure(coders, None, None), NONE)
    points = noisy((0.3, 0.4, 0.5), shared=0.02, own=0.005)
    assert right > coders + 0.1
    assert f"at about alpha {right:.2f}, the square root of the coders' {coders:.2f}" in curve_lines(points, people)[4]


def test_an_adjudicated_reference_is_no_single_coder():
    points = noisy((0.6, 0.7, 0.8), shared=0.02, own=0.005)
    people = Agreement(LEAST_SHARED, Figure(0.6, 0.5, 0.7), NONE)
    assert len(curve_lines(points, people)) == 4  # beyond what one coder allows
    lines = curve_lines(points, people, adjudicated=True)
    assert "towards 1, as the held-out reference is adjudicated" in lines[4]
    assert f"reach alpha {expected_at(points, 800):.2f}" in lines[3]


def test_mostly_adjudicated_is_more_than_half_of_what_has_codes():
    def held(name, *coders):
        return GoldUnit(name, tuple(replace(unit(name, "g").first, coder=coder) for coder in coders))

    settled, single, bare = held("s", "ann", "adjudicated"), held("c", "ann"), unit("n", "g", None)
    of_attitudes = GoldUnit("t", (*single.codings, replace(bare.first, coder="adjudicated")))
    assert mostly_adjudicated([settled, settled, single, bare, bare])
    assert not mostly_adjudicated([settled, single]) and not mostly_adjudicated([of_attitudes])
    assert not mostly_adjudicated([])


def test_where_people_stop():
    points = noisy((0.3, 0.4, 0.5), shared=0.02, own=0.005)
    people = Agreement(LEAST_SHARED, Figure(0.7, 0.6, 0.8), NONE)
    lines = curve_lines(points, people)
    assert "at about alpha 0.84, the square root of the coders' 0.70 with each other" in lines[4]
    assert expected_at(points, 800, 0.7) < expected_at(points, 800)
    few = curve_lines(points, Agreement(LEAST_SHARED - 1, Figure(0.7, 0.6, 0.8), NONE))
    assert f"as only {LEAST_SHARED - 1} units have two coders" in few[4]
    reached = curve_lines(points, Agreement(LEAST_SHARED, Figure(0.26, 0.2, 0.3), NONE))
    assert len(reached) == 4 and "as far as one can agree with a single coder (about alpha 0.51" in reached[3]
    below = curve_lines(points, Agreement(LEAST_SHARED, Figure(-0.1, -0.2, 0.1), NONE))
    assert len(below) == 4 and "alpha 0.00" in below[3]


def test_without_intervals_nothing_is_promised():
    lines = curve_lines([point(100, 0.6), point(200, 0.7), point(400, 0.8)])
    assert len(lines) == 5  # of an interval nothing is said
    assert "would reach alpha 0.86 if it went on so, but fewer than 3 groups are held out" in lines[3]


# --- the parts


@given(st.lists(st.integers(1, 40), min_size=1, max_size=8), st.integers(0, 5))
def test_parts_are_as_large_as_said_and_lie_in_each_other(sizes, seed):
    units = [unit(f"{g}/{i}", f"g{g}") for g, size in enumerate(sizes) for i in range(size)]
    quarter, half, whole = (part_of(units, share, seed) for share in (0.25, 0.5, 1))
    assert [len(part) for part in (quarter, half, whole)] == [
        max(1, round(share * len(units))) for share in (0.25, 0.5, 1)
    ]
    assert half[: len(quarter)] == quarter and whole[: len(half)] == half
    cut = [
        g for g in {item.first.group for item in half} if 0 < sum(i.first.group == g for i in half) < sizes[int(g[1:])]
    ]
    assert len(cut) <= 1


def test_parts_are_shares_of_the_units_with_codes():
    units = [unit(f"a{i}", "g", None) for i in range(50)] + [unit(f"c{i}", "h", "a") for i in range(20)]
    for seed in range(4):
        assert sum(item.first.codes is not None for item in part_of(units, 0.25, seed)) == 5


def test_a_curve_that_cannot_be():
    held = [unit("h", "h")]
    check_curve([unit(str(i), "g") for i in range(4)], held)
    with pytest.raises(UsageError, match="a quarter, a half and all of 2 units"):
        check_curve([unit(str(i), "g") for i in range(2)], held)
    with pytest.raises(UsageError, match="no unit with codes is held out"):
        check_curve([unit(str(i), "g") for i in range(9)], [unit("h", "h", None)])


def test_resamples_are_those_of_the_figure(predictor, codebook):
    held = [unit(f"u{i}", f"g{i % 4}", CODES[i % 3 : i % 3 + 1 + i % 2]) for i in range(24)]
    found = measured(predictor, held[:10], held, codebook)
    assert found.units == 10 and len(found.drawn) > 100
    assert [found.alpha.low, found.alpha.high] == pytest.approx(interval(found.drawn), abs=1e-4)
