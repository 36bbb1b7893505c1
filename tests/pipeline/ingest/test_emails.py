"""Interviews by e-mail."""

import pytest
from looking import check_laws, said

ASKED = ["How did you come to be a custody sergeant, and when was it?", "And what did a good shift look like to you?"]
TOLD = ["I was posted there in 2001. I stayed for sixteen years.", "Nobody hurt, nobody dead, and all gone home."]
TURNS = [
    (name, [words])
    for pair in zip(ASKED, TOLD, strict=True)
    for name, words in zip(("Martin Ellwood", "Pauline Grice"), pair, strict=True)
]
HEAD = "From: {} <{}@x.org>\nSent: 0{} March 2024 09:10\nTo: somebody\nSubject: RE: Interview\n\n"


def letters(bodies, names=("Martin Ellwood", "Pauline Grice"), head=HEAD):
    return "".join(head.format(names[n % 2], "a", n + 1) + body + "\n\n" for n, body in enumerate(bodies))


@pytest.mark.parametrize("names", [("Martin Ellwood", "Pauline Grice"), ('"Ellwood, Martin"', "'Grice, Pauline'")])
@pytest.mark.parametrize(
    "head",
    [
        HEAD,
        "Date: 4 March 2024\n\nSubject: RE: Interview\n\nFrom: {} [mailto:{}@x.org] {}\n\n",
        "Von: {} <{}>\nGesendet: {}\nAn: x\n\n",
    ],
)
def test_the_heads_of_messages_say_who_speaks(read, names, head):
    transcript = read("E-mail interview\n\n" + letters([ASKED[0], TOLD[0], ASKED[1], TOLD[1]], names, head))
    assert said(transcript) == TURNS
    check_laws(transcript)


def test_quotations_and_signatures_are_no_talk(read):
    sign, phone = "\n\nBest wishes,\nMartin\nTel: 01632 960123", "\n\nSent from my iPad"
    wrote = "\n\nOn Mon, 4 Mar 2024 at 09:11, Martin Ellwood <m.ellwood@northshire.ac.uk>\nwrote:\n\n> {}\n> {}"
    below = f"\n\n-----Original Message-----\n{HEAD.format('Pauline Grice', 'a', 2)}{TOLD[0]}"
    bodies = [
        ASKED[0] + sign,
        TOLD[0] + phone + wrote.format(ASKED[0][:20], ASKED[0][20:]),
        ASKED[1] + sign + below,
        TOLD[1] + "\n\n-- \nPauline Grice, retired\nTel: 2\n\nOn 5 March Martin Ellwood wrote:\n\n" + ASKED[1],
    ]
    assert said(read(letters([*bodies, "Thank you, Pauline." + sign]))) == [
        *TURNS,
        ("Martin Ellwood", ["Thank you, Pauline."]),
    ]


def test_what_is_quoted_and_stands_nowhere_else_is_its_writers_talk(read):
    asked = f"> {ASKED[0]}\n{TOLD[0]}\n\n> {ASKED[1]}\n{TOLD[1]}"
    transcript = read(letters(["Dear Pauline, my questions are below.", asked]))
    assert said(transcript) == [
        ("Martin Ellwood", ["Dear Pauline, my questions are below.", ASKED[0]]),
        *TURNS[1:],
    ]
    check_laws(transcript)


def test_a_transcript_that_was_sent_round_keeps_its_labels(read):
    talk = "".join(f"Interviewer: {one}\n\nP1: {other}\n\n" for one, other in zip(ASKED, TOLD, strict=True))
    speakers = {
        speaker for speaker, _ in said(read(letters(["Here it is.", "Thanks, with my changes:\n\n" + talk * 2])))
    }
    assert speakers >= {"Interviewer", "P1"}
