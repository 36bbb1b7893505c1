"""A model's files: what is damaged, mixed or dangerous is refused."""

import json
import pickle

import pytest
from damage import change, forget_weights
from safetensors.torch import load_file, save_file

from models.loading import load_model
from models.model_folder import ModelError, is_mixed, model_sha256


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
