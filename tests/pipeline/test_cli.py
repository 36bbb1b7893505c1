"""The command line: exit statuses, messages of one line, help for everything."""

import json
import os
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer
import yaml
from toys import gold_rows, table, write_interviews

from pipeline import __version__
from pipeline.cli import app

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = {"run", "inspect", "report", "train", "evaluate", "codebook"}


@pytest.fixture
def config(tmp_path, run_settings):
    path = tmp_path / "quick.yaml"
    path.write_text(yaml.safe_dump(run_settings.model_dump(mode="json")))
    return path


@pytest.fixture
def code(themes, tmp_path, tiny_model, config):
    """`themes run` with the tiny model."""

    def call(*arguments, out="run"):
        options = ("--out", tmp_path / out, "--model", tiny_model, "--device", "cpu", "--config", config)
        return themes("run", *options, *arguments)  # the last of two equal options counts

    return call


def one_line(err):
    assert err.startswith("themes: ") and err.count("\n") == 1, err
    return err


def commands():
    return dict(typer.main.get_command(app).commands)


def test_version(themes):
    assert themes("--version") == (0, f"transcript-themes {__version__}\n", "")


def test_no_command_shows_help(themes):
    _, out, err = themes()
    assert all(name in out + err for name in COMMANDS)


def test_every_command_has_help_and_every_option_is_documented(themes):
    assert set(commands()) >= COMMANDS
    for name, command in commands().items():
        status, out, _ = themes(name, "--help")
        assert status == 0
        assert command.help and command.help.splitlines()[0] in " ".join(out.split())
        for parameter in command.params:
            assert getattr(parameter, "help", None), f"{name}: {parameter.name} says nothing"
            if parameter.param_type_name == "option":
                assert parameter.opts[0] in out


@pytest.mark.parametrize(
    "arguments",
    [("nonsense",), ("run",), ("run", "x.txt"), ("run", "x.txt", "--out", "o", "--nonsense"), ("evaluate", "g.csv")],
)
def test_wrong_usage(themes, arguments):
    status, out, err = themes(*arguments)
    assert (status, out) == (2, "") and "Error" in err


def test_run_report_evaluate(code, themes, interviews, tmp_path):
    status, out, err = code(interviews)
    assert (status, err) == (0, "")
    assert "5 transcripts, 15 participant segments" in out and "Attitude by partner type" in out
    report = tmp_path / "run" / "report.html"
    assert report.is_file()
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert manifest["command"].endswith(f" {interviews}")
    again = code(interviews)
    assert (again[0], again[1]) == (0, out)
    status, out, err = code(interviews, "--overwrite")
    assert (status, err) == (0, "")
    status, out, err = themes("report", tmp_path / "run", "--out", tmp_path / "mine.html")
    assert (status, out.strip(), err) == (0, str(tmp_path / "mine.html"), "")
    assert (tmp_path / "mine.html").read_text() == report.read_text()


def test_some_inputs_that_cannot_be_read(code, tmp_path):
    folder = write_interviews(tmp_path / "in", ["1a"])
    (folder / "empty.txt").touch()
    status, out, err = code(folder, tmp_path / "gone.txt")
    assert status == 3 and "1 transcript," in out
    assert f"themes: failed: {folder / 'empty.txt'}: the file is empty" in err
    assert f"themes: failed: {tmp_path / 'gone.txt'}: there is no such file or folder" in err
    assert "1 of 3 inputs coded" in err


def test_no_input_can_be_read(code, tmp_path):
    (tmp_path / "empty.txt").touch()
    status, out, err = code(tmp_path / "gone.txt", tmp_path / "empty.txt")
    assert (status, out) == (3, "") and "nothing was coded" in err and "named above (docs/formats.md" in err
    # The folder is made all the same: its manifest keeps the reasons.
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))
    assert len(manifest["failures"]) == 2 and not (tmp_path / "run" / "report.html").exists()


