"""Interviews by e-mail."""

from time import process_time

import pytest
from looking import check_laws, said

from pipeline.ingest.emails import emails

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


@pytest.mark.parametrize("named", ["Martin Ellwood", "Martin", "Ellwood, Martin <m@x.org>"])
def test_what_is_quoted_and_stands_nowhere_else_is_talk_of_whom_the_line_above_names(read, named):
    asked = f"On 4 March, {named} wrote:\n> {ASKED[0]}\n{TOLD[0]}\n\n> {ASKED[1]}\n{TOLD[1]}"
    transcript = read(letters(["Dear Pauline, my questions are below.", asked]))
    assert said(transcript) == [
        ("Martin Ellwood", ["Dear Pauline, my questions are below.", ASKED[0]]),
        *TURNS[1:],
    ]
    assert not any("quoted" in warning for warning in transcript.warnings)
    check_laws(transcript)


@pytest.mark.parametrize("above", ["", "On 4 March 2001, the Superintendent wrote:\n"])
def test_what_is_quoted_of_others_stays_with_who_quotes_it(read, above):
    quoted = "Sergeant, you are not a team player."
    transcript = read(letters([ASKED[0], f"{TOLD[0]}\n{above}> {quoted}\n\n> {ASKED[0][:30]}\n> {ASKED[0][30:]}"]))
    assert said(transcript) == [TURNS[0], ("Pauline Grice", [TOLD[0], quoted])]
    assert [
        warning for warning in transcript.warnings if "quoted" in warning and f"(line {15 if above else 14})" in warning
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "On my last day at the station the chief wrote in my card:",
        "On my last day at the station the chief wrote:",
        "Am letzten Tag im Revier schrieb der Chef in meine Karte:",
        "On 4 March 2001 I went home.\nThat week the chief wrote:",
        "On 4 March 2001 the chief wrote:",
        "On 4 March 2001 the chief of the\nstation wrote:",
    ],
)
def test_a_sentence_with_wrote_is_talk(read, sentence):
    told = f"{sentence}\nYou were the heart of this place."
    turns = said(read(letters([ASKED[0], told, ASKED[1], TOLD[1]])))
    assert [(who, "\n".join(words)) for who, words in turns[:2]] == [
        ("Martin Ellwood", ASKED[0]),
        ("Pauline Grice", told),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "On 4 Mar 2024 at 09:10, Somebody else wrote:",
        "On 4 Mar 2024, Somebody else <m@x.org> wrote:",
        "On 4 March 2024 somebody else wrote:",
    ],
)
def test_the_line_above_a_quotation_without_signs_is_no_talk(read, line):
    """The third has neither an hour nor an address, but what stands below it stands elsewhere."""
    turns = said(read(letters([ASKED[0], f"{TOLD[0]}\n\n{line}\n\n{ASKED[0]}", ASKED[1], TOLD[1]])))
    assert not any(line in part for _, words in turns for part in words)
    assert turns[1][1][0] == TOLD[0]


def test_a_sentence_with_wrote_in_a_quotation_is_talk(read):
    quoted = "On 4 March 2001 the chief wrote:\n> You were the heart of this place."
    answer = f"On 4 March, Martin Ellwood wrote:\n> {quoted}\n{TOLD[0]}"
    assert said(read(letters(["Dear Pauline, see below.", answer])))[0] == (
        "Martin Ellwood",
        ["Dear Pauline, see below.", *quoted.split("\n> ")],
    )


def test_a_german_line_names_the_writer_after_the_verb(read):
    answer = f"Am 04.03.2024 um 09:10 schrieb Martin Ellwood <m@x.org>:\n> {ASKED[1]}\n{TOLD[1]}"
    assert said(read(letters([ASKED[0], TOLD[0], "Dear Pauline,", answer])))[2:] == [
        ("Martin Ellwood", ["Dear Pauline,", ASKED[1]]),
        TURNS[3],
    ]


def test_sentences_that_end_messages_are_no_signature(read):
    bodies = [
        f"{body}\n{end}" for n in range(4) for body, end in ((f"And {n}?", "Why?"), (f"Year {n}.", "I felt nothing."))
    ]
    turns = said(read(letters([*bodies, "Thanks."])))
    assert [words for _, words in turns[:-1]] == [[body] for body in bodies]


