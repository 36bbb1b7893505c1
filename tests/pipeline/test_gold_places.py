"""Mentions that gold gives by their words."""

import pytest
from gold_row import MENTION, THEMES

from pipeline.errors import UsageError

PLACED = {"id": "u1", "coder": "ann", "attitude": "positive", "partner_type": "housing"}


def test_a_mention_of_which_only_the_words_are_given_is_where_they_stand(load):
    text = "The council rings\nHousing  Officer Jo; the council tax people, PCSOs and a PC."
    rows = [
        THEMES | {"text": text},
        MENTION | {"mention_start": 4, "mention_end": 11},
        *(PLACED | {"mention": words} for words in ("housing officer Jo", "council", "PC")),
        PLACED | {"attitude": "neutral", "partner_type": "partnership", "mention": "partnership"},
    ]
    found = load(rows)[0].first.attitudes
    placed = [item for item in found if item.start is not None]
    assert [text[item.start : item.end] for item in placed] == ["council", "Housing  Officer Jo", "council", "PC"]
    assert placed[2].start == text.rindex("council") and placed[3].start == len(text) - 3
    assert [item.mention for item in found if item.start is None] == [None]


@pytest.mark.parametrize(
    ("mention", "problem"),
    [
        ("council", "row 3: mention 'council' occurs 2 times in the text (write more of the words around it"),
        ("police", "row 3: mention 'police' does not occur in the text (write the words as they stand there"),
    ],
)
def test_words_that_have_no_one_place_are_a_fault(load, mention, problem):
    with pytest.raises(UsageError) as caught:
        load([THEMES | {"text": "The council and the council."}, PLACED | {"mention": mention}])
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words", "mention"),
    [
        ("I rang  St Cuthbert’s, twice.", "St Cuthbert's", "St Cuthbert’s"),
        ("I rang St\nCuthbert's.", "St Cuthbert’s", "St\nCuthbert's"),
        ("A multi‑agency\u00a0 team’s.", "multi-agency team's", "multi‑agency\u00a0 team’s"),
        ("The Mind of the council; mind you.", "Mind", "Mind"),
        ("I rang the Women’s Aid.", "women's aid", "Women’s Aid"),
    ],
)
def test_words_are_found_however_apostrophes_and_gaps_are_written(load, text, words, mention):
    (found,) = load([THEMES | {"text": text}, PLACED | {"mention": words}])[0].first.attitudes
    assert (found.mention, found.start) == (mention, text.index(mention))
    assert text[found.start : found.end] == mention


@pytest.mark.parametrize("place", [{"mention_start": 4, "mention_end": 11}, {}])
def test_partner_types_are_read_as_vocabularies_name_them(load, place):
    row = MENTION | {"mention_start": "", "mention_end": "", "mention": "council"} | place
    (unit,) = load([THEMES | {"text": "The council."}, row | {"partner_type": " Local  Authority "}])
    assert [item.partner_type for item in unit.first.attitudes] == ["local_authority"]


def test_words_of_a_mention_without_an_attitude_are_a_fault(load):
    with pytest.raises(UsageError, match="row 3: has a mention without an attitude"):
        load([THEMES, {"id": "u2", "text": "Ring housing.", "coder": "ann", "mention": "housing"}])
