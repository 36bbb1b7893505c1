"""Plain text: every speaker convention, what is no label, notes."""

from __future__ import annotations

from time import process_time

import pytest
from looking import roles, said, turns_by_speaker

from pipeline.ingest import unattributed_share
from pipeline.ingest.text import read_lines
from pipeline.types import Role

A, B = "Anna", "Ben"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Anna: Hi?\nBen: Yes.\n", [(A, ["Hi?"]), (B, ["Yes."])], id="colon"),
        pytest.param("Anna : Hi ?\nBen : Oui.\n", [(A, ["Hi ?"]), (B, ["Oui."])], id="french space"),
        pytest.param("Anna\u00a0: Hi?\nBen\u202f: Oui.\n", [(A, ["Hi?"]), (B, ["Oui."])], id="narrow space"),
        pytest.param("Anna:\nHi?\nWell?\n\nBen:\nYes.\n", [(A, ["Hi?\nWell?"]), (B, ["Yes."])], id="label above"),
        pytest.param("Anna:\tHi?\nBen:\tYes.\n", [(A, ["Hi?"]), (B, ["Yes."])], id="tab"),
        pytest.param("**Anna:** Hi?\n\n**Ben**: Yes.\n", [(A, ["Hi?"]), (B, ["Yes."])], id="bold"),
        pytest.param("Anna  0:00  \nHi?\n\nBen  0:34  \nYes.\n", [(A, ["Hi?"]), (B, ["Yes."])], id="otter"),
        pytest.param("Anna - 00:00\nHi?\n\nBen - 00:34\nYes.\n", [(A, ["Hi?"]), (B, ["Yes."])], id="fireflies"),
        pytest.param("**Anna** [0:00] Hi?\n\n**Ben** [0:18] Yes.\n", [(A, ["Hi?"]), (B, ["Yes."])], id="bold, time"),
        pytest.param("Anna (00:12): Hi?\n\nBen (00:15): Yes.\n", [(A, ["Hi?"]), (B, ["Yes."])], id="time in the label"),
        pytest.param("[00:01] Anna: Hi?\n[00:03] Ben: Yes.\n", [(A, ["Hi?"]), (B, ["Yes."])], id="time first"),
        pytest.param("[00:01] Anna\nHi?\n\n[00:03] Ben\nYes.\n", [(A, ["Hi?"]), (B, ["Yes."])], id="time, name alone"),
        pytest.param(
            "[00:01] Anna\nHi, all well?\n[00:03] Ben\nYes, quite well.\n",
            [(A, ["Hi, all well?"]), (B, ["Yes, quite well."])],
            id="time, name alone, no empty lines",
        ),
        pytest.param(
            "[00:01] Anna:\nHi?\n[00:03] Sgt Ben:\nYes.\n",
            [(A, ["Hi?"]), ("Sgt Ben", ["Yes."])],
            id="time, name above, no empty lines",
        ),
        pytest.param(
            "Anna:\nHi?\nSgt Ben:\nYes.\nAnna:\nSo?\n",
            [(A, ["Hi?"]), ("Sgt Ben", ["Yes."]), (A, ["So?"])],
            id="label above, no empty lines",
        ),
        pytest.param(
            "Interviewer\nHi?\n\nP1\nYes.\n\nInterviewer\nWhy?\n\nP1\nSo.\n",
            [("Interviewer", ["Hi?"]), ("P1", ["Yes."]), ("Interviewer", ["Why?"]), ("P1", ["So."])],
            id="name alone",
        ),
        pytest.param(
            "[id1] Hi?\n\n[id2] Yes.\n\n[id1] So.\n\n[id2] OK.\n",
            [("id1", ["Hi?"]), ("id2", ["Yes."]), ("id1", ["So."]), ("id2", ["OK."])],
            id="bracketed ids",
        ),
        pytest.param(
            "Q. Where?\nA. There.\nQ. Why?\nA. So,\n   and so.\n",
            [("Q", ["Where?"]), ("A", ["There."]), ("Q", ["Why?"]), ("A", ["So,\n   and so."])],
            id="court",
        ),
        pytest.param(
            "Q1: Where?\nA1: There.\nQ2: Why?\nA2: So.\n",
            [("Q", ["Where?"]), ("A", ["There."]), ("Q", ["Why?"]), ("A", ["So."])],
            id="numbered questions",
        ),
        pytest.param(
            "anna: hi?\nben: yes\nanna: ok?\nben: no\nanna: so\nben: bye\n",
            [
                ("anna", ["hi?"]),
                ("ben", ["yes"]),
                ("anna", ["ok?"]),
                ("ben", ["no"]),
                ("anna", ["so"]),
                ("ben", ["bye"]),
            ],
            id="lower case",
        ),
        pytest.param("张三：你好吗？\n李四：很好。\n", [("张三", ["你好吗？"]), ("李四", ["很好。"])], id="chinese"),
        pytest.param("Иван: Привет?\nМария: Да.\n", [("Иван", ["Привет?"]), ("Мария", ["Да."])], id="russian"),
        pytest.param(
            "SPEAKER_00: Hi?\n\nSPEAKER_01: Yes.\n", [("SPEAKER_00", ["Hi?"]), ("SPEAKER_01", ["Yes."])], id="diarized"
        ),
        pytest.param(
            "Anna: Hi?\nBen: Yes.\nMore.\n\nAnd more.\n",
            [(A, ["Hi?"]), (B, ["Yes.\nMore.", "And more."])],
            id="goes on",
        ),
        pytest.param("Anna: One.\nAnna: Two?\nBen: Yes.\n", [(A, ["One.", "Two?"]), (B, ["Yes."])], id="same again"),
    ],
)
def test_conventions(read, text, expected):
    transcript = read(text)
    assert said(transcript) == expected
    assert transcript.text == text


