"""Tokens that are hidden from the encoder while it learns."""

import math

import pytest
import torch

from models.inputs import EncodedUnit, collate
from models.steps import hide_tokens


def masked(share, seed=0, count=60):
    torch.manual_seed(seed)
    units = [
        EncodedUnit((2, 7, 8, 9, 3, *range(10, 50), 3), 5, ((12, 15), (30, 31)) if i % 2 else (), truncated=False)
        for i in range(count)
    ]
    units[1] = EncodedUnit((2, 7, 8, 9, 3, *range(10, 20), 3), 5, ((5, 6),), truncated=False)  # padded
    batch = collate(units, 0)
    before = batch.input_ids.clone()
    hide_tokens(batch, share, 4)
    return batch, before


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_hidden_tokens_are_a_share_of_the_texts_own(share):
    batch, before = masked(share)
    hidden = batch.input_ids != before
    assert (batch.input_ids[hidden] == 4).all()
    assert not hidden[~batch.text_mask].any()  # context, separators, padding
    target = torch.zeros_like(hidden)
    for row, mask in zip(batch.target_rows.tolist(), batch.target_mask, strict=True):
        target[row] |= mask
    assert target.sum() == 29 * 4 + 1 and not hidden[target].any()
    free = batch.text_mask & ~target
    expected = share * int(free.sum())
    assert abs(int(hidden.sum()) - expected) < 4 * math.sqrt(expected * (1 - share))
    assert hidden[free].float().std() > 0 and len({tuple(row.tolist()) for row in hidden}) > 40  # each unit its own
    assert torch.equal(batch.attention_mask[0], torch.ones(46, dtype=torch.long))


def test_nothing_is_hidden_without_a_share_or_a_mask_token():
    batch, before = masked(0.0)
    hide_tokens(batch, 0.5, None)
    assert torch.equal(batch.input_ids, before)


def test_all_free_tokens_can_be_hidden():
    batch, _ = masked(1.0)
    assert batch.input_ids[0].tolist() == [2, 7, 8, 9, 3, *[4] * 40, 3]
    assert batch.input_ids[3, 12:15].tolist() == [17, 18, 19] and batch.input_ids[3, 30] == 35
    assert (batch.input_ids[3] == 4).sum() == 36
