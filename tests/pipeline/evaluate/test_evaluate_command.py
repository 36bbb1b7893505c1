"""`themes evaluate` as a user meets it: every bad gold has its message, tables fit the terminal, the JSON is as documented."""

import csv
import json
import re
import shutil
from pathlib import Path

import pytest
from rich.cells import cell_len
from toys import table

from pipeline.tables import open_run

DOCS = Path(__file__).resolve().parents[3] / "docs" / "evaluation.md"


@pytest.fixture
def gold(made_run):
    """Rows by two coders, and settled, on the run made in `conftest`."""
    rows = [row for row in open_run(made_run).rows("segments") if row["role"] == "participant"]
    places = [
        {
            "id": f"u{k}",
            "text": row["text"],
            "transcript": row["transcript_id"],
            "start": row["start"],
            "end": row["end"],
        }
        for k, row in enumerate(rows)
    ]
    given = ("effectiveness;cost_saving", "effectiveness;talking_shop", "")
    return [
        place | {"codes": codes, "coder": coder}
        for place, codes in zip(places, given, strict=True)
        for coder in ("ann", "bob", "adjudicated")
    ]


@pytest.fixture
def evaluate(themes, made_run, tmp_path):
    def call(rows, *more):
        (tmp_path / "gold.csv").write_text(rows if isinstance(rows, str) else table(rows), encoding="utf-8")
        status, out, err = themes(
            "evaluate", tmp_path / "gold.csv", "--run", made_run, "--out", tmp_path / "out", *more
        )
        return status, out, " ".join(err.split())

    return call


def alone(rows, **change):
    """One coder's rows, the first of them changed."""
    mine = [row for row in rows if row["coder"] == "ann"]
    return [mine[0] | change, *mine[1:]]


def test_rows_without_a_coder_are_no_person_of_that_name(evaluate, gold, tmp_path):
    rows = [row | {"coder": {"ann": "Anna"}.get(row["coder"], "")} for row in gold if row["coder"] != "adjudicated"]
    status, out, _ = evaluate(rows)
    told = " ".join(out.split())
    assert status == 0 and f"shown as (unnamed): 3 of the 6 of {tmp_path / 'gold.csv'}" in told
    evaluation = json.loads((tmp_path / "out" / "evaluation.json").read_text(encoding="utf-8"))
    assert any("name no coder" in notice for notice in evaluation["notices"])
    pairs = {(item["gold"], item["other"]) for item in evaluation["comparisons"]}
    assert ("Anna", "(unnamed)") in pairs and "coder" not in {name for pair in pairs for name in pair}


def test_figures_of_little_gold_say_so_on_their_line(evaluate, gold, tmp_path):
    _, out, _ = evaluate(gold)
    assert "overall (from only 3 units: cite the interval): alpha, codes" in " ".join(out.split())
    assert "All from only 3 units: cite the interval" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("engine", ["bfloat16", None])
def test_what_the_figures_were_computed_with_is_named(themes, gold, made_run, tmp_path, engine):
    run, out = tmp_path / "run", tmp_path / "out"
    shutil.copytree(made_run, run)
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    manifest |= {"engine": engine, "version": "0.8.0"} if engine else {}
    (run / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (tmp_path / "gold.csv").write_text(table(gold), encoding="utf-8")
    assert themes("evaluate", tmp_path / "gold.csv", "--run", run, "--out", out)[0] == 0
    made = json.loads((out / "evaluation.json").read_text(encoding="utf-8"))["made_with"]
    version = "0.8.0" if engine else "unknown"
    engine = engine or "unknown"  # as in the manifest of an older run
    assert made == {"model": "toy", "sha256": "ab" * 32, "engine": engine, "version": version}
    page = (out / "report.html").read_text(encoding="utf-8")
    assert f"the model toy (sha256 abababababab), computed in {engine} by transcript-themes {version}." in page


def test_names_forgotten_in_a_sample_are_told(evaluate, gold, tmp_path):
    rows = [row | {"coder": "", "sampled": "yes"} for row in gold if row["coder"] == "ann"]
    _, out, _ = evaluate(rows)
    told = " ".join(out.split())
    assert "1 of 3 rows has neither code nor coder: taken as not coded yet." in told
    assert "every unit that counts carries a code" in told and "left out of the table" not in told
    assert "neither code nor coder" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("bad", "fragment"),
    [
        (lambda rows: "", "is empty: it has no column id"),
        (lambda rows: "id,text,codes\n", "holds no coded unit"),
        (lambda rows: "name,said\n1,Yes\n", "row 1: has no column id, no column "),
        (lambda rows: 'id,text,codes\n1,"Yes\n', "unexpected end of data"),
        (
            lambda rows: [row | {"codes": "gossip"} for row in rows],
            "has no code of the codebook, only 'gossip' (3 units)",
        ),
        (lambda rows: [*rows, rows[0]], "row 11: unit u0 is coded twice by ann"),
        (lambda rows: alone(rows, text="", end=10**7), "is not within the transcript's"),
        (lambda rows: alone(rows, text="", transcript="zz"), "unit u0: its transcript zz was not found"),
        (lambda rows: alone(rows, attitude="warm"), "row 2: attitude 'warm' is none of negative, neutral, positive"),
        (
            lambda rows: alone(rows, attitude="neutral", mention_start=0, mention_end=999),
            "a mention ends at 999, the text at",
        ),
    ],
)
def test_gold_that_cannot_be_used_is_told_why(evaluate, gold, bad, fragment):
    status, out, err = evaluate(bad(gold))
    assert status == 2 and out == "" and err.startswith("themes:") and "gold.csv" in err and fragment in err


