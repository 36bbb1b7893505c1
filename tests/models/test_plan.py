"""Which units go together in which step, and how many steps there are."""

import random
from dataclasses import replace

import pytest
import torch
from training_toys import PLAIN

from models.inputs import EncodedUnit
from models.plan import LEAST_BATCH_TOKENS, MOST_EPOCHS, epoch_batches, plan_epochs
from models.settings import TrainingSettings
from models.steps import schedule_for


def test_each_epoch_sees_all_own_units_and_a_share_of_the_others():
    encoded = [EncodedUnit((2, *range(5, 8 + i % 7), 3), 1, (), truncated=False) for i in range(30)]
    rng = random.Random(0)
    settings = TrainingSettings(batch_tokens=40, extra_share=0.3)
    epochs = [sorted(i for batch in epoch_batches(encoded, 20, settings, 40, rng) for i in batch) for _ in range(2)]
    for seen in epochs:
        assert seen[:20] == list(range(20)) and len(seen) == len(set(seen)) == 23
    assert epochs[0] != epochs[1]


def test_accumulation_makes_the_schedule_shorter(tiny_encoder):
    """The rate falls to nothing at the last step, however many batches a step takes."""
    encoded = [EncodedUnit((2, *[5] * 30, 3), 1, (), truncated=False)] * 40
    steps, alone = (sum(map(len, plan_epochs(encoded, 40, PLAIN, together))) for together in (2, 1))
    assert steps == 9 and alone == 15  # 3 epochs of 5 batches
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimiser = torch.optim.SGD([parameter], lr=1.0)
    schedule = schedule_for(optimiser, steps, 0.25)
    rates = []
    for _ in range(steps):
        rates.append(schedule.get_last_lr()[0])
        optimiser.step()
        schedule.step()
    warm = int(steps * 0.25)
    assert rates.index(max(rates)) in (warm - 1, warm) and max(rates) == 1
    assert rates[0] == pytest.approx(1 / warm) and 0 < rates[-1] <= 2 / steps
    assert schedule.get_last_lr()[0] == 0


def test_small_gold_gets_more_epochs_and_smaller_batches():
    settings = TrainingSettings(epochs=3, batch_tokens=2048, least_steps=100)

    def plan(count, together=1, **options):
        encoded = [EncodedUnit((2, *[5] * 30, 3), 1, (), truncated=False)] * count
        epochs = plan_epochs(encoded, count, replace(settings, **options), together)
        assert all(len(step) == together for epoch in epochs for step in epoch[:-1])
        return [[batch for step in epoch for batch in step] for epoch in epochs]

    for count in (10, 60, 400, 3000):
        epochs = plan(count)
        assert all(sorted(i for batch in epoch for i in batch) == list(range(count)) for epoch in epochs)
        assert epochs == plan(count)  # the seed decides
        tokens = max(len(batch) * 32 for epoch in epochs for batch in epoch)
        assert tokens <= min(2048, max(LEAST_BATCH_TOKENS, count * 32 // 8))
        steps = sum(map(len, epochs))
        assert steps >= 100 or len(epochs) == MOST_EPOCHS
    # 10 units of 32 tokens in batches of 256: 2 batches, 50 epochs for 100 steps, 40 at most.
    assert [len(plan(10)), len(plan(10)[0])] == [MOST_EPOCHS, 2]
    # 60 units: 8 in a batch (240 tokens of 256), 8 batches, 13 epochs.
    assert [len(plan(60)), len(plan(60)[0])] == [13, 8]
    # 3000 units: 256 at a time in batches of 64 (2048 tokens), so 11 * 4 and 3 of the rest; 3 epochs are enough.
    assert [len(plan(3000)), len(plan(3000)[0])] == [3, 47]
    assert len(plan(10, least_steps=0)) == 3
    assert len(plan(60, together=2)) == 25  # half the steps of an epoch, so twice the epochs
    assert len(plan(60, epochs=50)) == 50
