"""What gets past the groups: a base that knows the gold, an interview under two names, without one, or there twice."""

from __future__ import annotations

from pipeline.division import Division
from pipeline.gold import GoldUnit
from pipeline.gold_unit import text_hash
from pipeline.leaks import leaks
from pipeline.types import Coding


def unit(name, group, *, text="", transcript=None):
    said = text or f"The council told us nothing about number {name}."
    return GoldUnit(name, (Coding(name, group, said, frozenset(), "ann", transcript=transcript),))


def interview(group, count=10, **more):
    return [unit(f"{group}/{i}", group, **more) for i in range(count)]


TRAINING, HELD = [*interview("a"), *interview("b")], [*interview("c"), *interview("d")]


def test_gold_of_its_own_groups_is_not_warned_of():
    assert leaks(Division(TRAINING, HELD), {"base": frozenset({text_hash("Something else that was said.")})}) == []
    assert leaks(Division([], []), {"base": frozenset({"x"})}) == []


def test_a_base_that_has_seen_what_is_held_out():
    seen = {"my-model": frozenset(text_hash(one.first.text) for one in (*TRAINING[:3], *HELD[:4]))}
    (told,) = leaks(Division(TRAINING, HELD), seen)
    assert told.startswith("4 of 20 units that are held out were learnt from when my-model was made")
    folds = [range(10), range(10, 20), range(20, 40)]
    (told,) = leaks(Division([*TRAINING, *HELD], [], folds), seen)  # all of it is held out in turn
    assert told.startswith("7 of 40 units")


def test_an_interview_under_two_names():
    (told,) = leaks(
        Division([*TRAINING, *interview("1-ab", transcript="1.txt")], interview("1", transcript="1.txt")), {}
    )
    assert told.startswith("1 transcript stands under more than one name in the column `group` (1.txt: 1, 1-ab)")


def test_an_interview_under_two_names_of_which_only_the_ids_of_two_runs_tell():
    """In one run another file had the same name, so that its id was its name there."""
    id_ = "talk-0123abcd"
    one = [unit(f"{id_}:{i}-{i + 9}", "talk", transcript="talk.txt") for i in range(10)]
    other = [unit(f"{id_}:{i}-{i + 9}", id_, transcript=id_) for i in range(100, 110)]
    (told,) = leaks(Division(one, other), {})
    assert told.startswith(f"1 transcript stands under more than one name in the column `group` ({id_}: talk, {id_})")
    (told,) = leaks(Division([*one, unit(f"{id_}:70-79", id_, transcript="talk.txt")], other), {})
    assert told.startswith("1 transcript stands")


def test_some_units_without_a_group():
    alone = [unit(f"u{i}", f"u{i}") for i in range(8)]
    (told,) = leaks(Division([*TRAINING, *alone[:4]], [*HELD, *alone[4:]]), {})
    assert told.startswith("8 of 48 units have no group")
    assert leaks(Division(alone[:4], alone[4:]), {}) == []  # of gold that names no groups at all others tell


def test_an_interview_that_is_there_twice():
    again = [unit(f"again/{i}", "again", text=one.first.text) for i, one in enumerate(TRAINING[:6])]
    (told,) = leaks(Division(TRAINING, [*HELD, *again]), {})
    assert told.startswith("6 of 26 held-out units say word for word")
    short = [unit(f"s{i}", f"s/{i}", text="Yes, I think so.") for i in range(9)]
    assert leaks(Division([*TRAINING, *short[:4]], [*HELD, *short[4:]]), {}) == []
    folds = [range(20), range(20, 46)]
    (told,) = leaks(Division([*TRAINING, *HELD, *again], [], folds), {})
    assert told.startswith("12 of 46 held-out units")
