"""Labels that no colon follows, labels with a note before it, rare ones; and the lists and tables that look like them."""

from __future__ import annotations

import pytest
from looking import check_laws, roles, said, turns_by_speaker

from pipeline.types import Role

TALK = (
    "Could you tell me a bit about your role?",
    "I am a sergeant: housing, probation, all of it.",
    "Right.",
    "We ring the council every day and nobody answers.",
    "And who chairs the meeting on Mondays?",
    "The council do, or they are supposed to.",
)


def talk(head: str, one: str = "INT", other: str = "P07", joined: str = "\n") -> str:
    """The talk with a label before each turn; `head` has `{}` for it."""
    return joined.join(head.format((one, other)[place % 2]) + words for place, words in enumerate(TALK)) + "\n"


def turns(one: str = "INT", other: str = "P07") -> list[tuple[str, list[str]]]:
    return [((one, other)[place % 2], [words]) for place, words in enumerate(TALK)]


@pytest.mark.parametrize(
    ("head", "one", "other"),
    [
        pytest.param("{}\t", "INT", "P07", id="tab"),
        pytest.param("{}\t\t", "INTERVIEWER", "INTERVIEWEE", id="two tabs"),
        pytest.param("{}\t", "J.B.", "M.W.", id="dotted initials, tab"),
        pytest.param("\t{}\t", "DC 4417 HARRIS", "WALSH", id="indent, tab"),
        pytest.param("{} - ", "Interviewer", "Participant", id="hyphen"),
        pytest.param("{} – ", "I", "P", id="dash"),
        pytest.param("- {} – ", "INT", "PC", id="dash before"),
        pytest.param("{}. ", "INT", "RESP", id="full stop"),
        pytest.param("({}) ", "Int", "Sgt", id="round brackets"),
        pytest.param("{}  ", "INTERVIEWER", "SERGEANT", id="capitals and a gap"),
        pytest.param("{}  ", "Researcher", "Participant_3", id="roles and a gap"),
        pytest.param("{}  ", "Speaker_1", "Speaker_2", id="numbers and a gap"),
    ],
)
@pytest.mark.parametrize("joined", ["\n", "\n\n"])
def test_labels_without_a_colon(read, head, one, other, joined):
    text = talk(head, one, other, joined)
    transcript = read(text)
    assert said(transcript) == turns(one, other)
    assert transcript.text == text
    check_laws(transcript)


def test_a_time_may_stand_on_either_side_of_a_label_with_a_tab(read):
    for text in (talk("00:12\t{}\t"), talk("{}\t00:12\t")):
        transcript = read(text)
        assert said(transcript) == turns()
        assert {stretch.start_time for turn in transcript.turns for stretch in turn.stretches} == {12.0}


def test_lines_under_a_hanging_label_go_on(read):
    transcript = read(talk("{}\t", joined="\n\twell,\n\n"))
    assert said(transcript)[0][1] == [TALK[0] + "\n\twell,"]
    assert turns_by_speaker(transcript) == {"INT": 3, "P07": 3}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Anna\tLeeds\t34\nBen\tYork\t28\n" * 4, id="table"),
        pytest.param("Leeds\t34\nYork\t28\n" * 6, id="table of two columns"),
        pytest.param(
            "Leeds\tthe first of the towns we saw\n" * 4 + "York\tthe next of the towns we saw\n" * 4, id="sorted table"
        ),
        pytest.param("I met them all.\n\n" * 16 + talk("{}\t", joined="\n\n"), id="few of the paragraphs, tab"),
        pytest.param("I met them all.\n\n" * 6 + talk("{} - ", joined="\n\n"), id="few of the paragraphs, dash"),
        pytest.param("- Housing - they never ring us back\n- Health - they do ring us back\n" * 2, id="bullet points"),
        pytest.param("Yes.  I did go there in the end.\nNo.  We did not go there at all.\n", id="short sentences"),
        pytest.param("(A) they do ring us back\n(B) they never ring us\n(C) do not know at all\n" * 4, id="choices"),
        pytest.param("I - I mean, we never did that.\n\nThe rest of it is all true.\n\n" * 4, id="a stutter"),
        pytest.param("See  the next page for all that.\nSo  we went home by the bus.\n" * 4, id="wide spaces"),
    ],
)
def test_lists_tables_and_prose_have_no_speakers(read, text):
    assert {turn.speaker for turn in read(text).turns} == {None}


