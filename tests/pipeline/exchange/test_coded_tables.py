"""Codings in tables: real interviews, the heads that programs write, columns that the user names, and where words stand."""

from __future__ import annotations

import csv
import html
import io
import shlex
from collections import Counter

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import coded

from pipeline.commands.exchange import read_project
from pipeline.errors import ThemesError, UnreadableInput, UsageError
from pipeline.exchange import coded_interview, coded_segments, maxqda_print, qualcoder_codes, taguette_highlights
from pipeline.exchange.placing import Finder, squashed
from pipeline.exchange.registry import reader_of
from pipeline.gold import load_gold
from pipeline.ingest import read_transcript


@pytest.fixture
def table(tmp_path):
    def write(*rows, name="t.csv"):
        path = tmp_path / name
        if name.endswith("xlsx"):
            book = openpyxl.Workbook()
            for row in rows:
                book.active.append(row)
            book.save(path)
        else:
            content = io.StringIO()
            csv.writer(content).writerows(rows)
            path.write_text(content.getvalue(), encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize("name, rows, tags", [("armantrout", 525, 13), ("gluck", 352, 13), ("mohammad", 263, 12)])
def test_real_interviews_row_by_row(formats, name, rows, tags):
    """Each row of the file, in order: its words and its tags are what was read, on the text of `themes run`."""
    path = formats / "csv-coded" / f"ohd_{name}.csv"
    found = read_project(path, None)
    with path.open(encoding="utf-8", newline="") as file:
        lines = [row for row in csv.DictReader(file) if row["words"].strip()]
    expected = [
        (squashed(html.unescape(row["words"])), tag or None)
        for row in lines
        for tag in dict.fromkeys(tag.strip() for tag in row["tags"].split(";") if tag.strip() or ";" not in row["tags"])
    ]
    assert [(squashed(words), code) for words, code, _ in coded(found)] == expected
    assert len({(c.start, c.end) for c in found.codings}) == len(lines) == rows and len(found.codes) == tags
    assert found.sources[0].text == read_transcript(path).text and found.warnings == ()


def test_peoples_own_table_with_ids_is_no_exported_run(table):
    path = table(
        ("Transcript ID", "Segment ID", "Text", "Code", "Coder"),
        ("t1", "1", "We ring them.", "Trust", "Ann"),
        ("t1", "2", "They ring us.", "Cost", "Ann"),
    )
    assert coded(coded_segments.read(path)) == [("We ring them.", "Trust", "Ann"), ("They ring us.", "Cost", "Ann")]
    with pytest.raises(UnreadableInput, match="a table of coded units, not a transcript"):
        read_transcript(path)


def test_real_lessons_with_two_columns_of_tags(formats):
    path = formats / "xlsx" / "TalkMoves_Borko_debrief.xlsx"
    sheet = openpyxl.load_workbook(path).active
    expected = []
    for *_, sentence, teacher, student in list(sheet.iter_rows(values_only=True))[1:]:
        code = teacher or student
        expected.append((squashed(sentence), None if code == "1 - None" else code))
    found = read_project(path, None)
    assert [(squashed(words), code) for words, code, _ in coded(found)] == expected
    groups = {code.name for code in found.codes if not code.codable}
    assert groups == {"Teacher Tag", "Student Tag"}


HEADS = {
    "maxqda": (["Color", "Document name", "Code", "Beginning", "End", "Segment", "Author", "Comment"],
               ["●", "P1", "Costs > Money", "3", "3", "It costs.", "Ann", "why"]),
    "maxqda-de": (["Dokumentname", "Code", "Anfang", "Ende", "Segment", "Autor/bearbeitet von", "Kommentar"],
                  ["P1", "Costs\\Money", "3", "3", "It costs.", "Ann", "why"]),
    "nvivo": (["Hierarchical Name", "Source Name", "Coded Text", "Coded By", "Memo"],
              ["Codes\\\\Costs\\\\Money", "P1", "It costs.", "Ann", "why"]),
    "dedoose": (["Media Title", "Excerpt Copy", "Codes Applied Combined", "Excerpt Creator", "Code: Money Applied",
                 "Code: Money Weight", "Code: Other Applied", "Memo"],
                ["P1", "It costs.", "Money", "Ann", "True", "0", "False", "why"]),
    "atlasti": (["ID", "Document", "Quotation Content", "Codes", "Density", "Created by", "Comment"],
                ["1:1", "P1", "It costs.", "Money", "1", "Ann", "why"]),
}  # fmt: skip


@pytest.mark.parametrize("program", HEADS)
@pytest.mark.parametrize("name", ["t.csv", "t.xlsx"])
def test_the_heads_of_programs(table, program, name):
    path = table(*HEADS[program], name=name)
    assert reader_of(path).name == "segments"
    found = read_project(path, None)
    assert coded(found) == [("It costs.", "Money", "Ann")] and found.codings[0].memo == "why"
    assert [source.name for source in found.sources] == ["P1"]
    assert any("coded words only" in warning for warning in found.warnings)


def test_segments_on_their_transcripts(table, tmp_path):
    folder = tmp_path / "talk"
    folder.mkdir()
    (folder / "P1.txt").write_text("I: So?\n\nAnn: It costs.\n  It “costs” money.\n", encoding="utf-8")
    head = ["document", "tag", "content"]
    path = table(
        head,
        ["P1.txt", "a", 'It "costs" money.'],
        ["P1", "b", "It costs."],
        ["P1", "c", "Not said."],
        ["P2", "d", "x y"],
    )
    found = coded_segments.read(path, transcripts=folder)
    assert coded(found)[0][:2] == ("It “costs” money.", "a")
    assert [part[:2] for part in coded(found)[1:]] == [("It costs.", "b"), ("Not said.", "c"), ("x y", "d")]
    assert found.sources[0].text == read_transcript(folder / "P1.txt").text
    assert any("P2" in warning for warning in found.warnings) and any(
        "1 segment is not in its transcript" in w for w in found.warnings
    )


def test_words_are_not_looked_for_inside_words(table, tmp_path):
    (tmp_path / "P1.txt").write_text("I: So?\n\nAnn: A part to gether is art together.\n", encoding="utf-8")
    path = table(["document", "tag", "content"], ["P1", "a", "art"], ["P1", "b", "together"], ["P1", "c", "par"])
    found = coded_segments.read(path, transcripts=tmp_path)
    text = found.sources[0].text
    assert [c.start for c in found.codings] == [text.index(" art") + 1, text.index("together"), text.index("part")]
    assert any(warning.startswith("1 segment stands in its transcript only inside") for warning in found.warnings)


def test_columns_that_the_user_names(table):
    path = table(["Quote", "Kode", "Wer"], ["It costs.", "Money; Time", "Ann"], ["Fine.", "", "Ann"])
    with pytest.raises(UnreadableInput, match="Quote, Kode, Wer"):
        coded_segments.read(path)
    found = read_project(path, "segments", mapping=["Quote=text", "Kode=code", "wer=coder"])
    assert coded(found) == [("It costs.", "Money", "Ann"), ("It costs.", "Time", "Ann"), ("Fine.", None, "Ann")]
    with pytest.raises(UsageError, match=r"--map: there is no column 'Code' \(the columns are Quote"):
        read_project(path, "segments", mapping=["Code=code"])
    with pytest.raises(UsageError, match="'colour' is no meaning"):
        read_project(path, "segments", mapping=["Kode=colour"])


def test_a_column_for_each_code(table):
    path = table(
        ["text", "money", "time", "words"],
        ["It costs.", "1", "0", "2"],
        ["Late.", "0", "", "1"],
        ["Both.", "x", "yes", "1"],
    )
    found = coded_segments.read(path)
    assert coded(found) == [
        ("It costs.", "money", ""),
        ("Late.", None, ""),
        ("Both.", "money", ""),
        ("Both.", "time", ""),
    ]


def test_codes_that_differ_in_capitals_are_one(table):
    found = coded_segments.read(table(["text", "code"], ["a", "Money"], ["b", "money"], ["c", " Money "]))
    assert [code.name for code in found.codes] == ["Money"] and "spelt in several ways" in found.warnings[-1]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "a,b\n",
        "text,code\n",
        'text,code\n"open',
        "\x00\x01\x02" * 99,
        "id,group,context,text,codes,coder\n1,g,,t,c,x\n",
    ],
)
def test_tables_that_are_none(tmp_path, content):
    path = tmp_path / "t.csv"
    path.write_text(content)
    with pytest.raises(ThemesError) as caught:
        coded_segments.read(path)
    assert "t.csv" in str(caught.value) and caught.value.remedy


