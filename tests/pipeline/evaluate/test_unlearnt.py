"""What a model never learnt is undefined, with the reason; not an answer of "none"."""

import json
import shutil
from dataclasses import replace

import pyarrow.parquet as pq
import pytest
from toys import table

from pipeline.commands.evaluate import evaluate
from pipeline.evaluate.disagreements import disagreements
from pipeline.evaluate.evaluation import machine_against_gold
from pipeline.evaluate.in_run import look_up
from pipeline.evaluate.judge import code_gold, unlearnt
from pipeline.gold import load_gold
from pipeline.store import SCHEMAS
from pipeline.tables import open_run


def reasons(figures):
    return {(figure.value, figure.note) for figure in figures.values()}


def test_figures_of_what_was_not_learnt_are_undefined(gold, codebook, predictor):
    machine = code_gold(predictor, gold)
    assert machine.unlearnt == {}
    why = unlearnt({"themes": True, "attitudes": False, "partnership": False})
    seen = machine_against_gold(replace(machine, unlearnt=why), codebook)
    told = "undefined: the model has not learnt {0}, and gives none"
    assert reasons(seen.partnership) == {(None, told.format("partnership"))} and seen.stances == 0
    assert reasons(seen.attitudes) == {(None, told.format("attitudes"))} and seen.mentions == 0
    assert seen.rows[0].figures["f1"].value is not None
    codes_too = replace(machine, unlearnt=unlearnt({"themes": False}))
    seen = machine_against_gold(codes_too, codebook)
    whole = machine_against_gold(machine, codebook)
    kept = {"code": {"prevalence_gold", "average_precision", "roc_auc"}, "theme": set()}
    for row, before in zip(
        seen.rows, whole.rows, strict=True
    ):  # the order of the probabilities is an answer, code by code
        names = kept.get(row.level, {"macro_average_precision", "macro_roc_auc"})
        assert {name: row.figures[name] for name in names} == {name: before.figures[name] for name in names}
        others = {name: figure for name, figure in row.figures.items() if name not in names}
        assert reasons(others) == {(None, "undefined: the model has not learnt codes, and assigns none")}
    assert seen.calibration == [] and disagreements(codes_too, codebook) == []


@pytest.fixture
def gold_of_run(made_run, tmp_path):
    row = next(row for row in open_run(made_run).rows("segments") if row["role"] == "participant")
    head = {"id": "u1", "group": "g1", "coder": "ann"}
    place = {"transcript": row["transcript_id"], "start": row["start"], "end": row["end"], "text": row["text"]}
    at = row["text"].index("council")
    path = tmp_path / "gold.csv"
    rows = [head | place | {"codes": "effectiveness"}, head | {"attitude": "negative"}]
    path.write_text(table([*rows, head | {"mention_start": at, "mention_end": at + 7, "attitude": "negative"}]))
    return path


def changed(made_run, folder, learnt, *, empty=False):
    shutil.copytree(made_run, folder)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["model"] |= {} if learnt is None else {"learnt": learnt}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    if empty:
        pq.write_table(SCHEMAS["attitudes"].empty_table(), folder / "attitudes.parquet")
    return folder


def test_a_run_says_what_its_model_had_learnt(made_run, gold_of_run, codebook, tmp_path):
    units = load_gold([gold_of_run])
    assert look_up(made_run, units).unlearnt == {}  # an older manifest, but the run has attitudes of both kinds
    run = changed(made_run, tmp_path / "unlearnt", {"themes": True, "attitudes": False, "partnership": False})
    assert set(look_up(run, units).unlearnt) == {"attitudes", "partnership"}
    old = changed(made_run, tmp_path / "old", None, empty=True)
    machine = look_up(old, units)
    assert "does not say whether its model has learnt any" in machine.unlearnt["partnership"]
    found = machine_against_gold(machine, codebook)
    assert {figure.value for figure in found.detection["all"].values()} == {None}


def test_the_evaluation_says_it(made_run, gold_of_run, tmp_path, capsys):
    run = changed(made_run, tmp_path / "run", {"themes": True, "attitudes": True, "partnership": False})
    evaluate([gold_of_run], run=run, model=None, out=tmp_path / "out", transcripts=None, device="cpu")
    told = " ".join(capsys.readouterr().out.split())
    assert "Figures on partnership are undefined: the model has not learnt partnership" in told
    content = json.loads((tmp_path / "out" / "evaluation.json").read_text(encoding="utf-8"))
    assert set(content["unlearnt"]) == {"partnership"}
    assert content["comparisons"][0]["partnership"]["macro_f1"]["value"] is None


@pytest.mark.parametrize("settled", ["adjudicated", "cid"])
def test_of_a_model_that_assigns_nothing_the_order_is_judged(made_run, tmp_path, capsys, settled):
    rows = [row for row in open_run(made_run).rows("segments") if row["role"] == "participant"]
    places = [
        {name: row[name] for name in ("text", "start", "end")} | {"transcript": row["transcript_id"]} for row in rows
    ]
    given = zip(places, ("talking_shop", "", ""), strict=True)
    lines = [
        place | {"id": f"u{k}", "group": f"g{k}", "coder": coder, "codes": codes}
        for k, (place, codes) in enumerate(given)
        for coder in ("ann", "bob", settled)
    ]
    gold, run = tmp_path / "gold.csv", tmp_path / "run"
    gold.write_text(table(lines), encoding="utf-8")
    changed(made_run, run, {"themes": False, "attitudes": True, "partnership": True})
    evaluate([gold], run=run, model=None, out=tmp_path / "out", transcripts=None, device="cpu")
    out = capsys.readouterr().out
    told = " ".join(out.split())
    assert "The model has not learnt codes, and assigns none" in told and "learnt themes" not in told
    assert "The order of the machine's probabilities" in told and "ROC area" in told
    assert "machine against" not in told and "bob against ann" in told
    talking_shop = next(line for line in out.splitlines() if line.strip().startswith("talking_shop"))
    # Gold's unit is the likeliest of three.
    assert talking_shop.split()[:3] == ["talking_shop", "1", "0.33"] and talking_shop.count("1.00") >= 2
    assert told.count("The order of the machine's probabilities") == (1 if settled == "adjudicated" else 3)
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert ("Means over codes: average precision" in page) == (settled == "adjudicated") and "machine: yes" not in page