def test_inputs_that_are_not_there_leave_no_run_folder(code, tmp_path):
    status, out, err = code(tmp_path / "gone.txt")
    assert (status, out) == (2, "") and f"{tmp_path / 'gone.txt'}: there is no such file or folder (" in one_line(err)
    assert "nor any other of the 2" in one_line(code("gone.txt", "archive.zip/inside.txt")[2])
    assert not (tmp_path / "run").exists()


def test_attributes_that_fit_nothing_are_told(code, tmp_path, interviews):
    (tmp_path / "a.csv").write_text("transcript,site\nnobody,Moor\n")
    status, _, err = code(interviews / "1a.txt", "--attributes", tmp_path / "a.csv")
    assert status == 0 and "themes: warning: " in err and "no transcript is called 'nobody'" in err


@pytest.mark.parametrize(
    ("arguments", "fragment"),
    [
        (("--max-words", "3"), "--max-words 3: must be from 10 to 400"),
        (("--risk", "2"), "--risk 2.0: must lie between 0 and 1, e.g. 0.1"),
        (("--risk", "0"), "--risk 0.0: must lie between 0 and 1"),
        (("--risk", "1"), "--risk 1.0: must lie between 0 and 1"),
        (("--risk", "-0.1"), "--risk -0.1: must lie between 0 and 1"),
        (("--risk", "nan"), "--risk nan: must lie between 0 and 1"),
        (("--attributes", "nowhere.csv"), "nowhere.csv: cannot be read"),
        (("--codebook", "partnership-culture"), "output_orientation and 12 more (train a model"),
        (("--codebook", "nowhere.yaml"), "no such codebook"),
        (("--device", "gpu7"), "--device gpu7: 'gpu7' is no device"),
        (("--model", "nowhere"), "nowhere: no such model"),
        (("--model", "."), "is not a model folder, it lacks"),
        (("--config", "nowhere.yaml"), "nowhere.yaml: cannot be read"),
    ],
)
def test_run_with_what_cannot_be_used(code, monkeypatch, tmp_path, interviews, arguments, fragment):
    monkeypatch.chdir(tmp_path)
    status, out, err = code(interviews, *arguments)
    assert (status, out) == (2, "")
    assert fragment in one_line(err)
    assert not (tmp_path / "run").exists()


def test_a_folder_that_is_not_a_run(code, tmp_path, interviews):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.docx").touch()
    status, _, err = code(interviews)
    assert status == 2 and "is not empty and holds no run" in one_line(err)


def test_work_that_fails(code, themes, tmp_path, interviews, made_run):
    (tmp_path / "file").touch()
    status, _, err = code(interviews, out="file")
    assert status == 1 and "cannot be written" in one_line(err)
    status, _, err = themes("report", made_run, "--out", tmp_path / "file" / "r.html")
    assert status == 1 and "cannot be written" in one_line(err)
    status, _, err = themes("report", tmp_path / "nowhere")
    assert status == 2 and "is not a run folder" in one_line(err)


@pytest.fixture
def train(themes, gold_files, codebook_file, tmp_path, tiny_encoder):
    (tmp_path / "train.yaml").write_text("epochs: 1\nleast_steps: 0\nfolds: 0\n")

    def call(*options, out="model", gold=tuple(gold_files)):
        given = ("--codebook", codebook_file, "--out", tmp_path / out, "--config", tmp_path / "train.yaml")
        return themes("train", *gold, *given, "--base", tiny_encoder, "--device", "cpu", *options)

    return call


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


