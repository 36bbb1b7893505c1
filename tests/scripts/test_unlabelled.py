"""Pieces of interviews for a teacher to code: true to the text, mentions and all."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.inputs import Unit

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@pytest.fixture(autouse=True, scope="module")
def scripts():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCRIPTS))
        yield


QUESTION = "And what happened then?"
SENTENCES = [
    "The council never rang us back about the fence.",
    "Well.",
    "I asked housing for the keys and they were brought round within the hour, which surprised everybody!",
    "Would you?",
    "It rained the whole week, and the van was off the road, so nobody from health could get up there at all.",
]


def answer(parts: list[str]) -> Unit:
    text = " ".join(parts)
    return Unit(text, QUESTION, partners_in(text))


def partners_in(text: str) -> tuple[tuple[int, int], ...]:
    return tuple(match.span() for match in re.finditer("council|housing|health", text))


@given(
    st.lists(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=6), min_size=1, max_size=5), st.integers(0, 50)
)
def test_pieces_are_of_the_talk_and_mark_the_same_words(talk, seed):
    from unlabelled import LEAST_PIECE, pieces_of

    answers = [("one" if number < 3 else "two", answer(parts)) for number, parts in enumerate(talk)]
    pieces = pieces_of(answers, seed)
    assert pieces == pieces_of(answers, seed)
    whole = {name: " ".join(unit.text for group, unit in answers if group == name) for name in ("one", "two")}
    for name, piece in pieces:
        assert piece.text in whole[name] and len(piece.text.split()) >= LEAST_PIECE
        assert piece.targets == partners_in(piece.text)
        assert piece.context in ("", QUESTION) or piece.context in whole[name]


def test_other_seeds_give_other_pieces():
    from unlabelled import pieces_of

    answers = [("one", answer(SENTENCES)), ("one", answer(SENTENCES[::-1]))]
    assert len({tuple(pieces_of(answers, seed)) for seed in range(20)}) > 5
