"""Loading a model's tensors into a network."""

import pytest
import torch
from damage import change, forget_weights
from safetensors.torch import load_file, save_file
from toys import CODES

from models.loading import load_model
from models.model_folder import ModelError


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