def test_training_in_folds(train, code, tmp_path, interviews):
    status, out, err = train("--folds", "2")
    assert (status, err) == (0, "")
    told = " ".join(out.split())
    assert "24 units in 2 folds: each is held out once, and then all are learnt from" in told
    assert "fold 2 of 2: " in told and "all codes, over the folds: alpha" in told
    card = (tmp_path / "model" / "README.md").read_text()
    assert "1 epoch on all units" in card and "dealt into folds" in card and "had not learnt from its fold" in card
    assert json.loads((tmp_path / "model" / "config.json").read_text())["training"]["counts"]["training units"] == 24
    assert code(interviews, "--model", tmp_path / "model")[0] == 0
    status, out, _ = train("--folds", "2")
    assert status == 0 and "nothing to do" in out
    for wrong, said in (("1", "one fold holds out everything"), ("21", "20")):
        status, _, err = train("--folds", wrong, out="other")
        assert status == 2 and said in one_line(err)
    status, _, err = train("--folds", "2", "--curve", out="other")
    assert status == 2 and "takes a held-out part, not folds" in one_line(err)


@pytest.fixture
def as_it_comes(train, tmp_path):
    """`themes train` with its default for what is held out; gives what it said and the model's record."""
    (tmp_path / "auto.yaml").write_text("epochs: 1\nleast_steps: 0\n")

    def call(*options, out="model", **how):
        status, said, err = train("--config", tmp_path / "auto.yaml", *options, out=out, **how)
        assert (status, err) == (0, "")
        return " ".join(said.split()), json.loads((tmp_path / out / "config.json").read_text())["training"]

    return call


def test_small_gold_is_trained_on_in_folds_unasked(as_it_comes, train, tmp_path):
    told, training = as_it_comes()
    assert (
        "24 units in 4 folds, as 24 units are too few to set some aside (--folds 0 does): each is held out once, and then "
        "all are learnt from; it trains 5 times" in told
    )
    assert "fold 4 of 4: " in told and "all codes, over the folds: alpha" in told
    why = "24 units are too few to set some aside"
    assert training["held_out"] == {"asked": "auto", "folds": 4, "why": why}
    assert training["made_of"]["settings"]["folds"] == 5
    card = (tmp_path / "model" / "README.md").read_text()
    assert f"dealt into folds (4). The setting was `folds: auto`, as {why}." in card
    assert "were fitted on the folds' answers" in card
    assert "nothing to do" in as_it_comes()[0] and "nothing to do" in as_it_comes("--folds", "5")[0]
    status, _, err = train("--folds", "0")
    assert status == 2 and "trained with another gold, another folds (" in one_line(err)
    told, training = as_it_comes("--folds", "0", "--overwrite")
    assert "18 units to train on, 6 held out" in told and training["held_out"]["asked"] == 0
    told, training = as_it_comes("--curve", "--overwrite")
    assert "--curve needs a held-out part, but 24 units are too few to set some aside" in told
    assert training["held_out"] == {"asked": "auto", "folds": 0, "why": why}


def test_gold_of_any_kind_is_trained_on_as_it_comes(as_it_comes, gold_files, tmp_path):
    """Of one interview, without interviews, of attitudes only, none at all, and from another model."""
    rows = gold_rows()[0]
    for name, cell in (("one", {"group": "g", "sampled": "yes"}), ("without", {"group": ""})):
        (tmp_path / f"{name}.csv").write_text(table([row | cell for row in rows]))
    told, _ = as_it_comes(out="one", gold=[tmp_path / "one.csv"])
    assert "24 units in 5 folds, as a single group cannot be split: each is held out once" in told
    assert "all units are of one group, and stretches of it are held out" in told
    assert "drawn by `themes sample`, which over-draws rare codes" in told
    told, _ = as_it_comes(out="without", gold=[tmp_path / "without.csv"])
    assert "24 units in 5 folds, as 24 units are too few" in told and "the gold names no groups" in told
    assert "themes sample" not in told
    text = {row["id"]: row for row in rows if row.get("text")}
    (tmp_path / "stances.csv").write_text(table([{**text[row["id"]], **row, "codes": ""} for row in gold_rows()[1]]))
    told, training = as_it_comes(out="stances", gold=[tmp_path / "stances.csv"])
    assert "24 units in 4 folds" in told and training["learnt"]["attitudes"] and not training["learnt"]["themes"]
    told, training = as_it_comes(out="none", gold=())
    assert "no gold: codes will be suggested" in told and "held_out" not in training
    told, training = as_it_comes("--base", tmp_path / "one", out="further")
    assert "fold 4 of 4: " in told and training["learnt"]["themes"]


