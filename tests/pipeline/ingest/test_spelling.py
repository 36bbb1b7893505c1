"""Misspelt labels: role words are put right, names are told."""

from __future__ import annotations

import pytest
from looking import roles, said, turns_by_speaker

from pipeline.ingest.spelling import alike, misspelt_roles
from pipeline.types import Role

TALK = "Interviewer: Whom do you ring?\nShanice: The duty desk, and it rings me back.\n"


@pytest.mark.parametrize("slip", ["Interveiwer", "Inteviewer", "INTERVIEWR", "Interviwer", "interveiwwer"])
def test_a_misspelt_interviewer_is_the_interviewer(read, slip):
    talk = read(TALK * 4 + f"{slip}: And then?\nShanice: I wait.\n")
    assert turns_by_speaker(talk) == {"Interviewer": 5, "Shanice": 5}
    assert roles(talk)["Interviewer"] is Role.INTERVIEWER and not talk.warnings


def test_a_slip_is_a_label_among_long_answers(read):
    answer = "Shanice: The desk rings.\n\nThen it stops.\n\nThen I ring.\n\nThey say no.\n\nI say yes.\n\n"
    talk = read(f"Interviewer: Whom do you ring?\n\n{answer}" * 4 + f"Inteviewer: And then?\n\n{answer}")
    assert said(talk)[-2] == ("Interviewer", ["And then?"])


@pytest.mark.parametrize(
    "keys",
    [
        ["interviewer", "interviewee"],
        ["interviewer", "interview"],
        ["researcher", "research"],
        ["facilitator", "facilitation"],
        ["interviewer1", "inteviewer2"],
        ["int", "inf"],
        ["interveiwer", "shanice"],
        ["caller", "calder"],
        ["patient", "patience", "patent"],
        ["customer", "costumer"],
        ["guest", "gusts"],
        ["student", "stuart"],
    ],
)
def test_what_is_no_slip(keys):
    assert misspelt_roles(keys) == {}


def test_numbers_stay_with_slips():
    keys = ["interviewer1", "interviewer2", "inteviewer2"]
    assert misspelt_roles(keys) == {"inteviewer2": "interviewer2"}


def test_a_misspelt_name_is_told(read):
    talk = read(TALK * 5 + TALK.replace("Shanice", "Shaniece") + TALK)
    assert roles(talk)["Shaniece"] is Role.PARTICIPANT
    (warning,) = talk.warnings
    assert warning.startswith("'Shaniece' (1 turn) is spelt almost as 'Shanice' (6)") and "correct the label" in warning
    assert not read(TALK * 6 + TALK.replace("Shanice", "Shaniece"), roles={"Shaniece": Role.OTHER}).warnings


@pytest.mark.parametrize("pair", [("P1", "P2"), ("Jan", "Jon"), ("INT", "INF"), ("Officer A", "Officer B")])
def test_who_is_somebody_else(pair):
    assert alike(dict(zip(pair, (1, 9), strict=True))) == []


def test_close_names_of_many_turns_are_two_people():
    assert alike({"Shaniece": 4, "Shanice": 9}) == []
    assert alike({"Shaniece": 3, "Shanice": 9}) == [("Shaniece", "Shanice")]


@pytest.mark.parametrize(
    "pair",
    [
        ("Calder", "Caller"),
        ("Dr Hall", "Dr Hill"),
        ("Jon", "Joan"),
        ("Participant 1", "Participant 11"),
        ("Participant 2", "Participant 22"),
        ("P1", "P11"),
        ("Interviewee 3", "Interviewee 33"),
    ],
)
def test_people_with_names_alike_are_two(read, pair):
    talk = read("Interviewer: Whom do you ring?\n{}: The duty desk.\n{}: The nurse.\n".format(*pair) * 4)
    assert turns_by_speaker(talk) == {"Interviewer": 4, pair[0]: 4, pair[1]: 4} and not talk.warnings


def test_a_number_written_twice_is_a_slip(read):
    talk = read("Interviewer2: Whom?\nShanice: The desk.\n" * 4 + "Interviewer2 2: And then?\nShanice: No.\n")
    assert turns_by_speaker(talk) == {"Interviewer2": 5, "Shanice": 5}
