"""The encoder that a model was trained from, found again."""

import shutil

import pytest
from damage import change
from toys import make_encoder

from models.encoder import find_encoder
from models.loading import load_model
from models.model_folder import ModelError


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
