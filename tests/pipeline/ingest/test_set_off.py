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


def test_a_letter_above_the_first_question(read):
    transcript = read(word(bold=True, head="Hi Jo, please find my answers below."), "a.docx")
    assert said(transcript) == [(None, ["Hi Jo, please find my answers below."]), *SAID]


@pytest.mark.parametrize("form", ["{}. {}\n\n{}", "{}) {}\n{}", "Q{}. {}\n{}", "Q{}: {}\n\n{}", "Question {}: {}\n{}"])
def test_numbered_questions_of_a_letter(read, form):
    talk = "\n\n".join(form.format(number, q, a) for number, (q, a) in enumerate(PAIRS, 1))
    transcript = read(f"Hi Jo, here are my answers.\n\n{talk}\n")
    assert said(transcript)[1:] == SAID
    assert roles(transcript)["Participant"] == Role.PARTICIPANT
    assert any("numbered paragraphs that ask" in warning for warning in transcript.warnings)


def test_a_numbered_request_and_a_list_in_an_answer(read):
    pairs = [
        ("Tell me about it.", "A list:\n1. We met.\n2. We left.\n3. It rained, and all went home again."),
        *PAIRS[1:],
    ]
    transcript = read("\n\n".join(f"{number}. {q}\n{a}" for number, (q, a) in enumerate(pairs, 1)))
    assert [" ".join(" ".join(spans).split()) for _, spans in said(transcript)] == [
        " ".join(one.split()) for pair in pairs for one in pair
    ]
    assert [speaker for speaker, _ in said(transcript)] == ["Interviewer", "Participant"] * 4


@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_questions_in_capitals(read, gap):
    transcript = read("INTERVIEW\n\n" + "\n\n".join(f"{q.upper()}{gap}{a}" for q, a in PAIRS))
    assert said(transcript) == [turn for q, a in PAIRS for turn in (("Interviewer", [q.upper()]), ("Participant", [a]))]
    assert any("in capitals, most of which ask" in warning for warning in transcript.warnings)


@pytest.mark.parametrize("form", ["{0}\n\n{1}", "1. {0}\n\n{1}", "{2}. {0}\n\n{1}"])
def test_headings_in_capitals_or_with_numbers_are_not_believed(read, form):
    transcript = read("\n\n".join(form.format(h.upper(), a, n) for n, (h, a) in enumerate(HEADINGS, 1)))
    assert roles(transcript) == {None: Role.PARTICIPANT}


def test_a_list_of_questions_in_somebodys_talk_is_talk(read):
    transcript = read(
        "I will list it.\n\n1. Who pays?\n2. Who decides?\n3. Who is left?\n\nNobody knows, nor asks us.\n"
    )
    assert roles(transcript) == {None: Role.PARTICIPANT}
