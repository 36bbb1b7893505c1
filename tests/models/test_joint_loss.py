"""The joint loss, by hand."""

import math

import pytest
import torch

from models.inputs import Unit
from models.joint import JointOutput
from models.losses import joint_loss
from models.settings import TrainingSettings, TrainingUnit


def output(units, logits=0.0):
    targets = sum(len(unit.attitudes) for unit in units)
    shapes = (len(units), 2), (len(units), 4), (targets, 3)
    return JointOutput(*(torch.full(shape, logits, requires_grad=True) for shape in shapes))


ONLY = TrainingUnit(Unit("x"), themes=(1.0, 0.0))


SETTINGS = TrainingSettings(theme_weight=0.3, partnership_weight=0.5)


def test_loss_by_hand():
    ln2, ln3 = math.log(2), math.log(3)
    full = TrainingUnit(Unit("x"), (1.0, 0.0), (0.0, 1.0, 0.0, 0.0), ((0.0, 1.0, 0.0),) * 2)
    # Two codes at ln 2 each; presence ln 2 and stance ln 3; two mentions at ln 3 each.
    expected = 0.3 * 2 * ln2 + 0.5 * (ln2 + ln3) + 2 * ln3
    assert joint_loss(output([full]), [full], SETTINGS).item() == pytest.approx(expected, rel=1e-5)


def test_votes_are_soft_labels():
    def best_logit(share):
        unit = TrainingUnit(Unit("x"), themes=(share, share))
        losses = {}
        for logit in torch.linspace(-3, 3, 121).tolist():
            losses[logit] = joint_loss(output([unit], logit), [unit], SETTINGS).item()
        return min(losses, key=losses.get)

    assert best_logit(0.5) == pytest.approx(0, abs=0.06)
    assert best_logit(0.75) == pytest.approx(math.log(3), abs=0.06)


def test_units_without_labels_add_nothing():
    bare = TrainingUnit(Unit("y"))
    alone = joint_loss(output([ONLY]), [ONLY], SETTINGS)
    together = output([ONLY, bare])
    loss = joint_loss(together, [ONLY, bare], SETTINGS)
    assert loss.item() * 2 == pytest.approx(alone.item())  # a mean over units, labelled or not
    loss.backward()
    assert together.themes.grad[1].abs().sum() == 0 < together.themes.grad[0].abs().sum()
    assert together.partnership.grad is None or together.partnership.grad.abs().sum() == 0


def test_a_batch_without_any_label_has_a_loss_of_nothing():
    units = [TrainingUnit(Unit("y"))]
    loss = joint_loss(output(units, 2.0), units, SETTINGS)
    loss.backward()
    assert loss.item() == 0


def test_stance_counts_only_where_something_is_said():
    silent = TrainingUnit(Unit("x"), partnership=(1.0, 0.0, 0.0, 0.0))
    assert joint_loss(output([silent]), [silent], SETTINGS).item() == pytest.approx(0.5 * math.log(2), rel=1e-5)
