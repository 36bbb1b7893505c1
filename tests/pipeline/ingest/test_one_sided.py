"""Talk of two in which only one has labels."""

from __future__ import annotations

import pytest
from looking import roles, said

from pipeline.types import Role

QUESTIONS = ("How long have you been there?", "Right.", "Who do you meet?", "How do meetings go?", "What would help?")
ANSWERS = (
    "Nine years, first as a volunteer.\n\nBefore that I was in a school.",
    "It is a long time.",
    "Housing. I know most of them by name.",
    "Badly. Nobody reads the papers.",
    "Money, and time.",
)
PAIRS = tuple(zip(QUESTIONS, ANSWERS, strict=True))
TALK = [one for question, answer in PAIRS for one in (question, *answer.split("\n\n"))]


@pytest.mark.parametrize("label", ["I: ", "Interviewer: ", "Q: ", "Q. ", "Jo: "])
@pytest.mark.parametrize("gap", ["\n\n", "\n"])
def test_only_questions_have_labels(read, label, gap):
    transcript = read("\n\n".join(f"{label}{q}\n\n{a}" for q, a in PAIRS).replace("\n\n", gap))
    assert [one for _, spans in said(transcript) for span in spans for one in span.split("\n")] == TALK
    name = label.strip(" :.")
    assert [speaker for speaker, _ in said(transcript)] == [name, "Participant"] * 5
    assert roles(transcript) == {name: Role.INTERVIEWER, "Participant": Role.PARTICIPANT}
    assert any(f"only {name} has labels" in warning for warning in transcript.warnings)


@pytest.mark.parametrize("label", ["Martin", "P4", "Respondent", "A"])
def test_only_answers_have_labels(read, label):
    pairs = [(q, a.split("\n\n")[0]) for q, a in PAIRS]
    transcript = read("Interview 5\n\n" + "\n\n".join(f"{q}\n\n{label}: {a}" for q, a in pairs))
    assert said(transcript) == [turn for q, a in pairs for turn in (("Interviewer", [q]), (label, [a]))]
    assert roles(transcript) == {"Interviewer": Role.INTERVIEWER, label: Role.PARTICIPANT}
    assert any(f"only {label} has labels" in warning for warning in transcript.warnings)


def test_a_second_paragraph_of_an_answer_stays_the_participants(read):
    pairs = [*PAIRS[2:], *PAIRS[:1], ("Is that all?", "It is.")]
    transcript = read("\n\n".join(f"{q}\n\nMartin: {a}" for q, a in pairs))
    assert said(transcript)[-3] == ("Martin", ANSWERS[0].split("\n\n"))


@pytest.mark.parametrize(
    "talk",
    [
        "\n\n".join(f"Martin: {answer}" for answer in ANSWERS),
        "\n\n".join(f"I: {q}\n\nMartin: {a}\n\nThat was it." for q, a in PAIRS),
        "\n\n".join(f"We did it, as you know.\n\nMartin: {a}" for a in ANSWERS),
        "I: What do you\ndo there?\nMeet people and\ntalk to them.\nI: Who are\nthey?\nPeople of\nthe town.\nI: Who\nelse?\nNo.",
    ],
)
def test_the_second_paragraphs_of_those_with_labels_are_theirs(read, talk):
    transcript = read(talk)
    assert not {"Participant", "Interviewer"} & set(roles(transcript))
    assert not any("has labels" in warning for warning in transcript.warnings)
