"""Numbers that transcripts print beside lines and turns, and numbers that people say."""

from __future__ import annotations

import pytest
from looking import check_laws, said

from pipeline.ingest.numbering import WARNING

LINES = (
    ("Int", "Could you tell me a bit about"),
    ("", "your role?"),
    ("Resp", "I am a sergeant on the north"),
    ("", "side of town."),
    ("Int", "Right."),
    ("Resp", "It was a shock. On response"),
    ("", "you never see the council."),
    ("Int", "And who chairs the meeting?"),
    ("Resp", "The council do. Last month"),
    ("", "nobody turned up, so I did,"),
    ("", "and it was fine."),
    ("Int", "Thank you very much."),
)
SAID = [
    ("Int", ["Could you tell me a bit about your role?"]),
    ("Resp", ["I am a sergeant on the north side of town."]),
    ("Int", ["Right."]),
    ("Resp", ["It was a shock. On response you never see the council."]),
    ("Int", ["And who chairs the meeting?"]),
    ("Resp", ["The council do. Last month nobody turned up, so I did, and it was fine."]),
    ("Int", ["Thank you very much."]),
]


def flat(transcript) -> list[tuple[str | None, list[str]]]:
    return [(speaker, [" ".join(words.split()) for words in stretches]) for speaker, stretches in said(transcript)]


@pytest.mark.parametrize("form", ["{n} {label}{words}", "{n:<5}{label:<8}{words}", "{n:02d}   {label:<7}{words}"])
def test_numbered_lines(read, form):
    lines = [
        form.format(n=place + 1, label=f"{label}: " if label else "", words=words)
        for place, (label, words) in enumerate(LINES)
    ]
    transcript = read("\n".join(lines))
    assert flat(transcript) == SAID
    assert WARNING in transcript.warnings
    check_laws(transcript)


def test_numbered_lines_with_tabs(read):
    lines = [f"{place + 1}\t{label and label + ':'}\t{words}" for place, (label, words) in enumerate(LINES)]
    assert flat(read("\n".join(lines))) == SAID


def test_every_fifth_line_numbered(read):
    lines = LINES + LINES + LINES
    text = "\n".join(
        f"{place if place % 5 == 0 else '':<5}{label + ':' if label else '':<8}{words}"
        for place, (label, words) in enumerate(lines, 1)
    )
    assert [words for _, words in flat(read(text))][3] == SAID[3][1]
    assert not any("5" in words for _, stretches in flat(read(text)) for words in stretches)


def test_a_court_reporters_pages_begin_again(read):
    page = " 1      Q.   Where was it?\n 2      A.   There, by\n 3  the gate.\n 4      Q.   Why?\n 5      A.   So.\n"
    assert (
        flat(read(page + "\n" + page))
        == [
            ("Q", ["Where was it?"]),
            ("A", ["There, by the gate."]),
            ("Q", ["Why?"]),
            ("A", ["So."]),
        ]
        * 2
    )


@pytest.mark.parametrize("form", ["{n}. {label}: {words}", "{n:03d}  {label}: {words}", "({n}) {label}: {words}"])
def test_numbered_turns(read, form):
    lines = [form.format(n=place + 1, label=label, words=words[0]) for place, (label, words) in enumerate(SAID)]
    transcript = read("\n".join(lines) + "\n")
    assert said(transcript) == SAID


def test_numbered_questions_of_a_committee(read):
    text = "".join(f"Q{n}   Chair: So?\n\nSergeant Walsh: Well, yes.\n\n" for n in range(7, 13))
    assert said(read(text)) == [("Chair", ["So?"]), ("Sergeant Walsh", ["Well, yes."])] * 6


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "Anna: So?\nBen: Five things:\n1. one\n2. two\n3. three\n4. four\n5. five\nAnna: Oh.\n", id="list"
        ),
        pytest.param(
            "Anna: So?\n\nBen: This.\n1. Aims: good\n2. Costs: high\n3. Risks: low\n4. Staff: few\n5. Rooms: none\n",
            id="list of points",
        ),
        pytest.param("\n".join(f"{n} we met them" for n in range(1, 9)), id="numbered lines of nobody"),
        pytest.param(
            "Anna: How many?\nBen: Let me see.\n5 of us\n10 of them\n15 in all\n20 at most\n25 in May\nAnna: Oh.\n" * 2,
            id="counted in fives",
        ),
    ],
)
def test_numbers_that_are_said_stay(read, text):
    transcript = read(text)
    assert transcript.text == text
    assert WARNING not in transcript.warnings
