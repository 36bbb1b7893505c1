"""Which groups are held out, and folds: no group is cut, and parts have their shares of the units and of every code."""

import itertools
import math
import random
import time
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import UsageError
from pipeline.gold import GoldUnit
from pipeline.holding_out import ABOUT_AS_GOOD, LEAST, fold_groups, how_split, names_held, of_one_group, split_groups
from pipeline.types import Attitude, Coding, MentionCoding


def unit(name, group, codes="", attitudes=None):
    coded = None if codes is None else frozenset(codes)
    return GoldUnit(str(name), (Coding(str(name), group, "The council is late.", coded, "ann", "And?", attitudes),))


def groups_of(*sizes, codes=""):
    """Groups A, B, C … of these sizes."""
    return [unit(f"{at}/{i}", chr(65 + at), codes) for at, size in enumerate(sizes) for i in range(size)]


def held(units, share=0.15, seed=1):
    return Counter(item.first.group for item in split_groups(units, share, seed)[1])


def counted(units):
    return Counter(code for item in units for code in item.first.codes or ())


ROWS = st.lists(st.tuples(st.integers(0, 20), st.sets(st.sampled_from("abc"))), min_size=2, max_size=60)
GOLD = ROWS.map(lambda rows: [unit(i, f"g{group}", codes) for i, (group, codes) in enumerate(rows)])
SHARES = st.floats(0.05, 0.95)


@given(GOLD.filter(lambda units: not of_one_group(units)), SHARES, st.integers(0, 5))
def test_a_split_cuts_through_no_group(units, share, seed):
    training, validation = split_groups(units, share, seed)
    sides = [{item.first.group for item in side} for side in (training, validation)]
    assert all(sides) and not sides[0] & sides[1]
    assert sorted(item.unit_id for item in training + validation) == sorted(item.unit_id for item in units)
    assert (training, validation) == split_groups(units, share, seed)
    again = split_groups(units[::-1], share, seed)  # the order of rows decides nothing
    assert {item.unit_id for item in again[1]} == {item.unit_id for item in validation}


def off(units, part, share):
    """How far a part lies from its share, written down anew, a count at a time."""

    def one(whole, mine):
        held = math.log((mine + LEAST) / (share * whole + LEAST))
        left = math.log((whole - mine + LEAST) / ((1 - share) * whole + LEAST))
        return (2 if held < 0 else 1) * held**2 + left**2

    all_codes, mine = counted(units), counted(part)
    labels = [one(count, mine[code]) for code, count in all_codes.items()]
    return one(len(units), len(part)) + (sum(labels) / len(labels) if labels else 0)


@settings(max_examples=30)
@given(GOLD.filter(lambda units: 1 < len({item.first.group for item in units}) < 8), SHARES, st.integers(0, 5))
def test_of_few_groups_no_subset_is_better(units, share, seed):
    names = sorted({item.first.group for item in units})
    subsets = [set(some) for n in range(1, len(names)) for some in itertools.combinations(names, n)]
    best = min(off(units, [item for item in units if item.first.group in some], share) for some in subsets)
    assert off(units, split_groups(units, share, seed)[1], share) <= best + ABOUT_AS_GOOD + 1e-9


@pytest.mark.parametrize(
    ("sizes", "share", "expected"),
    [
        ((60, 60, 2), 0.15, {60}),  # two units would measure nothing
        ((9, 9, 1), 0.15, {9}),
        ((100, 10), 0.15, {10}),  # one huge interview must not become the whole validation part
        ((30, 30, 40), 0.4, {40}),
        ((10, 10, 20, 60), 0.2, {10, 20}),
        ((5, 5, 5, 5, 80), 0.2, {5}),
    ],
)
def test_sizes(sizes, share, expected):
    for seed in range(4):
        found = held(groups_of(*sizes), share, seed)
        assert set(found.values()) <= expected
        assert sum(found.values()) >= share * sum(sizes) / 2


def test_a_rare_code_is_on_both_sides():
    """Three of eight interviews speak of it twice: one of them is held out."""
    units = [
        unit(f"{group}/{i}", f"g{group}", "ab" if group < 3 and i < 2 else "a") for group in range(8) for i in range(10)
    ]
    for seed in range(6):
        training, validation = split_groups(units, 0.15, seed)
        assert (counted(training)["b"], counted(validation)["b"]) == (4, 2)


def test_what_there_is_of_a_code_in_one_interview_is_learnt():
    units = [
        unit(f"{group}/{i}", f"g{group}", "b" if group == 0 and i < 3 else "a") for group in range(8) for i in range(10)
    ]
    for seed in range(6):
        assert counted(split_groups(units, 0.15, seed)[0])["b"] == 3


