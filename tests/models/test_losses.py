"""The theme loss against torch's own cross-entropy. The joint loss is in `test_joint_loss.py`."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from models.decisions import Labels
from models.losses import theme_loss

LOGITS = st.lists(st.tuples(*[st.floats(-20, 20)] * 3), min_size=1, max_size=8)


def with_none(logits):
    return torch.cat([logits, torch.zeros(len(logits), 1)], dim=1)


@given(LOGITS, st.data())
def test_one_code_is_cross_entropy(rows, data):
    logits = torch.tensor(rows)
    gold = torch.tensor(data.draw(st.lists(st.integers(0, 2), min_size=len(rows), max_size=len(rows))))
    loss = theme_loss(logits, F.one_hot(gold, 3).float(), Labels.ONE)
    assert loss.shape == (len(rows),)
    assert torch.allclose(loss, F.cross_entropy(logits, gold, reduction="none"), atol=1e-5)


@given(LOGITS, st.data())
def test_at_most_one_code_is_cross_entropy_with_no_code_at_zero(rows, data):
    logits = torch.tensor(rows)
    gold = torch.tensor(data.draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows))))
    loss = theme_loss(logits, F.one_hot(gold, 4).float()[:, :3], Labels.AT_MOST_ONE)
    assert loss.shape == (len(rows),)
    assert torch.allclose(loss, F.cross_entropy(with_none(logits), gold, reduction="none"), atol=1e-5)


@given(LOGITS, st.lists(st.floats(0.01, 1), min_size=4, max_size=4))
def test_votes_are_soft_targets(rows, weights):
    logits = torch.tensor(rows)
    shares = (torch.tensor(weights) / sum(weights)).expand(len(rows), 4)
    at_most = theme_loss(logits, shares[:, :3], Labels.AT_MOST_ONE)
    assert torch.allclose(at_most, F.cross_entropy(with_none(logits), shares, reduction="none"), atol=1e-4)
    three = shares[:, :3] / shares[:, :3].sum(1, keepdim=True)
    one = theme_loss(logits, three, Labels.ONE)
    assert torch.allclose(one, F.cross_entropy(logits, three, reduction="none"), atol=1e-4)
    many = theme_loss(logits, shares[:, :3], Labels.MANY)
    each = F.binary_cross_entropy_with_logits(logits, shares[:, :3].contiguous(), reduction="none")
    assert torch.allclose(many, each.sum(1), atol=1e-4)


def test_by_hand():
    logits, votes = torch.zeros(1, 3), torch.tensor([[0.0, 1.0, 0.0]])
    seen = [theme_loss(logits, votes, labels).item() for labels in (Labels.MANY, Labels.ONE, Labels.AT_MOST_ONE)]
    assert seen == pytest.approx([3 * math.log(2), math.log(3), math.log(4)])


@given(LOGITS, st.sampled_from(list(Labels)))
def test_a_code_that_nobody_could_give_is_as_if_it_were_not_there(rows, labels):
    logits = torch.tensor(rows, requires_grad=True)
    votes = torch.tensor([[0.75, math.nan, 0.25]]).expand(len(rows), 3)
    loss = theme_loss(logits, votes, labels)
    assert torch.allclose(loss, theme_loss(logits[:, [0, 2]], votes[:, [0, 2]], labels), atol=1e-5)
    loss.sum().backward()
    assert (logits.grad[:, 1] == 0).all() and logits.grad.isfinite().all()


def test_no_code_pushes_every_logit_down():
    logits = torch.zeros(1, 3, requires_grad=True)
    theme_loss(logits, torch.zeros(1, 3), Labels.AT_MOST_ONE).sum().backward()
    assert logits.grad[0].tolist() == pytest.approx([0.25] * 3)  # softmax minus target
