"""What keeps a spreadsheet from taking talk for formulas, and comes off again without a trace."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cells import for_workbook, guarded, is_formula_like, unguarded

talk = st.text(st.one_of(st.sampled_from("'=+-@\t\r a"), st.characters()))


@given(talk)
def test_guarded_text_comes_back(text):
    assert unguarded(guarded(text)) == text
    assert not is_formula_like(guarded(text))


@given(talk)
def test_a_workbook_cell_comes_back_and_is_marked_where_it_must_be(text):
    value, marked = for_workbook(text)
    assert unguarded(value) == text
    assert marked == is_formula_like(value)


@pytest.mark.parametrize("text", ["'cause", "-", "=", "", "a=b", "’=x"])
def test_what_is_no_formula_stays_as_it_is(text):
    assert guarded(text) == text and for_workbook(text) == (text, False)
