"""`themes import`, `themes export` and the conversions of `themes codebook`, as a user gives them."""

from __future__ import annotations

import pytest

from pipeline.codebook import load_codebook
from pipeline.errors import UsageError
from pipeline.exchange.outputs import spare
from pipeline.exchange.refi.project_file import read
from pipeline.gold import load_gold
from pipeline.ingest import read_transcript

GOLD = """id,group,context,text,codes,coder
u1,g,And then?,We ring the council.,talking_shop;cost_saving,ann
u1,g,And then?,We ring the council.,talking_shop,bob
u2,h,,They come.,,ann
"""


@pytest.fixture
def gold(tmp_path):
    path = tmp_path / "gold.csv"
    path.write_text(GOLD, encoding="utf-8")
    return path


def known(path):
    units = load_gold([path])
    return {(c.unit_id, c.coder): (c.group, c.context, c.text, c.codes) for unit in units for c in unit.codings}


def test_there_and_back_with_the_codebook(themes, gold, codebook_file, tmp_path):
    status, out, err = themes("export", gold, "--out", tmp_path / "p.qdpx", "--codebook", codebook_file)
    assert (status, err) == (0, "") and "3 codings with 5 codes on 2 sources" in out
    assert "Cost saving" in {code.name for code in read(tmp_path / "p.qdpx").codes}
    status, out, err = themes("import", tmp_path / "p.qdpx", "--out", tmp_path / "in" / "gold.jsonl")
    assert (status, err) == (0, "")
    assert (
        "2 stretches of text (1 of them read and given nothing) in 2 transcripts, by 2 coders (ann, bob), with 2 codes "
        "(of 3 in the codebook)" in out
    )
    assert "--units segments" in out
    assert known(tmp_path / "in" / "gold.jsonl") == known(gold)
    status, out, _ = themes("codebook", tmp_path / "in" / "codebook.yaml")
    assert status == 0 and "way_forward" in out and "money is saved" in out
    # What was imported goes out again without naming codebook or transcripts.
    status, out, err = themes("export", tmp_path / "in" / "gold.jsonl", "--out", tmp_path / "q.qdpx")
    assert (status, err) == (0, "")
    first, second = (read(tmp_path / name) for name in ("p.qdpx", "q.qdpx"))
    assert {s.text for s in first.sources} == {s.text for s in second.sources}
    assert {(c.name, c.description) for c in first.codes} == {(c.name, c.description) for c in second.codes}


def test_one_coder(themes, gold, tmp_path):
    status, out, _ = themes("export", gold, "--out", tmp_path / "p.qdpx", "--coder", "bob")
    assert status == 0 and "1 coding with" in out
    assert {c.coder for c in read(tmp_path / "p.qdpx").codings} == {"bob"}
    status, _, err = themes("export", gold, "--out", tmp_path / "q.qdpx", "--coder", "eve")
    assert status == 2 and "nothing was coded by 'eve' (the coders are ann, bob)" in err


def test_a_run_alone_and_beside_its_gold(themes, made_run, gold, tmp_path):
    assert themes("export", made_run, "--out", tmp_path / "run.qdpx")[0] == 0
    alone = read(tmp_path / "run.qdpx")
    assert {c.coder for c in alone.codings} == {"transcript-themes (machine)"}
    status, _, err = themes("export", made_run, gold, "--format", "QDPX", "--out", tmp_path / "both.qdpx")
    assert status == 0 and err.startswith(
        f"themes: warning: {gold}: 2 units name no transcript, so they stand in texts"
    )
    assert "columns transcript, start, end" in err and "\n" not in err
    assert {c.coder for c in read(tmp_path / "both.qdpx").codings} == {"transcript-themes (machine)", "ann", "bob"}
    status, out, _ = themes("export", made_run, "--out", tmp_path / "codes.qdc")
    assert status == 0
    status, out, _ = themes("codebook", tmp_path / "codes.qdc", "--out", tmp_path / "codes.csv")
    assert status == 0 and "3 codes in 2 themes" in out


def test_codes_written_by_their_labels_are_those_of_the_run(themes, made_run, codebook_file, tmp_path):
    path = tmp_path / "gold.csv"
    path.write_text(GOLD.replace("talking_shop;cost_saving", "Talking shop;COST SAVING"), encoding="utf-8")
    for more in ((), ("--codebook", codebook_file)):
        status, _, err = themes("export", made_run, path, "--out", tmp_path / "p.qdpx", "--overwrite", *more)
        assert status == 0 and "\n" not in err and "2 units name no transcript" in err
        project = read(tmp_path / "p.qdpx")
        names = [code.name.casefold().replace("_", " ") for code in project.codes]
        assert sorted(names) == sorted(set(names))
        of_code = {code.code_id: code.name for code in project.codes}
        given = {of_code[c.code_id] for c in project.codings if c.code_id is not None and c.coder == "ann"}
        assert given == {"Talking shop", "Cost saving"}


