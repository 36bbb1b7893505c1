"""Transcripts in tables: which column is what, what goes on with whom, and tables that are none."""

from __future__ import annotations

import csv
import datetime as dt
import html
import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from looking import check_laws, roles, said, turns_by_speaker

from pipeline.errors import NotATranscript, UnreadableInput
from pipeline.ingest import read_transcript, sheets
from pipeline.ingest.columns import Columns, recognise
from pipeline.ingest.spreadsheets import read_csv
from pipeline.types import Role


def as_csv(rows, delimiter=",") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode()


def as_xlsx(**tables) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in tables.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


URN = "urn:oasis:names:tc:opendocument:xmlns:{}:1.0"
SPACES = " ".join(f'xmlns:{name}="{URN.format(name)}"' for name in ("office", "table", "text"))


def as_ods(body: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f"<office:document-content {SPACES}><office:body><office:spreadsheet>{body}"
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return out.getvalue()


TALK = [("Anna", "Hi there, who came?"), ("Ben", "The police came."), ("", "And went."), ("Anna:", "Oh?")]
TURNS = [("Anna", ["Hi there, who came?"]), ("Ben", ["The police came.", "And went."]), ("Anna", ["Oh?"])]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("suffix", ["csv", "tsv"])
def test_the_delimiter_is_seen_whatever_the_suffix(read, delimiter, suffix):
    assert said(read(as_csv([("Speaker", "Text"), *TALK], delimiter), f"a.{suffix}")) == TURNS


@pytest.mark.parametrize(
    "heads",
    [("speaker", "words"), ("Sprecher", "Text"), ("Name", "Utterance"), ("WHO", "Sentence"), ("Wer?", "Transcript")],
)
def test_heads_in_several_words(read, heads):
    assert said(read(as_csv([heads, *TALK, ("Ben", "So it is.")]), "a.csv")) == [*TURNS, ("Ben", ["So it is."])]


def test_excel_and_its_separator_line_and_a_title_above(read):
    data = b"sep=;\r\n" + as_csv([("Interview 7",), ("Speaker", "Text"), *TALK], ";")
    transcript = read(data, "a.csv")
    assert said(transcript) == TURNS
    assert transcript.text.startswith("Interview 7\n\nAnna: ")


def test_a_table_without_heads_is_known_by_its_content(read):
    rows = [(f"0:0{place}", *row) for place, row in enumerate([*TALK, ("Ben", "It is so.")])]
    transcript = read(as_csv(rows), "a.csv")
    assert said(transcript) == [*TURNS, ("Ben", ["It is so."])]
    assert transcript.turns[1].stretches[1].start_time == 2.0


def test_index_turn_role_codes_and_names(read):
    rows = [
        ("", "Turn", "Speaker", "Role", "Sentence", "Tags", "Start (s)", "End"),
        ("0", "1", "Rae Lee", "interviewer", "Who&#8212;or what&mdash;came? AT&T &amp; co.", "a;b", "1.5", "2"),
        ("1", "1", "Rae Lee", "interviewer", "Tell me.", "b", "2", "1"),
        ("2", "2", "Dan Fox", "participant", "They did.", "", "[0:03]", "0:04.5"),
        ("3", "3", "RL", "interviewer", "Yes.", "", "", ""),
        ("4", "4", "DF:", "participant", "[laughs]", "a", "", ""),
        ("5", "5", "DF", "participant", "No.", "a", "", ""),
        ("6", "6", "RL", "interviewer", "Good.", "", "", ""),
        ("7", "7", "RL", "interviewer", "So.", "", "", ""),
        ("8", "8", "DF", "participant", "So.", "", "", ""),
    ]
    transcript = read(as_csv(rows), "a.csv")
    assert said(transcript) == [
        ("Rae Lee", ["Who—or what—came? AT&T & co.", "Tell me."]),
        ("Dan Fox", ["They did."]),
        ("Rae Lee", ["Yes."]),
        ("Dan Fox", ["No."]),
        ("Rae Lee", ["Good.", "So."]),
        ("Dan Fox", ["So."]),
    ]
    assert roles(transcript) == {"Rae Lee": Role.INTERVIEWER, "Dan Fox": Role.PARTICIPANT}
    assert [(s.start_time, s.end_time) for turn in transcript.turns[:2] for s in turn.stretches] == [
        (1.5, 2.0),
        (2.0, None),
        (3.0, 4.5),
    ]
    assert "co. Tell me." in transcript.text and "Good.\nSo." in transcript.text
    assert "a;b" not in transcript.text


def test_whispers_table_counts_milliseconds(read):
    rows = [("start", "end", "text"), (0, 4000, "We met the council."), (4000, 7500, '"Never," they said.')]
    transcript = read("\n".join("\t".join(map(str, row)) for row in rows).encode(), "a.tsv")
    assert said(transcript) == [(None, ["We met the council.", '"Never," they said.'])]
    assert [s.start_time for s in transcript.turns[0].stretches] == [0.0, 4.0]
    assert any("no column of speakers" in warning for warning in transcript.warnings)


def test_a_time_of_hundreds_of_digits_is_none(read):
    rows = [("start", "end", "text"), ("9" * 400, 4, "We met the council."), (4, "1" * 400, "Never, they said.")]
    transcript = read("\n".join("\t".join(map(str, row)) for row in rows).encode(), "a.tsv")
    assert said(transcript) == [(None, ["We met the council.", "Never, they said."])]
    assert [(s.start_time, s.end_time) for s in transcript.turns[0].stretches] == [(None, 4.0), (4.0, None)]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([("tag", "description"), ("a", "What people say of it."), ("b", "Another thing.")], "tag, description"),
        ([("case", "age"), ("ID1", "20"), ("ID2", "22")], "case, age"),
        ([("id", "text", "codes", "coder"), ("1", "We met.", "x", "A")], "coded units.*themes train"),
        (
            [("Wer", "Was"), ("Anna", "Hallo du."), ("Ben", "Ja, hallo."), ("Anna", "Gut so.")],
            "the columns are: Wer, Was",
        ),
        ([("", "x"), ("1", "2")], r"\(column 1 has no name\), x"),
    ],
)
def test_other_tables_are_named_with_their_columns(read, rows, says):
    with pytest.raises(NotATranscript, match=says) as caught:
        read(as_csv(rows), "a.csv")
    assert caught.value.remedy


