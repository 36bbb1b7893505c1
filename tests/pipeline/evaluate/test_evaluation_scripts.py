"""The gate, two machines compared, a folder of gold, and Fleiss' kappa by his own example."""

import csv
import json
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from toys import table

from pipeline.codebook import load_codebook
from pipeline.evaluate.judge import MachineCoding
from pipeline.gold import load_gold
from pipeline.tables import open_run

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "scripts"))  # scripts are imported as the files they are


@pytest.fixture(scope="module")
def gold_folder(made_run, tmp_path_factory):
    """Gold for the run made in `conftest`, in two tables, beside a table that is none."""
    folder = tmp_path_factory.mktemp("golds")
    rows = [row for row in open_run(made_run).rows("segments") if row["role"] == "participant"]
    for k, row in enumerate(rows):
        unit = {"id": f"u{k}", "text": row["text"], "transcript": row["transcript_id"], "start": row["start"]}
        unit |= {"end": row["end"], "codes": "effectiveness" if k < 2 else "", "rank": "PC"}
        (folder / f"{k}.csv").write_text(table([unit]), encoding="utf-8")
    (folder / "split.csv").write_text("group,part\na,train\n")
    return folder


@pytest.fixture(scope="module")
def evaluated(gold_folder, made_run, tmp_path_factory):
    from evaluate_folder import main

    out = tmp_path_factory.mktemp("evaluated") / "evaluation"
    assert main([str(made_run), str(gold_folder), "--out", str(out), "--by", "rank,length,transcript_length"]) == 0
    return out


def test_a_folder_of_gold(evaluated, gold_folder, made_run, capsys):
    from evaluate_folder import gold_tables, main

    content = json.loads((evaluated / "evaluation.json").read_text())
    head = content["comparisons"][0]
    assert head["units"] == 3 and content["units_without_answer"] == 0
    counts = next(row["counts"] for row in head["rows"] if row["name"] == "effectiveness")
    assert counts == {"both": 2, "other_only": 0, "gold_only": 0, "neither": 1}  # as `conftest` made the run
    assert {item["attribute"] for item in content["slices"]} == {"rank", "length", "transcript_length"}
    slices = {item["value"]: item["units"] for item in content["slices"] if item["attribute"] == "transcript_length"}
    assert list(slices.values()) == [1, 1, 1] and "to 13 words" in slices  # of three transcripts, one unit in each
    assert [path.name for path in gold_tables(gold_folder)] == ["0.csv", "1.csv", "2.csv"]
    assert "left out:" in capsys.readouterr().err
    (evaluated / "none").mkdir()
    assert main([str(made_run), str(evaluated / "none"), "--out", "x"]) == 2
    assert "holds no gold table" in capsys.readouterr().err


def test_an_earlier_evaluation_in_the_folder_is_no_coder(gold_folder, evaluated, tmp_path, capsys):
    from evaluate_folder import gold_tables

    folder = shutil.copytree(gold_folder, tmp_path / "gold")
    shutil.copytree(evaluated, folder / "earlier")
    (folder / "out").mkdir()
    shutil.copy(evaluated / "attitudes.csv", folder / "out")
    assert [path.name for path in gold_tables(folder, folder / "out")] == ["0.csv", "1.csv", "2.csv"]


def test_the_gate(evaluated, tmp_path, capsys):
    from regression_gate import main

    new, kept = evaluated / "evaluation.json", tmp_path / "kept.json"

    def gate(change, *more):
        content = json.loads(new.read_text())
        change({row["name"]: row["figures"] for row in content["comparisons"][0]["rows"]})
        kept.write_text(json.dumps(content))
        return main([str(new), str(kept), *more])

    value = next(
        row["figures"]["alpha"]["value"]
        for row in json.loads(new.read_text())["comparisons"][0]["rows"]
        if row["name"] == "overall"
    )
    assert gate(lambda rows: None) == 0
    assert gate(lambda rows: rows["overall"]["alpha"].update(value=value + 0.015)) == 0
    assert gate(lambda rows: rows["overall"]["alpha"].update(value=value + 0.03)) == 1
    assert "fallen: overall alpha" in capsys.readouterr().out
    assert gate(lambda rows: rows["overall"]["alpha"].update(value=value + 0.03), "--fall", "0.05") == 0
    assert gate(lambda rows: rows["cost_saving"]["alpha"].update(value=0.1)) == 1  # undefined now
    assert "undefined or missing" in capsys.readouterr().out
    assert (
        gate(lambda rows: rows["overall"].pop("within_alpha")) == 0
    )  # an evaluation from before there was that figure
    assert gate(lambda rows: rows["overall"].pop("within_alpha"), "--figure", "within_alpha") == 2
    assert gate(lambda rows: rows["overall"]["within_alpha"].update(value=1.5), "--figure", "within_alpha") == 1
    assert "fallen: overall within_alpha" in capsys.readouterr().out
    kept.write_text("{}")
    assert main([str(new), str(kept)]) == 2 and main([str(new), str(tmp_path / "gone.json")]) == 2


def test_the_gate_does_not_compare_weighted_with_unweighted(evaluated, tmp_path, capsys):
    from regression_gate import main

    content = json.loads((evaluated / "evaluation.json").read_text())
    assert content["weighting"]["weighted"] is False
    content["weighting"]["weighted"] = True
    (tmp_path / "kept.json").write_text(json.dumps(content))
    assert main([str(evaluated / "evaluation.json"), str(tmp_path / "kept.json")]) == 2
    assert "one evaluation weights units by inclusion" in capsys.readouterr().err


