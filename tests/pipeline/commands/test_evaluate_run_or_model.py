"""`themes evaluate`: a model or a run against gold."""

import json
import re

from messages import one_line

from pipeline import __version__


def test_train_and_evaluate(train, themes, gold_files, tmp_path):
    status, out, err = train("--seed", "7")
    assert (status, err) == (0, "")
    assert "epoch 1/1: loss" in out and "too few to learn" in out
    settings = json.loads((tmp_path / "model" / "config.json").read_text())
    assert settings["training"]["settings"]["seed"] == 7
    assert "`themes.csv`, `attitudes.csv`" in (tmp_path / "model" / "README.md").read_text()
    judge = ("--model", tmp_path / "model", "--out", tmp_path / "evaluation", "--device", "cpu")
    (tmp_path / "short.csv").write_text("id,group,text,codes,coder\nshort,g,Yeah. I do.,,ann\n", encoding="utf-8")
    _, out, _ = themes("evaluate", *gold_files, tmp_path / "short.csv", *judge)
    told = " ".join(out.split())
    assert re.search(
        r"on \d+ of these 25 units, leaving 1 of fewer than five words aside, which anyone might say", told
    )
    assert "leaving 1 of fewer" in (tmp_path / "evaluation" / "report.html").read_text(encoding="utf-8")
    status, out, err = themes("evaluate", *gold_files, *judge)
    assert (status, err) == (0, "")
    assert "24 units with a settled coding, in 4 groups" in out and "bob against ann" in out
    seen = json.loads((tmp_path / "evaluation" / "evaluation.json").read_text())["units_seen_in_training"]
    assert seen > 0 and f"trained or calibrated on {seen} of these 24 units: its" in " ".join(out.split())
    made = json.loads((tmp_path / "evaluation" / "evaluation.json").read_text())["made_with"]
    assert made["model"] == "model" and made["engine"] in ("float32", "bfloat16") and made["version"] == __version__
    files = {"evaluation.json", "evaluation.csv", "predictions.csv", "attitudes.csv", "report.html"}
    assert files <= {path.name for path in (tmp_path / "evaluation").iterdir()}


def test_evaluate_a_run(code, themes, interviews, tmp_path):
    code(interviews)
    import pyarrow.parquet as pq

    row = next(
        row for row in pq.read_table(tmp_path / "run" / "segments.parquet").to_pylist() if row["role"] == "participant"
    )
    gold = tmp_path / "gold.csv"
    gold.write_text(f"id,codes,transcript,start,end\nu1,talking_shop,1a.txt,{row['start']},{row['end']}\n")
    arguments = ("evaluate", gold, "--run", tmp_path / "run", "--out", tmp_path / "evaluation")
    for transcripts in ((), ("--transcripts", interviews)):
        status, out, _ = themes(*arguments, *transcripts)
        assert status == 0 and "1 units with a settled coding" in out
    gold.write_text("id,codes,transcript,start,end\nu1,talking_shop,9z.txt,0,5\n")
    status, _, err = themes(*arguments)
    assert status == 2 and "its transcript 9z.txt was not found" in one_line(err)
    gold.write_text("id,codes,text\nu1,talking_shop,Talk.\n")
    status, _, err = themes(*arguments)
    assert status == 2 and "none of the gold's units is a segment of this run" in one_line(err)
    for both in ((), ("--model", "x")):
        status, _, err = themes(*(arguments if both else (*arguments[:2], *arguments[4:])), *both)
        assert status == 2 and "give either --run or --model" in one_line(err)


def test_evaluate_by_character_and_by_attribute(code, themes, interviews, tmp_path):
    code(interviews)
    import pyarrow.parquet as pq

    segments = pq.read_table(tmp_path / "run" / "segments.parquet").to_pylist()
    rows = [row for row in segments if row["role"] == "participant"]
    gold, table = tmp_path / "gold.csv", tmp_path / "attributes.csv"
    lines = [
        f"u{i},talking_shop,{row['transcript_id']},{row['start']},{row['end'] - i % 2}" for i, row in enumerate(rows)
    ]
    gold.write_text("\n".join(["id,codes,transcript,start,end", *lines, ""]))
    names = dict.fromkeys(row["transcript_id"].rsplit("-", 1)[0] for row in rows)
    table.write_text("\n".join(["file,rank", *(f"{name},{'ab'[k % 2]}" for k, name in enumerate(names)), ""]))
    arguments = ("evaluate", gold, "--run", tmp_path / "run", "--out", tmp_path / "evaluation")
    status, out, err = themes(*arguments, "--by", "rank, length,force", "--attributes", table)
    assert (status, err) == (0, "")
    assert "By character (coders read: transcripts)" in out and "alpha_U" in out and "Slices" in out
    assert max(len(line) for line in out.splitlines() if not line.startswith(("evaluation folder", "Note:"))) <= 100
    content = json.loads((tmp_path / "evaluation" / "evaluation.json").read_text())
    assert content["units_without_answer"] == len(rows) // 2 and len(content["spans"]) == 1
    assert content["spans"][0]["figures"]["talking_shop"]["near_recall"]["n"] > 0
    assert {item["attribute"] for item in content["slices"]} == {"rank", "length", "force"}
    assert any(item["value"] == "a" for item in content["slices"])
    assert (tmp_path / "evaluation" / "report.html").read_text().startswith("<!doctype html>")
    status, _, err = themes(*arguments, "--by", "mood")
    assert status == 2 and "--by mood: no unit has such an attribute (there are: agency, force" in one_line(err)
    status, _, err = themes(*arguments, "--extent", "pages")
    assert status == 2 and "'pages' is none of auto, units, transcripts" in one_line(err)
