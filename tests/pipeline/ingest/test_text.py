"""Plain text: every speaker convention, what is no label, headers, notes; then the real files."""

from __future__ import annotations

from pathlib import Path

import pytest
from looking import roles, said, turns_by_speaker

from pipeline.ingest import read_transcript, unattributed_share
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


def test_header_block_gives_attributes(read):
    transcript = read(
        "Interview: 7B\nForce: B\nRank: constable\nYears in service: 19\nRole: neighbourhood constable\n\n"
        "Interviewer: Hello?\n\n7B: Right: hello.\n\nInterviewer: [laughs] Why?\n\n7B: So.\n"
    )
    assert transcript.attributes == {
        "interview": "7B",
        "force": "B",
        "rank": "constable",
        "years_in_service": "19",
        "role": "neighbourhood constable",
    }
    assert roles(transcript) == {"Interviewer": Role.INTERVIEWER, "7B": Role.PARTICIPANT}
    assert said(transcript)[2] == ("Interviewer", ["[laughs] Why?"])


@pytest.mark.parametrize(
    ("text", "attributes", "first"),
    [
        ("Date: 3 May\nInterviewer: Jane\nParticipant: P4\n\nI: Hi\nP4: Hello\nI: So?\nP4: No\n", 3, "Hi"),
        ("---\ntitle: A talk\n# text of it\n---\nAnna: Hi?\n\nBen: Yes.\n", 1, "Hi?"),
        (
            "# Transcript: s1\n# Date: 2026-01-20\n\n[00:02] [m1] Hi?\n[00:10] [p1] Yes.\n[00:11] [m1] So?\n[00:12] [p1] No.\n",
            2,
            "Hi?",
        ),
        ("Interview with Anna\n\nDate: today\nPlace: here\n\nAnna: Hi?\n\nBen: Yes.\n", 2, "Hi?"),
        ("Interviewer: Hello there.\n\nAnna: Yes.\n", 0, "Hello there."),
        (
            "Interviewer: Jo Marsh\nInterviewee: Ruth Bell\n\nJo: So?\n\nRuth: Well.\n\nJo: And?\n\nRuth: No.\n",
            2,
            "So?",
        ),
        ("Interviewer: Jo Marsh\n\nJo: So?\n\nRuth: Well.\n\nJo: And?\n\nRuth: No.\n", 1, "So?"),
        ("Interviewer: Ruth\n\nAnna: Yes.\n\nInterviewer: So?\n\nRuth: Well.\n\nRuth: No.\n", 0, "Ruth"),
        ("INTERVIEWER: (Pause)\nP1: yes\n", 0, "yes"),
        ("Date: 3 May\nInterviewer: Jo Marsh\n\nInterviewer: So?\nP4: Well.\nInterviewer: And?\nP4: No.\n", 2, "So?"),
        ("Date: 3 May\nInterviewer: Jo Marsh\nInterviewer: So?\nP4: Well.\nInterviewer: And?\nP4: No.\n", 2, "So?"),
        (
            "Place: here\nInterviewer: Jo Marsh\nInterviewee: Ruth Bell\n\n"
            "Interviewer: So?\nInterviewee: Well.\nInterviewer: And?\nInterviewee: No.\n",
            3,
            "So?",
        ),
        ("Date: 3 May\nInterviewer: Ruth Bell\n\nP4: Yes.\nInterviewer: So?\nP4: Well.\n", 1, "Ruth Bell"),
        (
            "Date: 3 May\nInterviewer: Hello\n\nInterviewer: So?\nP4: Well.\nInterviewer: And?\n",
            1,
            "Hello",
        ),
        (
            "Interviewee: Ruth Bell\nDate: 3 May\nPlace: here\nTape 1, Side A\n\nJO: So?\n\nBELL: Yes.\n\nJO: No?\n",
            3,
            "So?",
        ),
        ("Interviewee: Ruth Bell\nDate: 3 May\nPlace: here\n-----\nJO: So?\n\nBELL: Yes.\n\nJO: No?\n", 3, "So?"),
    ],
)
def test_headers(read, text, attributes, first):
    transcript = read(text)
    assert len(transcript.attributes) == attributes
    assert said(transcript)[0][1][0] == first


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


_TOPICS = """\
I: How is it?

P4: It is hard.

{}

I: Who is there?

P4: {}

I: And then?

P4: That is all.
"""


@pytest.mark.parametrize(
    "heading",
    ["INFORMATION SHARING", "Section 2: Meetings", "THEME 2: MEETINGS", "Part B", "QUESTION 4: MEETINGS AT NIGHT"],
)
def test_headings_between_turns_are_not_speech(read, heading):
    assert said(read(_TOPICS.format(heading, "The council."))) == [
        ("I", ["How is it?"]),
        ("P4", ["It is hard."]),
        ("I", ["Who is there?"]),
        ("P4", ["The council."]),
        ("I", ["And then?"]),
        ("P4", ["That is all."]),
    ]


