"""Running heads and feet of pages in plain text: left out where they are plainly such, and nothing that somebody says."""

from __future__ import annotations

import pytest
from looking import said

PAGES = (
    "Interviewer: What do you do in\n{}town?\n\n",
    "Walsh: I'm a sergeant, and it was a bit of a shock. On\nresponse you never see the council. Now I'm on the phone to\n",
    "them each\nday, and to\n{}housing.\n\nInterviewer: And who is it that you\nring there?\n\n",
    "Walsh: Mondays there is a meeting: housing, probation, the\nyouth service, sometimes\n{}mental health.\n",
)


def printed(*heads: str) -> str:
    pages = iter(heads)
    return "".join(part.format(next(pages)) if "{}" in part else part for part in PAGES)


def words(transcript) -> list[tuple[str | None, str]]:
    return [(speaker, " ".join(" ".join(spans).split())) for speaker, spans in said(transcript)]


@pytest.mark.parametrize(
    "head",
    [
        "Interview 14 – Sgt Osei – Page {} of 12\n",
        "\nCONFIDENTIAL\n\n",
        "\n{}\n\n\x0cCONFIDENTIAL - Partnership Study v1.2\n\n",
        "Walsh 14-02-2023                      Page {} of 4\nPartnership study\n",
        "OFFICIAL - SENSITIVE\n",
    ],
)
def test_heads_of_pages_are_no_speech(read, head):
    transcript = read(printed(*(head.format(page) for page in (2, 3, 4))))
    assert words(transcript) == words(read(printed("", "", "")))
    assert any("heads or feet of printed pages" in warning for warning in transcript.warnings)
    assert head.strip().split("\n")[-1].split("{}")[0] in transcript.text


@pytest.mark.parametrize(
    "talk",
    [
        "I: How many came?\n\nW: 3 of 12\n\nI: And then?\n\nW: 4 of 12\n\nI: And then?\n\nW: 5 of 12\n",
        "I: What is on it?\n\nW: A list:\n1\n2\n3\nand so on.\n\nI: Is it good?\n\nW: It is.\n",
        "I: What was it?\n\nW: Hm.\nConfidential stuff\n\nI: And now?\n\nW: Oh.\nConfidential stuff\n",
    ],
)
def test_what_somebody_says_in_such_words_is_speech(read, talk):
    transcript = read(talk)
    assert " ".join(one for _, one in words(transcript)) == " ".join(talk.replace("I: ", "").replace("W: ", "").split())
    assert not transcript.warnings


ANSWER = (
    "They answer the phone, most of the time, and they come\nout when we ask them to. They do not make us wait.\n"
    "We know each other by name by now.\nIt is the same people each week, which\nmakes it easier for all of us, I think.\n"
)


@pytest.mark.parametrize(
    "scores",
    [
        ("6/10", "7/10", "8/10"),
        ("7 out of 10", "8 out of 10"),
        ("6 of 10", "7 of 10"),
        ("3", "4", "5"),
        ("1", "2", "3"),
    ],
)
@pytest.mark.parametrize(
    "talk",
    [
        "Interviewer:\nOut of ten, what would you give them?\n\nWalsh:\n{}\n\nInterviewer:\nWhy is that?\n\nWalsh:\n"
        + ANSWER,
        "Interviewer: Out of ten, and why?\n\nWalsh: Let me think, we have had our moments.\n\n{}\n\n" + ANSWER,
        "Interviewer: Out of ten, and why?\n\nWalsh: " + ANSWER + "\nI'd give them\n\n{}\n\nand not more.\n" + ANSWER,
        "Interviewer: And why?\n\nWalsh: " + 5 * ANSWER + "\nWhat would I give them?\n{}\n" + 5 * ANSWER,
    ],
)
def test_scores_are_speech(read, talk, scores):
    transcript = read("\n".join(talk.format(score) for score in scores))
    spoken = [span for _, spans in said(transcript) for span in spans]
    lines = [line for span in spoken for line in span.split("\n")]
    assert [line for line in lines if line in scores] == list(scores)
    assert not any("printed pages" in warning for warning in transcript.warnings)


@pytest.mark.parametrize("foot", ["{}", "- {} -", "{} of 4", "{}/4"])
@pytest.mark.parametrize("first", [1, 2])
def test_numbers_alone_that_divide_the_text_as_pages_do_are_pages(read, foot, first):
    question = "Interviewer: And what do you do with them?\n\nWalsh: "
    page = (question + ANSWER + "\n") * 5
    feet = [foot.format(number) for number in range(first, 5)]
    transcript = read(page * first + "".join(f"{one}\n\n{page}" for one in feet))
    assert not {line for _, spans in said(transcript) for span in spans for line in span.split("\n")} & set(feet)
    assert any("printed pages" in warning for warning in transcript.warnings)


def test_a_short_answer_beside_two_pages_is_speech(read):
    talk = "Interviewer: Is it?\n\nWalsh: " + ANSWER
    foot = "\nSgt Walsh - Page {}\n\n"
    transcript = read(talk + "\nYes\n" + foot.format(1) + talk + foot.format(2) + "Yes\n\n" + talk)
    assert [span for _, spans in said(transcript) for span in spans].count("Yes") == 2


def test_people_who_are_numbered_are_no_pages(read):
    turn = "{}\nWell, I was in town.\nAnd then\nI went off\nagain to\nthe north\nand back.\n"
    transcript = read("\n".join(turn.format(f"Speaker {n}") for n in (1, 2, 3)))
    assert transcript.text.count("Speaker") == sum(one.count("Speaker") for _, one in words(transcript))
