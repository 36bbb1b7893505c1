"""Word documents: order of the body, labels, tables, tracked changes; and the ways in which a file can be hostile."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml
from looking import roles, said, turns_by_speaker

from pipeline.errors import UnreadableInput
from pipeline.ingest import office, read_transcript
from pipeline.types import Role

NS = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def packed(document) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def of(*paragraphs: str) -> bytes:
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    return packed(document)


def test_labels_and_attributes(read):
    transcript = read(
        of("Interview: 7B", "Force: B", "", "I: Hi there?", "7B: Yes,", "and more.", "I: Oh?", "7B: So."), "a.docx"
    )
    assert transcript.attributes == {"interview": "7B", "force": "B"}
    assert said(transcript) == [("I", ["Hi there?"]), ("7B", ["Yes,", "and more."]), ("I", ["Oh?"]), ("7B", ["So."])]


def test_teams_turns_are_paragraphs_with_breaks(read):
    transcript = read(
        of("Meeting with Anna", "Anna Lee   0:04\nHi there.\nHow are you?", "Ben Ray   0:09\nFine."), "a.docx"
    )
    assert said(transcript) == [("Anna Lee", ["Hi there.\nHow are you?"]), ("Ben Ray", ["Fine."])]
    assert transcript.turns[1].stretches[0].start_time == 9.0


def test_bold_labels_without_colon(read):
    document = docx.Document()
    for speaker, words in [("Anna", "Hi?"), ("Ben", "Yes."), ("Anna", "So?"), ("Ben", "No.")]:
        paragraph = document.add_paragraph()
        paragraph.add_run(speaker).bold = True
        paragraph.add_run(" " + words)
    assert said(read(packed(document), "a.docx")) == [
        ("Anna", ["Hi?"]),
        ("Ben", ["Yes."]),
        ("Anna", ["So?"]),
        ("Ben", ["No."]),
    ]


def test_headings_headers_and_footers_are_not_speech(read):
    document = docx.Document()
    document.add_heading("A talk about police", 0)
    document.sections[0].header.paragraphs[0].text = "Confidential: draft"
    document.sections[0].footer.paragraphs[0].text = "Page 1"
    for words in ("Anna: Hi?", "Ben: Yes."):
        document.add_paragraph(words)
    document.add_heading("Part two", 1)
    document.add_paragraph("Anna: So?")
    transcript = read(packed(document), "a.docx")
    assert said(transcript) == [("Anna", ["Hi?"]), ("Ben", ["Yes."]), ("Anna", ["So?"])]
    assert "Confidential" not in transcript.text


def test_tracked_changes(read):
    document = docx.Document()
    paragraph = document.add_paragraph("Anna: I ")
    for xml in (
        f'<w:del {NS} w:id="1" w:author="x"><w:r><w:delText>never </w:delText></w:r></w:del>',
        f'<w:moveFrom {NS} w:id="3" w:author="x"><w:r><w:t>moved </w:t></w:r></w:moveFrom>',
        f'<w:ins {NS} w:id="2" w:author="x"><w:r><w:t>always</w:t><w:tab/><w:t>go.</w:t></w:r></w:ins>',
    ):
        paragraph._p.append(parse_xml(xml))
    document.add_paragraph("Ben: Yes?")
    assert said(read(packed(document), "a.docx"))[0] == ("Anna", ["I always\tgo."])


def test_a_break_that_tracked_changes_delete_joins_paragraphs(read):
    document = docx.Document()
    deleted = f'<w:pPr {NS}><w:rPr><w:del w:id="1" w:author="x"/></w:rPr></w:pPr>'
    document.add_paragraph("Anna: I never ")._p.insert(0, parse_xml(deleted))
    document.add_paragraph("go there.")
    document.add_paragraph("Ben: Yes?")
    gone = document.add_paragraph()
    gone._p.append(parse_xml(f'<w:del {NS} w:id="2" w:author="x"><w:r><w:delText>Ben: No.</w:delText></w:r></w:del>'))
    gone._p.insert(0, parse_xml(deleted))
    document.add_paragraph("Anna: So?")._p.append(
        parse_xml(f'<w:ins {NS} w:id="3" w:author="x"><w:r><w:t> Why?</w:t></w:r></w:ins>')
    )
    transcript = read(packed(document), "a.docx")
    assert said(transcript) == [("Anna", ["I never go there."]), ("Ben", ["Yes?"]), ("Anna", ["So? Why?"])]
    assert "No." not in transcript.text


def test_tracked_changes_in_tables(read):
    document = docx.Document()
    table = document.add_table(4, 2)
    for cells, row in zip(
        table.rows, [("Speaker", "Text"), ("Anna", "Hi "), ("Ben", "Gone."), ("Ben", "Yes.")], strict=True
    ):
        for cell, words in zip(cells.cells, row, strict=True):
            cell.text = words
    speech = table.rows[1].cells[1].paragraphs[0]._p
    speech.append(parse_xml(f'<w:del {NS} w:id="1" w:author="x"><w:r><w:delText>not </w:delText></w:r></w:del>'))
    speech.append(parse_xml(f'<w:ins {NS} w:id="2" w:author="x"><w:r><w:t>there?</w:t></w:r></w:ins>'))
    table.rows[2]._tr.insert(0, parse_xml(f'<w:trPr {NS}><w:del w:id="3" w:author="x"/></w:trPr>'))
    assert said(read(packed(document), "a.docx")) == [("Anna", ["Hi there?"]), ("Ben", ["Yes."])]


def test_marks_of_amazons_analysis_are_not_speech(read):
    rows = [
        ("Speaker", "Transcription"),
        ("Agent", "[Topic 2] Hi [PII], [ACTION] I will call.\nGuardrail sexual (32%)  violence_or_threat (33%)"),
        ("Customer", "[INTERRUPTION] The guardrail is 33% of it."),
    ]
    document = docx.Document()
    for cells, row in zip(document.add_table(3, 2).rows, rows, strict=True):
        for cell, words in zip(cells.cells, row, strict=True):
            cell.text = words
    transcript = read(packed(document), "a.docx")
    assert said(transcript) == [
        ("Agent", ["Hi [PII], I will call."]),
        ("Customer", ["The guardrail is 33% of it."]),
    ]
    assert any("[ACTION]" in warning for warning in transcript.warnings)


@pytest.mark.parametrize("header", [("Time", "Speaker", "Text"), None])
def test_tables(read, header):
    rows = [
        ("0:01", "Anna", "Hi?"),
        ("0:05", "Ben", "Yes."),
        ("0:07", "", "And so."),
        ("0:09", "Anna", "Oh: no?"),
        ("0:11", "Ben", "It is."),
    ]
    rows = [header, *rows] if header else rows
    document = docx.Document()
    document.add_paragraph("A title. It says things.")
    table = document.add_table(len(rows), 3)
    for cells, row in zip(table.rows, rows, strict=True):
        for cell, words in zip(cells.cells, row, strict=True):
            cell.text = words
    transcript = read(packed(document), "a.docx")
    assert said(transcript) == [
        ("Anna", ["Hi?"]),
        ("Ben", ["Yes.", "And so."]),
        ("Anna", ["Oh: no?"]),
        ("Ben", ["It is."]),
    ]
    assert transcript.turns[1].stretches[1].start_time == 7.0


def test_a_line_feed_in_a_run_and_odd_characters(read):
    transcript = read(of("Anna: one\u2028two 👩‍👩‍👧 e\u0301?", "Ben: Yes."), "a.docx")
    assert said(transcript)[0] == ("Anna", ["one\u2028two 👩‍👩‍👧 e\u0301?"])


def rezipped(change: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(of("Anna: Hi?"))) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            target.writestr(name, change.get(name, source.read(name)))
        for name in change.keys() - set(source.namelist()):
            target.writestr(name, change[name])
    return out.getvalue()


LAUGHS = b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><w:document>&b;</w:document>'
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]><x>&f;</x>'
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(400)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        pytest.param(b"\xff\xd8\xff\xe0" + bytes(range(200)), "JPEG", id="jpeg"),
        pytest.param(b"%PDF-1.7 ...", "PDF", id="pdf"),
        pytest.param(b"Anna: Hi?\nBen: Yes.\n", "no Word document", id="text"),
        pytest.param(OLE, "password", id="encrypted"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(900), "old Office", id="doc"),
        pytest.param(of("Anna: Hi?")[:3000], "damaged or was cut off", id="truncated"),
        pytest.param(rezipped({"word/document.xml": LAUGHS}), "document type", id="laughs"),
        pytest.param(rezipped({"word/document.xml": OUTSIDE.decode().encode("utf-16")}), "document type", id="wide"),
        pytest.param(rezipped({"word/_rels/document.xml.rels": OUTSIDE}), "document type", id="outside"),
        pytest.param(rezipped({"word/document.xml": b"<w:document>"}), "no Word document", id="bad xml"),
        pytest.param(rezipped({"word/media/a.bin": bytes(30_000_000)}), "would unpack", id="bomb"),
        pytest.param(rezipped({"[Content_Types].xml": b"<Types/>"}), "no Word document", id="no types"),
    ],
)
def test_hostile_files_are_refused(read, data, says):
    with pytest.raises(UnreadableInput, match=says) as caught:
        read(data, "a.docx")
    assert caught.value.remedy


def test_encrypted_zip_and_too_many_parts(read, monkeypatch):
    data = bytearray(of("Anna: Hi?"))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(UnreadableInput, match="encrypted"):
        read(bytes(data), "a.docx")
    monkeypatch.setattr(office, "MAX_PARTS", 2)
    with pytest.raises(UnreadableInput, match="parts"):
        read(of("Anna: Hi?"), "a.docx")


def test_real_tables(formats: Path):
    transcript = read_transcript(formats / "docx" / "aws_call_analytics_table.docx")
    assert turns_by_speaker(transcript) == {"Agent": 19, "Customer": 18}
    assert said(transcript)[1] == ("Customer", ["Hi um Okay so I was at fisherman's terminal."])
    assert transcript.turns[0].stretches[0].start_time == 0.4
    assert turns_by_speaker(read_transcript(formats / "docx" / "aws_bda_table_topics.docx")) == {
        "spk_0": 16,
        "spk_1": 16,
    }


def test_real_unlabelled_documents(formats: Path):
    lecture = read_transcript(formats / "docx" / "uoe_lecture_script.docx")
    assert roles(lecture) == {None: Role.PARTICIPANT}
    assert not any("--" in part for part in said(lecture)[0][1])
    special = read_transcript(formats / "docx" / "qualcoder_special_chars.docx")
    assert "Αυτή είναι μια δοκιμή." in said(special)[0][1]


@pytest.mark.parametrize(("name", "count"), [("teams_export", 1), ("gmeet_gemini", 1)])
def test_specimens_of_meeting_exports(formats: Path, read, name, count):
    specimen = json.loads((formats / "docx" / f"specimen_{name}_paragraphs.json").read_text())
    transcript = read(of(*specimen["paragraphs"]), "a.docx")
    expected = specimen["expected"]
    assert len(transcript.turns) == expected["segment_count"] == count
    assert transcript.turns[0].speaker == expected["speaker_label"]
    assert transcript.turns[0].stretches[0].start_time == expected["start_time"]
    starts = expected.get("text_starts_with", "Okay. Talking, talking")
    assert said(transcript)[0][1][0].startswith(starts)
    assert not any(
        part in str(said(transcript)) for part in ("stopped transcription", "ended after", "computer generated")
    )


def test_a_teams_export_of_several_turns(formats: Path, read):
    """The real export's frame and paragraphs, with a second and a third speaker between them."""
    specimen = json.loads((formats / "docx" / "specimen_teams_export_paragraphs.json").read_text())["paragraphs"]
    more = ["Lee, Ann (Guest)   1:02:03\nYes.\nIt was: 10:30, I think.", "Martin Storey   1:02:09\nGood."]
    transcript = read(of(*specimen[:4], *more, specimen[4]), "a.docx")
    assert [(turn.speaker, turn.stretches[0].start_time) for turn in transcript.turns] == [
        ("Martin Storey", 4.0),
        ("Lee, Ann (Guest)", 3723.0),
        ("Martin Storey", 3729.0),
    ]
    assert said(transcript)[1][1] == ["Yes.\nIt was: 10:30, I think."]


def test_a_gemini_export_of_several_turns(formats: Path, read):
    """The real export's frame; what the program writes of the talk names speakers with colons as well."""
    specimen = json.loads((formats / "docx" / "specimen_gmeet_gemini_paragraphs.json").read_text())["paragraphs"]
    notes = ["Summary", "Martin Storey: wants the police to come.", "Ann Lee: agrees with Martin Storey."]
    talk = [
        "Ann Lee: Who came?\nMartin Storey: The police.",
        "00:02:00",
        "Ann Lee: And then?",
        "Martin Storey: They left.",
    ]
    transcript = read(of(*specimen[:6], *notes, *specimen[10:15], *talk, *specimen[-2:]), "a.docx")
    assert said(transcript) == [
        ("Ann Lee", ["Who came?"]),
        ("Martin Storey", ["The police."]),
        ("Ann Lee", ["And then?"]),
        ("Martin Storey", ["They left."]),
    ]
    assert transcript.turns[2].stretches[0].start_time == 120.0
    assert "wants the police" in transcript.text