def test_two_runs_compared(gold_folder, made_run, tmp_path, capsys):
    from compare_models import main

    tables = [str(gold_folder / f"{k}.csv") for k in range(3)]
    out = tmp_path / "pairs.json"
    run = str(made_run)
    assert main([*tables, "--first", run, "--second", run, "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("3 units;") and max(map(len, printed.splitlines()[1:])) <= 100
    content = json.loads(out.read_text())
    assert all(item["difference"]["value"] in (0, None) for item in content["pairings"])
    written = [Path(path).read_text(encoding="utf-8").replace("effectiveness", "EFFECTIVENESS") for path in tables]
    assert any("EFFECTIVENESS" in text for text in written)  # codes may be written so, as for `themes evaluate`
    tables = [str(tmp_path / Path(path).name) for path in tables]
    for path, text in zip(tables, written, strict=True):
        Path(path).write_text(text, encoding="utf-8")
    assert main([*tables, "--first", run, "--second", run, "--out", str(out)]) == 0
    assert json.loads(out.read_text()) == content
    assert main([*tables, "--first", run, "--second", str(tmp_path)]) == 2
    assert "compare_models:" in capsys.readouterr().err


def test_fleiss_kappa_of_his_example():
    """Fleiss (1971), table 1: 30 patients, six psychiatrists each, five diagnoses; kappa 0.430."""
    from annomi_agreement import alpha, fleiss_kappa, kappa_sums

    diagnoses = """
        0 0 0 6 0 / 0 3 0 0 3 / 0 1 4 0 1 / 0 0 0 0 6 / 0 3 0 3 0 / 2 0 4 0 0 / 0 0 4 0 2 / 2 0 3 1 0 / 2 0 0 4 0 / 0 0 0 0 6
        1 0 0 5 0 / 1 1 0 4 0 / 0 3 3 0 0 / 1 0 0 5 0 / 0 2 0 3 1 / 0 0 5 0 1 / 3 0 0 1 2 / 5 1 0 0 0 / 0 2 0 4 0 / 1 0 2 0 3
        0 0 0 0 6 / 0 1 0 5 0 / 0 2 0 1 3 / 2 0 0 4 0 / 1 0 0 4 1 / 0 5 0 1 0 / 4 0 0 0 2 / 0 2 0 4 0 / 1 0 5 0 0 / 0 0 0 0 6
    """
    rows = [row.split() for line in diagnoses.strip().splitlines() for row in line.split("/")]
    votes = np.array(rows, dtype=float)
    assert votes.shape == (30, 5) and (votes.sum(1) == 6).all()
    sums = kappa_sums(votes).sum(0)
    assert float(fleiss_kappa(sums)) == pytest.approx(0.430, abs=5e-4)
    from krippendorff import alpha as theirs

    assert float(alpha(sums)) == pytest.approx(theirs(value_counts=votes, level_of_measurement="nominal"))


def test_the_machines_place_among_ten_coders():
    from annomi_agreement import QUESTIONS, Utterance, among_the_ten, write_gold

    question, (speaker, _) = next(iter(QUESTIONS.items()))
    rng = np.random.default_rng(6)
    names, spoiled = ("question", "reflection", "other"), np.linspace(0.02, 0.45, 10)
    true = rng.integers(0, 3, 90)
    said = np.where(rng.random((90, 10)) < spoiled, rng.integers(0, 3, (90, 10)), true[:, None])
    spoken = [
        Utterance(str(i % 9), i, speaker, f"Said {i}.", "", {str(c): names[k] for c, k in enumerate(row)})
        for i, row in enumerate(said)
    ]
    spoken += [Utterance("alone", 0, "client", "Sure.", "", {"3": "neutral"})]
    folder = Path(tempfile.mkdtemp())
    write_gold(spoken, folder)
    book, units = load_codebook(folder / "codebook.yaml"), load_gold([folder / "ten.csv"])
    assert len(units) == 90 and [unit.first.text for unit in load_gold([folder / "train.csv"])] == ["Sure."]
    codes = book.names
    wanted = [f"{speaker}_{names[k]}" for k in true]
    p = np.array([[0.9 if code == name else 0.2 for code in codes] for name in wanted])
    lines = list(among_the_ten(question, MachineCoding(units, codes, p, p > 0.5, [{} for _ in units])))
    assert len(lines) == 12 and "better than 10 of 10 coders" in lines[10] and "winning rate 1.00" in lines[11]
    worse = MachineCoding(units, codes, rng.random(p.shape), p > 0.5, [{} for _ in units])
    assert "better than 0 of 10 coders" in list(among_the_ten(question, worse))[10]


def test_csv_has_every_kind_of_figure(evaluated):
    with (evaluated / "evaluation.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {"code", "theme", "overall", "calibration", "spans", "slice"} <= {row["level"] for row in rows}
    assert [row for row in rows if not row["value"] and not row["note"]] == []  # undefined always has a reason


def test_what_a_side_did_not_answer_or_had_seen_is_told():
    from compare_models import _to_mind

    from pipeline.evaluate.judge import MachineCoding

    none = np.zeros((0, 0))
    machine = MachineCoding([], (), none, none.astype(bool), [], missing=2, seen=3, notices=("one fault",))
    told = _to_mind(machine)
    assert told[0].startswith("2 units without") and told[1].startswith("3 units the model") and told[2] == "one fault"
