"""`themes train` that goes on from a model, or from definitions alone."""

import json

import pytest
from messages import one_line
from toys import gold_rows, table


def test_training_goes_on_from_a_model(train, tmp_path):
    assert train()[0] == 0
    status, out, _ = train("--base", tmp_path / "model", out="further")
    assert status == 0 and "epoch 1/1: loss" in out
    first, second = (json.loads((tmp_path / name / "config.json").read_text()) for name in ("model", "further"))
    assert second["base"] == first["base"] and second["base_sha256"] == first["base_sha256"]


@pytest.mark.parametrize("folds", ["0", "2"])
def test_codes_that_the_gold_says_nothing_of_stay_as_the_base_gives_them(train, code, tmp_path, interviews, folds):
    def decisions(name):
        return json.loads((tmp_path / name / "config.json").read_text())["decisions"]

    text = {row["id"]: row for row in gold_rows()[0] if row.get("text")}
    stances = tmp_path / "stances.csv"
    stances.write_text(table([{**text[row["id"]], **row, "codes": ""} for row in gold_rows()[1]]))
    assert train()[0] == 0
    status, out, err = train("--base", tmp_path / "model", "--folds", folds, gold=[stances], out="further")
    assert (status, err) == (0, "")
    told = " ".join(out.split())
    assert "of codes the gold says nothing: they stay as" in told and "The network learns on beneath them" in told
    assert "too thin to learn" not in told and "not in this gold: rests on what the base knew" in told
    first, second = decisions("model"), decisions("further")
    assert second["themes"] == first["themes"] and second["review"] == first["review"]
    assert second["attitudes"] != first["attitudes"]
    assert json.loads((tmp_path / "further" / "config.json").read_text())["training"]["stays"] == ["themes"]
    assert "Of codes the gold says nothing" in (tmp_path / "further" / "README.md").read_text()
    assert code(interviews, "--model", tmp_path / "further", "--risk", "0.9")[0] == 0


def test_codes_that_cannot_stay_as_they_are_are_refused(train, tmp_path):
    text = {row["id"]: row for row in gold_rows()[0] if row.get("text")}
    stances = tmp_path / "stances.csv"
    stances.write_text(table([{**text[row["id"]], **row, "codes": ""} for row in gold_rows()[1]]))
    settings = "epochs: 1\nleast_steps: 0\nfolds: 0\n"
    (tmp_path / "one.yaml").write_text(settings + "labels: one\n")
    assert train()[0] == 0 and train("--config", tmp_path / "one.yaml", out="one")[0] == 0
    (tmp_path / "plain.yaml").write_text(settings + "lexical: false\n")
    (tmp_path / "taught.yaml").write_text(settings + f"teacher: {tmp_path / 'model'}\n")
    (tmp_path / "more.yaml").write_text("name: more\ncodes: [{name: talking_shop}, {name: new}]")
    for options, fragment in (
        (
            ("--base", tmp_path / "model", "--config", tmp_path / "plain.yaml"),
            "fitted with its words, which `lexical: false`",
        ),
        (
            ("--base", tmp_path / "model", "--config", tmp_path / "taught.yaml"),
            "which thresholds fit what a teacher says",
        ),
        (("--base", tmp_path / "one", "--codebook", tmp_path / "more.yaml"), "chooses one code among others"),
    ):
        status, out, err = train(*options, gold=[stances], out="further")
        assert status == 2 and "no unit of the gold has codes" in one_line(err)
        assert fragment in err and "epoch" not in out
        assert not (tmp_path / "further").exists()
    with_more = ("--base", tmp_path / "model", "--codebook", tmp_path / "more.yaml")
    assert train(*with_more, gold=[stances], out="further")[0] == 0
    status, out, _ = train("--base", tmp_path / "model", gold=(), out="same")
    told = " ".join(out.split())
    assert status == 0 and "no gold: codes, attitudes to partnership, attitudes to mentions stay as" in told
    assert "definitions alone" not in out and "definitions only" not in (tmp_path / "same" / "README.md").read_text()


def test_a_model_without_gold(train, code, tmp_path, interviews):
    status, out, err = train(gold=())
    assert (status, err) == (0, "")
    assert "no gold: codes will be suggested from their definitions alone" in " ".join(out.split())
    card = (tmp_path / "model" / "README.md").read_text()
    assert "No gold: the codebook's definitions only." in card and "- training units: 0" in card
    settings = json.loads((tmp_path / "model" / "config.json").read_text())
    assert settings["training"]["history"] == [] and settings["training"]["seen"] == []
    status, out, err = code(interviews, "--model", tmp_path / "model")
    assert (status, err) == (0, "") and "5 transcripts, 15 participant segments\n" in out
    assert f"the sheet Likeliest of `themes export {tmp_path / 'run'} --out likeliest.xlsx` has 50 of each" in out
    import pyarrow.parquet as pq

    themes = pq.read_table(tmp_path / "run" / "themes.parquet").to_pylist()
    assert len({row["probability"] for row in themes}) > 3  # the definitions tell segments apart
    assert not pq.read_table(tmp_path / "run" / "attitudes.parquet").num_rows  # nothing was learnt of them
    status, _, err = code(interviews, "--model", tmp_path / "model", "--risk", "0.2", out="risky")
    assert status == 2 and "trained without held-out gold" in one_line(err)
    assert not (tmp_path / "risky").exists()
