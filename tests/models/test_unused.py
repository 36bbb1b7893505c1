"""Codes that the gold never uses keep what they are, and are not given unless a model knew them before."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from training_toys import saved

from models.decisions import Labels
from models.inputs import Unit
from models.settings import TrainingSettings, TrainingUnit
from models.training import _untrained, train
from models.unused import known, mark_unused, unlearnt, used

DEFINITIONS = (("partnership works",), ("money is saved",), ("meetings and talk and nothing",))
CODES = ("works", "money", "talk")
SETTINGS = TrainingSettings(
    epochs=2, least_steps=0, batch_tokens=256, encoder_rate=1e-3, head_rate=1e-2, dropout=0, weight_decay=0
)


def gold(*votes):
    said = ("the council is very good", "money and the council is useless", "talk and talk and nothing")
    return [TrainingUnit(Unit(said[i % 3]), themes=row) for i, row in enumerate(votes)]


ONLY_TWO = gold((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 1.0, 0.0)) * 4


def learn(base, units, **options):
    return train(
        units,
        units,
        definitions=DEFINITIONS,
        base=str(base),
        settings=SETTINGS,
        device="cpu",
        report=lambda line: None,
        **options,
    )


def test_what_is_marked():
    training, held = gold((1.0, 0.0, 0.0), (0.0, 0.0, 0.0)), gold((0.0, 0.5, 0.0))
    nothing = np.zeros(3, dtype=bool)
    assert used(training, 3).tolist() == [True, False, False]
    marked, marked_held = mark_unused(training, [*held, TrainingUnit(Unit("x"))], nothing)
    assert unlearnt(marked, 3).tolist() == [False, True, True]
    assert unlearnt(marked_held, 3).tolist() == [False, False, True]  # a threshold can be fitted on held-out votes
    assert marked_held[1].themes is None and marked[0].themes[0] == 1 and marked_held[0].themes[1] == 0.5
    _, known_before = mark_unused(training, held, np.array([False, False, True]))
    assert known_before == held
    assert not unlearnt([], 3).any() and used([], 3).tolist() == [False] * 3
    full = gold((1.0, 0.0, 0.5), (0.0, 0.2, 0.0))
    assert mark_unused(full, held, nothing) == (full, held)


@pytest.mark.parametrize("labels", list(Labels))
def test_the_definition_of_an_unused_code_is_left_alone(tiny_encoder, labels):
    before = _untrained(str(tiny_encoder), DEFINITIONS, SETTINGS, labels).network.themes
    trained = learn(tiny_encoder, ONLY_TWO, labels=labels)
    after = trained.network.themes
    moved = {
        name: [not torch.equal(old, new) for old, new in zip(getattr(before, name), getattr(after, name), strict=True)]
        for name in ("weight", "query", "found", "bias")
    }
    assert moved["weight"] == moved["bias"] == [True, True, False]
    assert not moved["query"][2] and not moved["found"][2]
    assert trained.decisions.themes.giving.tolist() == [True, True, False]
    assert (trained.lexical.weight[:, 2] == 0).all()


def test_what_a_model_knew_it_keeps_and_may_give(tiny_encoder, tmp_path):
    first = saved(learn(tiny_encoder, gold(*np.eye(3).tolist()) * 4), tmp_path / "first", CODES, max_tokens=64)
    assert known(first, CODES, 3).all() and known(None, CODES, 3).tolist() == [False] * 3
    assert known(first, ("new", "talk"), 2).tolist() == [False, True]
    went_on = learn(tiny_encoder, ONLY_TWO, start=first, codes=CODES)
    old, new = first.network.themes, went_on.network.themes
    assert torch.equal(old.weight[2], new.weight[2]) and not torch.equal(old.weight[1], new.weight[1])
    assert went_on.decisions.themes.giving.all()
    second = saved(learn(tiny_encoder, ONLY_TWO), tmp_path / "second", CODES, max_tokens=64)
    assert known(second, CODES, 3).tolist() == [True, True, False]
    untaught = replace(second, settings={**second.settings, "training": {"learnt": {"themes": False}}})
    assert not known(untaught, CODES, 3).any()