def test_a_colon_is_believed_before_any_other_sign(read):
    text = "Anna - Leeds: So, how did it go?\nBen - York: It went quite well, I think.\n" * 3
    expected = {"Anna - Leeds": 3, "Ben - York": 3}
    assert turns_by_speaker(read(text)) == expected
    assert turns_by_speaker(read(text + "Anna - well, she said no more than that.\n")) == expected


def test_numbered_questions_with_full_stops(read):
    transcript = read("Q1. Where was it?\nA1. There.\nQ2. Why there?\nA2. So that we see it.\n")
    assert turns_by_speaker(transcript) == {"Q": 2, "A": 2}


def test_a_note_before_the_colon_is_no_part_of_the_name(read):
    text = "Interviewer: So?\n\nAnna [laughs]: Yes.\n\nInterviewer: And?\n\nAnna (sighs heavily): No.\n\nAnna: Oh.\n"
    assert said(read(text)) == [
        ("Interviewer", ["So?"]),
        ("Anna", ["Yes."]),
        ("Interviewer", ["And?"]),
        ("Anna", ["No.", "Oh."]),
    ]


@pytest.mark.parametrize("label", ["Anna (interviewer)", "PC Smith (Northshire)", "P1 (F, 34, PCSO)", "Ben (Software)"])
def test_brackets_that_say_who_it_is_belong_to_the_name(read, label):
    assert turns_by_speaker(read(f"{label}: So?\n\nRuth: Yes.\n\n" * 2)) == {label: 2, "Ruth": 2}


@pytest.mark.parametrize(
    "dates", [("4 March", "Tue 5 March 2024"), ("March 4, 2024", "05/03/2024"), ("4th Mar.", "2024-03-05")]
)
def test_a_date_before_the_colon_is_no_part_of_the_name(read, dates):
    first, second = dates
    text = f"Martin ({first}):\n\nWhat did you do?\n\nPauline ({second}):\n\nI was posted (4 March): to custody.\n\n"
    assert turns_by_speaker(read(text + text.replace("4", "6"))) == {"Martin": 2, "Pauline": 2}


def test_rare_labels_among_many_are_turns(read):
    transcript = read(
        "Moderator: So?\n\nP1: Well, yes.\n\nP2: No.\n\nAll: Yes!\n\nP?: Never.\n\nP1: Oh.\n\nP2: So.\n\nReally?: he said.\n"
    )
    assert said(transcript) == [
        ("Moderator", ["So?"]),
        ("P1", ["Well, yes."]),
        ("P2", ["No."]),
        ("All", ["Yes!"]),
        ("P?", ["Never."]),
        ("P1", ["Oh."]),
        ("P2", ["So.", "Really?: he said."]),
    ]
    assert roles(transcript)["All"] is Role.OTHER


def test_f4_times_have_tenths(read):
    transcript = read("I: Hi? #00:00:04-1#\nB: Yes. #00:01:07-9#\nI: So? #00:02:00-0#\nB: No. #00:03:00-0#\n")
    assert said(transcript) == [("I", ["Hi?"]), ("B", ["Yes."]), ("I", ["So?"]), ("B", ["No."])]


@pytest.mark.parametrize(
    "closing",
    [
        "END",
        "*** END OF RECORDING (00:41:10) ***",
        "End of interview 3",
        "Recording ends 00:38:12",
        "Transcribed by TypeFast Ltd, 3 March 2023",
        "Transcript checked by J. Marsh",
        "Transcript by Sonix.ai",
        "Transcribed by Temi",
        "Transcript generated by Happy Scribe",
        "This transcript was exported on Mar 04, 2024 - view latest version here.",
        "Sonix is the world's most advanced automated transcription platform. Fast, accurate, and affordable.",
        "Automatically convert your m4a files to text (txt file) and SubRip Subtitle (srt file) in minutes.",
        "Sonix has many features that you'd love including automated translation. Try Sonix for free today.",
    ],
)
def test_closing_lines_are_not_speech(read, closing):
    assert said(read(f"Anna: Hi?\n\nBen: Yes.\n\n{closing}\n")) == [("Anna", ["Hi?"]), ("Ben", ["Yes."])]


@pytest.mark.parametrize(
    "words", ["transcribed by hand, all of it", "Sonix is what we had.", "End", "the interview ends at noon"]
)
def test_words_like_a_closing_are_speech(read, words):
    assert said(read(f"Anna: Hi?\n\nBen: It was\n{words}\n"))[-1] == ("Ben", [f"It was\n{words}"])


