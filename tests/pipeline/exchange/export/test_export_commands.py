"""`themes export` in each format, as a user gives it."""

import docx
import pytest

GOLD = """id,group,text,codes,coder,transcript,start,end
u1,g,=SUM(1;2),talking_shop,ann,talk.txt,{start},{end}
"""


@pytest.mark.parametrize(
    "name, label, options",
    [
        ("run.xlsx", "Excel workbook", ()),
        ("run.csv", "CSV, one wide table", ()),
        ("run.zip", "CSV, one wide table", ()),
        ("tables", "CSV that Excel", ("--format", "csv-excel")),
        ("run.jsonl", "JSON Lines", ()),
        ("run.json", "Label Studio", ()),
        ("tasks.jsonl", "Prodigy", ("--format", "prodigy")),
        ("documents", "Word document", ("--format", "docx")),
        ("tags.csv", "Taguette's codebook", ("--format", "taguette-codebook")),
    ],
)
def test_each_format(themes, odd_run, tmp_path, name, label, options):
    out = tmp_path / "new" / name
    status, said, warned = themes("export", odd_run, "--out", out, *options)
    assert status == 0 and label in said and out.exists()
    assert "left to a human" in warned
    assert themes("export", odd_run, "--out", out, *options)[0] == 2
    assert themes("export", odd_run, "--out", out, "--overwrite", *options)[0] == 0


def test_the_machine_and_a_coder_in_one_document(themes, one_run, tmp_path):
    text = open_text(one_run)
    start = text.index("=SUM")
    gold = tmp_path / "gold.csv"
    gold.write_text(GOLD.format(start=start, end=start + len("=SUM(1;2)")), encoding="utf-8")
    status, _, warned = themes("export", one_run, gold, "--out", tmp_path / "both.docx")
    assert status == 0, warned
    authors = [(comment.author, comment.text) for comment in docx.Document(tmp_path / "both.docx").comments]
    assert ("ann", "talking shop") in [(author, said.casefold()) for author, said in authors] and len(authors) == 6


def open_text(run):
    from pipeline.tables import open_run

    return open_run(run).transcripts()["text"][0].as_py()


def test_formats_of_runs_say_so_of_gold(themes, tmp_path):
    gold = tmp_path / "gold.csv"
    gold.write_text("id,group,text,codes,coder\nu,g,We talk.,a,ann\n", encoding="utf-8")
    status, _, warned = themes("export", gold, "--out", tmp_path / "gold.xlsx")
    assert status == 2 and "xlsx is written from a run alone" in warned
    assert themes("export", gold, "--out", tmp_path / "gold.docx")[0] == 0
    assert len(list(docx.Document(tmp_path / "gold.docx").comments)) == 1


def test_a_run_is_not_written_into(themes, odd_run):
    before = sorted(odd_run.rglob("*"))
    for out in (odd_run, odd_run / "tables", odd_run / "manifest.json"):
        status, _, warned = themes("export", odd_run, "--format", "csv", "--out", out, "--overwrite")
        assert (status == 2 and "which is read" in warned) or "is read, and" in warned
    assert sorted(odd_run.rglob("*")) == before


@pytest.mark.parametrize("format_, name", [("csv", "report.tsv"), ("csv-excel", "r.xls"), ("docx", "x.doc")])
def test_no_folder_is_called_like_a_file(themes, odd_run, tmp_path, format_, name):
    status, _, warned = themes("export", odd_run, "--format", format_, "--out", tmp_path / name)
    assert status == 2 and "is none for this format" in warned and not (tmp_path / name).exists()


def test_a_coder_of_a_workbook(themes, odd_run, tmp_path):
    status, _, warned = themes("export", odd_run, "--coder", "ann", "--out", tmp_path / "run.xlsx")
    assert status == 2 and "--coder: xlsx is written from a run alone" in warned
