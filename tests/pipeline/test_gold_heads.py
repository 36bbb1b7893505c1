"""Columns by other names: what each may be, and the import that reads them."""

import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.errors import UsageError
from pipeline.gold import load_gold


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_all_missing_columns_are_told_with_the_import_that_does(tmp_path, monkeypatch, sign):
    monkeypatch.chdir(tmp_path)
    rows = [["Interview", "Quote", "My Themes"], ["n1", "We ring them.", "trust"], ["n2", "No.", "distrust"]]
    Path("hand.csv").write_text("".join(f"{sign.join(row)}\n" for row in rows), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load_gold([Path("hand.csv")])
    problem = "no column id, no column codes or attitude, no column text (or transcript, start, end)"
    assert problem in caught.value.problem
    assert "Interview may be group, Quote may be text, My Themes may be codes" in caught.value.problem
    command = shlex.split(caught.value.remedy.split("`")[1])
    maps = ["--map", "Interview=document", "--map", "Quote=text", "--map", "My Themes=code"]
    assert command == ["themes", "import", "hand.csv", "--out", "gold.csv", *maps]
    result = CliRunner().invoke(app, command[1:])
    assert result.exit_code == 0, result.output
    assert {unit.first.group: unit.first.codes for unit in load_gold([Path("gold.csv")])} == {
        "n1": {"trust"},
        "n2": {"distrust"},
    }


def test_columns_that_say_nothing_are_to_be_mapped(load):
    with pytest.raises(UsageError, match=r"--map 'COLUMN=text' --map 'OTHER=code'"):
        load("a,b\n1,2\n")
