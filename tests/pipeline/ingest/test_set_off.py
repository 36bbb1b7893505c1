"""Questions in bold or italics, where nobody is named: the interviewer's in every kind of document, and headings are not."""

from __future__ import annotations

import io

import docx
import pytest
from looking import roles, said

from pipeline.types import Role

QUESTIONS = ("How did it start?", "And who do you ring?", "What would help, then?", "Is there anything else?")
ANSWERS = (
    "It started with a meeting at the council, which nobody wanted.",
    "Karen, mostly. She knows everybody there is to know.",
    "Money, and people who stay longer than a year.",
    "No, I think that was it. Thank you for asking.",
)
PAIRS = tuple(zip(QUESTIONS, ANSWERS, strict=True))
SAID = [turn for question, answer in PAIRS for turn in (("Interviewer", [question]), ("Participant", [answer]))]


def word(bold: bool, pairs=PAIRS, head: str = "") -> bytes:
    document = docx.Document()
    if head:
        document.add_paragraph(head)
    for question, answer in pairs:
        run = document.add_paragraph().add_run(question)
        run.bold, run.italic = bold, not bold
        document.add_paragraph(answer)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def markdown(mark: str) -> str:
    return "\n\n".join(f"{mark}{q}{mark}\n\n{a}" for q, a in PAIRS)


def page(tag: str) -> str:
    return "".join(f"<p><{tag}>{q}</{tag}></p><p>{a}</p>" for q, a in PAIRS)


def rich(word: str) -> str:
    talk = "".join(f"{{\\{word} {q}}}\\par {a}\\par " for q, a in PAIRS)
    return f"{{\\rtf1 {talk}}}"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.docx", word(bold=True)),
        ("b.docx", word(bold=False)),
        ("a.md", markdown("**")),
        ("b.md", markdown("*")),
        ("a.html", f"<html><body>{page('b')}</body></html>"),
        ("b.html", f"<html><body>{page('em')}</body></html>"),
        ("a.rtf", rich("b")),
        ("b.rtf", rich("i")),
    ],
)
def test_questions_are_the_interviewers(read, name, data):
    transcript = read(data, name)
    assert said(transcript) == SAID
    assert roles(transcript) == {"Interviewer": Role.INTERVIEWER, "Participant": Role.PARTICIPANT}
    assert any("in bold or italics" in warning for warning in transcript.warnings)


def test_a_title_above_is_nobodys(read):
    transcript = read(word(bold=True, head="Interview with a sergeant"), "a.docx")
    assert said(transcript) == SAID and transcript.text.startswith("Interview with a sergeant")


HEADINGS = tuple(zip(("Background", "Partners", "What next?", "Thanks"), ANSWERS, strict=True))
TWO = tuple(zip(QUESTIONS[:2], ANSWERS[:2], strict=True))
SHORT = tuple((question, "Yes.") for question in QUESTIONS)
BACK = tuple((question, "Why do you ask me that, of all things?") for question in QUESTIONS)


@pytest.mark.parametrize("pairs", [HEADINGS, TWO, SHORT, BACK])
def test_headings_and_chance_are_not_believed(read, pairs):
    transcript = read(word(bold=True, pairs=pairs), "a.docx")
    assert roles(transcript) == {None: Role.PARTICIPANT}


def test_labels_win(read):
    transcript = read(word(bold=True, pairs=[(f"Ann: {q}", f"Ben: {a}") for q, a in PAIRS]), "a.docx")
    assert roles(transcript) == {"Ann": Role.INTERVIEWER, "Ben": Role.PARTICIPANT}
