"""The attitude `none`: asked, and none found."""

import pytest
from gold_row import MENTION, THEMES

from pipeline.errors import UsageError


def test_a_coder_who_coded_no_attitudes_was_not_asked(load):
    units = load([THEMES, THEMES | {"coder": "bob"}, THEMES | {"id": "u2"}, MENTION])
    assert units[0].by("bob").attitudes is None
    assert units[1].by("ann").attitudes == ()
    assert units[0].reference is None  # two coders, never settled
    assert units[1].reference is units[1].first


def test_none_says_that_a_coder_was_asked_and_found_none(load):
    none = {"id": "u1", "text": "We ring them.", "coder": "ann", "attitude": "None", "partner_type": "Mention"}
    stance = {"id": "u2", "text": "Good.", "coder": "bob", "attitude": "positive"}
    of_partnership = none | {"id": "u3", "coder": "bob", "attitude": "none", "partner_type": "partnership"}
    first, second, third = (unit.first for unit in load([none, stance, of_partnership]))
    assert (first.codes, first.attitudes, first.mentions_asked, first.partnership_asked) == (None, (), True, False)
    assert (third.codes, third.attitudes, third.mentions_asked, third.partnership_asked) == (None, (), False, True)
    assert not second.mentions_asked and second.partnership_asked


NONE = {"id": "u1", "text": "Ring the council.", "coder": "ann", "attitude": "none", "partner_type": "mention"}


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([NONE | {"mention": "council"}], "row 2: has a mention and the attitude 'none' (leave"),
        ([NONE | {"mention_start": 9}], "row 2: has a mention and the attitude 'none'"),
        ([NONE | {"mention_end": 16}], "row 2: has a mention and the attitude 'none'"),
        (
            [NONE | {"partner_type": ""}],
            "with no partner_type (say in partner_type what was looked for: partnership, or",
        ),
        ([NONE | {"partner_type": "police"}], "row 2: attitude 'none' with partner_type 'police' (say in partner_type"),
        ([NONE, MENTION], "row 2: attitude 'none', but another row has an attitude to a mention of unit u1 by ann"),
        ([MENTION, NONE], "row 3: attitude 'none', but another row has an attitude to a mention of unit u1 by ann"),
        (
            [NONE | {"partner_type": "partnership"}, {"id": "u1", "coder": "ann", "attitude": "neutral"}],
            "row 2: attitude 'none', but another row has an attitude to partnership in unit u1 by ann",
        ),
    ],
)
def test_none_that_is_not_clear_or_contradicts_another_row(load, rows, problem):
    with pytest.raises(UsageError) as caught:
        load(rows)
    assert problem in str(caught.value)


def test_none_goes_with_what_does_not_contradict_it(load):
    of_bob, as_such = NONE | {"coder": "bob"}, {"id": "u1", "coder": "ann", "attitude": "neutral"}
    (unit,) = load([NONE, of_bob, of_bob, as_such])
    assert [len(coding.attitudes) for coding in unit.codings] == [1, 0]
    assert [(coding.mentions_asked, coding.partnership_asked) for coding in unit.codings] == [
        (True, True),
        (True, False),
    ]


def test_an_empty_cell_beside_an_attitude_is_no_code_where_the_coder_writes_codes_there(load):
    rows = [
        THEMES | MENTION | {"partner_type": "police"},
        NONE | {"id": "u2", "codes": ""},
        {"id": "u3", "text": "Good.", "coder": "ann", "codes": "", "attitude": "positive"},
        NONE | {"id": "u2", "codes": "", "coder": "bob"},
        MENTION | {"codes": "", "mention": "Ring", "mention_start": 0, "mention_end": 4},
    ]
    first, second, third = load(rows)
    assert (first.first.codes, third.first.codes) == ({"effectiveness"}, set())
    assert [(coding.coder, coding.codes) for coding in second.codings] == [("ann", set()), ("bob", None)]
    # Codes in rows of their own say nothing of attitude rows.
    apart = [THEMES, *rows[1:]]
    assert [unit.by("ann").codes for unit in load(apart)] == [{"effectiveness"}, None, None]
