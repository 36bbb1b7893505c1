"""What a training starts from, and what it keeps: definitions, another model, low-rank adapters."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from training_toys import PLAIN, learn, saved, toy

from models.adaptation import adopt
from models.decisions import Decisions, Labels
from models.encoder import EncoderError, find_encoder, load_encoder
from models.inputs import Unit
from models.joint import JointModel
from models.loading import load_model
from models.predict import compute_logits
from models.training import _untrained, train


def test_a_model_is_gone_on_from_by_the_names_of_its_codes(tiny_encoder, tiny_model):
    start = load_model(tiny_model)
    definitions = torch.randn(2, 32)
    network = JointModel(encoder=load_encoder(find_encoder(str(tiny_encoder))), definitions=definitions)
    adopt(network, start, ("talking_shop", "never_seen"))
    row = start.codes.index("talking_shop")
    for name in ("weight", "query", "found", "bias"):
        assert torch.equal(getattr(network.themes, name)[0], getattr(start.network.themes, name)[row]), name
    unseen = torch.nn.functional.normalize(definitions[1], dim=-1)
    assert torch.allclose(network.themes.weight[1], unseen)  # still its definition
    for name, tensor in start.network.state_dict().items():
        if not name.startswith("themes."):
            assert torch.equal(network.state_dict()[name], tensor), name


def test_without_gold_the_defined_text_comes_first(tiny_encoder):
    definitions = (("we share money",), ("the police never know", "no police"), ("meetings and talk and nothing",))
    trained = train(
        [], [], definitions=definitions, base=str(tiny_encoder), settings=PLAIN, device="cpu", report=lambda line: None
    )
    assert trained.history == [] and trained.lexical is None
    assert trained.learnt == {"themes": False, "attitudes": False, "partnership": False}
    assert trained.decisions == Decisions.uncalibrated(3)
    own = [Unit("we share money"), Unit("the police never know"), Unit("meetings and talk and nothing")]
    logits = compute_logits(trained.network, trained.encoder, own, 256, torch.device("cpu")).themes
    assert logits.argmax(1).tolist() == [0, 1, 2] and logits.argmax(0).tolist() == [0, 1, 2]
    bare = load_encoder(find_encoder(str(tiny_encoder))).state_dict()
    assert all(torch.equal(trained.network.encoder.state_dict()[name], bare[name]) for name in bare)


def test_a_code_starts_from_the_mean_direction_of_its_texts(tiny_encoder):
    def start(*definitions):
        return _untrained(str(tiny_encoder), definitions, PLAIN, Labels.MANY).network.themes.weight.detach()

    one, other, both = start(["money is saved"], ["the police"], ["money is saved", "the police"])
    assert torch.allclose(both, torch.nn.functional.normalize(one + other, dim=-1), atol=1e-6)


def all_logits(model):
    units = [unit.unit for unit in toy(4)]
    found = compute_logits(model.network, model.encoder, units, 256, torch.device("cpu"), model.lexical)
    return np.concatenate([found.themes.ravel(), found.partnership.ravel(), found.attitudes.ravel()])


def test_low_rank_adapters_are_kept_in_the_place_of_the_weights(tiny_encoder, tmp_path):
    pytest.importorskip("peft")
    trained = learn(tiny_encoder, replace(PLAIN, epochs=2, lora_rank=2, encoder_rate=1e-2))
    bare = load_encoder(find_encoder(str(tiny_encoder))).state_dict()
    merged = trained.network.encoder.state_dict()
    assert set(merged) == set(bare)  # as fast as without
    moved = {name for name in bare if not torch.allclose(bare[name], merged[name], atol=1e-4)}
    assert moved and all(name.endswith(".weight") and "embeddings" not in name for name in moved)
    assert any("attention.self" in name for name in moved) and any("intermediate" in name for name in moved)
    name = next(iter(sorted(moved)))
    assert torch.linalg.matrix_rank((merged[name] - bare[name]).double(), rtol=1e-4) <= 2

    loaded = saved(trained, tmp_path / "model")
    stored = load_file(tmp_path / "model" / "model.safetensors")
    assert all("lora_" in name for name in stored if name.startswith("encoder."))
    assert any("lora_" in name for name in stored) and any(name.startswith("themes.") for name in stored)
    assert np.abs(all_logits(loaded) - all_logits(trained)).max() < 0.05  # weights are kept in float16
    assert set(loaded.network.encoder.state_dict()) == set(bare)


def test_low_rank_adapters_on_a_model_are_refused(tiny_encoder, tmp_path):
    pytest.importorskip("peft")
    first = saved(learn(tiny_encoder, replace(PLAIN, encoder_rate=1e-2)), tmp_path / "first")
    with pytest.raises(EncoderError, match="start from a bare encoder"):
        learn(tiny_encoder, replace(PLAIN, epochs=1, lora_rank=2), start=first, codes=("works", "saves"))
