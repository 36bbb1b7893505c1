"""A step of training: what its batches weigh, what is random in it, the average of the weights."""

import math
from dataclasses import replace

import pytest
import torch
from training_toys import DEFINITIONS, PLAIN, QUICK, learn, toy, weights

from models.adaptation import set_encoder_dropout
from models.decisions import Labels
from models.inputs import Unit
from models.settings import TrainingUnit
from models.steps import Loop, encoder_rate_for, optimiser_for
from models.training import _untrained, set_seed


def loop_of(base, settings, units):
    """The training loop on a fresh network; every call gives the same one."""
    set_seed(1)
    trained = _untrained(str(base), DEFINITIONS, settings, Labels.MANY)
    set_encoder_dropout(trained.network, 0)
    encoded = trained.encoder.encode([unit.unit for unit in units])
    optimiser = optimiser_for(trained.network, settings)
    schedule = torch.optim.lr_scheduler.ConstantLR(optimiser, factor=1.0)
    network, encoder, device = trained.network, trained.encoder, torch.device("cpu")
    return trained, Loop(network, encoder, units, encoded, optimiser, schedule, settings, Labels.MANY, device)


def losses(loop, steps):
    """Take the steps; the mean loss over units."""
    done = [loop.step(batches, f"0/{number}") for number, batches in enumerate(steps)]
    return sum(loss for loss, _ in done) / sum(count for _, count in done)


WHOLE, PARTS = [[[0, 1, 2, 3]], [[4, 5, 6, 7]]], [[[0, 1, 2], [3]], [[4], [5, 6, 7]]]


def test_the_batches_of_a_step_weigh_by_their_units(tiny_encoder):
    """Unequal parts of a batch are that batch."""
    units = toy(8)
    seen = []
    for steps in (WHOLE, PARTS, [[batch] for step in PARTS for batch in step]):
        trained, loop = loop_of(tiny_encoder, PLAIN, units)
        seen.append((losses(loop, steps), weights(trained)))
    (loss, whole), (same_loss, same), (_, other) = seen
    assert same_loss == pytest.approx(loss, rel=1e-5)
    for name, tensor in whole.items():
        # Adam turns gradients of next to nothing (the keys' biases have none) into steps of any sign.
        if not name.endswith("key.bias"):
            assert torch.allclose(tensor, same[name], atol=2e-4), name
    assert (whole["themes.bias"] - other["themes.bias"]).abs().max() > 0.01  # twice the steps are told apart


def test_gradients_of_a_steps_batches_are_the_whole_ones(tiny_encoder):
    """Adam would hide a factor; and so that clipping does not, the loss is a small one."""
    units = [TrainingUnit(Unit(unit.unit.text), themes=unit.themes) for unit in toy(4)]
    gradients = []
    for batches in ([[0, 1, 2, 3]], [[0, 1, 2], [3]]):
        trained, loop = loop_of(tiny_encoder, replace(PLAIN, theme_weight=0.003), units)
        loop.step(batches, "0/0")
        gradients.append({n: p.grad for n, p in trained.network.named_parameters() if p.grad is not None})
    one, other = gradients
    norm = math.sqrt(sum(float((gradient**2).sum()) for gradient in one.values()))
    assert 1e-4 < norm < 0.5 and set(one) == set(other)
    assert all(torch.allclose(one[name], other[name], atol=1e-4 * norm) for name in one)


def test_what_is_random_hangs_on_the_place_alone(tiny_encoder):
    units, settings = toy(8), replace(QUICK, mask_share=0.5, dropout=0.3)
    seen = []
    for earlier, place in ((0, "3/1"), (2, "3/1"), (0, "3/2")):
        _, loop = loop_of(tiny_encoder, replace(settings, encoder_rate=0, head_rate=0), units)
        for number in range(earlier):
            loop.step([[0, 1]], f"0/{number}")
        seen.append(loop.step([[0, 1, 2, 3], [4, 5]], place))
    assert seen[0] == seen[1] != seen[2]


def test_the_average_by_hand_and_back(tiny_encoder):
    trained, loop = loop_of(tiny_encoder, replace(PLAIN, average=0.25), toy(4))
    name = "themes.bias"
    expected = weights(trained)[name]
    for step in range(1, 6):
        loop.step([[0, 1, 2, 3]], "0/0")
        decay = min(0.25, (1 + step) / (10 + step))  # 2/11, then 0.25
        expected = decay * expected + (1 - decay) * weights(trained)[name]
    last = weights(trained)
    with loop.averaged():
        inside = weights(trained)
    assert torch.allclose(inside[name], expected, atol=1e-6)
    assert not torch.equal(inside[name], last[name])
    after = weights(trained)
    assert all(torch.equal(after[each], last[each]) for each in last)
    with pytest.raises(KeyError), loop.averaged():
        raise KeyError
    assert torch.equal(weights(trained)[name], last[name])  # also after a fault


def test_without_an_average_the_weights_are_the_last(tiny_encoder):
    trained, loop = loop_of(tiny_encoder, PLAIN, toy(4))
    loop.step([[0, 1, 2, 3]], "0/0")
    last = weights(trained)
    with loop.averaged():
        assert all(torch.equal(tensor, last[name]) for name, tensor in weights(trained).items())


def test_what_is_kept_is_the_average(tiny_encoder):
    settings = replace(PLAIN, epochs=1, lexical=False)
    last, mean = (weights(learn(tiny_encoder, replace(settings, average=value))) for value in (0.0, 0.9))
    start = weights(learn(tiny_encoder, replace(settings, encoder_rate=0, head_rate=0)))
    way = [(one["themes.bias"] - start["themes.bias"]).abs().sum() for one in (last, mean)]
    assert 0 < way[1] < way[0]  # it lags behind


def test_larger_encoders_take_smaller_steps_unless_told_otherwise(tiny_encoder):
    assert encoder_rate_for(None, 384) == 1e-4 > encoder_rate_for(None, 768) == 3e-5
    assert encoder_rate_for(None, 768, adapters=True) == 5e-4
    assert encoder_rate_for(0.02, 768) == encoder_rate_for(0.02, 384, adapters=True) == 0.02
    network = _untrained(str(tiny_encoder), DEFINITIONS, PLAIN, Labels.MANY).network
    rates = {group["lr"] for group in optimiser_for(network, replace(PLAIN, encoder_rate=None)).param_groups}
    assert rates == {1e-4, PLAIN.head_rate}