def test_an_open_quotation_mark_is_told_with_its_line(read):
    with pytest.raises(UnreadableInput, match=r"line 4.*quotation mark"):
        read(b'speaker,text\nAnna,Hi\nBen,"Yes\nAnna,No\n', "a.csv")
    assert said(read(b'speaker,text\nAnna,"Hi" he said.\nBen,Yes.\n', "a.csv"))[0] == ("Anna", ["Hi he said."])


def test_several_interviews_in_one_table_are_told(read):
    rows = [("interview", "speaker", "text"), ("i1", "P", "One."), ("i2", "P", "Two."), ("i2", "", "Three.")]
    transcript = read(as_csv(rows), "a.csv")
    assert said(transcript) == [("P", ["One."]), ("P", ["Two.", "Three."])]
    assert any("holds 2 interviews" in warning for warning in transcript.warnings)


def test_sheets_that_are_transcripts_are_taken_and_named(read):
    data = as_xlsx(
        Codes=[("tag", "description"), ("a", "b c d")],
        One=[("Speaker", "Text"), *TALK],
        Blank=[],
        Two=[("Who", "Text"), ("Ben", "Last.")],
    )
    transcript = read(data, "a.xlsx")
    assert said(transcript) == [*TURNS, ("Ben", ["Last."])]
    assert "read the sheets One, Two; left out, as they do not look like transcripts: Codes" in transcript.warnings


def test_cells_of_every_kind(read):
    rows = [
        ("Time", "Speaker", "Text"),
        (dt.time(0, 1, 2), "Anna", "Hi?"),
        (dt.timedelta(hours=25, seconds=1.5), "Ben", 12.0),
        (None, 7, "=1+1"),
        (None, None, "#REF!"),
        (dt.timedelta(hours=26), "Anna", "Bye\r\nnow."),
    ]
    transcript = read(as_xlsx(Sheet=rows), "a.xlsx")
    assert said(transcript) == [("Anna", ["Hi?"]), ("Ben", ["12"]), ("Anna", ["Bye\nnow."])]
    assert [turn.stretches[0].start_time for turn in transcript.turns] == [62.0, 90001.5, 93600.0]


def test_open_document_cells(read):
    cell = "<table:table-cell><text:p>{}</text:p></table:table-cell>"
    head = "".join(map(cell.format, ("Speaker", "Text")))
    row = "<table:table-row>{}</table:table-row>"
    talk = cell.format("Anna") + (
        "<table:table-cell><office:annotation><text:p>a comment</text:p></office:annotation>"
        "<text:p>One<text:s text:c='2'/><text:span>two</text:span>.</text:p><text:p>Three.</text:p></table:table-cell>"
    )
    blank = (
        "<table:table-row table:number-rows-repeated='1048000'><table:table-cell table:number-columns-repeated='16384'/>"
        "</table:table-row>"
    )
    body = f"<table:table table:name='S'><table:table-header-rows>{row.format(head)}</table:table-header-rows>"
    body += f"{row.format(talk)}{blank}{row.format(cell.format('Ben') + cell.format('Yes.'))}</table:table>"
    assert said(read(as_ods(body), "a.ods")) == [("Anna", ["One  two.\nThree."]), ("Ben", ["Yes."])]


