"""Tables on narrow terminals: nothing is cut, what is left out is named."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from pipeline.commands.fitting import Fitted

HEADINGS = ("units", "F1", "F1 95 %", "alpha", "alpha 95 %")
NAMES = ("way_forward_together_with_all", "café 方向 of the council", "x")


def printed(width, names=NAMES):
    table = Fitted("Codes, all pooled", "code", HEADINGS, spare=(2, 0, 1), widest=28)
    for name in names:
        table.add(name, "1234", "0.71", "0.65–0.77", "0.54", "0.44–0.63")
    out = io.StringIO()
    table.print(Console(file=out, width=width, highlight=False, markup=False))
    return out.getvalue()


@pytest.mark.parametrize(
    ("width", "gone"),
    [(100, []), (58, []), (57, ["F1 95 %"]), (46, ["units", "F1 95 %"]), (39, ["units", "F1", "F1 95 %"])],
)
def test_columns_go_in_their_order_and_are_named(width, gone):
    text = printed(width)
    assert ("left out for want of room" in text) == bool(gone)
    if gone:
        assert f"left out for want of room: {', '.join(gone)} (" in " ".join(text.split())
    assert text.count("0.44–0.63") == 3 and "…" not in text


@pytest.mark.parametrize("width", [*range(36, 101, 4)])
def test_names_break_between_words(width):
    text = printed(width, ("intelligence-led_accountability", "  police and housing", "costs/resources"))
    for word in ("intelligence-", "led_", "accountability", "  police", "and", "housing", "costs/", "resources"):
        assert word in text


@given(st.integers(30, 140), st.lists(st.text("abc_ 方é", min_size=1, max_size=40), min_size=1, max_size=4))
def test_no_line_is_wider_than_the_terminal_and_no_name_is_cut(width, names):
    text = printed(width, names)
    assert max(map(cell_len, text.splitlines())) <= min(width, 100)
    letters = "".join(text.split())
    for name in names:
        for sign in set(name) - {" "}:
            assert sign in letters
