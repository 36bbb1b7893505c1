"""Rich text: characters in all their spellings, what is deleted or aside, tables; and mutilated files."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from looking import check_laws, said, turns_by_speaker

from pipeline.ingest import read_transcript, rtf


def text_of(body: str) -> str:
    return rtf.read(("{\\rtf1\\ansi\\ansicpg1252 " + body + "}").encode("latin-1")).text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (r"It\rquote s \'e9t\'e9 \u233? \u8217'3f", "It’s été é ’3f"),
        (r"\uc2 \u233\'81\'82x \uc0 \u233x", "éx éx"),
        (r"\u-10179?\u-8704?", "\U0001f600"),
        (r"one\~two\_three \{four\} \\", "one\u00a0two\u2011three {four} \\"),
        (r"{\fonttbl{\f0\fcharset204 Arial;}{\f1 Times;}}\f0 \'ef\'f0\f1 \'ef", "прï"),
        (
            r"a {\deleted never }{\v hidden }b {\*\unknown no}{\header no}{\footnote no}{\field{\*\fldinst no}{\fldrslt c}}",
            "a b c",
        ),
        (r"a{\pict\bin9 }}}}}}}}}}b", "ab"),
        ("a\r\nb\\\nc", "ab\n\nc"),
    ],
)
def test_characters(body, text):
    assert text_of(body) == text


def test_bold_names_titles_and_breaks(read):
    body = r"{\rtf1{\stylesheet{\s1 heading 1;}{\s2 Normal;}}\pard\s1 About police: a talk\par\pard\s2 "
    for name, words in [("Anna Lee", r"Hi,\line you?"), ("Ben Ray", "Yes.")] * 2:
        body += rf"{{\b {name}}} {words}\par "
    assert said(read(body + "}", "a.rtf")) == [("Anna Lee", ["Hi,\nyou?"]), ("Ben Ray", ["Yes."])] * 2


def test_tables(read):
    rows = [("Time", "Speaker", "Text"), ("0:01", "Anna", "Hi?"), ("0:02", "Ben", "Yes."), ("0:03", "Anna", "So?")]
    body = "".join(
        "\\trowd\\cellx1\\cellx2\\cellx3\\pard\\intbl " + "".join(f"{cell}\\cell " for cell in row) + "\\row\n"
        for row in rows
    )
    transcript = read("{\\rtf1 A title.\\par " + body + "\\pard The end.\\par}", "a.rtf")
    assert said(transcript) == [("Anna", ["Hi?"]), ("Ben", ["Yes."]), ("Anna", ["So?"])]
    assert transcript.turns[1].stretches[0].start_time == 2.0


@given(st.lists(st.text(min_size=1, max_size=30).filter(str.isprintable), min_size=1, max_size=6))
@settings(max_examples=30, deadline=None)
def test_every_character_is_read_once(texts):
    units = [text.encode("utf-16-le", "surrogatepass") for text in texts]
    codes = [[int.from_bytes(unit[i : i + 2], "little", signed=True) for i in range(0, len(unit), 2)] for unit in units]
    body = "x\\par " + "\\par ".join("".join(f"\\u{code}?" for code in line) for line in codes)
    assert text_of(body).split() == ["x", *" ".join(texts).split()]


PIECES = ["{", "}", "\\", "\\u9", "\\b", "\\par ", "\\cell", "\\row", "\\intbl", "\\'e", "a", "\n", "\\bin9 "]


@given(st.lists(st.sampled_from(PIECES)).map("".join))
@settings(max_examples=150, deadline=None)
def test_any_tokens_give_a_reading(body):
    text_of(body)


@pytest.mark.parametrize(
    "piece", ["{", "}", "{\\b ", "\\u-1 ", "\\cell ", "\\field{\\*\\fldinst HYPERLINK", "\\'e9", "\\"]
)
def test_repeated_pieces_take_linear_time(piece):
    start = time.process_time()
    text_of(piece * 50_000)
    assert time.process_time() - start < 5


def test_real_files(formats: Path):
    for path in (formats / "rtf").iterdir():
        transcript = read_transcript(path)
        check_laws(transcript)
        assert transcript.format == "rtf"
        assert turns_by_speaker(transcript) == {"MSM": 67, "Cherry": 67}
        assert "Lorinda Cherry, page" not in transcript.text
        assert said(transcript)[3] == ("Cherry", ["‘72? ‘73? So that was a job with assembly-language Unix"])
