"""From file to transcript: ids, refusals, and the laws of offsets for any speech in any format."""

from __future__ import annotations

import io
import os
import re
import time
from pathlib import Path

import docx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from looking import check_laws, said

from pipeline.errors import UnreadableInput
from pipeline.ingest import read_transcript, unattributed_share
from pipeline.ingest.reading import transcript_id


def test_the_whole_transcript(read):
    transcript = read("Anna: Hi?\nBen: Yes.\n", "Müller & Søn – 3.txt")
    assert transcript.transcript_id == f"Muller-Son-3-{transcript.sha256[:8]}"
    assert transcript.format == "txt"
    assert transcript.path.endswith("Müller & Søn – 3.txt")
    assert unattributed_share(transcript) == 0.0


@pytest.mark.parametrize(
    ("stem", "slug"),
    [
        ("a_b-C1", "a_b-C1-"),
        ("интервью", ""),
        ("a\nb", "a-b-"),
        ("x" * 200, "x" * 60 + "-"),
        ("Łódź ß", "Lodz-ss-"),
        ("..", ""),
    ],
)
def test_ids(stem, slug):
    assert transcript_id(stem, "0123456789abcdef") == slug + "01234567"


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.txt", b"", "empty"),
        ("a.txt", b"\xef\xbb\xbf \r\n\r\n", "empty"),
        ("a.txt", b"...\n\n--\n", "no words"),
        ("a.docx", b"", "empty"),
        ("a.txt", b"%PDF-1.4 x", "named .txt, but is a PDF by its content; .*damaged"),
        ("a.txt", b"PK\x03\x04" + b"word/document.xml" * 9, "is a Word document"),
        ("a.txt", b"PK\x03\x04" + b"nothing" * 9, "named .txt but is a zip archive"),
        ("a.vtt", b"\xff\xd8\xff\xe0abc", "JPEG"),
        ("a.txt", b"\x00\x00\x00\x18ftypmp42abc", "recording.*transcribe it first"),
        ("a.rst", b"<!DOCTYPE html><html>", "is an HTML page by its content; there are no words"),
        ("a.doc", bytes(range(256)) * 9, "no known text encoding"),
        ("a.xyz", b"Anna: Hi", "not a format"),
        ("a.srt", bytes(range(256)) * 9, "no known text encoding"),
    ],
)
def test_refusals_say_what_and_what_to_do(read, name, data, says):
    with pytest.raises(UnreadableInput, match=says) as caught:
        read(data, name)
    assert caught.value.remedy
    assert name in str(caught.value)


def test_refusals_of_paths(tmp_path):
    with pytest.raises(UnreadableInput, match="no such file"):
        read_transcript(tmp_path / "none.txt")
    with pytest.raises(UnreadableInput, match="folder"):
        read_transcript(tmp_path)
    (tmp_path / "big.txt").write_text("Anna: Hi?\n" * 9)
    with pytest.raises(UnreadableInput, match="limit of 50"):
        read_transcript(tmp_path / "big.txt", max_bytes=50)
    if os.geteuid() != 0:
        (tmp_path / "big.txt").chmod(0)
        with pytest.raises(UnreadableInput, match="permission"):
            read_transcript(tmp_path / "big.txt")


def test_a_heading_alone_is_read_with_a_warning(read):
    transcript = read("3. Application\n==============\n", "a.rst")
    assert transcript.turns == ()
    assert "no speech was found in it" in transcript.warnings


# Speech that a transcriber could type: words with signs of every kind between them, and nothing that marks a note, a
# label or a time. White space within is any that is not a line end of the file.
WORD = st.text(st.sampled_from("abc\u0301éß👩\u200d🙂漢ا\u05d0’—&;%$"), min_size=1, max_size=6).map("w".__add__)
SPACE = st.sampled_from([" ", "  ", "\t", "\u00a0", "\u2028", "\x85", "\x0c", "\u3000"])
SPEECH = st.lists(st.tuples(WORD, SPACE), min_size=1, max_size=6).map(
    lambda parts: "".join(map("".join, parts)).strip() + "."
)
TALK = st.lists(st.tuples(SPEECH, SPEECH), min_size=2, max_size=6)


def as_txt(talk: list[tuple[str, str]]) -> bytes:
    return "".join(f"Anna: {a}\n\nBen: {b}\n\n" for a, b in talk).encode()


def as_crlf_txt(talk: list[tuple[str, str]]) -> bytes:
    return b"\xef\xbb\xbf" + as_txt(talk).replace(b"\n", b"\r\n")


def as_wide_txt(talk: list[tuple[str, str]]) -> bytes:
    return as_txt(talk).decode().encode("utf-16")