def test_a_sheet_of_a_million_repeated_cells_is_refused(read, monkeypatch):
    cell = "<table:table-cell table:number-columns-repeated='200'><text:p>x</text:p></table:table-cell>"
    body = f"<table:table><table:table-row table:number-rows-repeated='1000000'>{cell}</table:table-row></table:table>"
    with pytest.raises(UnreadableInput, match="more than 5,000,000 cells"):
        read(as_ods(body), "a.ods")
    monkeypatch.setattr(sheets, "MOST_CELLS", 10)
    assert said(read(as_xlsx(a=[("Speaker", "Text"), *TALK]), "a.xlsx")) == TURNS, "a blank to the right is no cell"
    monkeypatch.setattr(sheets, "MOST_CELLS", 9)
    with pytest.raises(UnreadableInput, match="more than 9 cells"):
        read(as_xlsx(a=[("Speaker", "Text"), *TALK]), "a.xlsx")


def test_a_workbook_under_another_name_is_read_with_a_warning(read):
    transcript = read(as_xlsx(a=[("Speaker", "Text"), *TALK]), "a.csv")
    assert said(transcript) == TURNS and transcript.format == "xlsx"
    assert any("named .csv" in warning for warning in transcript.warnings)


@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
@pytest.mark.parametrize("cut", [30, 400, 0.5, 0.9])
def test_damaged_workbooks(read, suffix, cut):
    whole = as_xlsx(a=TALK) if suffix == "xlsx" else as_ods("<table:table/>")
    data = whole[: cut if cut > 1 else int(cut * len(whole))]
    with pytest.raises(UnreadableInput) as caught:
        read(data, f"a.{suffix}")
    assert caught.value.remedy


def test_a_workbook_with_a_damaged_part(read):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(as_xlsx(a=TALK))) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            target.writestr(name, b"<worksheet><sheetData><row" if "sheet1" in name else source.read(name))
    with pytest.raises(UnreadableInput, match="workbook is damaged"):
        read(out.getvalue(), "a.xlsx")


@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
def test_a_workbook_with_entities_is_refused(read, suffix):
    """Neither an entity that grows nor one that reads another file is worth a guess at what the sheet says."""
    whole, part = (as_xlsx(a=TALK), "sheet1.xml") if suffix == "xlsx" else (as_ods("<table:table/>"), "content.xml")
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/hostname">]>'
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            at = content.index(b"?>") + 2 if content.startswith(b"<?xml") else 0
            target.writestr(name, content[:at] + bomb + content[at:] if name.endswith(part) else content)
    with pytest.raises(UnreadableInput, match="document type"):
        read(out.getvalue(), f"a.{suffix}")


@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
def test_a_workbook_that_unpacks_to_gigabytes_is_refused(read, suffix):
    out = io.BytesIO(as_xlsx(a=TALK) if suffix == "xlsx" else as_ods("<table:table/>"))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/more.xml", b"<a>" + b" " * 21_000_000 + b"</a>")
    with pytest.raises(UnreadableInput, match="would unpack from"):
        read(out.getvalue(), f"a.{suffix}")


REAL = {
    "csv-coded/ohd_armantrout.csv": {"Devin Becker": 205, "Rae Armantrout": 204},
    "csv-coded/ohd_gluck.csv": {"DB": 166, "LG": 165, "KRISTIN": 6},
    "csv-coded/ohd_mohammad.csv": {"Devin Becker": 131, "Kasey Mohammad": 131},
    "xlsx/TalkMoves_7th_grade_math.xlsx": {"T": 12, "S": 10, "SS": 1},
    "xlsx/TalkMoves_Borko_debrief.xlsx": {"T": 12, "S": 4, "SN": 7},
    "ods/ohd_transcript_template.ods": {"INT": 2, "KAM": 1},
    "ods/ohd_transcript_template_tab_separated.csv": {"INT": 2, "AM": 1},
    "qualcoder/survey456.csv": {"ID4": 1, "ID5": 1, "ID6": 1},
}


@pytest.mark.parametrize("name", REAL)
def test_real_tables(formats: Path, name):
    transcript = read_transcript(formats / name)
    check_laws(transcript)
    assert turns_by_speaker(transcript) == REAL[name]


@pytest.mark.parametrize("name", ["armantrout", "gluck", "mohammad"])
def test_real_interviews_lose_no_word_and_take_no_code(formats: Path, name):
    """The file's own column of words, read by another way, is all that is said, but for notes in brackets."""
    file = formats / "csv-coded" / f"ohd_{name}.csv"
    cells = [html.unescape(row["words"]).strip() for row in csv.DictReader(io.StringIO(file.read_text("utf-8-sig")))]
    spoken = [part for _, parts in said(read_transcript(file)) for part in parts]
    assert [cell for cell in cells if cell and not (cell[0] in "[(" and cell[-1] in "])")] == spoken


