"""Headings between turns, which nobody says, and what only looks like one."""

from __future__ import annotations

import pytest
from looking import said

_TOPICS = """\
I: How is it?

P4: It is hard.

{}

I: Who is there?

P4: {}

I: And then?

P4: That is all.
"""


@pytest.mark.parametrize(
    "heading",
    ["INFORMATION SHARING", "Section 2: Meetings", "THEME 2: MEETINGS", "Part B", "QUESTION 4: MEETINGS AT NIGHT"],
)
def test_headings_between_turns_are_not_speech(read, heading):
    assert said(read(_TOPICS.format(heading, "The council."))) == [
        ("I", ["How is it?"]),
        ("P4", ["It is hard."]),
        ("I", ["Who is there?"]),
        ("P4", ["The council."]),
        ("I", ["And then?"]),
        ("P4", ["That is all."]),
    ]


def test_headings_that_count_up_are_not_speech(read):
    text = (
        "A. BACKGROUND\n\nI: How is it?\nP4: It is hard.\n\nB. Meetings\n\nI: Who is there?\nP4: OK.\n\n"
        "C. SHARING INFORMATION: BARRIERS\n\nI: And then?\nP4: That is all.\n"
    )
    spoken = [words for _, stretches in said(read(text)) for words in stretches]
    assert spoken == ["How is it?", "It is hard.", "Who is there?", "OK.", "And then?", "That is all."]
    assert said(read(text.replace("C. SHARING", "F. SHARING")))[1] == ("P4", ["It is hard.", "B. Meetings"])


@pytest.mark.parametrize(
    "words",
    [
        "GET OUT, ALL OF YOU",
        "Meetings at night",
        "2. Meetings",
        "Question 4: Tell me more",
        "MEETINGS!",
        "part 2: meetings",
    ],
)
def test_what_may_be_said_in_a_paragraph_of_its_own_stays_speech(read, words):
    assert said(read(_TOPICS.format(words, "The council.")))[1] == ("P4", ["It is hard.", words])


def test_what_is_shouted_under_a_label_stays_speech(read):
    assert said(read(_TOPICS.format("[pause]", "BLOODY MURDER")))[3] == ("P4", ["BLOODY MURDER"])
    assert said(read(_TOPICS.format("[pause]", "\n\nBLOODY MURDER")))[3] == ("P4", ["BLOODY MURDER"])
    assert said(read(_TOPICS.format("PETER BELL: BLOODY MURDER", "Yes.")))[2] == ("PETER BELL", ["BLOODY MURDER"])
    turns = ["I\tSo how is it out there?", "P4\tIt is hard, as I told them.", "PETER BELL\tBLOODY MURDER"] * 2
    assert said(read("\n\n".join(turns[:5] + turns[:2])))[2] == ("PETER BELL", ["BLOODY MURDER"])
    parts = _TOPICS.replace("How is it?", "So.\n\nPart 2: Hard").format("Part 2: Harder", "Yes.")
    assert said(read(parts))[1] == ("P4", ["It is hard.", "Part 2: Harder"])


def test_capitals_are_no_headings_where_all_is_in_capitals(read):
    text = _TOPICS.format("INFORMATION SHARING", "THE COUNCIL IS.").upper()
    assert said(read(text))[1] == ("P4", ["IT IS HARD.", "INFORMATION SHARING"])


def test_headings_with_numbers_in_words_are_nobody(read):
    talk = read(
        "Interviewer: Let us begin.\n\nPC Jones: Right.\n\nPART ONE: PARTNERS\n\nInterviewer: Who?\n\nPC Jones: Housing.\n\n"
        "Part Two: The council\n\nInterviewer: And?\n\nPC Jones: No.\n"
    )
    assert {turn.speaker for turn in talk.turns} == {"Interviewer", "PC Jones"}
    assert not {"PARTNERS", "The council"} & {talk.text[s.start : s.end] for turn in talk.turns for s in turn.stretches}
