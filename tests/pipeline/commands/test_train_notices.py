"""What `themes train` says of its gold before it trains; as a user sees it in `test_train_gold`."""

import pytest

from models.decisions import Labels
from pipeline.commands.train_notices import what_is_cut, what_is_there, without_definition
from pipeline.division import Division
from pipeline.gold import GoldUnit
from pipeline.gold_waiting import NONE_WAITS, Waiting
from pipeline.holding_out import FEW, cautions, fold_cautions, how_split
from pipeline.types import Coding
from pipeline.votes import labels_of


def units(count, *codes, group="g", own=False, text="Talk {}."):
    """Units that carry these codes in turn."""

    def coding(name, i):
        return Coding(name, name if own else group, text.format(name), frozenset(codes[i % len(codes)]), "ann")

    return [GoldUnit(f"{group}{i}", (coding(f"{group}{i}", i),)) for i in range(count)]


def said(training, validation, codebook, waiting=NONE_WAITS):
    labels = labels_of([*training, *validation])
    return " | ".join(what_is_there(codebook, Division(training, validation), labels, waiting=waiting))


GOOD = [*units(FEW // 2, "ab", "", group="x"), *units(FEW // 2, "a", "", group="y")]


def test_a_fair_split_is_not_warned_of(codebook):
    training = units(40, "a", "ab", "")
    assert cautions(training, GOOD) == []
    assert said(training, GOOD, codebook).startswith(f"40 units to train on, {FEW} held out: x, y | too thin")
    assert how_split(training, GOOD) == "split by group (2 of 3 groups held out: x, y)"
    assert "no gold" in said([], [], codebook)
    asked = units(40, "a", "ab", "", text="What do you think?")
    assert f"40 of {40 + FEW} units have the same text as another" in said(asked, GOOD, codebook)


@pytest.mark.parametrize(
    ("training", "validation", "fragment"),
    [
        (units(9, "a", ""), GOOD[: FEW - 1], f"only {FEW - 1} units are held out"),
        (units(9, "a", ""), units(FEW, "a", "", group="h"), "one group alone is held out"),
        (units(9, "a", "", own=True), units(FEW, "a", "", group="h", own=True), "the gold names no groups"),
        (
            [*units(9, "a"), *units(9, "b", group="i")],
            [*units(FEW, "", group="h"), *units(1, "", group="j")],
            "no held-out unit has any code",
        ),
        (units(9, ""), GOOD, "no unit to learn from has any code"),
        (units(9, ""), [*units(FEW, "", group="h"), *units(1, "", group="j")], "no unit of the gold has any code"),
    ],
)
def test_what_a_held_out_part_lacks(training, validation, fragment):
    (told,) = cautions(training, validation)
    assert told.startswith(fragment)


def test_folds_help_where_more_than_one_interview_has_codes():
    empty = [*units(FEW, "", group="h"), *units(1, "", group="j")]
    (of_one,) = cautions(units(9, "a"), empty)
    (of_two,) = cautions([*units(9, "a"), *units(9, "a", group="i")], empty)
    assert of_one.endswith("; code more interviews") and of_two.endswith("; use `--folds 5`, or code more interviews")


def test_what_folds_lack(codebook):
    def told(gold):
        folds = [[i for i, unit in enumerate(gold) if unit.first.group == group] for group in "gh"]
        found = fold_cautions(gold, folds)
        assert set(found) <= set(what_is_there(codebook, Division(gold, (), folds), Labels.MANY))
        return found

    assert told([*units(9, "a", ""), *units(9, "a", "", group="h")]) == []
    (one,) = told([*units(9, "a", ""), *units(9, "", group="h")])
    assert one.startswith("all units with codes lie in one fold")
    (none,) = told([*units(9, ""), *units(9, "", group="h")])
    assert none.startswith("no unit of the gold has any code")
    stances = [GoldUnit(str(i), (Coding(str(i), "gh"[i % 2], "Talk.", None, "ann", "", ()),)) for i in range(4)]
    assert told(stances) == []


def test_the_card_of_gold_without_groups_claims_none():
    parts = units(9, "a", own=True), units(3, "a", group="h", own=True)
    assert how_split(*parts).startswith("split by unit: the gold names no groups")


@pytest.mark.parametrize("codes", [("a", "b"), ("a", "ab")])
def test_gold_of_coded_excerpts_is_warned_of(codes, codebook):
    warning = "no unit of the gold is without a code"
    for count in (20, 100):
        training, held = units(count, *codes), units(FEW, *codes, group="h")
        told = said(training, held, codebook)
        assert warning in told and "--units segments" in told
        assert warning not in said([*training, *units(1, "", group="u")], held, codebook)


def test_rows_without_code_or_coder_are_told_instead_of_talk_to_be_added(codebook):
    held, waits = units(FEW, "a", "ab", group="h"), Waiting(99, 200)
    told = said(units(40, "a", "ab"), held, codebook, waits)
    assert "99 of 200 rows have neither code nor coder" in told and "never learns to leave talk uncoded" in told
    assert "--units segments" not in told
    told = said(units(40, "a", "ab", ""), held, codebook, waits)
    assert "99 of 200 rows have neither code nor coder" in told and "leave talk uncoded" not in told


def test_few_units_of_one_code_each_are_no_rule(codebook):
    few, many = (said(units(count, "a", "b"), units(4, "a", group="h"), codebook) for count in (10, 20))
    assert "with so few units, or codes so rare, that may be chance" in few and "`labels: one`" in few
    assert "so will every segment of every transcript" not in few
    assert "so will every segment of every transcript" in many and "may be chance" not in many


def test_codes_that_nobody_asked_for_are_no_excerpts(codebook):
    asked = [GoldUnit(str(i), (Coding(str(i), f"g{i % 2}", "Talk.", None, "ann", "", ()),)) for i in range(40)]
    told = what_is_there(codebook, Division(asked[::2], asked[1::2]), Labels.MANY)
    assert not any("without a code" in line for line in told)


def test_units_that_are_cut_are_told():
    assert what_is_cut(0, 40, 512) == []
    (told,) = what_is_cut(1, 40, 512)
    assert told.startswith("1 of 40 units is longer than the 512 tokens that are read of one")
    assert what_is_cut(2, 40, 512)[0].startswith("2 of 40 units are longer")


def test_codes_without_a_definition_are_named(codebook):
    assert without_definition([]) == []
    (told,) = without_definition(["a"])
    assert told.startswith("1 code has no definition, and starts from its name alone: a; say under `definition`")
    (told,) = without_definition([f"c{n}" for n in range(12)])
    assert "12 codes have no definition, and start from their name alone: c0, c1" in told and "c9 and 2 more" in told


@pytest.mark.parametrize(
    ("wish", "fragment"),
    [
        (
            Labels.ONE,
            "labels: one was asked for, but of 90 codings 30 have two codes or more, of which the model will give one ",
        ),
        (Labels.AT_MOST_ONE, "labels: at_most_one was asked for, but of 90 codings 30 have two codes or more"),
    ],
)
def test_a_wish_for_one_code_that_the_gold_gainsays(codebook, wish, fragment):
    gold = [*units(60, "ab", "a", "", group="x"), *units(30, "ab", "b", "", group="y")]
    told = what_is_there(codebook, Division(gold[:60], gold[60:]), wish)
    assert any(line.startswith(fragment) for line in told)
    assert any("30 have none" in line for line in told) is (wish is Labels.ONE)
    assert not any("every unit has exactly one code" in line or "no unit has two codes" in line for line in told)