@pytest.mark.parametrize(
    "name", ["csv-coded/ohd_codebook_filters.csv", "qualcoder/cases123.csv", "taguette/taguette_1.4.1_codebook.csv"]
)
def test_real_tables_of_something_else(formats: Path, name):
    with pytest.raises(NotATranscript, match="the columns are"):
        read_transcript(formats / name)


def test_a_column_called_turn_may_hold_numbers_or_talk():
    assert recognise([("Turn", "Speaker", "Content"), ("1", "A", "Hi."), ("2", "B", "Ho.")]) == Columns(
        1, 2, None, turn=0, first=1
    )
    assert recognise([("Speaker", "Turn"), ("A", "Hi you."), ("B", "Ho.")]) == Columns(0, 1, None, first=1)


CELL = st.text(
    st.characters(blacklist_categories=["Cs", "Cc", "Zs", "Zl", "Zp"], blacklist_characters="&"),
    min_size=1,
    max_size=12,
).map("w".__add__)
WRITERS = {
    "a.csv": as_csv,
    "a.tsv": lambda rows: as_csv(rows, "\t"),
    "a.xlsx": lambda rows: as_xlsx(Sheet=rows),
    "a.ods": lambda rows: as_ods(
        "<table:table>"
        + "".join(
            "<table:table-row>"
            + "".join(f"<table:table-cell><text:p>{html.escape(cell)}</text:p></table:table-cell>" for cell in row)
            + "</table:table-row>"
            for row in rows
        )
        + "</table:table>"
    ),
}


@pytest.mark.parametrize("name", WRITERS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(talk=st.lists(st.tuples(CELL, CELL), min_size=1, max_size=6))
def test_what_is_put_in_comes_out(read, name, talk):
    rows = [("Speaker", "Text"), *(row for a, b in talk for row in (("Anna", a), ("Ben", b)))]
    transcript = read(WRITERS[name](rows), name)
    check_laws(transcript)
    assert said(transcript) == [pair for a, b in talk for pair in (("Anna", [a]), ("Ben", [b]))]


def test_hashtags_stay_and_failed_formulas_go():
    assert [sheets._shown(text) for text in ("#USA", "#MEDIA", "#BLM!", "#N/A", "#DIV/0!")] == [
        *("#USA", "#MEDIA", "#BLM!"),
        *("", ""),
    ]


def test_an_interview_in_one_cell():
    csv.field_size_limit(131_072)
    words = "We ring them. " * 12_000
    read_csv(as_csv([("speaker", "text"), ("Ann", "So?"), ("Bob", words)]))  # a longer cell than csv takes by itself
    assert csv.field_size_limit() > len(words)


def test_speech_cut_at_the_sign_between_columns_is_told(read):
    talk = "Sprecher;Text;Start\nAnn;Was machen Sie?;0,5\nBob;{};3,25\nAnn;Gut.;5,0\n"
    cut = read(talk.format("Wir rufen an; nein"), "a.csv")
    assert any(warning.startswith("rows with more cells than the head has columns: 1;") for warning in cut.warnings)
    whole = read(talk.format('"Wir rufen an; nein"'), "b.csv")
    assert not any("more cells" in warning for warning in whole.warnings)
    assert [turn.stretches[0].start_time for turn in whole.turns] == [0.5, 3.25, 5.0]


LONG, SHORT = "We ring the council every week and they never ring back", "trust, see p. 4 of the diary"


@pytest.mark.parametrize(
    "heads, speech",
    [
        (("Speaker", "What was said", "Comments"), 1),
        (("Who", "Verbatim", "My notes"), 1),
        (("Who", "Soundbite", "Comments"), 1),
        (("Speaker", "Notes", "Comment"), 1),
        (("Speaker", "Codes", "Text"), 2),
    ],
)
def test_a_readers_remarks_are_no_speech(heads, speech):
    said = [(SHORT, LONG) if speech == 2 else (LONG, SHORT)] * 4
    rows = [(name, *cells) for name, cells in zip("ABAB", said, strict=True)]
    found = recognise([heads, *rows])
    assert found is not None and (found.speaker, found.speech) == (0, speech)


def test_comments_alone_are_speech():
    found = recognise([("Name", "Comments"), ("A", LONG), ("B", SHORT)])
    assert found is not None and found.speech == 1


@pytest.mark.parametrize(("one", "other", "speaker"), [("Interviewer", "Participant", 2), ("trust", "money", None)])
def test_a_column_of_nothing_but_roles_says_who_speaks(one, other, speaker):
    heads = ("annotator", "start", "labels", "transcription")
    found = recognise([heads, ("2", "3.0", one, LONG), ("2", "8.7", other, SHORT), ("2", "9.5", one, LONG)])
    assert found is not None and (found.speaker, found.speech, found.start) == (speaker, 3, 1)
