"""Frozen layers that are computed once: the same network, the same training, less work."""

from dataclasses import replace

import pytest
import torch
from training_toys import QUICK, learn, toy

from models.adaptation import freeze_lowest
from models.encoder import find_encoder, load_encoder, load_tokenizer
from models.inputs import UnitEncoder, collate
from models.joint import JointModel
from models.lower import LowerStates

FROZEN = replace(QUICK, frozen_layers=1, mask_share=0.0)


@pytest.fixture(params=["bert", "mpnet"])
def parts(request, tiny_encoder, tmp_path):
    """A network of either kind, units, their padding."""
    units = UnitEncoder(load_tokenizer(find_encoder(str(tiny_encoder))))
    encoder = load_encoder(find_encoder(str(tiny_encoder)))
    if request.param == "mpnet":
        from transformers import MPNetConfig, MPNetModel

        torch.manual_seed(0)
        sizes = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 64}
        config = MPNetConfig(vocab_size=encoder.config.vocab_size, pad_token_id=units.pad_id, **sizes)
        encoder = MPNetModel(config, add_pooling_layer=False)
    encoded = units.encode([unit.unit for unit in toy(6)])
    return JointModel(encoder=encoder, definitions=torch.randn(2, 32)).eval(), encoded, units.pad_id


def passes(network, encoded, pad_id):
    batch = collate(encoded, pad_id)
    states = network.hidden(batch)
    return states * batch.attention_mask.unsqueeze(-1)


def counted(layer):
    calls = []
    layer.register_forward_hook(lambda *_: calls.append(1))
    return calls


def test_what_is_recalled_is_what_is_computed(parts):
    network, encoded, pad_id = parts
    whole = passes(network, encoded, pad_id)
    lower = LowerStates(network, 1)
    lower.keep(encoded, pad_id, torch.device("cpu"))
    assert len(lower) == len({unit.ids for unit in encoded})
    lowest = counted(network.encoder.encoder.layer[0])
    with lower.installed():
        # Another batch than they were kept in: what is beside a unit must not matter.
        recalled = passes(network, encoded[::-1], pad_id).flip(0)
    assert not lowest
    torch.testing.assert_close(recalled, whole, atol=5e-3, rtol=0)
    assert torch.equal(passes(network, encoded, pad_id), whole), "outside, the encoder is whole again"
    assert lowest


def test_beyond_its_memory_it_computes(parts):
    network, encoded, pad_id = parts
    lower = LowerStates(network, 1, most_bytes=0)
    lower.keep(encoded, pad_id, torch.device("cpu"))
    assert len(lower) == 0
    whole = passes(network, encoded, pad_id)
    lowest = counted(network.encoder.encoder.layer[0])
    network.train()
    with lower.installed():
        assert torch.isfinite(passes(network, encoded, pad_id)).all()
    assert lowest
    network.eval()
    with lower.installed():
        torch.testing.assert_close(passes(network, encoded, pad_id), whole)


def test_hidden_tokens_say_nothing(parts):
    network, encoded, pad_id = parts
    lower = LowerStates(network, 1)
    lower.keep(encoded, pad_id, torch.device("cpu"))
    batch = collate(encoded, pad_id)
    with lower.installed():
        lower.hide(batch.text_mask)
        hidden = passes(network, encoded, pad_id)
        assert not torch.allclose(hidden, passes(network, encoded, pad_id)), "hidden in one pass only"
        lower.hide(torch.zeros_like(batch.text_mask))
        assert torch.equal(passes(network, encoded, pad_id), passes(network, encoded, pad_id))


def test_the_layers_above_get_the_same_gradient(parts):
    network, encoded, pad_id = parts
    for parameter in network.encoder.parameters():
        parameter.requires_grad_(True)
    freeze_lowest(network, 1)
    lower = LowerStates(network, 1)
    lower.keep(encoded, pad_id, torch.device("cpu"))
    top = network.encoder.encoder.layer[-1]
    passes(network, encoded, pad_id).pow(2).sum().backward()
    expected = {
        name: parameter.grad.clone() for name, parameter in top.named_parameters() if parameter.grad is not None
    }
    top.zero_grad()
    with lower.installed():
        passes(network, encoded, pad_id).pow(2).sum().backward()
    assert expected
    for name, gradient in expected.items():
        torch.testing.assert_close(top.get_parameter(name).grad, gradient, atol=0.05, rtol=0.02)


def test_training_learns_the_same_with_it(tiny_encoder):
    plain = learn(tiny_encoder, FROZEN)
    kept = learn(tiny_encoder, replace(FROZEN, keep_lower=True))
    for before, after in zip(plain.history, kept.history, strict=True):
        assert after["loss"] == pytest.approx(before["loss"], rel=0.02)
    names = [name for name, _ in plain.network.named_parameters()]
    assert names == [name for name, _ in kept.network.named_parameters()]


def test_position_biases_that_layers_share_stay(parts):
    encoder = parts[0].encoder
    freeze_lowest(parts[0], 1)
    learns = {name for name, parameter in encoder.named_parameters() if parameter.requires_grad}
    assert learns
    assert all(name.startswith("encoder.layer.") and not name.startswith("encoder.layer.0.") for name in learns)
