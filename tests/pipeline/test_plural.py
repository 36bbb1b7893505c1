"""Numbers and what they are of."""

import pytest

from pipeline.plural import listed, numbered, told_by_kind


@pytest.mark.parametrize(
    ("number", "what", "expected"),
    [
        (1, "[coding lies|codings lie] outside", "1 coding lies outside"),
        (0, "[coding lies|codings lie] outside [its|their] text", "0 codings lie outside their text"),
        (8160, "[word|words]", "8,160 words"),
        (2, "[a] text", "2 [a] text"),
        (1, "[|other ]text[|s]", "1 text"),
    ],
)
def test_one_and_several(number, what, expected):
    assert numbered(number, what) == expected


def test_a_list_that_is_cut_says_how_much():
    assert listed("abcde") == "a, b, c, d, e" and listed("abcdefg") == "a, b, c, d, e and 2 more"
    assert listed("abc", 1) == "a and 2 more" and listed([]) == ""


def test_notices_of_a_kind_are_told_a_few_times():
    notices = [(f"t{n}", f"'P{n}' says {n} words") for n in range(6)]
    told = told_by_kind([*notices, ("t9", "is short")], "the manifest")
    assert told == [
        *(f"{name}: {notice}" for name, notice in notices[:3]),
        "3 more warnings of this kind; the manifest has them all",
        "t9: is short",
    ]
    assert len(told_by_kind(notices[:3], "")) == 3