def test_an_interview_without_codes_is_none(table):
    path = table(["speaker", "text"], ["Ann", "We ring."], ["Bob", "No."])
    assert reader_of(path).name == "segments"
    with pytest.raises(UnreadableInput, match="no row of talk with a column of codes"):
        coded_interview.read(path)


def test_a_row_never_lies_on_a_speakers_label(table):
    path = table(["speaker", "text", "codes"], ["Ann", "Yes.", "calm"], ["Noah", "No", "trust"], ["No", "Noah", "name"])
    found = coded_interview.read(path)
    assert [part[:2] for part in coded(found)] == [("Yes.", "calm"), ("No", "trust"), ("Noah", "name")]
    text = found.sources[0].text
    assert all(text[: c.start].endswith(": ") for c in found.codings)


def test_qualcoders_list_of_codes(formats, tmp_path):
    path = formats / "qualcoder" / "plain_codes_categories_for_import.txt"
    assert reader_of(path).name == "qualcoder-codes"
    codes = qualcoder_codes.read(path).codes
    names = {code.code_id: code.name for code in codes}
    assert [(c.name, names.get(c.parent or ""), c.description) for c in codes if c.codable] == [
        ("code1", None, "A memo for code 1"), ("code2", "cat1", ""), ("code3", "cat1", ""),
        ("code4", "cat2", "another memo"), ("code5", "cat3", ""), ("code6", None, ""),
    ]  # fmt: skip
    (tmp_path / "talk.txt").write_text("Ann: We ring them.\n")
    assert not qualcoder_codes.recognise(tmp_path / "talk.txt")