def test_segments_of_a_real_project(themes, formats, tmp_path):
    path = formats / "refi-qda" / "qc_demo.qdpx"
    status, out, err = themes("import", path, "--out", tmp_path / "g.csv", "--units", "segments")
    assert status == 0 and "for `themes train` and `themes evaluate`" in out
    assert "13 codings lie on no participant's segment" in err
    book = load_codebook(tmp_path / "codebook.yaml")
    units = load_gold([tmp_path / "g.csv"], codes=book.names)  # as `themes train` reads it
    assert len(book.names) == 262
    text = (tmp_path / "transcripts" / "board_2017.txt").read_text(encoding="utf-8")
    assert len(units) == 139 and all(text[u.first.start : u.first.end] == u.first.text for u in units)
    assert any(not u.first.codes for u in units) and any(u.first.codes for u in units)


def test_what_cannot_be_imported(themes, formats, gold, tmp_path):
    empty, unknown = tmp_path / "empty", tmp_path / "unknown"
    empty.mkdir()
    unknown.mkdir()
    (unknown / "a.bin").write_bytes(b"x")
    cases = [
        (
            (formats / "refi-qda" / "nvivo_mac15_project.qdpx",),
            1,
            "holds no coded text, only 0 texts and 262 codes",
        ),
        ((formats / "refi-qda" / "atlasti_win23_codebook.qdc",), 1, "a codebook alone is read by `themes codebook"),
        ((tmp_path / "none.qdpx",), 2, "there is no such file or folder (check the path)"),
        ((tmp_path / "none.qdpx", "--format", "qdpx"), 2, "there is no such file or folder (check the path)"),
        ((empty,), 2, "this folder is no QualCoder project or qualitative-coding project folder (give the file"),
        ((unknown,), 2, "this folder is no QualCoder project or"),
        ((gold, "--format", "spss"), 2, "'spss' is no format (the formats that are read are qdpx"),
        ((gold, "--format", "csv-excel"), 2, "csv-excel is written, but not read"),
        ((formats / "refi-qda" / "qc_demo.qdpx", "--map", "a=b"), 2, "--map means nothing for REFI-QDA project"),
        ((formats / "refi-qda" / "qc_demo.qdpx", "--map", "ab"), 2, "'ab' is no column=meaning"),
    ]
    for arguments, expected, fragment in cases:
        status, out, err = themes("import", *arguments, "--out", tmp_path / "g.csv")
        assert (status, out) == (expected, "") and fragment in err, err
    assert themes("import", gold, "--out", tmp_path / "g.xlsx")[0] == 2
    assert not (tmp_path / "g.csv").exists()


def test_what_cannot_be_exported(themes, gold, made_run, tmp_path):
    for arguments, fragment in [
        ((gold, "--out", tmp_path / "p.odt"), "which format is meant cannot be told"),
        ((tmp_path / "no.csv", "--out", tmp_path / "p.qdpx"), "there is no such file or folder"),
        ((tmp_path, "--out", tmp_path / "p.qdpx"), "is not a run folder"),
        ((made_run, made_run, "--out", tmp_path / "p.qdpx"), "is a second run"),
        ((gold, "--out", gold, "--format", "qdpx"), "is there already"),
        (
            (gold, "--out", tmp_path / "p.x", "--format", "spss"),
            "'spss' is no format (the formats that are written are qdpx",
        ),
        ((gold, "--out", tmp_path / "p.x", "--format", "delve"), "delve is read, but not written"),
        ((gold, "--out", tmp_path / "p.qdpx", "--transcripts", gold), "is not a folder"),
    ]:
        status, out, err = themes("export", *arguments)
        assert (status, out) == (2, "") and fragment in err, err


def test_hand_coded_work_is_not_replaced_unasked(themes, gold, tmp_path):
    assert themes("export", gold, "--out", tmp_path / "p.qdpx")[0] == 0
    assert themes("import", tmp_path / "p.qdpx", "--out", tmp_path / "g.csv")[0] == 0
    (tmp_path / "g.csv").write_text("mine")
    status, _, err = themes("import", tmp_path / "p.qdpx", "--out", tmp_path / "g.csv")
    assert status == 2 and "is there already, with other content" in err
    assert (tmp_path / "g.csv").read_text() == "mine"
    assert themes("import", tmp_path / "p.qdpx", "--out", tmp_path / "g.csv", "--overwrite")[0] == 0