def test_spellings_of_one_label_are_one_speaker(read):
    transcript = read(
        "Interviewer1: So?\n Interviewee: Yes.\nInterviewer 1: And?\nInterviewee : No.\nInterviewer1 1: Oh?\n"
    )
    assert turns_by_speaker(transcript) == {"Interviewer1": 3, "Interviewee": 2}


def test_initials_stand_for_the_full_names(read):
    transcript = read(
        "Devin Becker: Thank you.\n\nKasey Mohammad: My pleasure.\n\nDB: Your name?\n\nKM: Kasey.\n\nDB: Why?\n\nKM: So.\n"
    )
    assert turns_by_speaker(transcript) == {"Devin Becker": 3, "Kasey Mohammad": 3}


@pytest.mark.parametrize(
    "prose",
    [
        "The time is 10:30 and we start.\n\nFor example: this.\n\nHe said this: go home.\n\nI went.\n",
        "I went to town.\n\nMy mother: she never did.\n\nNote: all true.\n\nParis: lovely.\n\nParis: I said so.\n",
        "Well.\n\nSo we said:\n\nLet us go.\n\nAnd then:\n\nWe went.\n",
        "We met at\n10:30 was too early for us.\n",
        "See https://example.org/a: it is there.\n\nSee http://example.org/b: also.\n",
        "Example: one thing.\n\nExample: another thing.\n\nExample: a third.\n",
    ],
)
def test_prose_has_no_speakers(read, prose):
    transcript = read(prose)
    assert [turn.speaker for turn in transcript.turns] == [None]
    assert roles(transcript) == {None: Role.PARTICIPANT}
    assert any("no speaker labels" in warning for warning in transcript.warnings)
    assert unattributed_share(transcript) == 1.0


def test_a_colon_inside_an_answer_is_no_label(read):
    transcript = read(
        "I: So?\n\nP4: Well.\n\nLondon: that is where.\n\nI: And?\n\nP4: I told him this: go.\n\nI: Oh.\n"
    )
    assert turns_by_speaker(transcript) == {"I": 3, "P4": 2}


def test_notes_are_not_speech(read):
    transcript = read(
        "[video of a man,\nnext to a laptop]\n\nAnna: Hi (laughs) there?\n[phone rings]\nWell?\n\nBen: [nods]\n\n"
        "Anna: (Pause)\n\nBen: Yes [laughs].\n\n--Part two--\n\nAnna: So.\n\nTranscribed by https://otter.ai\n"
    )
    assert said(transcript) == [
        ("Anna", ["Hi (laughs) there?", "Well?"]),
        ("Ben", ["Yes [laughs]."]),
        ("Anna", ["So."]),
    ]


def test_times(read):
    transcript = read("Anna (00:12): Hi? [00:20] And more.\n\n00:30\n\nBen: Yes.\n")
    times = [stretch.start_time for turn in transcript.turns for stretch in turn.stretches]
    assert times == [12.0, 20.0, 30.0]


