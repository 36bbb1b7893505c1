"""The files that hold gold: CSV, JSONL, workbooks, and what is none of these."""

import json
import shlex
from pathlib import Path

import openpyxl
import pytest
from gold_row import MENTION, THEMES
from toys import table
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.errors import UsageError
from pipeline.gold import load_gold


def test_jsonl_says_the_same_as_csv(load):
    rows = [THEMES | {"codes": "effectiveness;cost_saving"}, MENTION]
    as_json = [THEMES | {"codes": ["effectiveness", "cost_saving"], "start": None}, MENTION]
    lines = "\n\n".join(json.dumps(row) for row in as_json)
    assert load(rows) == load(lines, "gold.jsonl") == load(lines, "GOLD.JSONL")


def test_byte_order_mark_multi_line_text_and_quotes(load):
    text = 'Line one.\n\nLine two; "quoted", with a comma.'
    units = load("\ufeff" + table([THEMES | {"text": text}, THEMES | {"id": "u2", "text": "Two."}]))
    assert [unit.first.text for unit in units] == [text, "Two."]


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("p.qdpx", b"PK\x03\x04...", "p.qdpx: is no table"),
        ("p.sqlite3", b"SQLite format 3\x00", "is no table"),
        ("t.csv", b"Quote,b\na,b\n", "row 1: has no column id"),
        ("t.jsonl", b'{"text": "a", "spans": []}\n', "line 1: has no id"),
    ],
)
def test_what_other_programs_wrote_is_imported_first(tmp_path, name, content, problem):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=f"{problem}.*first `themes import {tmp_path / name} --out gold.csv`"):
        load_gold([tmp_path / name])


def test_the_import_that_is_named_can_be_typed_as_it_stands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = Path("my study")
    folder.mkdir()
    content = "Document,Code,Segment\nAnn,trust,We ring them.\n"
    for path, out in ((Path("gold.csv"), "imported.csv"), (folder / "Ann's.csv", "gold.csv")):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(UsageError) as caught:
            load_gold([path])
        command = caught.value.remedy.split("`")[1]
        assert shlex.split(command)[:5] == ["themes", "import", str(path), "--out", out] and f"give {out}" in str(
            caught.value
        )
    result = CliRunner().invoke(app, ["import", "gold.csv", "--out", "imported.csv"])
    assert result.exit_code == 0 and load_gold([Path("imported.csv")]), result.output


@pytest.mark.parametrize("name", ["old.xls", "MACROS.XLSM", "old.csv"])
def test_a_workbook_that_no_import_reads_is_saved_otherwise(tmp_path, name):
    (tmp_path / name).write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    with pytest.raises(UsageError, match="save it as xlsx or CSV UTF-8") as caught:
        load_gold([tmp_path / name])
    assert "themes import" not in str(caught.value)


def test_an_empty_table_is_not_to_be_imported(load):
    with pytest.raises(UsageError) as caught:
        load("")
    assert "is empty" in str(caught.value) and "import" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "name", "fragment"),
    [
        ("", "gold.csv", "is empty: it has no column id, no column codes"),
        ("unit,text\n1,Yes\n", "gold.csv", "row 1: has no column id, no column codes or attitude (found: unit, text)"),
        (
            "id,text,Code\n1,Yes,x\n",
            "gold.csv",
            "row 1: has no column codes or attitude (found: id, text, code; Code may be codes)",
        ),
        ("id,codes\n", "gold.csv", "holds no coded unit"),
        ("\n\n", "gold.jsonl", "holds no coded unit"),
        ('id,codes\n1,"Yes\n', "gold.csv", "unexpected end of data"),
        ('id,"text\n', "gold.csv", "line 1: unexpected end of data"),
        ('id,codes\n1,"Yes"no\n', "gold.csv", "line 2: ',' expected after"),
        (b"id,text\n1,caf\xe9\n", "gold.csv", "is not UTF-8 text (save it as CSV UTF-8)"),
        ('{"id": "1", "text": "Yes"}\n{"id": \n', "gold.jsonl", "line 2: is not JSON (one object per line)"),
        ('["1", "Yes"]\n', "gold.jsonl", "line 1: is not an object (one object per line)"),
    ],
)
def test_unusable_files(load, content, name, fragment):
    with pytest.raises(UsageError) as caught:
        load(content, name)
    assert fragment in str(caught.value)


def test_missing_file_and_folder(tmp_path):
    for path, why in ((tmp_path / "no.csv", "No such file"), (tmp_path, "directory")):
        with pytest.raises(UsageError, match="cannot be read") as caught:
            load_gold([path])
        assert why in str(caught.value) and str(path) in str(caught.value)


def test_rows_are_numbered_as_a_spreadsheet_shows_them(load):
    with pytest.raises(UsageError, match="row 3: has no id"):
        load([THEMES | {"text": "One.\nTwo.\nThree."}, THEMES | {"id": ""}])


@pytest.mark.parametrize("sign", [";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_columns_parted_otherwise_are_read(tmp_path, sign, encoding):
    path = tmp_path / "gold.csv"
    head, row = ["id", "text", "codes"], ["1", "words, and more", '"x; y"']
    path.write_text(f"{sign.join(head)}\r\n{sign.join(row)}\r\n", encoding=encoding, newline="")
    assert load_gold([path])[0].first.codes == {"x", "y"} and load_gold([path])[0].first.text == "words, and more"
    path.write_text(f"{sign.join(head)}\n\n{sign.join([*row, 'astray'])}\n", encoding=encoding)
    with pytest.raises(UsageError, match="row 3: 4 cells under 3 columns"):
        load_gold([path])


def test_a_guess_at_the_encoding_is_told_or_is_none(tmp_path):
    path, told = tmp_path / "gold.csv", []
    path.write_bytes("id;text;codes\n1;words;vérité\n".encode("cp1252"))
    with pytest.raises(UsageError, match="is not UTF-8"):
        load_gold([path])
    (unit,) = load_gold([path], tell=lambda *guess: told.append(guess))
    assert unit.first.codes == {"vérité"} and [at for at, _ in told] == [path]
    assert "read as Windows-1252" in told[0][1]


def workbook(path, *sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_a_workbook_is_read(tmp_path):
    gold = [["id", "Text", "codes", "start"], ["u", "One\ntwo.", "x; y", 12]]
    path = workbook(tmp_path / "gold.xlsx", ("notes", [["what"], ["mine"]]), ("gold", gold))
    first = load_gold([path])[0].first
    assert (first.text, first.codes, first.start) == ("One\ntwo.", {"x", "y"}, 12)
    with pytest.raises(UsageError, match="several sheets of gold: a, b"):
        load_gold([workbook(tmp_path / "two.xlsx", ("a", gold), ("b", gold))])
    with pytest.raises(UsageError, match="has no column id"):
        load_gold([workbook(tmp_path / "none.xlsx", ("a", [["x"], ["y"]]))])
    (tmp_path / "broken.xlsx").write_bytes(b"PK\x03\x04")
    with pytest.raises(UsageError, match=r"broken\.xlsx"):
        load_gold([tmp_path / "broken.xlsx"])
