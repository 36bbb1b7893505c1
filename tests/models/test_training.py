"""Training: it learns, it repeats itself, and it takes coders' votes as they are."""

import math
import random
from dataclasses import replace

import pytest
import torch

from models.adaptation import adopt
from models.encoder import EncoderError, find_encoder, load_encoder
from models.inputs import EncodedUnit, Unit
from models.joint import JointModel, JointOutput
from models.losses import joint_loss
from models.saving import load_model
from models.settings import TrainingSettings, TrainingUnit
from models.training import _epoch_batches, train
from models.validation import validation_scores

DEFINITIONS = (("partnership works, working together is good",), ("money is saved",))
QUICK = TrainingSettings(epochs=3, batch_tokens=256, encoder_rate=1e-3, head_rate=1e-2, warmup=0, dropout=0)


def toy(count=12):
    units = []
    for i in range(count):
        good = i % 2 == 0
        text = "the council is very good" if good else "money and the council is useless"
        units.append(
            TrainingUnit(
                Unit(text, "what do you think ?", ((text.index("council"), text.index("council") + 7),)),
                themes=(float(good), float(not good)),
                partnership=(0.0, 0.0, 0.0, 1.0) if good else (1.0, 0.0, 0.0, 0.0),
                attitudes=((0.0, 0.0, 1.0) if good else (1.0, 0.0, 0.0),),
            )
        )
    return units


def learn(base, settings=QUICK, units=None, **options):
    return train(
        units or toy(),
        toy(4),
        definitions=DEFINITIONS,
        base=str(base),
        settings=settings,
        device="cpu",
        report=lambda line: None,
        **options,
    )


def test_it_learns_the_toy_set(tiny_encoder):
    trained = learn(tiny_encoder, replace(QUICK, epochs=8, patience=8))
    losses = [row["loss"] for row in trained.history]
    assert losses[-1] < 0.6 * losses[0]
    best = max(trained.history, key=lambda row: row["score"])
    assert best["themes_ap"] == best["attitude_f1"] == best["partnership_f1"] == 1.0
    assert [row["epoch"] for row in trained.history] == list(range(1, len(losses) + 1))


def weights(trained):
    return {name: tensor.clone() for name, tensor in trained.network.state_dict().items()}


def test_same_seed_same_weights_other_seed_other_weights(tiny_encoder):
    settings = replace(QUICK, epochs=1, dropout=0.1, encoder_dropout=0.1)
    one, same, other = (weights(learn(tiny_encoder, replace(settings, seed=seed))) for seed in (1, 1, 2))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert any(not torch.equal(one[name], other[name]) for name in one)


def test_embeddings_and_frozen_layers_stay_as_they_were(tiny_encoder):
    before = weights(learn(tiny_encoder, replace(QUICK, encoder_rate=0, head_rate=0)))
    after = weights(learn(tiny_encoder, replace(QUICK, epochs=1, frozen_layers=1)))
    moved = {name for name in after if not torch.equal(before[name], after[name])}
    assert any("encoder.layer.1." in name for name in moved)
    assert not any("embeddings" in name or "encoder.layer.0." in name for name in moved)


def test_training_stops_when_nothing_gets_better(tiny_encoder):
    trained = learn(tiny_encoder, replace(QUICK, epochs=9, patience=2, encoder_rate=0, head_rate=0))
    assert len(trained.history) == 3


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


def test_each_epoch_sees_all_own_units_and_a_share_of_the_others():
    encoded = [EncodedUnit((2, *range(5, 8 + i % 7), 3), 1, (), truncated=False) for i in range(30)]
    rng = random.Random(0)
    settings = TrainingSettings(batch_tokens=40, extra_share=0.3)
    epochs = [sorted(i for batch in _epoch_batches(encoded, 20, settings, 40, rng) for i in batch) for _ in range(2)]
    for seen in epochs:
        assert seen[:20] == list(range(20)) and len(seen) == len(set(seen)) == 23
    assert epochs[0] != epochs[1]


# --- the loss, by hand


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


def test_a_model_is_gone_on_from_by_the_names_of_its_codes(tiny_encoder, tiny_model):
    start = load_model(tiny_model)
    definitions = torch.randn(2, 32)
    network = JointModel(encoder=load_encoder(find_encoder(str(tiny_encoder))), definitions=definitions)
    adopt(network, start, ("talking_shop", "never_seen"))
    row = start.codes.index("talking_shop")
    for name in ("weight", "query", "found", "bias"):
        assert torch.equal(getattr(network.themes, name)[0], getattr(start.network.themes, name)[row]), name
    unseen = torch.nn.functional.normalize(definitions[1], dim=-1)
    assert torch.allclose(network.themes.weight[1], unseen)  # still its definition
    for name, tensor in start.network.state_dict().items():
        if not name.startswith("themes."):
            assert torch.equal(network.state_dict()[name], tensor), name
