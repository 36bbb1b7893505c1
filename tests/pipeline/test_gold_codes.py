"""Codes that the codebook does not have: left out where gold judges, and what that means is told."""

import json

import pytest
from toys import CODES, table

from pipeline.commands.evaluate import Options, evaluate
from pipeline.errors import UsageError
from pipeline.gold import load_gold
from pipeline.gold_codes import LeftOut, UnknownCode, with_known_codes
from pipeline.tables import open_run


def row(name, codes, coder="ann", **more):
    return {"id": name, "text": "Said.", "codes": codes, "coder": coder} | more


@pytest.fixture
def load(tmp_path):
    def write_and_load(*rows):
        path = tmp_path / "gold.csv"
        path.write_text(table(rows), encoding="utf-8")
        return with_known_codes(load_gold([path]), CODES, [path])

    return write_and_load


def test_a_unit_keeps_its_other_codes_and_is_bare_where_it_has_none(load):
    units, left_out = load(
        row("u1", "effectiveness;gossip"),
        row("u2", "gossip"),
        row("u2", "effectiveness", "bob"),
        row("u3", "Cost saving"),
        row("u4", ""),
        {"id": "u5", "text": "Said.", "coder": "ann", "attitude": "neutral"},
    )
    codes = {(unit.unit_id, coding.coder): coding.codes for unit in units for coding in unit.codings}
    assert codes == {
        ("u1", "ann"): {"effectiveness"},
        ("u2", "ann"): frozenset(),
        ("u2", "bob"): {"effectiveness"},
        ("u3", "ann"): frozenset(),
        ("u4", "ann"): frozenset(),
        ("u5", "ann"): None,
    }
    assert left_out == LeftOut((UnknownCode("gossip", 2), UnknownCode("Cost saving", 1, "cost_saving")), bare=2, kept=1)
    notice = left_out.notice
    assert "2 codes of the gold are not in the codebook and left out: 'gossip' (2 units)" in notice
    assert "'Cost saving' (1 unit; is 'cost_saving' meant?)" in notice and "gold gives codes by name" in notice
    assert "2 units have no other (by one coder at least) and count as coded with none" in notice


def test_gold_of_known_codes_is_as_it_was(load):
    units, left_out = load(row("u1", "effectiveness"), row("u2", ""))
    assert left_out.notice == "" and [unit.first.codes for unit in units] == [{"effectiveness"}, frozenset()]
    assert load(row("u1", ""))[1] == LeftOut()


def test_no_known_code_is_an_error_and_many_unknown_are_suspicious(load):
    with pytest.raises(UsageError, match=r"gold\.csv: has no code of the codebook, only 'gossip' \(1 unit\)"):
        load(row("u1", "gossip"), row("u2", ""))
    with pytest.raises(UsageError, match=r"is 'cost_saving' meant\?\) \(mend the table: gold gives codes by name"):
        load(row("u1", "Cost saving"))
    _, left_out = load(row("u1", ";".join(["effectiveness", *"abcdefghij"])))
    assert "'h' (1 unit) and 2 more" in left_out.notice
    assert "Of the gold's 11 codes only 1 is known: it seems to be coded with another codebook" in left_out.notice


def test_an_evaluation_leaves_them_out_and_its_json_says_so(made_run, tmp_path, capsys):
    segments = [item for item in open_run(made_run).rows("segments") if item["role"] == "participant"]
    places = [
        {"text": item["text"], "transcript": item["transcript_id"], "start": item["start"], "end": item["end"]}
        for item in segments
    ]
    given = ("effectiveness;gossip", "gossip", "effectiveness")
    rows = [row(f"u{k}", codes) | place for k, (codes, place) in enumerate(zip(given, places, strict=True))]

    def evaluated(rows, extent="auto"):
        (tmp_path / "gold.csv").write_text(table(rows), encoding="utf-8")
        arguments = {"run": made_run, "model": None, "transcripts": None, "device": "cpu"}
        evaluate([tmp_path / "gold.csv"], out=tmp_path / "out", options=Options(extent=extent), **arguments)
        return json.loads((tmp_path / "out" / "evaluation.json").read_text(encoding="utf-8"))

    content = evaluated(rows)
    printed = " ".join(capsys.readouterr().out.split())
    assert "1 code of the gold is not in the codebook and left out: 'gossip' (2 units)" in printed
    assert content["codes_left_out"] == {"codes": [{"code": "gossip", "units": 2, "meant": ""}], "bare": 1, "kept": 1}
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "gossip" in content["notices"][0] and "gossip&#39; (2 units)" in page
    # Gold that lists coded units only does not list what was read, though one of them lost its code.
    assert content["spans"][0]["extent"] == "transcripts" and "Every unit of the gold carries a code" in printed
    without = evaluated([item | {"codes": item["codes"].replace("gossip", "")} for item in rows], "transcripts")
    assert content["comparisons"] == without["comparisons"] and content["spans"] == without["spans"]
