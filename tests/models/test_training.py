"""Training: it learns, it repeats itself, and it keeps its best epoch."""

import math
import re
from dataclasses import replace

import pytest
import torch
from training_toys import DEFINITIONS, PLAIN, QUICK, learn, toy, weights

from models.decisions import Labels
from models.encoder import EncoderError
from models.inputs import Unit
from models.joint import JointModel
from models.predict import compute_logits
from models.settings import TrainingUnit
from models.training import train
from models.validation import validation_scores


def test_it_learns_the_toy_set(tiny_encoder):
    trained = learn(tiny_encoder, replace(QUICK, epochs=8, patience=8))
    losses = [row["loss"] for row in trained.history]
    assert losses[-1] < 0.6 * losses[0]
    best = max(trained.history, key=lambda row: row["score"])
    assert best["themes_ap"] == pytest.approx(1) and best["attitude_f1"] == best["partnership_f1"] == 1.0
    assert [row["epoch"] for row in trained.history] == list(range(1, len(losses) + 1))


def test_same_seed_same_weights_other_seed_other_weights(tiny_encoder):
    settings = replace(QUICK, epochs=1, dropout=0.1, encoder_dropout=0.1)
    one, same, other = (weights(learn(tiny_encoder, replace(settings, seed=seed))) for seed in (1, 1, 2))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert any(not torch.equal(one[name], other[name]) for name in one)


def test_the_encoders_rate_is_settled_and_recorded(tiny_encoder):
    trained = learn(tiny_encoder, replace(QUICK, epochs=1, encoder_rate=None))
    assert trained.settings.encoder_rate == trained.record()["settings"]["encoder_rate"] == 1e-4


def test_embeddings_and_frozen_layers_stay_as_they_were(tiny_encoder):
    before = weights(learn(tiny_encoder, replace(QUICK, encoder_rate=0, head_rate=0)))
    after = weights(learn(tiny_encoder, replace(QUICK, epochs=1, frozen_layers=1)))
    moved = {name for name in after if not torch.equal(before[name], after[name])}
    assert any("encoder.layer.1." in name for name in moved)
    assert not any("embeddings" in name or "encoder.layer.0." in name for name in moved)


def test_training_stops_when_nothing_gets_better(tiny_encoder):
    trained = learn(tiny_encoder, replace(QUICK, epochs=9, patience=2, encoder_rate=0, head_rate=0))
    assert len(trained.history) == 3


def test_of_epochs_with_the_same_score_the_later_is_kept(tiny_encoder):
    trained = learn(tiny_encoder, replace(QUICK, epochs=3, patience=3, encoder_rate=0, head_rate=0))
    assert len({row["score"] for row in trained.history}) == 1
    assert trained.kept == 3


def test_what_was_not_scored_is_not_told_as_a_score(tiny_encoder):
    for held, told in (([], False), (toy(4), True)):
        said = []
        settings = replace(QUICK, epochs=1)
        train(toy(8), held, definitions=DEFINITIONS, base=str(tiny_encoder), settings=settings, report=said.append)
        assert ("score" in said[-1]) == told, said


def test_the_best_epoch_is_kept(tiny_encoder):
    # A rate this large wrecks the network at once; what is kept is no worse than the best that was seen.
    trained = learn(tiny_encoder, replace(QUICK, epochs=4, patience=4, head_rate=5.0, encoder_rate=0.5))

    score = validation_scores(trained.network, trained.encoder, toy(4), torch.device("cpu"))["score"]
    assert score == pytest.approx(max(row["score"] for row in trained.history))


def test_units_from_other_sources_with_attitudes_alone(tiny_encoder):
    extra = [TrainingUnit(Unit("housing is bad", "", ((0, 7),)), attitudes=((1.0, 0.0, 0.0),))] * 4
    trained = learn(tiny_encoder, extra=extra)
    assert all(math.isfinite(row["loss"]) for row in trained.history)


def test_more_tokens_than_the_encoder_takes(tiny_encoder):
    with pytest.raises(EncoderError, match="takes 512 tokens at most; set max_tokens to that or less"):
        learn(tiny_encoder, replace(QUICK, max_tokens=1024))


@pytest.mark.parametrize("labels", [Labels.ONE, Labels.AT_MOST_ONE])
def test_single_label_gold_is_learnt(tiny_encoder, labels):
    units = toy(16)
    if labels is Labels.AT_MOST_ONE:
        units[3::4] = [TrainingUnit(Unit("the police know no no no"), themes=(0.0, 0.0))] * 4
    trained = train(
        units,
        units[:8],
        definitions=DEFINITIONS,
        base=str(tiny_encoder),
        labels=labels,
        settings=replace(PLAIN, epochs=12, patience=12),
        device="cpu",
        report=lambda line: None,
    )
    assert trained.decisions.labels is labels
    assert max(row["themes_ap"] for row in trained.history) == pytest.approx(1)
    logits = compute_logits(
        trained.network, trained.encoder, [u.unit for u in units], 256, torch.device("cpu"), trained.lexical
    ).themes
    probabilities = trained.decisions.themes.probabilities(logits)
    assert trained.decisions.themes.assigned(probabilities).astype(float).tolist() == [list(u.themes) for u in units]


def test_a_long_epoch_says_how_far_it_is(tiny_encoder, monkeypatch):
    lines: list[str] = []
    monkeypatch.setattr("models.fitting.SAY_EVERY", 0)
    learn(tiny_encoder, replace(QUICK, epochs=1, least_steps=0), toy(24), say=lines.append)
    begins = re.fullmatch(r"epoch 1 of 1 begins: 24 units, (\d+) steps", lines[0])
    steps = [line for line in lines if re.match(r"epoch 1/1: step \d+ of \d+, loss", line)]
    assert begins and len(steps) == int(begins[1]) - 1 > 0


def test_the_precision_is_settled_kept_and_told(tiny_encoder, monkeypatch):
    kinds = []
    whole = JointModel.forward

    def watched(self, batch):
        output = whole(self, batch)
        kinds.append(torch.is_autocast_enabled("cpu"))
        return output

    monkeypatch.setattr(JointModel, "forward", watched)
    for can, wish, settled in (
        (True, "auto", "bfloat16"),
        (False, "auto", "float32"),
        (True, "float32", "float32"),
        (False, "bfloat16", "bfloat16"),
    ):
        monkeypatch.setattr("models.steps.multiplies_bfloat16", lambda device, can=can: can)
        kinds.clear()
        trained = learn(tiny_encoder, replace(QUICK, epochs=1, precision=wish))
        assert trained.record()["settings"]["precision"] == settled
        assert set(kinds) == {settled == "bfloat16"}