def test_headings_that_count_up_are_not_speech(read):
    text = (
        "A. BACKGROUND\n\nI: How is it?\nP4: It is hard.\n\nB. Meetings\n\nI: Who is there?\nP4: OK.\n\n"
        "C. SHARING INFORMATION: BARRIERS\n\nI: And then?\nP4: That is all.\n"
    )
    spoken = [words for _, stretches in said(read(text)) for words in stretches]
    assert spoken == ["How is it?", "It is hard.", "Who is there?", "OK.", "And then?", "That is all."]
    assert said(read(text.replace("C. SHARING", "F. SHARING")))[1] == ("P4", ["It is hard.", "B. Meetings"])


@pytest.mark.parametrize(
    "words",
    [
        "GET OUT, ALL OF YOU",
        "Meetings at night",
        "2. Meetings",
        "Question 4: Tell me more",
        "MEETINGS!",
        "part 2: meetings",
    ],
)
def test_what_may_be_said_in_a_paragraph_of_its_own_stays_speech(read, words):
    assert said(read(_TOPICS.format(words, "The council.")))[1] == ("P4", ["It is hard.", words])


def test_what_is_shouted_under_a_label_stays_speech(read):
    assert said(read(_TOPICS.format("[pause]", "BLOODY MURDER")))[3] == ("P4", ["BLOODY MURDER"])
    assert said(read(_TOPICS.format("[pause]", "\n\nBLOODY MURDER")))[3] == ("P4", ["BLOODY MURDER"])
    assert said(read(_TOPICS.format("PETER BELL: BLOODY MURDER", "Yes.")))[2] == ("PETER BELL", ["BLOODY MURDER"])
    turns = ["I\tSo how is it out there?", "P4\tIt is hard, as I told them.", "PETER BELL\tBLOODY MURDER"] * 2
    assert said(read("\n\n".join(turns[:5] + turns[:2])))[2] == ("PETER BELL", ["BLOODY MURDER"])
    parts = _TOPICS.replace("How is it?", "So.\n\nPart 2: Hard").format("Part 2: Harder", "Yes.")
    assert said(read(parts))[1] == ("P4", ["It is hard.", "Part 2: Harder"])


def test_capitals_are_no_headings_where_all_is_in_capitals(read):
    text = _TOPICS.format("INFORMATION SHARING", "THE COUNCIL IS.").upper()
    assert said(read(text))[1] == ("P4", ["IT IS HARD.", "INFORMATION SHARING"])


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


REAL = {
    "bristlenose_s1_bracket_time_bracket_role": {"m1": 4, "p1": 4},
    "ethereum_ep007_SPEAKER_caps_assemblyai": {"SPEAKER_00": 55, "SPEAKER_01": 55},
    "ethereum_ep007_label_on_own_line_whisperx": {"SPEAKER_00": 16, "SPEAKER_01": 16},
    "ladybug_62_otter_export": {"Emma": 58, "Unknown Speaker": 60, "Sidney": 19, "Kelly": 3, "Tailor": 1},
    "mlss_interview_02_french_space_before_colon": {"Interviewer1": 43, "Interviewee1": 44, "Interviewer2": 2},
    "mlss_interview_07_inconsistent_labels": {
        "Interviewer1": 35,
        "Interviewee": 34,
        "Interviewer2": 1,
        "Interviewer 3": 1,
    },
    "mlss_interview_10_lowercase_labels": {"interviewer": 55, "interviewee": 55},
    "ohd_mohammad_initials_frontmatter": {"Devin Becker": 131, "Kasey Mohammad": 131},
    "qualcoder_focus_group_bracket_ids": {"id1": 3, "id2": 2, "id3": 2},
    "simple_exmaralda": {"TOM": 6, "TIM": 6, "WUM": 1, "KIM": 1, "WIM": 1},
    "talkpython_145_timestamps_no_speakers": {None: 1},
    "uoe_lecture_cp1252": {None: 1},
}


@pytest.mark.parametrize("name", REAL)
def test_real_files(formats: Path, name):
    transcript = read_transcript(formats / "txt" / f"{name}.txt")
    assert turns_by_speaker(transcript) == REAL[name]


def test_real_files_word_for_word(formats: Path):
    kim = next(s for n, s in said(read_transcript(formats / "txt" / "simple_exmaralda.txt")) if n == "KIM")
    assert [" ".join(part.split()) for part in kim] == [
        "Dem (.) stimme (..) ich (...) zu! Das (+++ ++++++ (gampf lechtes)) Beispiel! "
        "Das (+++ gampf ++++++ lechtes) Beispiel!"
    ]
    python = read_transcript(formats / "txt" / "talkpython_145_timestamps_no_speakers.txt")
    assert python.turns[0].stretches[2].start_time == 10.0
    assert "00:00:10" not in said(python)[0][1][2]
    lecture = read_transcript(formats / "txt" / "uoe_lecture_cp1252.txt")
    assert said(lecture)[0][1][0].startswith("Hi everyone, I’m Dr Federico Andreis")
    otter = said(read_transcript(formats / "txt" / "ladybug_62_otter_export.txt"))
    assert otter[2] == ("Unknown Speaker", ["I'm Kelly. I'm Allie."])
    assert "otter.ai" not in otter[-1][1][-1]
    mohammad = said(read_transcript(formats / "txt" / "ohd_mohammad_initials_frontmatter.txt"))
    assert mohammad[0] == ("Devin Becker", ["Thank you very much for agreeing to do this, Kasey."])


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
