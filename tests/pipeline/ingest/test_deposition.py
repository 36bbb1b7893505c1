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
