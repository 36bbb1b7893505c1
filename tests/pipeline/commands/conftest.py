"""Commands as the shell gives them, with toys to work on."""

import json

import pytest
import yaml


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


@pytest.fixture
def train(themes, gold_files, codebook_file, tmp_path, tiny_encoder):
    (tmp_path / "train.yaml").write_text("epochs: 1\nleast_steps: 0\nfolds: 0\n")

    def call(*options, out="model", gold=tuple(gold_files)):
        given = ("--codebook", codebook_file, "--out", tmp_path / out, "--config", tmp_path / "train.yaml")
        return themes("train", *gold, *given, "--base", tiny_encoder, "--device", "cpu", *options)

    return call


@pytest.fixture
def as_it_comes(train, tmp_path):
    """`themes train` with its default for what is held out; gives what it said and the model's record."""
    (tmp_path / "auto.yaml").write_text("epochs: 1\nleast_steps: 0\n")

    def call(*options, out="model", **how):
        status, said, err = train("--config", tmp_path / "auto.yaml", *options, out=out, **how)
        assert (status, err) == (0, "")
        return " ".join(said.split()), json.loads((tmp_path / out / "config.json").read_text())["training"]

    return call
