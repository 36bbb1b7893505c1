"""CHAT: speaker lines, headers, codes, times."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from looking import check_laws, roles, said

from pipeline.errors import UnreadableInput
from pipeline.ingest.chat_words import BULLET, times, words_said
from pipeline.types import Role

TALK = (
    "@UTF8\n@Begin\n@Languages:\teng\n"
    "@Participants:\tINV Ann Investigator, PAR Ben Example\n\tParticipant , BAB Baby Unidentified\n"
    "@ID:\teng|Police|PAR|41;|male|||Participant|sergeant||\n"
    "@Location:\tLeeds, UK\n"
    "*INV:\thow is it going with the council ? \x150_1500\x15\n"
    "%mor:\tadv|how\n\tcop|be\n"
    "*PAR:\twell (.) we <talk to> [//] ring Karen\n\tat how_about hous(ing) [+ exc] . \x151500_4250\x15\n"
    "@Comment:\ta phone rings\n"
    "*BAB:\t&=laughs .\n"
    "*PAR:\tand xxx it gets done . \x154250_5000\x15\n"
    "@End\n"
)


def test_the_whole_file(read):
    transcript = read(TALK, "a.cha")
    assert transcript.format == "cha"
    assert said(transcript) == [
        ("INV", ["how is it going with the council?"]),
        ("PAR", ["well we talk to ring Karen at how about housing.", "and it gets done."]),
    ]
    assert roles(transcript) == {"INV": Role.INTERVIEWER, "PAR": Role.PARTICIPANT}
    assert [(s.start_time, s.end_time) for t in transcript.turns for s in t.stretches] == [
        (0, 1.5),
        (1.5, 4.25),
        (4.25, 5),
    ]
    assert transcript.attributes == {"languages": "eng", "location": "Leeds, UK"}
    assert transcript.attributes_of("PAR")["education"] == "sergeant" or transcript.speakers["PAR"]["role"]
    assert transcript.speakers["PAR"]["name"] == "Ben Example"
    assert transcript.speakers["PAR"]["age"] == "41;"
    assert "a phone rings" in transcript.text  # shown, but not speech
    assert any("1 of 4 utterances hold no words" in warning for warning in transcript.warnings)
    assert any("1 dependent line" in warning for warning in transcript.warnings)
    check_laws(transcript)


def test_told_by_content(read):
    transcript = read(TALK, "talk.txt")
    assert transcript.format == "cha"
    assert any("named .txt" in warning for warning in transcript.warnings)


@pytest.mark.parametrize(
    ("coded", "plain"),
    [
        ("more cookie . [+ IMP]", "more cookie."),
        ("you 0v more cookies ?", "you more cookies?"),
        ("how_about another graham+cracker ?", "how about another graham cracker?"),
        ("you wan(t) a cookie , don('t) you ?", "you want a cookie, don't you?"),
        ("there's a cookie <on the table> [//] (.) on the table .", "there's a cookie on the table on the table."),
        ("xxx girl [=! whispers] . [+ id]", "girl."),
        ("&=vocalizes . [+ nc]", ""),
        ("0 [=! crying] .", ""),
        ("0.", ""),
        ("&-um I &+th think so +...", "um I think so..."),
        ('+" we [?] did it +"/.', "we did it."),
        ("but then +/.", "but then —"),
        ("+, we went „ right ?", "we went, right?"),
        ("gumma@c is no:: word", "gumma is no word"),
        ("yeah (1.5) (..) yeah .", "yeah yeah."),
        ("&*MOT:mhm I went [: [nested] x] home .", "I went home."),
        ("000 people came .", "000 people came."),
        ("yyy www .", ""),
    ],
)
def test_codes(coded, plain):
    assert words_said(coded) == plain


@given(
    st.lists(st.sampled_from(["we", "rang", "the", "council", "twice", "and", "Karen's", "team", "came"]), min_size=1)
)
def test_plain_words_stay_as_they_are(words):
    assert words_said(" ".join(words)) == " ".join(words)


@given(st.text(st.sampled_from("ab &=+-/[]<>()0.:@_x?!" + BULLET), max_size=60))
def test_any_soup_of_codes_gives_one_line(text):
    words = words_said(text)
    assert words == " ".join(words.split())
    assert not set("[]<>" + BULLET) & set(words) or text.count("[") != text.count("]")


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_times(start, length):
    mark = f"{BULLET}{start}_{start + length}{BULLET}"
    assert times(f"yes . {mark}") == (start / 1000, (start + length) / 1000)
    assert times("yes .") == (None, None)


def test_no_speaker_lines(read):
    with pytest.raises(UnreadableInput, match=r"without speaker lines \(each utterance"):
        read("@UTF8\n@Begin\n@Comment:\tnothing\n@End\n", "a.cha")


def test_real_files(formats, read):
    eve = read((formats / "chat" / "brown_eve.cha").read_bytes(), "eve.cha")
    assert roles(eve)["COL"] is roles(eve)["RIC"] is Role.INTERVIEWER
    assert said(eve)[:2] == [
        ("CHI", ["more cookie."]),
        (
            "MOT",
            [
                "you more cookies?",
                "how about another graham cracker?",
                "would that do just as well?",
                "here.",
                "here you go.",
            ],
        ),
    ]
    assert eve.attributes_of("CHI")["age"] == "1;06.00"
    day = read((formats / "chat" / "vandam_daylong.cha").read_bytes(), "day.cha")
    assert said(day)[1] == ("CHI", ["a mama."])
    assert day.turns[1].stretches[0].start_time == 86.339
    assert "not text" not in " ".join(day.warnings)