@pytest.mark.parametrize("number", ["{}. ", "Q{}: ", ""])
@pytest.mark.parametrize(
    "below", ["", "\n\n-----Original Message-----\n" + HEAD.format("Martin Ellwood", "a", 1) + "{}"]
)
def test_questions_copied_above_their_answers_stay_with_who_asked(read, number, below):
    questions = "\n".join(f"{n}. {question}" for n, question in enumerate(ASKED, 1))
    answers = "\n\n".join(
        f"{number.format(n)}{question}\n\n{answer}"
        for n, (question, answer) in enumerate(zip(ASKED, TOLD, strict=True), 1)
    )
    transcript = read(letters(["Dear Pauline,\n" + questions, "Hello,\n" + answers + below.format(questions)]))
    assert said(transcript) == [
        ("Martin Ellwood", ["Dear Pauline,\n" + questions]),
        ("Pauline Grice", ["Hello,"]),
        ("Martin Ellwood", [number.format(1) + ASKED[0]]),
        ("Pauline Grice", [TOLD[0]]),
        ("Martin Ellwood", [number.format(2) + ASKED[1]]),
        ("Pauline Grice", [TOLD[1]]),
    ]
    assert [turn.role for turn in transcript.turns] == ["interviewer", "participant"] * 3
    check_laws(transcript)


def test_questions_copied_stay_with_who_asked_where_only_a_quotation_has_them(read):
    questions = "\n".join(ASKED)
    below = f"\n\n-----Original Message-----\n{HEAD.format('Martin Ellwood', 'a', 1)}{questions}"
    answers = "\n\n".join(f"{asked}\n{told}" for asked, told in zip(ASKED, TOLD, strict=True))
    transcript = read(letters([answers + below, "Thank you."], ("Pauline Grice", "Martin Ellwood")))
    assert said(transcript) == [*TURNS, ("Martin Ellwood", ["Thank you."])]


def test_one_question_that_is_copied_tells_nobody_apart(read):
    back = "Can I ask you who will read all this?"
    turns = said(read(letters([ASKED[0], f"{TOLD[0]}\n{back}", f"{back}\nOnly I do.\n{ASKED[1]}", TOLD[1]])))
    assert turns[1][0] == turns[3][0] == "Pauline Grice" and turns[2] == (
        "Martin Ellwood",
        [f"{back}\nOnly I do.\n{ASKED[1]}"],
    )
    assert [turn.role for turn in read(letters([ASKED[0], f"{TOLD[0]}\n{back}", f"{back}\nI do.", TOLD[1]])).turns][
        1
    ] == ("participant")


def test_what_two_answer_alike_is_said_by_both(read):
    names = ("Jo Ray", "Ann Lee")
    alike = "I have never worked with any of them.\nNo joint training so far."
    bodies = [ASKED[0], alike, ASKED[1], TOLD[1]]
    third = HEAD.format("Carla Dunn", "c", 5) + alike + "\nBut I would like to."
    assert ("Carla Dunn", [alike + "\nBut I would like to."]) in said(read(letters(bodies, names) + third))


def test_two_interviewers_with_one_list_of_questions_each_ask(read):
    questions = "\n".join(f"{n}. {question}" for n, question in enumerate(ASKED, 1))
    text = letters([questions, "\n".join(TOLD)], ("Jo Ray", "Ann Lee"))
    more = f"{questions}\nI look forward to what you have to tell us."
    text += letters([more, "Nothing much to say to that."], ("Kim Oake", "Carla Dunn"))
    assert ("Kim Oake", [more]) in said(read(text))


def test_a_question_sent_again_above_a_quotation_that_has_it_is_talk(read):
    quotes = f"\n\nOn 5 March, Pauline Grice wrote:\n> {TOLD[0]}\n> > {ASKED[0]}"
    turns = said(read(letters([ASKED[0], TOLD[0], f"Once more:\n{ASKED[0]}{quotes}", TOLD[1]])))
    assert turns == [*TURNS[:2], ("Martin Ellwood", [f"Once more:\n{ASKED[0]}"]), TURNS[3]]


def test_what_a_writer_says_twice_or_both_say_briefly_is_talk(read):
    bodies = ["Any news?", f"Any news?\n{TOLD[0]}", f"{ASKED[0]}", TOLD[1], ASKED[0]]
    assert [words for _, words in said(read(letters(bodies)))] == [
        ["Any news?"],
        [f"Any news?\n{TOLD[0]}"],
        [ASKED[0]],
        [TOLD[1]],
    ]


def test_long_exchanges_take_time_in_proportion():
    def seconds(messages):
        bodies = (
            f"{message} is what I said then.\n"
            + "".join(f"> {message} {line} is what nobody said here.\n" for line in range(40))
            for message in range(messages)
        )
        lines = letters(bodies).split("\n")
        begun = process_time()
        assert emails(lines)
        return process_time() - begun

    assert seconds(1600) < 8 * max(seconds(400), 0.1)


def test_a_transcript_that_was_sent_round_keeps_its_labels(read):
    talk = "".join(f"Interviewer: {one}\n\nP1: {other}\n\n" for one, other in zip(ASKED, TOLD, strict=True))
    speakers = {
        speaker for speaker, _ in said(read(letters(["Here it is.", "Thanks, with my changes:\n\n" + talk * 2])))
    }
    assert speakers >= {"Interviewer", "P1"}