def test_speech_before_the_first_label_is_nobodys(read):
    transcript = read("We had begun to talk before it ran.\n\nAnna: Hi?\n\nBen: Yes.\n\nAnna: So?\n\nBen: No.\n")
    assert transcript.turns[0].speaker is None
    assert transcript.turns[0].role is Role.OTHER
    assert 0 < unattributed_share(transcript) < 1
    assert any("before the first speaker label" in warning for warning in transcript.warnings)


def test_only_line_feeds_end_lines(read):
    transcript = read("Anna: one\u2028Ben: two\u0085three\x0cfour?\nBen: Yes.\n")
    assert said(transcript) == [("Anna", ["one\u2028Ben: two\u0085three\x0cfour?"]), ("Ben", ["Yes."])]


def test_a_summary_above_the_transcript_is_left_out():
    draft = read_lines(
        [
            "📝 Notes",
            "",
            "Summary",
            "",
            "Anna said that she is well.",
            "",
            "📖 Transcript",
            "",
            "00:00:11",
            "",
            "Anna Lee: Testing it.",
            "",
            "Transcription ended after 00:00:39",
        ]
    )
    assert [(turn.speaker, draft.text[turn.start : turn.end]) for turn in draft.turns] == [("Anna Lee", "Testing it.")]
    assert draft.turns[0].stretches[0].start_time == 11.0


def test_a_police_sergeants_label_is_a_speaker(read):
    """`PS` is a rank before a name; it was once taken for a postscript, and the talk for the interviewer's."""
    text = (
        "Interviewer: How is it?\n\nPS Hallworth: We ring the council.\n\nInterviewer: And?\n\nPS Hallworth: Nothing.\n"
    )
    assert [turn.speaker for turn in read(text).turns] == ["Interviewer", "PS Hallworth"] * 2


_POST_IN_SMALL = (
    "Interviewer: How do you find it?\n\nPC Jones: It is all right.\n\nSocial worker: I would not say that.\n\n"
    "Interviewer: Go on.\n\nSocial worker: They never ring us.\n\nPC Jones: We do try.\n{}"
)


@pytest.mark.parametrize(
    "post",
    ["Social worker", "Family support worker", "Mental health nurse", "Head of year", "Youth offending team officer"],
)
def test_a_post_in_small_letters_is_a_label_where_every_paragraph_has_one(read, post):
    transcript = read(_POST_IN_SMALL.replace("Social worker", post).format(""))
    assert turns_by_speaker(transcript) == {"Interviewer": 2, "PC Jones": 2, post: 2}
    assert transcript.warnings == ()


def test_what_begins_paragraphs_and_is_no_label_is_told(read):
    posts = _POST_IN_SMALL.replace("Social worker", "Duty brief")
    transcript = read(posts.format(""))
    assert turns_by_speaker(transcript) == {"Interviewer": 2, "PC Jones": 2}
    [told] = [warning for warning in transcript.warnings if "Duty brief" in warning]
    assert told.startswith(
        "not taken for speakers' labels, though several paragraphs begin so: Duty brief: What follows"
    )


@pytest.mark.parametrize(
    "phrase", ["I said", "Bottom line", "and then", "My point", "The officer", "What the officer", "I told the nurse"]
)
def test_a_phrase_before_a_colon_is_neither_a_label_nor_told(read, phrase):
    transcript = read(_POST_IN_SMALL.replace("Social worker", phrase).format(""))
    assert turns_by_speaker(transcript) == {"Interviewer": 2, "PC Jones": 2}
    assert transcript.warnings == ()


def test_how_long_a_turn_lasted_is_no_speech(read):
    text = "Speaker 1: [00:00:03] Shall we? [5.2s]\n\nSpeaker 2: [00:00:08] It took [5.2s] to load. [14.85s]\n"
    assert said(read(text * 2))[:2] == [("Speaker 1", ["Shall we?"]), ("Speaker 2", ["It took [5.2s] to load."])]


def test_long_credits_take_time_in_proportion(read):
    begun = process_time()
    read("Jo: Well.\nAnn: Yes.\nJo: So?\nTranscribed by " + "A.bb.cc.dd.ee " * 19 + "home\n")
    assert process_time() - begun < 5
