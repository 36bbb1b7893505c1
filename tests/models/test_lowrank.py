"""Learnt differences kept in a few directions: what is stored is what is loaded, and the largest directions are the ones kept."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from torch import nn
from training_toys import QUICK, learn, saved, toy

from models.loading import load_model
from models.lowrank import DOWN, UP, lengthen, mean_differences, shorten
from models.model_folder import ModelError
from models.predict import compute_logits
from models.soup import save_mean


def changed(rank, seed=0):
    """A linear layer, and what it was before something of that rank, and its bias, were learnt."""
    torch.manual_seed(seed)
    layer = nn.Linear(24, 16)
    before = {name: tensor.clone() for name, tensor in layer.state_dict().items()}
    with torch.no_grad():
        layer.weight += torch.randn(16, rank) @ torch.randn(rank, 24)
        layer.bias += 1
    return layer, before


@given(st.integers(1, 4), st.integers(0, 20))
def test_a_difference_of_that_rank_is_kept_whole(rank, seed):
    layer, before = changed(rank, seed)
    learnt = {name: tensor.clone() for name, tensor in layer.state_dict().items()}
    kept = shorten(layer, before, rank)
    assert set(kept) == {"weight" + UP, "weight" + DOWN, "bias"}
    for name, tensor in lengthen(kept, before).items():
        torch.testing.assert_close(tensor, learnt[name], atol=0.02, rtol=0.01)
        assert torch.equal(tensor, layer.state_dict()[name]), "what is measured is what a loaded model has"


def test_less_rank_leaves_the_least_error_that_it_can():
    layer, before = changed(6)
    difference = layer.weight.detach() - before["weight"]
    sizes = torch.linalg.svdvals(difference)
    shorten(layer, before, 2)
    left = (layer.weight.detach() - before["weight"] - difference).norm()
    assert left == pytest.approx(float(sizes[2:].pow(2).sum().sqrt()), rel=0.01)  # Eckart and Young (1936)


def test_what_did_not_change_is_not_kept():
    layer, _ = changed(1)
    assert shorten(layer, {name: tensor.clone() for name, tensor in layer.state_dict().items()}, 2) == {}


def test_factors_larger_than_the_matrix_are_not_made():
    layer, before = changed(1)
    assert set(shorten(layer, before, 10)) == {"weight", "bias"}


def test_a_model_is_saved_small_and_loaded_the_same(tiny_encoder, tmp_path):
    trained = learn(tiny_encoder, replace(QUICK, keep_rank=2, lexical=False))
    saved(trained, tmp_path / "model")
    stored = load_file(tmp_path / "model" / "model.safetensors")
    matrices = [name for name, part in stored.items() if name.startswith("encoder.") and part.ndim == 2]
    assert matrices
    assert all(name.endswith((UP, DOWN)) for name in matrices)
    assert all(2 in stored[name].shape for name in matrices)
    loaded = load_model(tmp_path / "model")
    units = [unit.unit for unit in toy()]
    before, after = (
        compute_logits(network, trained.encoder, units, 512, torch.device("cpu"))
        for network in (trained.network.eval(), loaded.network)
    )
    # The heads are rounded to float16.
    assert after.themes == pytest.approx(before.themes, abs=0.05)
    assert after.attitudes == pytest.approx(before.attitudes, abs=0.05)


def test_half_a_pair_is_told():
    _, before = changed(1)
    for name in ("weight" + UP, "weight" + DOWN):
        with pytest.raises(KeyError):
            lengthen({name: torch.ones(2, 2)}, before)


@given(st.integers(1, 3), st.integers(1, 3), st.integers(0, 20))
def test_the_mean_of_differences_is_cut_like_any_difference(rank, other_rank, seed):
    layers = [changed(rank, seed), changed(other_rank, seed + 100)]
    base = layers[0][1]
    kept = [shorten(layer, before, 3) for layer, before in layers]
    differences = [one["weight" + UP].float() @ one["weight" + DOWN].float() for one in kept]
    mean = mean_differences(kept)
    assert {name: tensor.shape for name, tensor in mean.items()} == {
        name: kept[0][name].shape for name in ("weight" + UP, "weight" + DOWN)
    }
    plain = nn.Linear(24, 16)
    plain.load_state_dict(base | {"weight": base["weight"] + sum(differences) / 2})
    shorten(plain, base, 3)
    torch.testing.assert_close(lengthen(mean, base)["weight"], plain.weight.detach(), atol=0.02, rtol=0.01)


def test_the_mean_of_saved_models_is_loaded(tiny_encoder, tmp_path):
    folders = []
    for seed in (1, 2):
        trained = learn(tiny_encoder, replace(QUICK, keep_rank=2, lexical=False, seed=seed))
        saved(trained, tmp_path / str(seed))
        folders.append(tmp_path / str(seed))
    before = [load_model(folder).network.state_dict() for folder in folders]
    save_mean(folders[0], folders[1:])
    after = load_model(folders[0]).network.state_dict()
    plain = next(name for name in after if name.endswith("attention.self.query.bias"))
    torch.testing.assert_close(after[plain], (before[0][plain] + before[1][plain]) / 2, atol=1e-3, rtol=0.01)
    weights = load_file(folders[1] / "model.safetensors")
    half = {name: part for name, part in weights.items() if not name.endswith(DOWN)}
    save_file(half, folders[1] / "model.safetensors")
    with pytest.raises(ModelError, match="its weights are not those of"):
        save_mean(folders[0], folders[1:])
