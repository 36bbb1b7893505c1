"""Interpreters: who asks beside them, whose words they say, and labels that the lines above the talk explain."""

from __future__ import annotations

import pytest
from looking import roles

from pipeline.ingest.interpreters import explained
from pipeline.types import Role

I, P, O = Role.INTERVIEWER, Role.PARTICIPANT, Role.OTHER  # noqa: E741

SAID = "She says it was cold, and they lived in one room above a shop. "
TALK = f"LB: And how was it then, in that room, at the beginning?\nInterpreter: {SAID}\nMrs A: Yes. Cold.\n" * 4


def test_who_asks_interviews_though_an_interpreter_answers(read):
    talk = read(TALK)
    assert roles(talk) == {"LB": I, "Interpreter": P, "Mrs A": P}
    (warning,) = talk.warnings
    assert warning.startswith("'Interpreter' says 56 words, participants say 8 themselves") and "are coded" in warning


def test_an_interpreter_speaks_for_nobody_who_talks(read):
    own = "Mrs A: Yes. It was cold in there, and we had the one room only, with my husband and the boy."
    talk = read(TALK.replace("Mrs A: Yes. Cold.", own))
    assert roles(talk) == {"LB": I, "Interpreter": O, "Mrs A": P}
    (warning,) = talk.warnings
    assert "not coded; if participants speak another language" in warning
    much = read(TALK.replace("Mrs A: Yes. Cold.", own + f" {SAID}" * 3))
    assert roles(much)["Interpreter"] is O and not much.warnings


def test_settings_of_interpreters_win(read):
    talk = read(TALK, roles={"interpreter": O})
    assert roles(talk)["Interpreter"] is O and not any("are coded" in warning for warning in talk.warnings)


def test_an_interpreter_alone_answers(read):
    assert roles(read(TALK.replace("Mrs A: Yes. Cold.\n", ""))) == {"LB": I, "Interpreter": P}


def test_labels_that_the_lines_above_explain(read):
    head = "Interview A. Interviewer LB, interpreter INT (Polish), participant A.\n\n"
    talk = read(head + TALK.replace("Interpreter:", "INT:").replace("Mrs A:", "A:"))
    assert roles(talk) == {None: O, "LB": I, "INT": P, "A": P}
    assert "'INT' says 56 words" in talk.warnings[-1]


@pytest.mark.parametrize(
    ("head", "word"),
    [
        ("INT = interpreter", "interpreter"),
        ("LB, INT (the interpreter) and A", "interpreter"),
        ("Interpreter: INT", "interpreter"),
        ("Interviewer - INT", "interviewer"),
        ("Interviewer LB - interpreter INT", "interpreter"),
        ("interviewer INT, interpreter INT", None),
        ("The interpreter INT1", None),
        ("for the interview INT", None),
    ],
)
def test_how_labels_are_explained(head, word):
    assert explained(head + "\n", ["INT"]) == ({"INT": word} if word else {})


def test_words_are_no_labels():
    assert explained("Researcher: A friend. Participant I met.", ["A", "I"]) == {}


ANSWERS = "We go out with the nurse on most nights, and I think it works well."


@pytest.mark.parametrize(
    ("label", "role"),
    [
        ("Student researcher", I),
        ("Researcher (student interpreter, Polish)", I),
        ("Anna (interpreter manager)", P),
        ("Interpreter coordinator", P),
        ("Interpreter Service Manager", P),
        ("Interpreter Anna", O),
        ("Anna Lee Interpreter", O),
    ],
)
def test_a_post_with_the_word_is_no_interpreter(read, label, role):
    others = "".join(f"Nurse {n}: {ANSWERS * 6}\n" for n in (1, 2))
    asks = "" if role is I else "Interviewer: How is it?\n"
    talk = read((asks + f"{label}: {'How is it?' if role is I else ANSWERS}\n{others}") * 4)
    assert roles(talk)[label] is role and not talk.warnings


def test_who_is_interviewed_about_interpreting_answers(read):
    talk = read(f"Interviewer: What is it like?\nInterpreter: {ANSWERS}\n" * 4)
    assert roles(talk) == {"Interviewer": I, "Interpreter": P}
    assert "nobody answers but 'Interpreter'" in talk.warnings[0]  # who may render what others say


def test_an_interpreter_who_talks_as_much_as_others_is_told(read):
    others = "".join(f"{who}: {ANSWERS}\n" for who in ("Nurse", "Teacher", "Warden", "Chaplain"))
    talk = read(f"Moderator: What is it like?\nInterpreter: {ANSWERS}\n{others}" * 4)
    assert roles(talk)["Interpreter"] is O
    assert talk.warnings[0].startswith("'Interpreter' says 60 words, about as many as others")
