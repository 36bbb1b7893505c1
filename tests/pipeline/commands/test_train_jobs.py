"""`themes train` as a job: a real process is killed, another is warned, and a third ends where an undisturbed one does."""

import json
import os
import re
import shutil
import signal
import sys
import time

import pytest
import torch
from filelock import FileLock

from models import checkpoints, saving
from models.checkpoints import Checkpoints
from pipeline.cli import main
from pipeline.commands import stopping
from pipeline.commands.models import load_predictor
from pipeline.commands.stopping import CHECKPOINT, training_stopped
from pipeline.commands.train_job import LOCK, check_out
from pipeline.errors import UsageError

SETTINGS = "epochs: 30\npatience: 30\nleast_steps: 0\nbatch_tokens: 256\naverage: 0.9\nhead_rate: 0.01\nfolds: 0\n"


@pytest.fixture(scope="module")
def arguments(tmp_path_factory, gold_files, codebook_file, tiny_encoder):
    config = tmp_path_factory.mktemp("settings") / "train.yaml"
    config.write_text(SETTINGS)
    given = (*gold_files, "--codebook", codebook_file, "--config", config, "--base", tiny_encoder, "--device", "cpu")
    return ["train", *map(str, given)]


@pytest.fixture
def themes(monkeypatch, capsys, arguments):
    def call(*options):
        monkeypatch.setattr(sys, "argv", ["themes", *arguments, *map(str, options)])
        try:
            main()
            status = 0
        except SystemExit as stop:
            status = stop.code or 0
        return status, *capsys.readouterr()

    return call


def until_epoch(process, state, epoch):
    """Wait until a checkpoint of that epoch is written.

    They are replaced whole, but `safe_open` opens a file twice, by its name: it can see two of them. One handle sees one.
    """
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        assert process.poll() is None, process.wait()
        if state.is_file():
            with state.open("rb") as file:
                header = json.loads(file.read(int.from_bytes(file.read(8), "little")))  # the format's first two parts
            if json.loads(header["__metadata__"]["progress"])["progress"]["epoch"] >= epoch:
                return
        time.sleep(0.005)
    raise TimeoutError


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory, program, arguments):
    """An output folder after one process was killed and the next was warned."""
    out = tmp_path_factory.mktemp("interrupted") / "model"
    state = out / "checkpoint" / "state.safetensors"
    command = [*arguments, "--out", str(out), "--checkpoint-minutes", "0"]
    for number, epoch in ((signal.SIGKILL, 3), (signal.SIGTERM, 8)):
        process = program(*command)
        until_epoch(process, state, epoch)
        os.kill(process.pid, number)
        status, said, err = process.wait()
        assert status == (-signal.SIGKILL if number == signal.SIGKILL else 75)
    # An epoch takes a moment: until the signal came, the process may have done more than one beyond that which was waited for.
    found = re.search(r"going on from a checkpoint, after (\d+) of 30 epochs", said)
    assert found and 3 <= int(found[1]) < 30
    assert "stopped before the end, as a signal asked (give the same command again" in err
    return out


def learnt(folder):
    config = json.loads((folder / "config.json").read_text())
    history = config["training"].pop("history")
    rows = [{name: value for name, value in row.items() if name != "seconds"} for row in history]
    return (folder / "model.safetensors").read_bytes(), rows, config


def test_interrupted_and_gone_on_with_is_undisturbed(themes, interrupted, tmp_path):
    out = tmp_path / "model"
    shutil.copytree(interrupted, out)
    status, said, err = themes("--out", out, "--overwrite")  # as in a job that is queued again
    assert (status, err) == (0, "") and "has the same gold and settings" in said
    assert "going on from a checkpoint" in said and "epoch 3/30" not in said
    assert themes("--out", tmp_path / "whole")[0] == 0
    one, other = learnt(out), learnt(tmp_path / "whole")
    assert one == other and len(one[1]) == 30
    assert {file.name for file in out.iterdir()} == {file.name for file in (tmp_path / "whole").iterdir()}
    assert not (out / "checkpoint").exists()


def test_another_training_is_not_mixed_in(themes, interrupted, tmp_path):
    out = tmp_path / "model"
    shutil.copytree(interrupted, out)
    status, _, err = themes("--out", out, "--seed", 8)
    assert status == 2 and "holds an unfinished training with another gold, another seed" in err  # the split is another
    assert "throw that training away with --overwrite" in err and (out / "checkpoint" / "state.safetensors").is_file()
    status, said, err = themes("--out", out, "--seed", 8, "--curve")
    assert status == 2 and "holds an unfinished training" in err and "epoch" not in said  # before the curve's parts
    with FileLock(out / "checkpoint" / LOCK):
        status, _, err = themes("--out", out)
    assert status == 1 and "another training is writing here" in err
    (tmp_path / "short.yaml").write_text(SETTINGS.replace("epochs: 30", "epochs: 2"))
    status, said, _ = themes("--out", out, "--seed", 8, "--overwrite", "--config", tmp_path / "short.yaml")
    assert status == 0 and "going on" not in said and "epoch 1/2" in said
    assert not (out / "checkpoint").exists()


def test_a_training_that_was_stopped_in_a_fold_is_refused_or_thrown_away_at_once(themes, tmp_path):
    out, short = tmp_path / "model", tmp_path / "short.yaml"
    short.write_text(SETTINGS.replace("epochs: 30", "epochs: 1"))
    before = Checkpoints(out / CHECKPOINT, fingerprint={"gold": "another"})
    before.part("fold-1").save({"epoch": 1}, {"w": torch.ones(1)})
    for options in (("--folds", 2), ("--curve",), ()):
        status, said, err = themes("--out", out, "--config", short, *options)
        assert status == 2 and f"{out}: holds an unfinished training with another" in err and "units" not in said
    status, said, err = themes("--out", out, "--config", short, "--folds", 2, "--overwrite")
    assert (status, err) == (0, "") and "going on" not in said and not (out / CHECKPOINT).exists()


