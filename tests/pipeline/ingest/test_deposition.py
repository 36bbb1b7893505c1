"""Depositions: counsel between question and answer, and headings that nobody says."""

from __future__ import annotations

import pytest
from looking import roles, said

from pipeline.types import Role

DEPOSITION = """          IN THE DISTRICT COURT
MARTIN WALSH,
having been duly sworn, was examined and testified as follows:
EXAMINATION
BY MS. LOPEZ:
     Q.   How did it go with
the housing office?
          MR. HALL: Objection.
          THE WITNESS: It went fine.
BY MS. LOPEZ:
     Q.   Who was there?
     A.   Karen and Jo.
Karen: the housing officer.
THE POINT IS: they came.
          MS. LOPEZ: This is Exhibit 3.
          (Exhibit 3 marked.)
          THE COURT REPORTER: The name, please?
     Q.   Did they say why?
     A.   No.
CROSS-EXAMINATION
BY MR. REED:
     Q.   Was it raining?
     A.   It was.
"""
SAID = [
    ("Q", ["How did it go with\nthe housing office?"]),
    ("MR. HALL", ["Objection."]),
    ("THE WITNESS", ["It went fine."]),
    ("Q", ["Who was there?"]),
    ("A", ["Karen and Jo.\nKaren: the housing officer.\nTHE POINT IS: they came."]),
    ("MS. LOPEZ", ["This is Exhibit 3."]),
    ("THE COURT REPORTER", ["The name, please?"]),
    ("Q", ["Did they say why?"]),
    ("A", ["No."]),
    ("Q", ["Was it raining?"]),
    ("A", ["It was."]),
]


@pytest.mark.parametrize("sign", [".   ", ": "])
def test_counsel_and_court_between_question_and_answer(read, sign):
    transcript = read(DEPOSITION.replace("Q.   ", f"Q{sign}").replace("A.   ", f"A{sign}"))
    assert said(transcript) == SAID
    assert roles(transcript) == {
        "Q": Role.INTERVIEWER,
        "A": Role.PARTICIPANT,
        "MR. HALL": Role.OTHER,
        "MS. LOPEZ": Role.INTERVIEWER,
        "THE WITNESS": Role.PARTICIPANT,
        "THE COURT REPORTER": Role.OTHER,
    }


def test_the_same_words_without_question_and_answer(read):
    spoken = "We saw\nEXAMINATION\nBY MS. LOPEZ\non the door."
    transcript = read(f"Interviewer: And then?\n\nAnna: {spoken}\n\nInterviewer: And?\n\nAnna: No.\n")
    assert said(transcript)[1] == ("Anna", [spoken])


INTERVIEW = """Q: And who looks after you?
A: My wife does it all.
MRS. JONES: I do the washing and the lifting.
Q: Do you get any help with that?
MRS. JONES: Not a bit.
A: Nobody came.
Q: Would you like somebody to?
MRS. JONES: I would cry.
"""


def test_a_name_in_capitals_makes_no_deposition_of_an_interview(read):
    assert roles(read(INTERVIEW))["MRS. JONES"] is Role.PARTICIPANT


@pytest.mark.parametrize("sign", ["MARTIN WALSH, having been duly sworn:\n", "THE WITNESS: Yes.\n", "BY MR. HALL:\n"])
def test_an_oath_a_label_of_the_court_or_a_heading_makes_one(read, sign):
    assert roles(read(sign + INTERVIEW))["MRS. JONES"] is Role.OTHER
