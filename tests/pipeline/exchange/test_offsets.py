from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.exchange.offsets import OffsetMap, Unit

TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r"), max_size=60)


@given(TEXTS, st.data())
def test_each_unit_counts_what_the_encoding_holds(text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    offsets = OffsetMap(text)
    before = text[:offset]
    windows = before.replace("\n", "\r\n")
    assert offsets.to_unit(offset, Unit.CODE_POINT) == offset
    assert offsets.to_unit(offset, Unit.UTF8) == len(before.encode())
    assert offsets.to_unit(offset, Unit.UTF16) == len(before.encode("utf-16-le")) // 2
    assert offsets.to_unit(offset, Unit.CRLF) == len(windows)
    assert offsets.to_unit(offset, Unit.UTF16_CRLF) == len(windows.encode("utf-16-le")) // 2


@given(TEXTS, st.sampled_from(Unit), st.data())
def test_there_and_back(text: str, unit: Unit, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    offsets = OffsetMap(text)
    assert offsets.from_unit(offsets.to_unit(offset, unit), unit) == offset


@pytest.mark.parametrize("offset, unit", [(2, Unit.UTF8), (2, Unit.UTF16), (-1, Unit.UTF8), (99, Unit.CODE_POINT)])
def test_an_offset_inside_a_character_or_outside_the_text_is_refused(offset: int, unit: Unit) -> None:
    with pytest.raises(ValueError, match=r"inside a character|past the end"):
        OffsetMap("a\U0001f600b").from_unit(offset, unit)
