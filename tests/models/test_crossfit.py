"""Cross-fitting: what is said of a unit comes from those who did not learn from it, and the model that is kept from all."""

from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from training_toys import DEFINITIONS, PLAIN, QUICK, toy

from models.crossfit import Fold, _answers, _together, cross_fit
from models.decisions import BinaryScale, Labels
from models.inputs import Unit
from models.loading import load_model
from models.predict import Logits, Predictions
from models.saving import save_model
from models.settings import TrainingUnit
from models.training import train

# Several epochs, of which a fold's own labels must not choose one.
SOME = replace(QUICK, epochs=3, lexical=False)
FOLDS = ((0, 3, 6, 9), (1, 4, 7, 10), (2, 5, 8, 11))


def fitted(encoder, units, folds=FOLDS, settings=SOME, **how):
    common = {"definitions": DEFINITIONS, "base": str(encoder), "labels": Labels.MANY, "device": "cpu", "report": len}
    return cross_fit(units, folds, settings=settings, **common, **how)


def arrays(found: Predictions) -> dict[str, np.ndarray]:
    return {item.name: np.asarray(getattr(found, item.name)) for item in fields(Predictions)}


def other_labels(unit: TrainingUnit) -> TrainingUnit:
    return replace(
        unit,
        themes=tuple(1 - vote for vote in unit.themes),
        partnership=(0.0, 0.0, 0.0, 1.0),
        attitudes=tuple((0.0, 1.0, 0.0) for _ in unit.attitudes),
    )


def order(column: np.ndarray) -> np.ndarray:
    return np.sign(np.round(column[:, None] - column[None], 9))


def test_what_coders_said_of_a_fold_changes_nothing_in_how_its_units_are_ranked(tiny_encoder):
    units = toy(12)
    changed = [other_labels(unit) if i in FOLDS[1] else unit for i, unit in enumerate(units)]
    before, after = (arrays(fitted(tiny_encoder, gold).answers) for gold in (units, changed))
    rows = list(FOLDS[1])
    # The scale hangs on the other folds' answers, and these on what was learnt from this one.
    for code in range(2):
        assert np.array_equal(order(before["themes"][rows, code]), order(after["themes"][rows, code]))
    rest = list(FOLDS[0])
    assert any(
        not np.array_equal(order(before["themes"][rest, code]), order(after["themes"][rest, code])) for code in range(2)
    )


def test_answers_stand_in_the_order_of_the_units_and_their_mentions(tiny_encoder):
    none, two = Unit("nothing to speak of"), Unit("housing is bad, health is good", "", ((0, 7), (16, 22)))
    units = [
        replace(unit, unit=two, attitudes=((1.0, 0.0, 0.0), (0.0, 0.0, 1.0)))
        if i % 4 == 0
        else replace(unit, unit=none, attitudes=())
        if i % 4 == 1
        else unit
        for i, unit in enumerate(toy(12))
    ]
    one = arrays(fitted(tiny_encoder, units).answers)
    # The folds' own order changes nothing but which seed's draw meets which fold, and here nothing is drawn.
    other = arrays(fitted(tiny_encoder, units, [FOLDS[2], FOLDS[0], FOLDS[1]]).answers)
    assert len(one["attitudes"]) == sum(len(unit.unit.targets) for unit in units)
    for name, found in one.items():
        assert np.allclose(found, other[name], atol=1e-6), name


def test_the_model_that_is_kept_has_learnt_from_all_to_the_last_epoch(tiny_encoder):
    settings = replace(QUICK, epochs=4, patience=1)
    done = fitted(tiny_encoder, toy(12), settings=settings)
    assert done.trained.kept == len(done.trained.history) == 4
    assert done.trained.lexical is not None
    scale = done.trained.decisions.themes
    assert isinstance(scale, BinaryScale)
    assert all(0 <= threshold <= 1 for threshold in scale.thresholds)
    assert done.trained.settings.lexical


def test_it_repeats_itself(tiny_encoder):
    one, same = (fitted(tiny_encoder, toy(12)) for _ in range(2))
    for name, tensor in one.trained.network.state_dict().items():
        assert torch.equal(tensor, same.trained.network.state_dict()[name]), name
    assert one.trained.decisions == same.trained.decisions