@pytest.mark.parametrize(
    "words",
    [
        "Transcribed by Otter, it came out as rubbish.",
        "Transcribed by Rev and it was rubbish",
        "Transcription with Zoom is better, I would say.",
        "Transcribed by hand, most of it",
        "Transcript by Otter is what we send to probation, and they read it.",
        "The council started transcription",
        "We started transcription",
        "Sonix is the best way to make a sergeant cry.",
        "Try Sonix today, they told us.",
    ],
)
def test_talk_of_transcription_services_is_speech(read, words):
    for talk in (f"Ben: {words}\n\nAnna: And?\n\nBen: Hm.\n", f"Ben: Well.\n\n{words}\n\nAnna: And?\n\nBen: Hm.\n"):
        spoken = [span for _, spans in said(read(f"Anna: Hi?\n\n{talk}")) for span in spans]
        assert words in spoken
    below = read(
        f"ANNA\nWhat do you use it for?\n\nBEN\n{words}\n\nANNA\nWhat else do you use?\n\nBEN\nA pen is what I use.\n"
    )
    assert said(below)[1] == ("BEN", [words])


def test_credits_are_no_speech_at_the_top_and_speech_in_the_middle(read):
    talk = read(
        "Transcribed by Jo Bell\n\nAnna: Hi?\n\nBen: Yes.\n\nTranscribed by Jo Bell\n\nAnna: Oh?\n\nBen: Yes.\n"
    )
    assert said(talk)[:2] == [("Anna", ["Hi?"]), ("Ben", ["Yes.", "Transcribed by Jo Bell"])]


@pytest.mark.parametrize("words", ["--and so we went--", "-- yes --", "Page 3 of 12", "# of calls"])
def test_what_a_speaker_says_is_no_title(read, words):
    assert said(read(f"Anna: Which?\n\nBen: {words}\n\nAnna: Oh?\n\nBen: No.\n"))[1] == ("Ben", [words])


def test_broken_lines_and_interruptions_are_speech(read):
    words = "It was at the\nend of the interview\n\n--and so we went--"
    assert said(read(f"Anna: Hi?\n\nBen: {words}\n\nAnna: Oh?\n\nBen: No.\n"))[1] == ("Ben", words.split("\n\n"))


@pytest.mark.parametrize(
    "label", ["Social worker 2", "Police officer 1", "Focus group member 2", "Head teacher A", "Nurse 1"]
)
def test_a_post_in_small_letters_with_a_number_is_a_label(read, label):
    talk = (
        "Interviewer: Who came?\n\n{0}: Housing came, and late.\n\nInterviewer: And then?\n\n{0}: Then nobody spoke.\n"
    )
    turns = read(talk.format(label)).turns
    assert [turn.speaker for turn in turns] == ["Interviewer", label, "Interviewer", label]


def test_a_sentence_that_ends_in_a_number_before_a_colon_is_speech(read):
    talk = "Interviewer: Where?\n\nAnna: There.\n\nWe went to room 2: it was shut.\n\nInterviewer: Oh.\n\nAnna: Yes it was.\n"
    assert {turn.speaker for turn in read(talk).turns} == {"Interviewer", "Anna"}


@pytest.mark.parametrize(
    "words",
    [
        "(Yeah)",
        "[Yes.]",
        "((mm hm))",
        "(Yes, yes.)",
        "(Yes, we did.)",
        "[We did.]",
        "(I know, I know.)",
        "[I'm not sure]",
    ],
)
def test_words_in_brackets_after_a_label_are_speech(read, words):
    assert said(read(f"Anna: So?\n\nBen: {words}\n\nAnna: Oh?\n\nBen: No.\n"))[1] == ("Ben", [words])


@pytest.mark.parametrize(
    "note",
    [
        "[No response]",
        "(no audible answer)",
        "[nods]",
        "(right hand)",
        "[We pause the recording]",
        "[I laughs]",
        "(He did)",
    ],
)
def test_notes_after_a_label_are_none(read, note):
    assert note not in str(said(read(f"Anna: So?\n\nBen: {note}\n\nAnna: Oh?\n\nBen: No.\n")))


def test_question_marks_before_a_colon_are_an_unknown_speaker(read):
    talk = read("Mod: Score?\nF1: Six.\nF2: No.\nMod: Why?\nF1: Well.\n??: Never.\nF2: Hm.\n?: Oh.\n")
    assert said(talk)[5:] == [("Unknown speaker", ["Never."]), ("F2", ["Hm."]), ("Unknown speaker", ["Oh."])]
