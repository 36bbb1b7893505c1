"""Rows of a sample that nobody has coded yet."""

import pytest
from toys import table

from pipeline.errors import UsageError
from pipeline.gold import read_gold
from pipeline.gold_waiting import Waiting


def test_rows_of_a_sample_that_still_wait_are_counted(tmp_path):
    path = tmp_path / "gold.csv"
    rows = [
        {"id": f"u{i}", "text": "Said.", "codes": codes, "coder": coder, "sampled": "yes"}
        for i, (codes, coder) in enumerate([("x", "ann"), ("x", ""), ("", "ann"), ("", ""), ("", " ")])
    ]
    path.write_text(table(rows), encoding="utf-8")
    found = read_gold([path])
    assert [unit.unit_id for unit in found.units] == ["u0", "u1", "u2"] and found.waiting == Waiting(2, 5)
    assert found.waiting.notice.startswith("2 of 5 rows have neither code nor coder: taken as not coded yet")
    assert Waiting(1, 5).notice.endswith("where you read it and found none") and Waiting(0, 5).notice == ""


def test_a_sample_that_waits_for_its_coder_says_so(load):
    waiting = {"id": "u1", "text": "a", "codes": "", "coder": "", "sampled": "1"}
    with pytest.raises(UsageError, match=r"none of its 2 rows is coded yet .*write your name under `coder`"):
        load([waiting, waiting | {"id": "u2"}])
