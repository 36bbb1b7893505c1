"""The joint model's contract: everything learns, and one pass of the encoder serves all heads."""

import pytest
import torch

from models.adaptation import freeze_lowest
from models.encoder import EncoderError, find_encoder, load_encoder, load_tokenizer
from models.inputs import Unit, UnitEncoder, collate
from models.joint import JointModel
from models.losses import joint_loss
from models.settings import TrainingSettings, TrainingUnit

UNITS = [
    TrainingUnit(
        Unit("the council is good and housing is useless", "and ?", ((4, 11), (24, 31))),
        themes=(1.0, 0.5),
        partnership=(0.0, 0.0, 0.0, 1.0),
        attitudes=((0.0, 0.0, 1.0), (1.0, 0.0, 0.0)),
    ),
    TrainingUnit(Unit("it works"), themes=(0.0, 1.0), partnership=(1.0, 0.0, 0.0, 0.0)),
]


@pytest.fixture
def parts(tiny_encoder):
    source = find_encoder(str(tiny_encoder))
    torch.manual_seed(0)
    network = JointModel(encoder=load_encoder(source), definitions=torch.randn(2, 32))
    units = UnitEncoder(load_tokenizer(source))
    return network, collate(units.encode([unit.unit for unit in UNITS]), units.pad_id)


@pytest.mark.parametrize("layers", [0, 1])
def test_every_trainable_parameter_gets_gradient(parts, layers):
    network, batch = parts
    freeze_lowest(network, layers)
    # The attention of a code has no gradient while nothing hangs on it: one step away from the start it has.
    network.themes.found.data.normal_()
    joint_loss(network.train()(batch), UNITS, TrainingSettings()).backward()
    trainable = {name: parameter for name, parameter in network.named_parameters() if parameter.requires_grad}
    assert any(name.startswith("encoder.") for name in trainable)
    without = [
        name for name, parameter in trainable.items() if parameter.grad is None or not parameter.grad.abs().sum()
    ]
    # The key's bias shifts all of a token's attention alike, which softmax cancels: its gradient is nothing but rounding.
    assert [name for name in without if not name.endswith("key.bias")] == []
    frozen = [name for name, parameter in network.named_parameters() if not parameter.requires_grad]
    places = {name.removeprefix("encoder.").removeprefix("encoder.layer.").split(".")[0] for name in frozen}
    assert places == ({"embeddings", "0"} if layers else {"embeddings"})
    assert all(parameter.grad is None for name, parameter in network.named_parameters() if name in frozen)


@pytest.mark.parametrize("targets", [0, 1, 40])
def test_one_encoder_pass_per_batch(parts, tiny_encoder, targets):
    network, _ = parts
    passes = []
    network.encoder.register_forward_hook(lambda *arguments: passes.append(1))
    units = UnitEncoder(load_tokenizer(find_encoder(str(tiny_encoder))))
    batch = collate(units.encode([Unit("the council is good", "", ((4, 11),) * targets)] * 3), units.pad_id)
    assert network(batch).attitudes.shape == (3 * targets, 3)
    assert len(passes) == 1


def test_definitions_must_fit_the_encoder(tiny_encoder):
    encoder = load_encoder(find_encoder(str(tiny_encoder)))
    with pytest.raises(ValueError, match="width 7, the encoder has 32"):
        JointModel(encoder=encoder, definitions=torch.zeros(2, 7))


def test_at_least_one_layer_is_left_to_learn(parts):
    network, _ = parts
    with pytest.raises(EncoderError, match="has 2 layers, frozen_layers is 9"):
        freeze_lowest(network, 9)
    network.encoder.encoder = torch.nn.Identity()
    with pytest.raises(EncoderError, match="set frozen_layers to 0"):
        freeze_lowest(network, 1)


def test_many_targets_are_judged_some_at_a_time(parts, tiny_encoder, monkeypatch):
    """A mention at every word asks for a copy of the text for each: memory must not grow with their product."""
    network, _ = parts
    network.eval()
    units = UnitEncoder(load_tokenizer(find_encoder(str(tiny_encoder))))
    many = tuple((4 * (number % 5), 4 * (number % 5) + 3) for number in range(23))
    batch = collate(units.encode([Unit("the council is good", "", many)] * 3), units.pad_id)
    sizes = []
    network.attitudes.register_forward_hook(lambda head, given, _: sizes.append(given[2].shape[:2]))
    with torch.inference_mode():
        at_once = network(batch)
        assert len(sizes) == 1, "a usual batch is judged as one"
        sizes.clear()
        length = batch.target_mask.shape[1]
        monkeypatch.setattr("models.joint.AT_ONCE", 10 * length)
        sliced = network(batch)
    assert [targets for targets, _ in sizes] == [10] * 6 + [9]
    torch.testing.assert_close(sliced.attitudes, at_once.attitudes, rtol=1e-5, atol=1e-6)
    assert torch.equal(sliced.themes, at_once.themes)
