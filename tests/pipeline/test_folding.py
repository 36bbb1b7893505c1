"""Folded text: what is folded, and the way back to places in the original."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.folding import Folded, straightened

TEXTS = st.text(st.sampled_from(list("ab'’` \n\t\u00a0\u2028-‑🙂")))


def test_apostrophes_and_hyphens_are_straightened() -> None:
    assert straightened("Women’s ‘Aid` multi‑agency") == "Women's 'Aid' multi-agency"


@given(TEXTS)
def test_words_stand_one_space_apart_and_folding_again_changes_nothing(text: str) -> None:
    folded = Folded(text).text
    assert folded == " ".join(straightened(text).split())
    assert Folded(folded).text == folded


@given(TEXTS)
def test_every_word_leads_back_to_its_place(text: str) -> None:
    folded = Folded(text)
    for start, letter in enumerate(folded.text):
        if not letter.isspace():
            begin, end = folded.place(start, start + 1)
            assert end == begin + 1
            assert straightened(text[begin:end]) == letter