def test_units_whose_codes_were_not_asked_for_do_not_make_a_part_of_the_codes():
    """Group D is long, and of attitudes only: it cannot stand in for held-out codes."""
    opinion = (MentionCoding("council", 4, 11, "", Attitude.POSITIVE),)
    units = [*groups_of(10, 10, 10, codes="a"), *(unit(f"d{i}", "D", None, opinion) for i in range(10))]
    for seed in range(6):
        assert set(held(units, 0.25, seed)) & set("ABC")
    assert held([unit(i, f"g{i % 2}", None) for i in range(6)]).total() == 3  # nobody was asked for anything


def test_the_seed_decides_the_split(gold):
    found = {tuple(sorted({item.first.group for item in split_groups(gold, 0.2, seed)[1]})) for seed in range(8)}
    assert len(found) > 1


def test_one_group_cannot_be_split():
    with pytest.raises(UsageError, match=r"the gold has 1 group.*column `group`"):
        split_groups([unit("u", "g")], 0.2, 1)


def many(units, groups, codes=40, seed=0):
    """Units of groups of all sizes; codes from common to rare, each group with leanings of its own."""
    rng = np.random.default_rng(seed)
    of = rng.choice(groups, units, p=rng.dirichlet(np.full(groups, 2.0)))
    rates = np.geomspace(0.2, 0.002, codes) * rng.gamma(1, 1, (groups, codes))
    return [
        unit(i, f"g{group}", {f"c{k}" for k in np.flatnonzero(rng.random(codes) < rates[group])})
        for i, group in enumerate(of)
    ]


def test_many_groups_are_shared_out_well_and_fast():
    units = many(10_000, 250)
    started = time.process_time()
    training, validation = split_groups(units, 0.15, 1)
    assert time.process_time() - started < 1
    assert len(training) + len(validation) == 10_000
    assert len(validation) == pytest.approx(1500, rel=0.03)
    whole, part = counted(units), counted(validation)
    off_by = [abs(part[code] / (0.15 * count) - 1) for code, count in whole.items() if count >= 100]
    assert len(off_by) > 20 and np.mean(off_by) < 0.15


# --- folds


@given(GOLD, st.integers(2, 8), st.integers(0, 5))
def test_folds_cut_through_no_group(units, folds, seed):
    found = fold_groups(units, folds, seed)
    groups = {item.first.group for item in units}
    assert sorted(i for fold in found for i in fold) == list(range(len(units)))
    assert all(fold and fold == sorted(fold) for fold in found)
    assert found == fold_groups(units, folds, seed)
    if len(groups) > 1:
        assert len(found) == min(folds, len(groups))
        of_each = [{units[i].first.group for i in fold} for fold in found]
        assert sum(map(len, of_each)) == len(groups)
    else:
        assert len(found) == min(folds, len(units))


def test_fewer_groups_than_folds_are_each_a_fold():
    units = groups_of(4, 2, 1)
    assert [[units[i].first.group for i in fold] for fold in fold_groups(units, 5, 1)] == [["A"] * 4, ["B"] * 2, ["C"]]


def test_of_one_group_stretches_are_dealt():
    units = groups_of(100)
    found = fold_groups(units, 5, 1)
    assert of_one_group(units) and [len(fold) for fold in found] == [20] * 5
    borders = sum(b - a > 1 for fold in found for a, b in itertools.pairwise(fold))
    assert borders <= 15  # four stretches of five neighbours each, not twenty single units


def test_folds_have_their_shares():
    units = many(2000, 40, codes=6)
    found = fold_groups(units, 5, 1)
    assert [len(fold) for fold in found] == pytest.approx([400] * 5, rel=0.1)
    whole = counted(units)["c0"]
    assert np.mean([abs(5 * counted(units[i] for i in fold)["c0"] / whole - 1) for fold in found]) < 0.2


@pytest.mark.parametrize(("units", "folds"), [(groups_of(3, 3), 1), (groups_of(1), 2)])
def test_folds_that_cannot_be(units, folds):
    with pytest.raises(ValueError, match="two"):
        fold_groups(units, folds, 1)


def test_who_is_held_out_is_named():
    units = groups_of(2, 2, 2)
    assert names_held(units[2:]) == "B, C"
    assert how_split(units[:2], units[2:]) == "split by group (2 of 3 groups held out: B, C)"
    assert names_held(groups_of(*[2] * 12)) == "A, B, C, D, E, F, G, H, I, J and 2 more"
    assert names_held([unit("1", "1"), unit("2", "2")]) == ""  # no groups were given


def test_stretches_of_a_single_interview_follow_the_talk_whatever_the_order_of_rows():
    talk = [
        replace(unit(i, "A"), codings=(replace(unit(i, "A").first, transcript="a.txt", start=50 * i, end=50 * i + 40),))
        for i in range(60)
    ]
    rows = random.Random(3).sample(talk, len(talk))
    for fold in fold_groups(rows, 3, 1):
        held_out = sorted(int(rows[i].unit_id) for i in fold)
        neighbours = sum(after == before + 1 for before, after in itertools.pairwise(held_out))
        assert neighbours >= len(held_out) - 4  # four stretches at most
