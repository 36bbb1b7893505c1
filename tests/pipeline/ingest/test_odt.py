"""OpenDocument texts: paragraphs, bold names, white space, what is aside; and hostile archives."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from looking import said

from pipeline.errors import UnreadableInput
from pipeline.ingest import odt, read_transcript

SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{urn}:1.0"'
    for name, urn in [(n, n) for n in ("office", "text", "table", "style")] + [("fo", "xsl-fo-compatible")]
)
BOLD = '<style:style style:name="{}" {}><style:text-properties fo:font-weight="bold"/></style:style>'
STYLES = BOLD.format("B", "") + '<style:style style:name="C" style:parent-style-name="B"/>'


def content(body: str) -> str:
    return (
        f"<office:document-content {SPACES}><office:automatic-styles>{STYLES}</office:automatic-styles>"
        f"<office:body><office:text>{body}</office:text></office:body></office:document-content>"
    )


def packed(body: str, **parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", parts.get("content", content(body).encode()))
        archive.writestr("META-INF/manifest.xml", parts.get("manifest", b"<manifest/>"))
    return out.getvalue()


def test_names_titles_and_what_is_aside(read):
    note = "<text:note><text:note-body><text:p>no</text:p></text:note-body></text:note>"
    body = "<text:tracked-changes><text:p>no: deleted</text:p></text:tracked-changes><text:h>On police: a talk</text:h>"
    for style in ("B", "C"):
        body += (
            f'<text:p><text:span text:style-name="{style}">Anna Lee</text:span> Hi,<text:line-break/>you?{note}</text:p>'
            f'<text:list><text:list-item><text:p text:style-name="X"><text:span text:style-name="{style}">Ben Ray</text:span>'
            '<text:s text:c="3"/>Yes,<office:annotation><text:p>no</text:p></office:annotation> \n  so<text:tab/>it is.'
            "</text:p></text:list-item></text:list>"
        )
    transcript = read(packed(body), "a.odt")
    assert said(transcript) == [("Anna Lee", ["Hi,\nyou?"]), ("Ben Ray", ["Yes, so\tit is."])] * 2
    assert "no" not in transcript.text.split()


def test_questions_in_italics_are_the_interviewers(read):
    slanted = '<style:style style:name="I"><style:text-properties fo:font-style="italic"/></style:style>'
    talk = "".join(
        f'<text:p text:style-name="I">And {n}?</text:p><text:p>There was a meeting at the council.</text:p>'
        for n in "abc"
    )
    transcript = read(packed("", content=content(talk).replace(STYLES, STYLES + slanted).encode()), "a.odt")
    assert said(transcript)[:2] == [
        ("Interviewer", ["And a?"]),
        ("Participant", ["There was a meeting at the council."]),
    ]
    assert len(transcript.turns) == 6


def test_tables(read):
    rows = [("Time", "Speaker", "Text"), ("0:01", "Anna", "Hi?"), ("0:02", "Ben", "Yes."), ("0:03", "Anna", "So?")]
    cells = ["".join(f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in row) for row in rows]
    table = "".join(f"<table:table-row>{row}</table:table-row>" for row in cells)
    transcript = read(packed(f"<table:table>{table}</table:table>"), "a.odt")
    assert said(transcript) == [("Anna", ["Hi?"]), ("Ben", ["Yes."]), ("Anna", ["So?"])]


def test_counts_that_would_swell(read):
    cell = '<table:table-cell table:number-columns-repeated="999999999"><text:p>a</text:p></table:table-cell>'
    row = f"<table:table-row>{cell}</table:table-row>"
    body = f'<text:p>Anna<text:s text:c="99999999"/>x</text:p><table:table>{row}</table:table>'
    assert len(read(packed(body), "a.odt").text) < 1000


@pytest.mark.parametrize(
    ("data", "says"),
    [
        pytest.param(packed("", content=b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"), "document type", id="entities"),
        pytest.param(packed("", content=b"<x"), "damaged inside", id="bad xml"),
        pytest.param(packed("", content=b"<x/>"), "no text document", id="no text"),
        pytest.param(packed("", content=b" " * 30_000_000), "would unpack", id="bomb"),
        pytest.param(packed("", manifest=b"<encryption-data/>"), "encrypted with a password", id="password"),
        pytest.param(packed("<text:p>Anna: Hi</text:p>" * 99)[:300], "damaged or was cut off", id="cut off"),
        pytest.param(packed("<text:list>" * 400 + "</text:list>" * 400), "damaged inside", id="deep"),
    ],
)
def test_hostile_files_are_refused(read, data, says):
    with pytest.raises(UnreadableInput, match=says) as caught:
        read(data, "a.odt")
    assert caught.value.remedy


@given(
    st.lists(st.text('ab <>&"\n\t\u00e9\U0001f600', min_size=1, max_size=30).filter(str.strip), min_size=1, max_size=6)
)
@settings(max_examples=60, deadline=None)
def test_every_word_is_read_once(texts):
    body = "<text:p>x</text:p>" + "".join(f"<text:p>{escape(text)}</text:p>" for text in texts)
    assert odt.read(packed(body)).text.split() == ["x", *" ".join(texts).split()]


def test_real_file(formats: Path):
    transcript = read_transcript(formats / "odt" / "qualcoder_ID2_unlabelled.odt")
    assert [speaker for speaker, _ in said(transcript)] == [None]
    assert said(transcript)[0][1][2].startswith("The course cost €200.00")
