"""The model's folder: what is saved is loaded, and nothing else ever is."""

import hashlib
import json
import os
import pickle
import resource
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from toys import CODES, make_encoder

from models.encoder import find_encoder, load_encoder
from models.inputs import Unit
from models.lexical import LexicalHead
from models.predict import compute_logits
from models.saving import (
    ModelError,
    is_mixed,
    load_model,
    model_sha256,
    save_decisions,
    save_mean,
    save_model,
    save_words,
)

UNITS = [
    Unit("the council is good", "and ?", ((4, 11),)),
    Unit("meetings and talk"),
    Unit("money , and the housing officer"),
]


@pytest.fixture
def copy(tiny_model, tmp_path):
    """A model that a test may damage."""
    return shutil.copytree(tiny_model, tmp_path / "model")


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


def test_the_mean_of_models_keeps_the_linear_part_and_all_that_any_has_seen(copy, tmp_path):
    other = shutil.copytree(copy, tmp_path / "other")
    parts, settings = load_file(other / "model.safetensors"), json.loads((other / "config.json").read_text())
    doubled = {name: part if name.startswith("lexical") else part * 2 for name, part in parts.items()}
    save_file(doubled, other / "model.safetensors")
    sha256 = hashlib.sha256((other / "model.safetensors").read_bytes()).hexdigest()
    settings["training"]["seen"] = ["elsewhere"]
    (other / "config.json").write_text(json.dumps(settings | {"weights_sha256": sha256}))
    save_mean(copy, [other, other])
    for name, part in load_file(copy / "model.safetensors").items():
        wanted = parts[name] if name.startswith("lexical") else parts[name].float() * 5 / 3
        assert torch.allclose(part.float(), wanted.float(), rtol=2e-3, atol=1e-6), name
    record = load_model(copy).settings["training"]
    assert "elsewhere" in record["seen"] and record["mean_with"] == [sha256, sha256]
    save_file({name: part for name, part in doubled.items() if "theme" not in name}, other / "model.safetensors")
    with pytest.raises(ModelError, match="its weights are not those of"):
        save_mean(copy, [other])
    more = doubled | {"encoder.more": next(iter(doubled.values())).clone()}
    save_file(more, other / "model.safetensors")
    with pytest.raises(ModelError, match="its weights are not those of"):
        save_mean(copy, [other])


@pytest.mark.parametrize(("what", "value"), [("base_sha256", "0" * 64), ("codes", ["other", "order"])])
def test_models_of_another_base_or_codebook_have_no_mean(copy, tmp_path, what, value):
    other = shutil.copytree(copy, tmp_path / "other")
    settings = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps(settings | {what: value}))
    with pytest.raises(ModelError, match=f"its {what} are not those of"):
        save_mean(copy, [other])


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


def test_hash_is_of_all_that_decides_codings(copy, tiny_model):
    assert load_model(copy).sha256 == load_model(tiny_model).sha256 == model_sha256(copy)
    (copy / "README.md").write_text("another card")
    assert model_sha256(copy) == model_sha256(tiny_model)
    settings = json.loads((copy / "config.json").read_text())
    settings["decisions"]["themes"]["thresholds"][0] += 0.01
    (copy / "config.json").write_text(json.dumps(settings))
    assert model_sha256(copy) != model_sha256(tiny_model)


class Bomb:
    def __reduce__(self):
        return (open, ("exploded", "w"))


def test_pickled_weights_are_refused_unread(copy, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (copy / "model.safetensors").unlink()
    (copy / "pytorch_model.bin").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(ModelError, match=r"pytorch_model\.bin: pickled weights can run code and are refused"):
        load_model(copy)
    (copy / "pytorch_model.bin").rename(copy / "model.safetensors")
    with pytest.raises(ModelError, match="is not a whole safetensors file"):
        load_model(copy)
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize(("cut", "keep"), [("end", slice(None, -100)), ("all", slice(0, 0)), ("head", slice(64, None))])
def test_truncated_weights_are_refused(copy, cut, keep):
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[keep])
    with pytest.raises(ModelError, match=r"model\.safetensors: is not a whole safetensors file .*restore it"):
        load_model(copy)


def change(folder, **settings):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | settings))


