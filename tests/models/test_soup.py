"""The mean of models' weights."""

import hashlib
import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from models.loading import load_model
from models.model_folder import ModelError
from models.soup import save_mean


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
