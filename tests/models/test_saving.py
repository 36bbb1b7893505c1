"""Saving a model, and parts of one."""

import json
import os
import resource
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from toys import CODES

from models.encoder import find_encoder, load_encoder
from models.inputs import Unit
from models.lexical import LexicalHead
from models.loading import load_model
from models.predict import compute_logits
from models.saving import save_decisions, save_model, save_words

UNITS = [
    Unit("the council is good", "and ?", ((4, 11),)),
    Unit("meetings and talk"),
    Unit("money , and the housing officer"),
]


def test_save_load_same_predictions(trained, tiny_model):
    result, _ = trained
    loaded = load_model(tiny_model)
    before, after = (
        compute_logits(network, encoder, UNITS, 4096, torch.device("cpu"))
        for network, encoder in ((result.network, result.encoder), (loaded.network, loaded.encoder))
    )
    for name in ("themes", "partnership", "attitudes"):
        assert np.allclose(getattr(before, name), getattr(after, name), atol=0.05), name  # weights are kept in float16
    assert loaded.decisions == result.decisions
    assert loaded.codes == CODES
    assert loaded.encoder.max_tokens == 512 and loaded.encoder.context_tokens == 48
    assert not loaded.network.training


def test_only_what_training_changed_is_stored(tiny_model, trained):
    stored = load_file(tiny_model / "model.safetensors")
    network = trained[0].network.state_dict()
    assert not any(".embeddings." in name for name in stored)
    frozen = {name for name in network if name.startswith("encoder.embeddings.")}
    # No gradient reaches the keys' biases, so that some of them may not have moved.
    assert {name for name in set(network) - set(stored) - frozen if not name.endswith("key.bias")} == set()
    neural = {name: tensor for name, tensor in stored.items() if not name.startswith("lexical.")}
    assert {tensor.dtype for tensor in neural.values()} == {torch.float16}


def test_an_untrained_encoder_is_not_stored_at_all(tiny_encoder, tmp_path, trained, codebook):
    network = load_model_like(trained, tiny_encoder)
    save_model(
        tmp_path / "bare",
        network=network,
        decisions=trained[0].decisions,
        base=str(tiny_encoder),
        codes=CODES,
        codebook=codebook.model_dump(mode="json"),
        inputs={"max_tokens": 64, "context_tokens": 8},
        training={},
        card="# bare\n",
    )
    stored = load_file(tmp_path / "bare" / "model.safetensors")
    assert {name.split(".")[0] for name in stored} == {"themes", "attitudes", "partnership"}
    assert load_model(tmp_path / "bare").encoder.max_tokens == 64
    assert sorted(file.name for file in (tmp_path / "bare").iterdir()) == [
        "README.md",
        "codebook.json",
        "config.json",
        "model.safetensors",
    ]


def load_model_like(trained, tiny_encoder):
    from models.joint import JointModel

    return JointModel(encoder=load_encoder(find_encoder(str(tiny_encoder))), definitions=torch.randn(3, 32))


def test_a_full_disk_leaves_the_model_that_was_there(copy, tiny_encoder, trained, codebook):
    before = {file.name: file.read_bytes() for file in copy.iterdir()}
    most = max(map(len, before.values())) + 10_000
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            save_model(
                copy,
                network=load_model_like(trained, tiny_encoder),  # smaller than what is there
                decisions=trained[0].decisions,
                base=str(tiny_encoder),
                codes=CODES,
                codebook=codebook.model_dump(mode="json"),
                inputs={"max_tokens": 512, "context_tokens": 48},
                training={},
                card="x" * (most + 1),
            )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert {file.name: file.read_bytes() for file in copy.iterdir()} == before


def test_the_words_are_replaced_and_nothing_else(copy):
    settings = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(settings | {"format": 2}))  # as models of earlier versions are
    before = load_model(copy)
    words = LexicalHead(np.array([7]), np.ones(1), np.full((1, len(before.codes)), 2.0), np.zeros(len(before.codes)))
    scale = replace(before.decisions.themes, slope=0.5)
    save_words(copy, words, replace(before.decisions, themes=scale), before.settings["training"] | {"words": 1})
    after = load_model(copy)
    assert (
        after.lexical.keys.tolist() == [7]
        and after.decisions.themes == scale
        and after.settings["training"]["words"] == 1
    )
    for name, tensor in before.network.state_dict().items():
        assert torch.equal(tensor, after.network.state_dict()[name]), name
    assert after.sha256 != before.sha256
    assert json.loads((copy / "config.json").read_text())["format"] == settings["format"] == 3


def test_a_model_is_on_the_disk_before_it_is_called_saved(copy, trained, monkeypatch):
    """Its checkpoint, the only other copy, is removed next: a machine that loses power then must find the files whole."""
    done, fsync, rename = [], os.fsync, Path.replace

    def flushed(handle):
        done.append(("flushed", os.fstat(handle).st_ino))
        fsync(handle)

    def renamed(path, target):
        done.append(("renamed", path.stat().st_ino))
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(Path, "replace", renamed)
    save_decisions(copy, trained[0].decisions)
    file = (copy / "config.json").stat().st_ino
    assert done == [
        ("flushed", file),
        ("renamed", file),
        ("flushed", copy.stat().st_ino),
        ("flushed", copy.parent.stat().st_ino),
    ]
