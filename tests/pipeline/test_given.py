"""A model that gives far more codes than the coders, or far fewer, is told of; one that errs as models do is not."""

import numpy as np
import pytest

from pipeline.evaluate.judge import MachineCoding
from pipeline.given import odd_number
from pipeline.gold import GoldUnit
from pipeline.types import Coding

CODES = ("a", "b")


def told(gold, given, unlearnt=()):
    """Each unit's codes by coders and by the machine, with its group: `("g1", "a", "ab")`."""
    units = [
        GoldUnit(str(i), (Coding(str(i), group, "well", None if codes is None else frozenset(codes), "adjudicated"),))
        for i, (group, codes) in enumerate(gold)
    ]
    assigned = np.array([[code in codes for code in CODES] for codes in given])
    machine = MachineCoding(
        units, CODES, assigned.astype(float), assigned, [{} for _ in units], unlearnt=dict.fromkeys(unlearnt, "")
    )
    return odd_number(machine, "the model")


def gold(codes, count=40, groups=5):
    """Every fourth unit has the codes."""
    return [(f"g{i % groups}", codes if i % 4 == 0 else "") for i in range(count)]


def test_what_codes_nearly_everything_is_told_with_both_numbers_and_a_remedy():
    (line,) = told(gold("a"), ["ab" if i % 6 else "" for i in range(40)])
    assert line.startswith("of the gold's codes the model gave 33 to 40 units, where the coders gave 10: ")
    assert "least_steps: 120" in line and "themes evaluate" in line


def test_what_codes_next_to_nothing_is_told():
    (line,) = told(gold("ab"), ["a"] + [""] * 39)
    assert "gave 1 to 40 units, where the coders gave 20: " in line


@pytest.mark.parametrize(
    "given",
    [["a" if i % 4 == 0 else "" for i in range(40)], ["a" if i % 2 else "" for i in range(40)], ["a"] * 5 + [""] * 35],
)
def test_as_many_up_to_twice_or_half_as_many_is_ordinary(given):
    assert told(gold("a"), given) == []


def test_what_may_be_a_single_interviews_doing_is_not_told():
    coded = [("g0" if i < 20 else f"g{1 + i % 4}", "a" if i % 8 == 0 else "") for i in range(40)]
    assert told(coded, ["ab" if group == "g0" else "" for group, _ in coded]) == []
    assert told(gold("a", count=4), ["ab", "a", "", ""]) == []


def test_where_nothing_was_coded_or_learnt_there_is_nothing_to_compare():
    assert told(gold(""), ["ab"] * 40) == []
    assert told([("g", None)] * 4, ["ab"] * 4) == []
    assert told(gold("a"), ["ab"] * 40, unlearnt=["themes"]) == []
    assert told([("g", "a")], ["ab"]) == []


def test_codes_that_the_gold_never_uses_are_another_matter():
    assert told(gold("a"), [("a" if i % 4 == 0 else "") + "b" for i in range(40)]) == []


def test_codes_that_the_model_does_not_have_are_not_expected_of_it():
    assert told(gold("az"), ["a" if i % 4 == 0 else "" for i in range(40)]) == []