def as_vtt(talk: list[tuple[str, str]]) -> bytes:
    said = [(speaker, words) for turn in talk for speaker, words in zip(("Anna", "Ben"), turn, strict=True)]
    cues = [f"00:01.000 --> 00:02.000\n<v {who}>{words.replace('&', '&amp;')}</v>\n" for who, words in said]
    return "\r\n".join(["WEBVTT", "", *cues]).encode()


def as_srt(talk: list[tuple[str, str]]) -> bytes:
    times = "00:00:01,000 --> 00:00:02,000"
    return "".join(f"1\n{times}\nAnna: {a}\n\n2\n{times}\nBen: {b}\n\n" for a, b in talk).encode()


def as_rst(talk: list[tuple[str, str]]) -> bytes:
    return "".join(f"**Anna**: {a}\n\n**Ben**: {b}\n\n" for a, b in talk).encode()


def as_docx(talk: list[tuple[str, str]]) -> bytes:
    document = docx.Document()
    for a, b in talk:
        document.add_paragraph().add_run(f"Anna: {a.replace(chr(12), ' ')}")
        document.add_paragraph().add_run(f"Ben: {b.replace(chr(12), ' ')}")
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


WRITERS = {
    "a.txt": as_txt,
    "b.txt": as_crlf_txt,
    "c.txt": as_wide_txt,
    "a.vtt": as_vtt,
    "a.srt": as_srt,
    "a.rst": as_rst,
    "a.docx": as_docx,
}


@pytest.mark.parametrize("name", WRITERS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(talk=TALK)
def test_what_is_put_in_comes_out(read, name, talk):
    transcript = read(WRITERS[name](talk), name)
    check_laws(transcript)
    expected = [pair for a, b in talk for pair in (("Anna", [a]), ("Ben", [b]))]
    if name == "a.docx":  # a form feed cannot stand in XML
        expected = [(speaker, [words.replace("\x0c", " ") for words in parts]) for speaker, parts in expected]
    assert said(transcript) == expected


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.lists(
        st.sampled_from(
            [
                "Anna",
                "I",
                ":",
                " ",
                "\n",
                "\n\n",
                "[",
                "]",
                "(",
                "00:10",
                "**",
                "---",
                "Q.",
                "\t",
                "👩",
                "\u0301",
                "#",
                "why?",
            ]
        )
    ).map("".join),
    suffix=st.sampled_from([".txt", ".rst", ".srt"]),
)
def test_the_laws_hold_for_any_soup(tmp_path: Path, text, suffix):
    path = tmp_path / f"soup{suffix}"
    path.write_bytes(text.encode())
    try:
        transcript = read_transcript(path)
    except UnreadableInput as error:
        assert error.reason
        return
    check_laws(transcript)
    assert re.sub(r"\s", "", transcript.text) or suffix != ".txt"


@pytest.mark.parametrize(
    "text",
    [
        "word " * 1_000_000,
        "a: b " * 500_000,
        " " * 2_000_000 + "x",
        "[" * 2_000_000 + "x",
        "[a] " * 500_000 + "x",
        "Anna: " + "yes, " * 999_999,
    ],
    ids=["words", "colons", "spaces", "brackets", "notes", "one turn"],
)
def test_one_enormous_line_does_not_hang(read, text):
    start = time.process_time()
    check_laws(read(text))
    assert time.process_time() - start < 5


def test_every_real_file_obeys_the_laws(formats: Path):
    for folder in ("txt", "docx", "vtt", "srt", "rst"):
        for path in sorted((formats / folder).iterdir()):
            if path.suffix != ".json":
                check_laws(read_transcript(path))


@pytest.mark.parametrize(
    ("name", "data", "format_"),
    [
        ("a.doc", b"{\\rtf1 Anna: Hi?\\par Ben: Yes.\\par Anna: So?\\par Ben: No.}", "rtf"),
        ("a.docx", b"{\\rtf1 Anna: Hi?\\par Ben: Yes.\\par Anna: So?\\par Ben: No.}", "rtf"),
        ("a.doc", b"<html><p>Anna: Hi?<p>Ben: Yes.<p>Anna: So?<p>Ben: No.", "html"),
        ("a.doc", b"Anna: Hi?\nBen: Yes.\nAnna: So?\nBen: No.\n", "txt"),
        ("a", b"{\\rtf1 Anna: Hi?\\par Ben: Yes.\\par Anna: So?\\par Ben: No.}", "rtf"),
    ],
)
def test_content_decides_where_the_suffix_lies(read, name, data, format_):
    transcript = read(data, name)
    assert transcript.format == format_
    assert [turn.speaker for turn in transcript.turns] == ["Anna", "Ben"] * 2
    assert "by its content" in transcript.warnings[0]