@pytest.mark.parametrize("labels", [Labels.ONE, Labels.AT_MOST_ONE])
def test_gold_with_one_code_for_each_unit(tiny_encoder, labels):
    units = [replace(unit, themes=(1.0, 0.0) if i % 2 else (0.0, 1.0)) for i, unit in enumerate(toy(12))]
    common = {"definitions": DEFINITIONS, "base": str(tiny_encoder), "device": "cpu", "report": len}
    done = cross_fit(units, FOLDS, settings=PLAIN, labels=labels, **common)
    assert done.answers.assigned.sum(axis=1).max() <= 1
    assert done.trained.decisions.labels is labels


def test_a_code_that_the_gold_never_uses_is_never_assigned(tiny_encoder):
    units = [replace(unit, themes=(unit.themes[0], 0.0)) for unit in toy(12)]
    done = fitted(tiny_encoder, units, settings=PLAIN)
    assert done.answers.assigned[:, 0].any()
    assert not done.answers.assigned[:, 1].any()
    assert not done.trained.decisions.themes.assigned(np.ones((1, 2)))[0, 1]


def test_a_fold_without_codes_beside_a_base_that_chooses_one(tiny_encoder, tmp_path):
    """Only one interview was coded: the fold that holds it out has nothing to say of codes, and must not be asked to."""
    units = [replace(unit, themes=(1.0, 0.0) if i % 2 else (0.0, 1.0)) for i, unit in enumerate(toy(12))]
    common = {"definitions": DEFINITIONS, "base": str(tiny_encoder), "device": "cpu", "report": len, "settings": PLAIN}
    base = train(units, units[:4], labels=Labels.ONE, **common)
    save_model(
        tmp_path / "base",
        network=base.network,
        decisions=base.decisions,
        base=str(tiny_encoder),
        codes=("a", "b"),
        codebook={},
        inputs={"max_tokens": 64, "context_tokens": 8},
        training=base.record(),
        card="",
    )
    coded = [unit if i in FOLDS[1] else replace(unit, themes=None) for i, unit in enumerate(units)]
    done = cross_fit(
        coded, FOLDS, labels=Labels.ONE, start=load_model(tmp_path / "base"), codes=("a", "other"), **common
    )
    assert done.answers.themes.shape == (12, 2)


def made_up_folds(levels, codes=3):
    """What networks on different levels would say of units, which is else the same but for some noise."""
    rng, units = np.random.default_rng(1), toy(12)
    true = rng.normal(size=(12, codes))
    folds = []
    for held, level in zip(FOLDS, levels, strict=True):
        themes, rows = true + level, list(held)
        network = Logits(themes[rows], np.zeros((4, 4)), np.zeros((4, 3)), np.zeros(4, dtype=bool))
        themes[rows] = np.nan
        folds.append(Fold(held, network, themes, np.zeros((4, codes))))
    return units, folds, true


def test_each_folds_logits_are_brought_to_the_level_of_the_network_that_is_kept():
    levels = [np.array([0.0, 1.0, -2.0]), np.array([3.0, 0.0, 0.5]), np.array([-1.0, -1.0, 4.0])]
    units, folds, true = made_up_folds(levels)
    kept = np.array([5.0, -5.0, 1.0])
    assert np.allclose(_together(units, folds, true + kept, 0.0).themes, true + kept)
    # To the level of a fold's network, whose own answers stay as they are.
    assert np.allclose(_together(units, folds, folds[1].themes, 0.0).themes, true + levels[1])


def test_two_folds_have_no_unit_in_common_and_stay_on_their_levels():
    units, folds, true = made_up_folds([np.full(3, 1.0), np.zeros(3), np.zeros(3)])
    nothing_learnt_from = np.full(true.shape, np.nan)
    found = _together(units, folds, nothing_learnt_from, 0.0).themes
    assert np.allclose(found[list(FOLDS[0])], true[list(FOLDS[0])] + 1)


def test_a_fold_whose_network_lies_high_by_chance_changes_no_answer():
    even, uneven = (made_up_folds([np.zeros(2), np.full(2, lift), np.zeros(2)], codes=2) for lift in (0.0, 4.0))
    one, other = (_answers(units, folds, 0.0, Labels.MANY) for units, folds, _ in (even, uneven))
    assert np.array_equal(one.assigned, other.assigned)
    # The priors look at where logits lie, a little.
    assert np.allclose(one.themes, other.themes, atol=0.05)
