"""What the model of a run has seen of gold is told, as long as that very model is there to be asked."""

import json
import shutil

import pytest
from toys import table, write_interviews

from models.loading import load_model
from models.predict import Predictor
from pipeline.evaluate.in_run import look_up
from pipeline.gold import load_gold
from pipeline.gold_unit import text_hash
from pipeline.run import RunPlan, run
from pipeline.seen import is_known, is_telling, known_to_model_of
from pipeline.store import MANIFEST
from pipeline.tables import open_run

TAUGHT = ("1a", "2b")


def teach(model, texts):
    """Let a saved model say that it has seen texts."""
    settings = json.loads((model / "config.json").read_text(encoding="utf-8"))
    settings["training"]["seen"] = sorted({text_hash(text) for text in texts})
    (model / "config.json").write_text(json.dumps(settings), encoding="utf-8")


@pytest.fixture
def segments(made):
    """The participants' segments of the run, by transcript."""
    rows = [row for row in open_run(made[0]).rows("segments") if row["role"] == "participant"]
    names = dict.fromkeys(row["transcript_id"][:2] for row in rows)
    return {name: [row for row in rows if row["transcript_id"].startswith(name)] for name in names}


@pytest.fixture(scope="module")
def made(tmp_path_factory, tiny_model, codebook, run_settings):
    """A run, and its model, which has seen two of the six interviews."""
    folder = tmp_path_factory.mktemp("seen")
    interviews = write_interviews(folder / "interviews", ("1a", "2b", "3c", "4d", "5e", "6f"))
    for file in interviews.iterdir():  # no two say the same
        said = file.read_text(encoding="utf-8").replace("PC Grey: ", f"PC Grey: {file.stem} says that ")
        file.write_text(said, encoding="utf-8")
    model = folder / "my-model"
    shutil.copytree(tiny_model, model)
    run(RunPlan((interviews,), folder / "first", codebook, run_settings), Predictor(load_model(model), device="cpu"))
    rows = open_run(folder / "first").rows("segments")
    teach(model, [row["text"] for row in rows if row["transcript_id"].startswith(TAUGHT)])
    run(RunPlan((interviews,), folder / "run", codebook, run_settings), Predictor(load_model(model), device="cpu"))
    return folder / "run", model


def gold_of(path, rows):
    """A table of hand-coded segments of the run."""
    given = [
        {"id": row["segment_id"], "text": row["text"], "codes": "effectiveness" if k % 2 else "", "coder": "ann"}
        | {"transcript": row["transcript_id"], "start": row["start"], "end": row["end"]}
        for k, row in enumerate(rows)
    ]
    path.write_text(table(given), encoding="utf-8")
    return path


def told(themes, *arguments):
    status, out, err = themes(*arguments)
    assert status == 0, err
    return " ".join(out.split())


def test_figures_on_what_the_runs_model_has_seen_are_too_good(themes, made, segments, tmp_path):
    gold = gold_of(tmp_path / "gold.csv", [*segments["1a"], *segments["3c"]])
    units = load_gold([gold])
    known = {text_hash(row["text"]) for name in TAUGHT for row in segments[name]}
    count = sum(is_known(unit.first.text, known) for unit in units)
    assert 0 < count < len(units)
    found = look_up(made[0], units)
    assert found.seen == count and found.short == sum(not is_telling(unit.first.text) for unit in units)
    shown = told(themes, "evaluate", gold, "--run", made[0], "--out", tmp_path / "out")
    assert f"Warning: The model was trained or calibrated on {count} of these {len(units)} units" in shown


def test_a_model_that_is_gone_or_another_one_says_nothing_and_one_that_moved_here_does(
    made, segments, tmp_path, monkeypatch
):
    run_folder, model = tmp_path / "run", tmp_path / "before" / model_name(made)
    shutil.copytree(made[0], run_folder)
    shutil.copytree(made[1], model)
    manifest = json.loads((run_folder / MANIFEST).read_text(encoding="utf-8"))
    assert manifest["model"]["folder"] == str(made[1].resolve())
    manifest["model"]["folder"] = str(tmp_path / "gone")
    (run_folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    assert known_to_model_of(open_run(run_folder)) == frozenset()
    monkeypatch.chdir(model.parent)
    assert known_to_model_of(open_run(run_folder)) == known_to_model_of(open_run(made[0])) != frozenset()
    teach(model, ["Something else that somebody said elsewhere."])  # trained anew under its name
    assert known_to_model_of(open_run(run_folder)) == frozenset()
    (model / "config.json").write_text("{", encoding="utf-8")
    assert known_to_model_of(open_run(run_folder)) == frozenset()
    manifest["model"]["folder"] = "m" * 300  # no name that one may look at: as a folder that is closed to others
    (run_folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    assert known_to_model_of(open_run(run_folder)) == frozenset()
    manifest["model"] = {"sha256": "ab" * 32}  # as in the first versions
    (run_folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    assert known_to_model_of(open_run(run_folder)) == frozenset()


def model_name(made):
    return open_run(made[0]).manifest["model"]["name"]


def test_shares_corrected_with_what_the_runs_model_has_seen_are_told(themes, made, segments, tmp_path):
    learnt = [row for name in TAUGHT for row in segments[name]]
    gold = gold_of(tmp_path / "gold.csv", learnt)
    shown = told(themes, "prevalence", made[0], "--gold", gold, "--simple-random")
    count = sum(is_telling(row["text"]) for row in learnt)
    others = sum(is_telling(row["text"]) for name in segments if name not in TAUGHT for row in segments[name])
    assert (
        f"trained or calibrated on {count} of the {count} hand-coded segments, and on 0 of the {others} others" in shown
    )


@pytest.mark.parametrize("step", [1, 3])
def test_a_sample_of_all_talk_is_right_though_the_model_has_seen_a_part(themes, made, segments, tmp_path, step):
    rows = [row for name in segments for row in segments[name][::step]]
    gold = gold_of(tmp_path / "gold.csv", rows)
    assert "was trained or calibrated" not in told(themes, "prevalence", made[0], "--gold", gold, "--simple-random")
