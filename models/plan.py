"""Which units go together in which step: settled before training from the seed alone, so that any step can be come back to."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence

from models.inputs import EncodedUnit, batches_by_tokens
from models.settings import TrainingSettings

LEAST_BATCHES, LEAST_BATCH_TOKENS = 8, 256
"""Small gold gets smaller batches, down to so many tokens, for so many steps in each epoch."""
MOST_EPOCHS = 40

Epoch = list[list[list[int]]]
"""Steps of batches of indices of units."""


def plan_epochs(
    encoded: Sequence[EncodedUnit], n_own: int, settings: TrainingSettings, together: int = 1
) -> list[Epoch]:
    """Every epoch's steps; small gold gets smaller batches and more epochs.

    Args:
        n_own: how many of the units are the project's own; the others come from other sources.
        together: batches in a step; the last step of an epoch may have fewer.
    """
    rng = random.Random(settings.seed)
    tokens = sum(len(unit.ids) for unit in encoded)
    budget = max(LEAST_BATCH_TOKENS, min(settings.batch_tokens, tokens // LEAST_BATCHES))
    first = epoch_batches(encoded, n_own, settings, budget, rng)
    enough = math.ceil(settings.least_steps * together / max(1, len(first)))
    number = max(settings.epochs, min(enough, MOST_EPOCHS))
    epochs = [first, *(epoch_batches(encoded, n_own, settings, budget, rng) for _ in range(number - 1))]
    return [[epoch[i : i + together] for i in range(0, len(epoch), together)] for epoch in epochs]


def epoch_batches(
    encoded: Sequence[EncodedUnit], n_own: int, settings: TrainingSettings, budget: int, rng: random.Random
) -> list[list[int]]:
    """One epoch's batches: all own units and a share of the extra ones, similar lengths together, in random order."""
    extra = list(range(n_own, len(encoded)))
    indices = [*range(n_own), *rng.sample(extra, int(len(extra) * settings.extra_share))]
    rng.shuffle(indices)
    batches = [
        batch
        for first in range(0, len(indices), 256)
        for batch in _within_budget(indices[first : first + 256], encoded, budget)
    ]
    rng.shuffle(batches)
    return batches


def _within_budget(indices: list[int], encoded: Sequence[EncodedUnit], budget: int) -> Iterator[list[int]]:
    for batch in batches_by_tokens([len(encoded[i].ids) for i in indices], budget):
        yield [indices[i] for i in batch]
