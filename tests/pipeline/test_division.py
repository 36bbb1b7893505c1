"""Whether a part of the gold is held out, or all of it in folds."""

import pytest

from pipeline.division import FEW_GROUPS, FEW_UNITS, FOLDS, MORE_UNITS, Division, divide
from pipeline.errors import UsageError
from pipeline.gold import GoldUnit
from pipeline.train_settings import TrainSettings
from pipeline.types import Coding


def units(count, groups, codes=frozenset("a"), prefix="g"):
    """Units of groups in turn; as many groups as units are as if no groups were named."""
    named = [f"{prefix}{i % groups}" if groups < count else f"{prefix}u{i}" for i in range(count)]
    return [
        GoldUnit(f"{prefix}u{i}", (Coding(f"{prefix}u{i}", group, "Talk.", codes, "ann"),))
        for i, group in enumerate(named)
    ]


def divided(gold, folds="auto", **how):
    return divide(gold, TrainSettings(folds=folds), **how)


@pytest.mark.parametrize(
    ("count", "groups", "folds", "fragment"),
    [
        (FEW_UNITS - 1, 20, FOLDS, "499 units are too few to set some aside"),
        (FEW_UNITS, 20, 0, ""),
        (FEW_UNITS, FEW_GROUPS, 0, ""),
        (FEW_UNITS, FEW_GROUPS - 1, FOLDS, "500 units of 6 groups are too few to set a group aside"),
        (MORE_UNITS - 1, FEW_GROUPS - 1, FOLDS, "1499 units of 6 groups are too few"),
        (MORE_UNITS, FEW_GROUPS - 1, 0, ""),
        (MORE_UNITS, 2, 0, ""),
        (MORE_UNITS, 1, FOLDS, "a single group cannot be split"),
        (40, 3, FOLDS, "40 units are too few"),
        (FEW_UNITS, FEW_UNITS, 0, ""),  # no groups are named
        (FEW_UNITS - 1, FEW_UNITS - 1, FOLDS, "499 units are too few"),
    ],
)
def test_what_the_gold_allows(count, groups, folds, fragment):
    found = divided(units(count, groups))
    assert (found.asked, found.decided, bool(found.folds), bool(found.validation)) == (
        "auto",
        folds,
        folds > 0,
        not folds,
    )
    assert found.why.startswith(fragment) and bool(found.why) is bool(fragment)
    assert sorted(unit.unit_id for unit in found.units) == sorted(unit.unit_id for unit in units(count, groups))
    assert len(found.folds) == (min(folds, groups) if groups > 1 else folds)
    assert found.record() == {"asked": "auto", "folds": len(found.folds), "why": found.why}


def test_units_with_codes_are_what_counts_where_there_are_any():
    attitudes = units(3000, 30, None, "a")
    assert divided([*attitudes, *units(100, 10)]).why.startswith("100 units are too few")
    assert not divided(attitudes).folds and not divided([*attitudes, *units(FEW_UNITS, 10)]).folds
    assert divided(attitudes[:400]).folds
    of_one = units(FEW_UNITS, 1)
    assert "of 1 group are too few" in divided([*attitudes, *of_one]).why


@pytest.mark.parametrize("asked", [0, 3, 5])
def test_what_was_asked_for_is_done(asked):
    for count in (40, 2000):
        found = divided(units(count, 10), asked)
        assert (found.asked, found.decided, len(found.folds), found.why) == (asked, asked, asked, "")


def test_a_curve_has_its_held_out_part():
    found = divided(units(40, 4), curve=True)
    assert found.validation and not found.folds and found.why == "40 units are too few to set some aside"
    # Folds of the one group are no remedy here: a curve refuses them.
    with pytest.raises(UsageError, match="a single group") as refused:
        divided(units(40, 1), curve=True)
    assert "leave --curve out" in refused.value.remedy and "--folds" not in refused.value.remedy


def test_gold_that_cannot_be_divided():
    for asked in ("auto", 5):
        assert divided([], asked) == Division([], (), asked=asked)
        with pytest.raises(UsageError, match="a single unit of gold cannot be dealt"):
            divided(units(1, 2), asked)
    with pytest.raises(UsageError, match="the gold has 1 group"):
        divided(units(9, 1), 0)


@pytest.mark.parametrize("wrong", [1, 21, -1, "many"])
def test_folds_that_cannot_be_set(wrong):
    with pytest.raises(ValueError, match="folds"):
        TrainSettings(folds=wrong)
    assert not TrainSettings().in_folds and not TrainSettings(folds=0).in_folds and TrainSettings(folds=2).in_folds