@pytest.mark.parametrize("content", ["{", "[]", '{"format": 2}', "null", "\x00"])
def test_damaged_settings(copy, content):
    (copy / "config.json").write_text(content)
    with pytest.raises(ModelError, match=r"config\.json: is not the settings file of a model"):
        load_model(copy)


def test_damaged_codebook(copy):
    (copy / "codebook.json").write_text("{")
    with pytest.raises(ModelError, match=r"codebook\.json: cannot be read"):
        load_model(copy)


def test_another_format(copy):
    change(copy, format=99)
    with pytest.raises(ModelError, match="format 99, this version reads 2 and 3"):
        load_model(copy)


def test_missing_files_are_named(copy, tmp_path):
    with pytest.raises(ModelError, match="there is no such model folder"):
        load_model(tmp_path / "nowhere")
    (copy / "codebook.json").unlink()
    (copy / "config.json").unlink()
    with pytest.raises(ModelError, match=r"it lacks config\.json, codebook\.json; make one with `themes train`"):
        load_model(copy)


def test_a_changed_base_is_refused(copy, tmp_path):
    change(copy, base=str(make_encoder(tmp_path / "other", seed=5)))
    with pytest.raises(ModelError, match="was trained from another"):
        load_model(copy)
    change(copy, base="package:no-such-package")
    with pytest.raises(ModelError, match="its base encoder is missing: the package no-such-package is not installed"):
        load_model(copy)


def test_a_base_that_was_named_relative_is_found_beside_the_model(copy, tmp_path, tiny_encoder, monkeypatch):
    change(copy, base="encoders/own")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    told = r"missing \(a folder's name is relative to where the model was trained\).*put its folder beside the model's"
    with pytest.raises(ModelError, match=told):
        load_model(copy)
    for place in ("own", "encoders/own"):  # carried along with the model; as it lay where the training was started
        shutil.copytree(tiny_encoder, tmp_path / place)
        loaded = load_model(copy)
        assert (
            loaded.source.folder == tmp_path / place and find_encoder(loaded.source.name).sha256 == loaded.source.sha256
        )
        shutil.rmtree(tmp_path / place)
    make_encoder(tmp_path / "own", seed=5)  # another of the same name
    with pytest.raises(ModelError, match=told):
        load_model(copy)


def test_weights_beside_the_settings_of_another_training_are_refused(copy):
    """As a saving over an older model leaves them that ended between two renames, or half a copy."""
    weights = load_file(copy / "model.safetensors")
    whole = (copy / "model.safetensors").read_bytes()
    save_file({name: tensor + 1 for name, tensor in weights.items()}, copy / "model.safetensors")
    with pytest.raises(ModelError, match=r"not of the same training.*copy the folder anew.*--overwrite"):
        load_model(copy)
    assert is_mixed(copy)
    (copy / "model.safetensors").write_bytes(whole)
    assert load_model(copy).sha256 == model_sha256(copy) and not is_mixed(copy)


def test_a_model_that_does_not_say_of_which_weights_it_is_loads(copy):
    """As all that were trained before it was kept."""
    forget_weights(copy)
    assert load_model(copy).sha256 == model_sha256(copy) and not is_mixed(copy)


def forget_weights(folder):
    settings = json.loads((folder / "config.json").read_text())
    del settings["weights_sha256"]
    (folder / "config.json").write_text(json.dumps(settings))


def test_weights_that_do_not_fit(copy):
    forget_weights(copy)
    weights = load_file(copy / "model.safetensors")
    save_file({name: tensor for name, tensor in weights.items() if name != "themes.bias"}, copy / "model.safetensors")
    with pytest.raises(ModelError, match=r"does not fit this network \(missing themes.bias, unknown none\)"):
        load_model(copy)
    save_file(weights | {"themes.new": torch.zeros(1)}, copy / "model.safetensors")
    with pytest.raises(ModelError, match=r"missing none, unknown themes.new\)"):
        load_model(copy)
    more = {f"themes.new{n}": torch.zeros(1) for n in range(5)}
    save_file(weights | more, copy / "model.safetensors")
    with pytest.raises(ModelError, match=r"unknown themes.new0, themes.new1, themes.new2 and 2 more\)"):
        load_model(copy)
    save_file(weights, copy / "model.safetensors")
    change(copy, codes=[*CODES, "one more"])
    with pytest.raises(ModelError, match=r"does not fit this network \(4 codes\)"):
        load_model(copy)