@pytest.mark.parametrize(
    ("bad", "fragment"),
    [
        (lambda rows: alone(rows, codes="effectiveness;gossip"), "not in the codebook and left out: 'gossip' (1 unit)"),
        (
            lambda rows: [*alone(rows), alone(rows)[0] | {"id": "again"}],
            "1 place is listed more than once by one coder",
        ),
        (
            lambda rows: [*alone(rows), alone(rows)[0] | {"id": "x", "start": alone(rows)[0]["start"] + 2}],
            "coder overlap",
        ),
        (lambda rows: alone(rows, end=10**7), "1 unit has offsets outside the transcript"),
        (lambda rows: alone(rows, text="Quite another."), "1 unit has another text than the transcript"),
        (lambda rows: alone(rows, transcript="zz"), "1 unit has a transcript that is not there"),
        (lambda rows: alone(rows), "The gold is one coder's (ann)"),
        (lambda rows: alone(rows, codes=""), "The gold never uses cost_saving"),
        (lambda rows: [row | {"codes": ""} for row in rows], "No unit of the gold carries a code"),
        (
            lambda rows: [row | {"codes": "effectiveness"} for row in rows],
            "Every unit of the gold carries effectiveness",
        ),
    ],
)
def test_gold_to_be_careful_with_is_evaluated_with_a_note(evaluate, gold, bad, fragment):
    status, out, err = evaluate(bad(gold))
    assert status == 0 and err == "" and fragment in " ".join(out.split())


def test_gold_of_other_transcripts_is_told_as_that(evaluate, gold):
    status, out, err = evaluate([row | {"text": "Other."} for row in gold])
    assert status == 2 and out == "" and "none of the gold's units is a segment of this run" in err
    assert "another text than the transcript at their offsets (the first: u0: gold says 'Other.'" in err


def test_what_is_undefined_is_shown_as_undefined(evaluate, gold, tmp_path):
    status, out, _ = evaluate([row | {"codes": ""} for row in gold if row["coder"] == "ann"])
    assert status == 0 and re.search(r"^ cost_saving +0 +0 +– +– +– +– *$", out, re.MULTILINE)
    content = json.loads((tmp_path / "out" / "evaluation.json").read_text(encoding="utf-8"))
    found = {row["name"]: row["figures"] for row in content["comparisons"][0]["rows"]}["cost_saving"]
    for name in ("precision", "recall", "f1", "alpha", "kappa", "roc_auc"):
        assert found[name]["value"] is None and found[name]["note"].startswith("undefined: ")
    assert found["agreement"]["value"] == 1


@pytest.mark.parametrize("width", [60, 70, 80, 100])
def test_tables_fit_the_terminal(evaluate, gold, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    for row in gold:
        row |= {"mention_start": 0, "mention_end": 3, "attitude": "positive", "rank": "PC"}
    _, out, _ = evaluate(gold, "--by", "rank,length")
    lines = [line for line in out.splitlines() if not line.startswith("evaluation folder")]
    assert max(map(cell_len, lines)) <= width and "…" not in out
    for heading in ("In a coder's place", "Attitudes", "Mentions found", "Slices", "theme doubts"):
        assert heading in out
    assert width < 100 or "left out for want of room" not in out


def test_alpha_within_codes_stands_beside_that_of_codes_pooled(evaluate, gold, tmp_path):
    status, out, _ = evaluate(gold, "--by", "length")
    assert status == 0 and re.search(
        r"alpha, codes pooled -?\d.\d\d [-\d.–]+( to [-\d.]+)?; alpha, within codes -?\d", " ".join(out.split())
    )
    with (tmp_path / "out" / "evaluation.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for figure in ("alpha", "within_alpha"):
        found = {(row["level"], row["other"]) for row in rows if row["figure"] == figure and row["name"] == "overall"}
        assert {
            ("overall", "machine"),
            ("overall", "bob"),
            ("ceiling", ""),
            ("ceiling", "machine"),
            ("spans", "machine"),
        } <= found
        assert any(row["level"] == "slice" and row["figure"] == figure for row in rows)
    within = next(row for row in rows if (row["level"], row["figure"]) == ("overall", "within_alpha"))
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert f"chance of its own code: {float(within['value']):.2f}" in page and page.count("alpha, within codes") >= 3


def test_pooled_alpha_that_is_frequencies_is_noted(evaluate, gold):
    for k, row in enumerate(gold):
        row["codes"] = {"ann": "effectiveness", "bob": "effectiveness"}.get(row["coder"], row["codes"])
        row["codes"] += ";cost_saving" if k == 1 else ""
    _, out, _ = evaluate(gold)
    assert "cite alpha within codes" in " ".join(out.split())


def test_the_json_has_the_keys_that_are_documented(evaluate, gold, tmp_path):
    evaluate(gold)
    content = json.loads((tmp_path / "out" / "evaluation.json").read_text(encoding="utf-8"))
    told = set(re.findall(r"`(\w+)`", DOCS.read_text(encoding="utf-8").split("`evaluation.json` (`format`")[1]))
    parts = [content, content["comparisons"][0], content["comparisons"][0]["rows"][0], content["weighting"]]
    parts += [content["ceiling"], content["spans"][0], content["codes_left_out"]]
    assert {key for part in parts for key in part} <= told | {"format"}
