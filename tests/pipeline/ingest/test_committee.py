"""Oral evidence to committees: members ask, witnesses answer, and lists of both are nobody's talk."""

from __future__ import annotations

import pytest
from looking import roles, said

from pipeline.types import Role

HEAD = """Home Affairs Committee
Oral evidence: Policing, HC 635
Ordered by the House of Commons to be published on 8 November 2023.
Members present: Dame Ann Pryce (Chair); Tom Reed; Sunil Rao.
Questions 1 - 4
Witnesses
I: Chief Constable Jo Dean, Chair, Police Chiefs' Council; and Andy Marsh, College.
II: Carol Hill, Housing Trust.
Examination of witnesses
Witnesses: Chief Constable Jo Dean and Andy Marsh.

"""
TALK = (
    ("Q1", "Chair", "Good morning. How is it?"),
    ("", "Chief Constable Dean", "Mixed, Chair.\n\nNobody rings back."),
    ("Q2", "Tom Reed", "Why does nobody ring?"),
    ("", "Andy Marsh", "They have no staff."),
    ("", "Sunil Rao", "None?"),
    ("", "Andy Marsh", "Hardly any."),
    ("Q3", "Chair", "Thank you."),
    ("", "Carol Hill", "We ring them."),
)
ASKING = {"Chair", "Tom Reed", "Sunil Rao"}


def talk(number: str = "{}      ", gap: str = "\n\n") -> str:
    return gap.join(f"{number.format(q) if q else ''}{name}: {words}" for q, name, words in TALK)


SAID = [(name, words.split("\n\n")) for _, name, words in TALK]


@pytest.mark.parametrize(
    "evidence",
    [
        HEAD + talk(),
        HEAD.replace("Witnesses: Chief", "Chief") + talk(),
        HEAD + talk(number=""),
        HEAD + talk().replace("Q3", "Examination of witness\n\nWitness: Carol Hill.\n\nQ3"),
        HEAD + talk().replace("Q1", "Q 11").replace("Q2", "Q 12").replace("Q3", "Q 13"),
    ],
)
def test_members_ask_and_witnesses_answer(read, evidence):
    transcript = read(evidence)
    assert said(transcript) == SAID
    assert {name for name, role in roles(transcript).items() if role is Role.INTERVIEWER} == ASKING
    assert {role for name, role in roles(transcript).items() if name not in ASKING} == {Role.PARTICIPANT}


def test_numbered_questions_alone_say_who_asks(read):
    transcript = read(talk().replace("Chair", "Lord Pryce"))
    found = roles(transcript)
    assert found["Lord Pryce"] == found["Tom Reed"] == Role.INTERVIEWER
    assert found["Andy Marsh"] == found["Carol Hill"] == Role.PARTICIPANT


def test_the_same_words_in_an_interview_are_talk(read):
    spoken = [
        "It was quick.",
        "Examination of witnesses",
        "Witnesses: there were three.",
        "Q3 of it was about: housing.",
    ]
    transcript = read("Interviewer: And then?\n\nAnna: " + "\n\n".join(spoken) + "\n\nInterviewer: And?\n\nAnna: No.\n")
    assert said(transcript)[1] == ("Anna", spoken)


def test_titled_questions_of_an_interview_are_no_committee(read):
    titles = ("Background", "Work", "Health", "Money")
    asked = [f"Q{n} {title}: Tell me about it." for n, title in enumerate(titles, 1)]
    answers = ["I am a nurse.", "It is long.", "My back is bad.", "We manage."]
    text = "".join(f"{question}\nParticipant: {answer}\n" for question, answer in zip(asked, answers, strict=True))
    found = said(read(text))
    assert [words for name, (words,) in found if name == "Participant"] == answers
    assert [words for name, (words,) in found if name != "Participant"]