def test_a_model_that_is_there_is_not_replaced_unasked(themes, tmp_path):
    out, short = tmp_path / "model", tmp_path / "short.yaml"
    short.write_text(SETTINGS.replace("epochs: 30", "epochs: 1"))

    def files():
        return {file.name: (file.stat().st_mtime_ns, file.read_bytes()) for file in out.iterdir()}

    assert themes("--out", out, "--config", short)[0] == 0
    before = files()
    status, said, err = themes("--out", out, "--config", short)  # as in a job that is queued again
    assert (status, err) == (0, "") and "nothing to do" in said and "epoch" not in said
    for options, told in (
        (("--seed", 8), "holds a model already, trained with another gold, another seed"),  # the split is another
        (("--curve",), "holds this very model already, and --curve would train it anew"),
    ):
        status, said, err = themes("--out", out, "--config", short, *options)
        assert status == 2 and "epoch" not in said and told in err and "--overwrite" in err and err.count("\n") == 1
    assert files() == before
    config = json.loads((out / "config.json").read_text())
    del config["training"]["made_of"]  # as older versions left it
    (out / "config.json").write_text(json.dumps(config))
    status, _, err = themes("--out", out, "--config", short)
    assert status == 2 and "model: holds a model already (name another folder" in err
    status, said, _ = themes("--out", out, "--config", short, "--seed", 8, "--overwrite")
    assert status == 0 and "epoch 1/1" in said
    assert files()["model.safetensors"][1] != before["model.safetensors"][1]


def test_a_training_that_ended_while_it_saved_its_model_can_be_gone_on_with(tmp_path):
    out = tmp_path / "model"
    (out / "checkpoint").mkdir(parents=True)
    (out / "config.json.tmp").touch()
    check_out(out)
    (out / "model.safetensors").touch()
    with pytest.raises(UsageError, match="holds no model"):  # but an encoder, for all that is known
        check_out(out)
    (out / "checkpoint" / "state.safetensors").touch()
    check_out(out)
    (out / "thesis.txt").touch()
    with pytest.raises(UsageError, match=r"thesis\.txt"):
        check_out(out)


@pytest.mark.parametrize("moment", ["train.load_codebook", "train_model.check_unfinished"])
def test_stopped_before_the_first_step(themes, tmp_path, monkeypatch, moment):
    """Before the training listens to signals, and after: there a library takes the interruption for a failure of its own."""

    def interrupted(*_, **__):
        try:
            signal.raise_signal(signal.SIGINT)
        except Exception:
            return None

    monkeypatch.setattr(f"pipeline.commands.{moment}", interrupted)
    status, _, err = themes("--out", tmp_path / "model")
    assert status == 75 and "no checkpoint is kept yet: the same command begins anew" in err and err.count("\n") == 1
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("moment", ["models.training.calibrate", "pipeline.commands.train_model.table_of"])
def test_stopped_after_the_last_step(themes, tmp_path, monkeypatch, moment):
    """While it calibrates, or while what was learnt is measured: nothing is trained again, and the card is whole."""
    out, short = tmp_path / "model", tmp_path / "short.yaml"
    short.write_text(SETTINGS.replace("epochs: 30", "epochs: 1"))
    with monkeypatch.context() as once:
        once.setattr(moment, lambda *_, **__: signal.raise_signal(signal.SIGTERM))
        status, _, err = themes("--out", out, "--config", short)
    assert status == 75 and "give the same command again to go on from its checkpoint" in err
    assert [entry.name for entry in out.iterdir()] == [CHECKPOINT]  # no half of a model, nor one without its whole card
    status, said, err = themes("--out", out, "--config", short)
    assert (status, err) == (0, "") and "going on from a checkpoint, after 1 of 1 epochs" in said and "loss" not in said
    assert "What was learnt" in (out / "README.md").read_text() and not (out / CHECKPOINT).exists()


def test_what_is_said_of_a_stop_where_a_model_is(tiny_model):
    assert "a model is there, and no checkpoint" in str(training_stopped(tiny_model))


def test_names_that_are_written_twice_are_the_same():
    assert (stopping.STATE, stopping.CODEBOOK) == (checkpoints.STATE, saving.CODEBOOK)


def test_a_folder_that_happens_to_be_called_so_is_left_alone(themes, tmp_path):
    (tmp_path / "out" / "checkpoint").mkdir(parents=True)
    (tmp_path / "out" / "checkpoint" / "thesis.txt").touch()
    for option in ((), ("--overwrite",)):
        status, _, err = themes("--out", tmp_path / "out", *option)
        assert status == 2 and "checkpoint/thesis.txt" in err
    assert [file.name for file in (tmp_path / "out" / "checkpoint").iterdir()] == ["thesis.txt"]


def test_a_model_whose_training_is_unfinished_is_told_as_that(tiny_model, tmp_path, capsys):
    (tmp_path / "begun" / CHECKPOINT).mkdir(parents=True)
    with pytest.raises(UsageError, match="begun: holds an unfinished training and no model yet"):
        load_predictor(str(tmp_path / "begun"), device="cpu")
    anew = tmp_path / "anew"
    shutil.copytree(tiny_model, anew)
    (anew / CHECKPOINT).mkdir()
    assert load_predictor(str(anew), device="cpu").model.codes
    assert "an unfinished training is here too" in capsys.readouterr().err