def test_gold_that_was_given_other_groups_is_dealt_anew_and_so_is_other_gold(train, tmp_path):
    rows = gold_rows()[0]
    (tmp_path / "gold.csv").write_text(table(rows))
    assert train("--folds", "2", gold=[tmp_path / "gold.csv"])[0] == 0
    (tmp_path / "gold.csv").write_text(table([row | {"group": str(row["id"]).split("/")[1]} for row in rows]))
    status, out, err = train("--folds", "2", gold=[tmp_path / "gold.csv"])
    assert status == 2 and "epoch" not in out
    assert "holds a model already, trained with another gold (" in one_line(err)


def test_a_codebook_that_was_edited_after_training(code, codebook_file, interviews, tmp_path):
    edited = tmp_path / "edited.yaml"
    edited.write_text(codebook_file.read_text().replace("money is saved", "money is spent"))
    for book, told in ((codebook_file, False), (edited, True)):
        status, _, err = code(interviews / "1a.txt", "--codebook", book, out=book.stem)
        assert (status, "defines cost_saving otherwise than the codebook that the model was trained with" in err) == (
            0,
            told,
        )
    assert "money is spent" in (tmp_path / "edited" / "report.html").read_text()


def test_columns_of_gold_that_were_swapped_are_asked_about(train, tmp_path):
    with_names = {"text": "context", "context": "text"}
    rows = [{with_names.get(name, name): value for name, value in row.items()} for row in gold_rows()[0]]
    (tmp_path / "swapped.csv").write_text(table(rows))
    status, out, err = train(gold=(tmp_path / "swapped.csv",))
    assert (status, err) == (0, "")
    assert "24 of 24 units have the same text as another: does the column `text` hold" in " ".join(out.split())