def test_taguettes_page_of_highlights(tmp_path):
    path = tmp_path / "all_tags.html"
    path.write_text(
        "<!DOCTYPE html><html><body>\n<h1>Taguette highlights</h1>\n<p>It <b>costs</b> &amp; hurts.</p>\n<p>\n"
        "<strong>Document:</strong> P1\n<strong>Tags:</strong> money,\n pain\n</p><hr>\n<p>Late.</p>"
        "<p><strong>Dokument:</strong> P2 <strong>Tags:</strong> time</p></body></html>"
    )
    found = taguette_highlights.read(path)
    assert coded(found) == [
        ("It costs & hurts.", "money", ""),
        ("It costs & hurts.", "pain", ""),
        ("Late.", "time", ""),
    ]
    assert [source.name for source in found.sources] == ["P1", "P2"]
    path.write_text("<html><body><p>Hello.</p></body></html>")
    with pytest.raises(UnreadableInput, match="not Taguette's export"):
        taguette_highlights.read(path)


@given(st.text(alphabet="ab \n“\"'’", max_size=40), st.data())
def test_every_stretch_is_found_where_it_stands(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    words = text[start:end]
    if not words.strip():
        assert Finder(text).all(words) == []
        return
    places = Finder(text).all(words)
    inner = start + len(words) - len(words.lstrip()), end - len(words) + len(words.rstrip())
    assert inner in places and all(squashed(text[a:b]) == squashed(words) for a, b in places)


def test_maxqdas_print_is_whole_and_its_segments_are_all_in_their_transcripts(formats):
    """The code system printed beside it counts 293; 32 of those are of `Anonymize`, which the print does not list."""
    folder = formats / "maxqda-export"
    found = maxqda_print.read(folder / "coded-segments.pdf", transcripts=folder / "transcripts")
    assert len(found.codings) == 293 - 32
    names = {code.code_id: code.name for code in found.codes}
    counted = Counter(names[coding.code_id or ""] for coding in found.codings)
    assert (
        counted["Didn't know how to do something in PDPilot"] == 7
    )  # one is cut off by a page's end, and printed again
    assert (counted["Compliment"], counted["Interaction"], counted["Tool complexity"]) == (17, 21, 11)
    assert sorted(source.name for source in found.sources) == [
        "P1",
        "P2",
        "P3",
        "P4",
        "P5",
        "P6",
        "P7",
    ]  # none "not found"


@pytest.mark.parametrize(
    ("near", "expected"), [(0, 23), (18, 23), (400, 423), (2, 23)], ids=["start", "inside", "far", "cut"]
)
def test_words_are_looked_for_near_an_offset_and_not_inside_others(near, expected):
    text = "We go there; the other he said.".ljust(400) + "We go there; the other he said."
    assert Finder(text).nearest("he", near) == (expected, expected + 2)


def test_words_inside_others_are_found_where_they_stand_nowhere_else():
    assert Finder("We go there.").nearest("here", 0) == (7, 11)
    assert Finder("partly " + "x " * 400 + "art").nearest("art", 2) == (1, 4)


CORPUS = (
    ["talk_id", "transcript_id", "utterance_id", "speaker", "text", "annotator_id", "behaviour", "client_talk"],
    ["t1", "7", "0", "therapist", "How are you?", "a", "question", ""],
    ["t1", "7", "0", "therapist", "How are you?", "b", "other", ""],
    ["t1", "7", "1", "client", "Yes.", "a", "", "Neutral"],
    ["t1", "7", "1", "client", "Yes.", "b", "", "change"],
    ["t1", "7", "2", "therapist", "Yes.", "a", "neutral", ""],
    ["t1", "8", "0", "therapist", "So?", "a", "question", ""],
    ["t1", "8", "1", "client", "So.", "a", "", "change"],
    ["t1", "8", "2", "therapist", "Good?", "a", "question", ""],
    ["t1", "8", "3", "client", "Good.", "a", "", "change"],
)


def test_a_corpus_of_several_coders_and_transcripts(table, themes, tmp_path):
    path = table(*CORPUS)
    status, _, err = themes("import", path, "--out", tmp_path / "gold.csv")
    assert status == 3 and "columns whose values recur as codes do: client_talk" in err and "--map" in err
    status, out, err = themes(
        "import", path, "--out", tmp_path / "gold.csv", "--map", "behaviour=code", "--map", "client_talk=code"
    )
    assert status == 0 and "7 coded stretches in 2 transcripts, by 2 coders (a, b), with 5 codes" in out
    assert "speech: text" in out and "coder: annotator_id" in out and "code: behaviour, client_talk" in out
    assert "1 name is borne by several codes each, which the gold table calls Neutral and neutral" in err
    units = load_gold([tmp_path / "gold.csv"])
    found = [(u.first.transcript, u.first.text, {c.coder: set(c.codes) for c in u.codings}) for u in units]
    assert found == [
        ("7", "How are you?", {"a": {"question"}, "b": {"other"}}),
        ("7", "Yes.", {"a": {"Neutral"}, "b": {"change"}}),
        ("7", "Yes.", {"a": {"neutral"}}),
        ("8", "So?", {"a": {"question"}}),
        ("8", "So.", {"a": {"change"}}),
        ("8", "Good?", {"a": {"question"}}),
        ("8", "Good.", {"a": {"change"}}),
    ]


def test_the_whole_command_for_columns_that_say_nothing(table, themes, tmp_path):
    rows = [[f"It goes on so, says {n}, and on.", ("trust", "doubt")[n % 2], f"{n}"] for n in range(6)]
    path = table(["Das Gesagte", "Was's ist", "Nr."], *rows)
    gold = tmp_path / "my gold.csv"
    for before in ([], ["--overwrite"], ["--map", "Nr.=ignore"]):
        status, _, err = themes("import", path, "--out", gold, *before)
        assert status == 3
        command = shlex.split(err.split("may be meant: `")[1].split("`")[0])
        maps = ["--map", "Das Gesagte=text", "--map", "Was's ist=code"]
        assert command == ["themes", "import", str(path), "--out", str(gold), *before, *maps]
    assert themes(*command[1:])[0] == 0
    assert [unit.first.codes for unit in load_gold([gold])][:2] == [{"trust"}, {"doubt"}]
    _, _, err = themes("import", table(["a", "b"], ["1", "2"]), "--out", gold, "--units", "segments")
    assert "--units segments --map COLUMN=text --map OTHER=code`" in err


def test_columns_of_yes_and_no_beside_others_that_may_hold_codes_are_asked_for(table, themes, tmp_path):
    head, *rows = CORPUS
    path = table([*head, "asks it"], *([*row, str(row[6] == "question")] for row in rows))
    gold = tmp_path / "gold.csv"
    for said in ([], ["--map", "annotator_id=coder"]):
        status, _, err = themes("import", path, "--out", gold, *said)
        assert status == 2 and "asks it say yes and no, and the values of client_talk recur as codes do" in err
        assert "--map client_talk=code, and `=flag`" in err and "do, --map client_talk=ignore. The whole command" in err
        command = shlex.split(err.split("may be meant: `")[1].split("`")[0])
        assert command == ["themes", "import", str(path), "--out", str(gold), *said, "--map", "client_talk=code"]
        assert not gold.exists()
    for said, codes in (
        (["client_talk=code"], {"Neutral", "change"}),
        (["client_talk=ignore"], {"asks it"}),
        (["asks it=flag"], {"asks it"}),
        (["client_talk=code", "asks it=flag"], {"Neutral", "change", "asks it"}),
    ):
        found = read_project(path, None, mapping=said)
        assert {code.name for code in found.codes} == codes and not found.warnings


def test_columns_of_yes_and_no_alone_are_codes_without_a_question(table):
    head, *rows = CORPUS
    flags = ([*row[:6], str(row[6] == "question"), str(row[7] == "change")] for row in rows)
    found = read_project(table(head, *flags), None)
    assert {code.name for code in found.codes} == {"behaviour", "client_talk"} and not found.warnings


def test_segments_with_yes_and_no_tell_of_columns_that_may_hold_codes(table):
    rows = [["P1", f"words {n}", str(n % 2), ("ally", "foe")[n % 2]] for n in range(6)]
    (warning,) = [
        w for w in read_project(table(["document", "text", "trust", "kind"], *rows), None).warnings if "kind" in w
    ]
    assert warning.endswith("were left out: kind; --map kind=code takes them")


def test_pairs_of_texts_are_a_unit_each_with_the_talk_before(table, themes, tmp_path):
    rows = [["So?", "Yes.", "0.0"], ["No?", "Yes.", "3.0"], ["So?", "Yes.", "3.0"]]
    path = table(["text_a", "text_b", "labels"], *rows)
    status, out, _ = themes("import", path, "--out", tmp_path / "gold.csv")
    assert status == 0 and "context: text_a" in out
    units = [unit.first for unit in load_gold([tmp_path / "gold.csv"])]
    assert [[unit.context, unit.text, f"{min(unit.codes)}.0"] for unit in units] == rows


def test_codes_spelt_in_several_ways_are_named(table):
    path = table(
        ["document", "tag", "content"], ["P1", "Trust", "a b"], ["P1", "trust", "c d"], ["P1", " Trust", "e f"]
    )
    (warning,) = [warning for warning in read_project(path, None).warnings if "spelt" in warning]
    assert warning == "1 code is spelt in several ways (capitals, spaces) and was taken as one: 'Trust' = 'trust'"


def test_a_label_of_speakers_is_no_code(table):
    path = table(["speaker_label", "text", "client_code"], ["Ann", "We ring.", "calm"], ["Bob", "No, we do.", ""])
    assert {code.name for code in read_project(path, None).codes} == {"calm"}
