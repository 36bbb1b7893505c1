"""Captions within plain text and documents."""

import io

import docx
import pytest
from looking import check_laws, said

ASKED, TOLD = "What does a normal week look like?", "Monday is tasking. Council come to that,"
TALK = [
    ("Harding, Ruth (UNI)", ["What does a normal week look like?"]),
    ("Okoro, Dave", ["Monday is tasking. Council come to that,", "housing don't."]),
    ("Harding, Ruth (UNI)", ["Why is that?"]),
    ("Okoro, Dave", ["Ask them."]),
]
CUES = [(who, words) for who, parts in TALK for words in parts]


STAMPS = {
    "teams": "0:0:{}.340 --> 0:0:{}.9",
    "webvtt": "00:00:{:02}.340 --> 00:00:{:02}.900 align:start position:0%",
    "subrip": "00:00:{:02},340 --> 00:00:{:02},900",
    "minutes": "00:{:02}.340 --> 00:{:02}.900",
    "colons": "00:00:{:02}:340 --> 00:00:{:02}:900",
}


def stamped(cues, stamp="teams", between="\n"):
    parts = [f"{STAMPS[stamp].format(n * 5, n * 5 + 4)}\n{who}\n{words}\n" for n, (who, words) in enumerate(cues)]
    return between.join(parts)


@pytest.mark.parametrize("between", ["", "\n"])
@pytest.mark.parametrize("stamp", STAMPS)
def test_the_name_below_the_times_says_who_speaks(read, stamp, between):
    transcript = read("Interview 7\n\n" + stamped(CUES, stamp, between))
    assert said(transcript) == TALK
    assert [turn.role for turn in transcript.turns] == ["interviewer", "participant"] * 2
    times = [stretch.start_time for turn in transcript.turns for stretch in turn.stretches]
    assert times == [0.34, 5.34, 10.34, 15.34, 20.34]
    check_laws(transcript)


@pytest.mark.parametrize("broken", [False, True])
def test_in_a_word_file_as_teams_wrote_it(read, broken):
    document = docx.Document()
    for block in stamped(CUES).split("\n\n"):
        lines = block.strip().split("\n")
        if broken:
            document.add_paragraph("\n".join(lines))
        else:
            for line in lines:
                document.add_paragraph(line)
    file = io.BytesIO()
    document.save(file)
    assert said(read(file.getvalue(), "teams.docx")) == TALK


def test_pasted_webvtt_keeps_its_voices_and_loses_its_identifiers(read):
    identifier, sure = "3f2c9a10-8d0e-4b5e-9a77-0a1b2c3d4e5f", "NOTE Confidence: 0.8"
    blocks = [
        f"{identifier}/{n}-0\n00:00:{n:02}.000 --> 00:00:{n + 1:02}.000\n<v {who}>{words}</v>\n\n{sure}{n}\n"
        for n, (who, words) in enumerate(CUES)
    ]
    assert said(read("Meeting of the board\n\nWEBVTT\n\n" + "\n".join(blocks))) == TALK


def test_pasted_subrip_has_speakers_where_its_words_name_them(read):
    blocks = [
        f"{n}\n00:00:{n:02},000 --> 00:00:{n + 1:02},000\n{who}: {words}\n"
        for n, (who, words) in enumerate([("KB", ASKED), ("Jo", TOLD)] * 4, 1)
    ]
    transcript = read("Transcript of 4 March\n" + "\n".join(blocks))
    assert said(transcript) == [("KB", [ASKED]), ("Jo", [TOLD])] * 4
    assert not any("Transcript" in part for _, parts in said(transcript) for part in parts)


def test_two_lines_of_words_are_no_name_and_words(read):
    lines = [f"Well {n} of them came\nand {n + 1} went home" for n in range(8)]
    text = "Sound check\n" + "\n".join(f"0:0:{n} --> 0:0:{n + 1}\n{words}\n" for n, words in enumerate(lines))
    transcript = read(text)
    assert " ".join(part for _, parts in said(transcript) for part in parts) == " ".join(lines).replace("\n", " ")
    assert {turn.speaker for turn in transcript.turns} == {None}


def test_a_caption_without_a_name_is_an_unknown_speakers(read):
    text = stamped(CUES * 3).replace("Okoro, Dave\nAsk them.", "Ask them.", 1)
    turns = said(read(text))
    assert turns[3][1] == ["Ask them."]
    assert turns[3][0] not in {"Okoro, Dave", "Harding, Ruth (UNI)"}


def test_talk_above_is_kept_and_told(read):
    transcript = read("So I will begin the recording now, and we were just saying how cold it was.\n" + stamped(CUES))
    assert said(transcript)[0] == (
        None,
        ["So I will begin the recording now, and we were just saying how cold it was."],
    )
    assert any("before the first speaker" in warning for warning in transcript.warnings)


def test_times_within_talk_make_no_captions(read):
    talk = "".join(
        f"Interviewer: From 1:00 --> 2:00, what then?\nP1: 0:{n}0 --> 0:{n}5 was the {n}th job.\n" for n in range(1, 6)
    )
    assert {speaker for speaker, _ in said(read(talk))} == {"Interviewer", "P1"}


def test_a_number_is_an_answer_where_captions_are_not_numbered(read):
    cues = [("Jo Bell", "How many of you were there?"), ("Ann Ray", "7"), ("Jo Bell", "And now?"), ("Ann Ray", "3")]
    transcript = read(stamped(cues * 2))
    assert said(transcript) == [(who, [words]) for who, words in cues * 2]