def test_a_warning_that_many_transcripts_share_is_told_a_few_times(code, tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    for n in range(6):
        talk = f"Dan {n}: Tell me of it, case {n}.\n\nParticipant: There is little to tell of it.\n\n" * 3
        (folder / f"t{n}.txt").write_text(talk)
    status, _, err = code(folder)
    assert status == 0 and err.count("is taken as the interviewer") == 3
    assert "themes: warning: 3 more warnings of this kind; manifest.json has them all" in err


def test_training_tells_of_bare_codes_and_rows_without_a_coder(train, tmp_path):
    rows = [row for row in gold_rows()[0] if row["coder"] == "ann"]
    (tmp_path / "some.csv").write_text(table([*rows[:-4], *(row | {"coder": ""} for row in rows[-4:])]))
    names = {code for row in rows for code in row["codes"].split(";") if code}
    codes = [{"name": name, "definition": "" if name == "cost_saving" else "It is so."} for name in sorted(names)]
    (tmp_path / "bare.yaml").write_text(yaml.safe_dump({"name": "bare", "codes": codes}))
    status, out, err = train("--codebook", tmp_path / "bare.yaml", gold=(tmp_path / "some.csv",))
    told = " ".join(out.split())
    assert (status, err) == (0, "") and told.count("starts from its name alone: cost_saving;") == 1
    assert f"shown as (unnamed): 4 of the {len(rows)} of {tmp_path / 'some.csv'}" in told


@pytest.mark.parametrize("options", [("--checkpoint-minutes", "0"), ()])
def test_training_on_a_full_disk(train, options):
    """While a checkpoint is written, and while the model is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        status, _, err = train(*options)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert status == 1 and "a file has become larger than is allowed here" in one_line(err)
    assert "give the same command again" in err
    assert train()[0] == 0


def test_a_curve_and_what_is_to_mind_stand_on_the_terminal_and_in_the_card(train, tmp_path):
    status, out, err = train("--curve")
    assert (status, err) == (0, "")
    card, told = (" ".join(text.split()) for text in ((tmp_path / "model" / "README.md").read_text(), out))
    assert "one group alone is held out" in told and "split by group (1 of 4 groups held out: " in card
    for text in (card, told):
        assert "no interval: only 1 group is held out" in text and "the coders with each other, on" in text
        assert "fewer than 3 groups are held out, and nothing tells whether that is chance" in text
    assert re.search(r"## Learning curve - \d+ units: alpha .* - \d+ units: alpha .* - 18 units: alpha ", card)
    gold = tmp_path / "two.csv"
    gold.write_text("id,group,text,codes\n1,g,Yes,\n2,h,No,talking_shop\n3,h,So,\n")
    status, _, err = train("--curve", out="none", gold=[gold])
    assert status == 2 and "a quarter, a half and all of" in one_line(err)
    assert not (tmp_path / "none").exists()


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


def test_training_leaves_somebody_elses_folder_alone(train, tmp_path):
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "README.md").write_text("mine")
    status, _, err = train(out="project")
    assert status == 2 and "is not empty and holds no model (README.md" in one_line(err)
    assert (tmp_path / "project" / "README.md").read_text() == "mine"


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


def test_training_that_cannot_start(train, tmp_path):
    (tmp_path / "other.yaml").write_text("name: other\ncodes: [{name: talking_shop}]")
    for options, fragment in (
        (("--base", tmp_path), "there is no model.safetensors"),
        (("--device", "gpu7"), "'gpu7' is no device"),
        (("--codebook", tmp_path / "other.yaml"), "code 'effectiveness' is not in the codebook"),
        (("--config", tmp_path / "nowhere.yaml"), "cannot be read"),
    ):
        status, _, err = train(*options)
        assert status == 2 and fragment in one_line(err)
    (tmp_path / "one.csv").write_text("id,group,text,codes\n1,g,Yes,\n2,g,No,\n")
    status, _, err = train(gold=[tmp_path / "one.csv"])
    assert status == 2 and "the gold has 1 group" in one_line(err)
    assert not (tmp_path / "model").exists()
    (tmp_path / "file").touch()
    status, _, err = train(out="file")
    assert status == 2 and f"{tmp_path / 'file'}: cannot be written: Not a directory" in one_line(err)


def test_a_table_that_is_wrong_is_told_before_torch_is_loaded(tmp_path, codebook_file):
    bad = tmp_path / "bad.csv"
    bad.write_text("Quote;Themes\nWe ring them.;trust\n")
    for command in (
        ["train", str(bad), "--codebook", str(codebook_file), "--out", str(tmp_path / "m")],
        ["evaluate", str(bad), "--model", "nowhere", "--out", str(tmp_path / "e")],
    ):
        code = (
            f"import sys; sys.argv = ['themes', *{command!r}]\nfrom pipeline.cli import main\n"
            "try:\n    main()\nexcept SystemExit as end:\n    print(end.code, {'torch', 'transformers'} & {*sys.modules})"
        )
        ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300)
        assert "has no column id" in one_line(ended.stderr) and ended.stdout.endswith("2 set()\n")


def test_training_says_what_it_does_and_what_it_held_out(train, tmp_path, gold_files):
    status, out, _ = train()
    lines = out.splitlines()
    assert status == 0 and lines[0] == f"reading {', '.join(map(str, gold_files))}"
    assert lines[1] == "loading PyTorch and the encoder"
    begins = next(i for i, line in enumerate(lines) if line.startswith("epoch 1 of 1 begins: "))
    (ends,) = (i for i, line in enumerate(lines) if line.startswith("epoch 1/1: loss"))
    assert begins < ends < lines.index("measuring what was learnt")
    held = re.search(r"held out: (.+)$", out, re.MULTILINE)[1]
    assert f"groups held out: {held})." in (tmp_path / "model" / "README.md").read_text()


def test_gold_of_another_encoding_is_trained_on_and_told(train, tmp_path):
    rows = gold_rows()[0]
    rows = [row | {"text": f"{row['text']} Café."} if row.get("text") else row for row in rows]
    (tmp_path / "excel.csv").write_bytes(table(rows).encode("cp1252"))
    status, _, err = train(gold=(tmp_path / "excel.csv",))
    assert status == 0 and "excel.csv: not UTF-8; read as Windows-1252" in one_line(err)


def test_training_on_a_sample_in_which_names_were_forgotten(train, tmp_path):
    rows = [row | {"coder": "", "sampled": "yes"} for row in gold_rows()[0] if row["coder"] == "ann"]
    waiting = sum(not row["codes"] for row in rows)
    (tmp_path / "half.csv").write_text(table(rows), encoding="utf-8")
    status, out, _ = train(gold=(tmp_path / "half.csv",))
    assert status == 0 and f"{waiting} of {len(rows)} rows have neither code nor coder" in " ".join(out.split())


def test_a_risk_that_cannot_be_met_is_told(code, tmp_path, interviews):
    status, _, err = code(interviews / "1a.txt", "--risk", "0.001")
    assert status == 0
    assert "themes: warning: at risk 0.001 every segment is left to a human" in " ".join(err.split())
    counts = json.loads((tmp_path / "run" / "manifest.json").read_text())["counts"]
    assert counts["for_review"] == counts["coded_segments"] > 0
    left = counts["for_review"]
    assert (
        f"at risk 0.001 0 of {left} participant segments (0%) are coded, where about 0% were expected; {left} are left"
        in err
    )
    assert (tmp_path / "run" / "report.html").is_file()


def test_a_risk_counts_the_codes_that_were_not_asked_for_and_says_so(code, interviews, tmp_path):
    part = tmp_path / "part.yaml"
    part.write_text("name: part\ncodes: [{name: talking_shop, definition: meetings and talk}]", encoding="utf-8")
    told = "--risk counts errors in all 3 codes of the model, as it was fitted, the 2 that --codebook leaves out"
    for options, said in ((("--codebook", part), True), ((), False)):
        status, _, err = code(interviews / "1a.txt", "--risk", "0.3", *options, out=f"run-{said}")
        assert status == 0 and (told in err) is said


def test_a_run_that_is_hardly_coded_ends_with_a_question(code, interviews, tmp_path, codebook_file, monkeypatch):
    monkeypatch.setattr("pipeline.summary.ENOUGH", 1)
    monkeypatch.setattr("pipeline.summary.HARDLY", 1.01)  # five short transcripts are coded well
    status, _, err = code(interviews)
    assert status == 0 and err.count("Is that your topic?") == 1
    part = tmp_path / "part.yaml"
    part.write_text(
        "name: part\ncodes: [{name: talking_shop, definition: meetings and talk and nothing}]", encoding="utf-8"
    )
    status, _, err = code(interviews, "--codebook", part, "--overwrite")
    assert status == 0 and "topic" not in err  # few of a part of the codes say nothing


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


def test_codebook(themes, codebook_file, tmp_path):
    status, out, err = themes("codebook", codebook_file)
    assert (status, err) == (0, "") and "toy (3 codes)" in out and "money is saved" in out
    status, out, _ = themes("codebook", "partnership-culture")
    assert status == 0 and "Partnership culture (20 codes)" in out
    (tmp_path / "bad.yaml").write_text("name: x\ncodes: [{nme: [/b]}]")
    status, out, err = themes("codebook", tmp_path / "bad.yaml")
    assert (status, out) == (2, "") and "code 1, line 2: unknown key 'nme'" in one_line(err)


@pytest.mark.parametrize("moment", ["pipeline.commands.codebook.show", "pipeline.cli.app"])
def test_an_interruption_is_told_in_a_line(themes, monkeypatch, moment):
    monkeypatch.setattr(moment, lambda *file: signal.raise_signal(signal.SIGINT))
    status, _, err = themes("codebook", "partnership-culture")
    assert status == 130 and "interrupted (what a run or a training has kept is safe" in one_line(err)


@pytest.mark.parametrize("deaf", [False, True])
def test_an_interruption_while_python_still_imports(tmp_path, deaf):
    """What a shell sends to the background is started deaf to Ctrl-C, and goes on."""
    command = [sys.executable, "-X", "importtime", "-m", "pipeline", "codebook", "partnership-culture"]
    before = signal.signal(signal.SIGINT, signal.SIG_IGN if deaf else signal.default_int_handler)
    try:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    finally:
        signal.signal(signal.SIGINT, before)
    next(line for line in process.stderr if "click" in line)  # a line for each module, when it is loaded
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=300)
    said = [line for line in err.splitlines() if not line.startswith("import time:")]
    assert (process.returncode, len(said)) == ((0, 0) if deaf else (130, 1)), err
    assert ("20 codes" in out) if deaf else said[0].startswith("themes: interrupted (")


def test_the_installed_command(tmp_path):
    """As a shell runs it: from another folder, with a message on stderr, a status and no traceback."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-m", "pipeline", "codebook", "nowhere.yaml"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "nowhere.yaml: no such codebook" in one_line(done.stderr)


def test_a_reader_who_has_seen_enough_fails_no_run(tmp_path, tiny_model, config, interviews):
    out = tmp_path / "run"
    command = [sys.executable, "-m", "pipeline.cli", "run", interviews, "--out", out, "--config", config]
    command += ["--model", tiny_model, "--device", "cpu"]
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(command, cwd=tmp_path, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")
    assert (out / "report.html").exists()


@pytest.mark.parametrize(
    ("arguments", "fragment"),
    [
        (["--shard", "4/3"], "--shard 4/3: give number/count"),
        (["--shard", "first"], "--shard first: give number/count"),
        (["--shard", "1/2", "--overwrite"], "--overwrite and --shard"),
        (["--cluster", "local", "--device", "nonsense"], "--device nonsense: with --cluster it is auto, cpu or cuda"),
        (["--cluster", "local", "--workers", "2"], "--workers and --cluster"),
    ],
)
def test_shards_and_clusters_that_cannot_be_used(code, interviews, arguments, fragment):
    status, _, err = code(interviews, *arguments)
    assert status == 2 and fragment in one_line(err)


def test_a_shard_from_the_command_line(code, interviews, tmp_path):
    status, out, _ = code(interviews, "--shard", "1/2")
    assert status == 0 and "shard 1/2: 5 of 5 of its transcripts are coded" in out
    status, out, _ = code(interviews, "--shard", "1/2")
    assert status == 0 and "shard 1/2: 5 of 5 of its transcripts are coded" in out
    status, out, _ = code(interviews, "--shard", "2/2")
    assert status == 0 and "shard 2/2: nothing to code" in out and "make 1 group" in out
    status, out, _ = code(interviews)
    assert status == 0 and "5 transcripts, " in out and (tmp_path / "run" / "themes.parquet").exists()


def test_sigterm_ends_a_run_in_good_order(code, interviews, tmp_path, monkeypatch):
    """What is finished is kept, the locks are free, and the same command goes on; the signal ends programs again afterwards."""

    def end(*_, **__):
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
        signal.raise_signal(signal.SIGTERM)

    with monkeypatch.context() as here:
        here.setattr("pipeline.run.code_batch", end)
        status, _, err = code(interviews)
    assert status == 143 and "ended by SIGTERM (what a run or a training has kept is safe" in one_line(err)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert code(interviews)[0] == 0