def test_a_second_import_leaves_the_first_ones_codebook_and_texts(themes, tmp_path):
    for name, code in (("one", "Trust"), ("two", "Money")):
        rows = f"Document,Segment,Code\n{name},We ring them for {name}.,{code}\n"
        (tmp_path / f"{name}.csv").write_text(rows, encoding="utf-8")
    folder = tmp_path / "gold"
    assert themes("import", tmp_path / "one.csv", "--out", folder / "one.csv")[0] == 0
    before = (folder / "codebook.yaml").read_bytes()
    for more in ((), ("--overwrite",)):  # the second is again its own, also where it replaces what it wrote before
        assert themes("import", tmp_path / "two.csv", "--out", folder / "two.csv", *more)[0] == 0
        assert (folder / "codebook.yaml").read_bytes() == before
        assert load_codebook(folder / "two.codebook.yaml").names == ("Money",)
    for name, code in (("one", "Trust"), ("two", "Money")):  # each goes out with its own
        assert themes("export", folder / f"{name}.csv", "--out", tmp_path / f"{name}.qdpx")[0] == 0
        assert [item.name for item in read(tmp_path / f"{name}.qdpx").codes] == [code]
    (tmp_path / "one.csv").write_text("Document,Segment,Code\none,They come.,Trust\n", encoding="utf-8")
    status, _, err = themes("import", tmp_path / "one.csv", "--out", folder / "three.csv", "--overwrite")
    assert status == 2 and "one.txt: is another import's, with other content (name another folder with --out)" in err


def test_run_and_import_read_a_table_of_talk_alike(themes, tmp_path):
    path = tmp_path / "talk.csv"
    rows = ["Ann,So what do you do then?,", "Bob,We ring the council and they come.,calls", "Bob,Money is short.,money"]
    path.write_text("\n".join(["speaker,transcript,code", *rows]) + "\n", encoding="utf-8")
    status, out, err = themes("import", path, "--out", tmp_path / "gold.csv")
    assert status == 0 and "left out" not in err and "3 stretches of text" in out and "a coder who is not named" in out
    text = read_transcript(path).text
    assert (tmp_path / "transcripts" / "talk.csv.txt").read_text(encoding="utf-8") == text
    assert all(text[u.first.start : u.first.end] == u.first.text for u in load_gold([tmp_path / "gold.csv"]))


def test_converting_a_codebook(themes, codebook_file, tmp_path):
    status, out, err = themes("codebook", codebook_file, "--out", tmp_path / "a.qdc")
    assert (status, err) == (0, "") and "3 codes in 2 themes" in out
    status, _, err = themes("codebook", tmp_path / "a.qdc", "--out", tmp_path / "a.qdc")
    assert status == 2 and "is there already" in err


def test_what_is_read_is_not_written_over(themes, tmp_path):
    table = tmp_path / "coded.csv"
    table.write_text("Document,Segment,Code\nP1,We ring them.,Trust\n", encoding="utf-8")
    before = table.read_bytes()
    (tmp_path / "link.csv").symlink_to(table)
    for name in ("coded.csv", "link.csv"):
        for command in ("import", "export"):
            status, _, err = themes(command, table, "--out", tmp_path / name, "--overwrite")
            assert status == 2 and "is read, and cannot be written too" in err
    assert table.read_bytes() == before
    with pytest.raises(UsageError, match="lies in"):
        spare([tmp_path / "g.csv", tmp_path / "codebook.yaml"], [tmp_path])


def test_transcripts_that_were_given_get_no_second_file(themes, tmp_path):
    (tmp_path / "transcripts").mkdir()
    (tmp_path / "transcripts" / "P1.md").write_text("Interviewer: So?\n\nP1: We ring them.\n", encoding="utf-8")
    (tmp_path / "s.csv").write_text("Document,Segment,Code\nP1,We ring them.,Trust\n", encoding="utf-8")
    out = tmp_path / "gold.csv"
    status, _, err = themes("import", tmp_path / "s.csv", "--out", out, "--transcripts", tmp_path / "transcripts")
    assert status == 0, err
    assert [path.name for path in (tmp_path / "transcripts").iterdir()] == ["P1.md"]
    assert themes("export", out, "--out", tmp_path / "p.qdpx")[0] == 0
    status, _, err = themes("import", tmp_path / "s.csv", "--out", out, "--overwrite")
    assert status == 2 and "P1.md: is there, and the text of P1 would stand" in err


def test_help_lists_the_formats(themes):
    shown = ["".join(themes(command, "--help")[1].split()) for command in ("import", "export")]
    assert "maxqda-print" in shown[0] and "csv-excel" in shown[1]
