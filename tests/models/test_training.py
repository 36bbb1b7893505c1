"""Training: it learns, it repeats itself, and it takes coders' votes as they are."""

import math
import random
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from models.adaptation import adopt, set_encoder_dropout
from models.decisions import Decisions, Labels
from models.encoder import EncoderError, find_encoder, load_encoder
from models.inputs import EncodedUnit, Unit, collate
from models.joint import JointModel, JointOutput
from models.losses import joint_loss
from models.plan import LEAST_BATCH_TOKENS, MOST_EPOCHS, epoch_batches, plan_epochs
from models.predict import compute_logits
from models.saving import load_model, save_model
from models.settings import TrainingSettings, TrainingUnit
from models.steps import Loop, hide_tokens, optimiser_for, schedule_for
from models.training import _untrained, set_seed, train
from models.validation import validation_scores

DEFINITIONS = (("partnership works, working together is good",), ("money is saved",))
QUICK = TrainingSettings(
    epochs=3, least_steps=0, batch_tokens=256, encoder_rate=1e-3, head_rate=1e-2, warmup=0, dropout=0
)


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


def learn(base, settings=QUICK, units=None, say=lambda line: None, **options):
    return train(
        units or toy(),
        toy(4),
        definitions=DEFINITIONS,
        base=str(base),
        settings=settings,
        device="cpu",
        report=say,
        **options,
    )


def test_it_learns_the_toy_set(tiny_encoder):
    trained = learn(tiny_encoder, replace(QUICK, epochs=8, patience=8))
    losses = [row["loss"] for row in trained.history]
    assert losses[-1] < 0.6 * losses[0]
    best = max(trained.history, key=lambda row: row["score"])
    assert best["themes_ap"] == pytest.approx(1) and best["attitude_f1"] == best["partnership_f1"] == 1.0
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


def test_embeddings_learn_where_asked_for_and_no_layer_is_frozen(tiny_encoder):
    before = weights(learn(tiny_encoder, replace(QUICK, encoder_rate=0, head_rate=0)))
    word = next(name for name in before if name.endswith("word_embeddings.weight"))
    asked = replace(QUICK, epochs=1, train_embeddings=True)
    assert not torch.equal(before[word], weights(learn(tiny_encoder, asked))[word])
    assert torch.equal(before[word], weights(learn(tiny_encoder, replace(asked, frozen_layers=1)))[word])


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
    epochs = [sorted(i for batch in epoch_batches(encoded, 20, settings, 40, rng) for i in batch) for _ in range(2)]
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


# --- steps, batches, averages

PLAIN = replace(QUICK, mask_share=0.0, precision="float32")


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


# --- no gold; low-rank adapters; one code at most


def test_without_gold_the_defined_text_comes_first(tiny_encoder):
    definitions = (("we share money",), ("the police never know", "no police"), ("meetings and talk and nothing",))
    trained = train(
        [], [], definitions=definitions, base=str(tiny_encoder), settings=PLAIN, device="cpu", report=lambda line: None
    )
    assert trained.history == [] and trained.lexical is None
    assert trained.learnt == {"themes": False, "attitudes": False, "partnership": False}
    assert trained.decisions == Decisions.uncalibrated(3)
    own = [Unit("we share money"), Unit("the police never know"), Unit("meetings and talk and nothing")]
    logits = compute_logits(trained.network, trained.encoder, own, 256, torch.device("cpu")).themes
    assert logits.argmax(1).tolist() == [0, 1, 2] and logits.argmax(0).tolist() == [0, 1, 2]
    bare = load_encoder(find_encoder(str(tiny_encoder))).state_dict()
    assert all(torch.equal(trained.network.encoder.state_dict()[name], bare[name]) for name in bare)


def test_a_code_starts_from_the_mean_direction_of_its_texts(tiny_encoder):
    def start(*definitions):
        return _untrained(str(tiny_encoder), definitions, PLAIN, Labels.MANY).network.themes.weight.detach()

    one, other, both = start(["money is saved"], ["the police"], ["money is saved", "the police"])
    assert torch.allclose(both, torch.nn.functional.normalize(one + other, dim=-1), atol=1e-6)


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


def saved(trained, folder):
    save_model(
        folder,
        network=trained.network,
        decisions=trained.decisions,
        base=trained.source.name,
        codes=("works", "saves"),
        codebook={},
        inputs={"max_tokens": 512, "context_tokens": 48},
        training=trained.record(),
        card="",
        lexical=trained.lexical,
        adapters=trained.adapters,
    )
    return load_model(folder)


def all_logits(model):
    units = [unit.unit for unit in toy(4)]
    found = compute_logits(model.network, model.encoder, units, 256, torch.device("cpu"), model.lexical)
    return np.concatenate([found.themes.ravel(), found.partnership.ravel(), found.attitudes.ravel()])


def test_low_rank_adapters_are_kept_in_the_place_of_the_weights(tiny_encoder, tmp_path):
    pytest.importorskip("peft")
    trained = learn(tiny_encoder, replace(PLAIN, epochs=2, lora_rank=2, encoder_rate=1e-2))
    bare = load_encoder(find_encoder(str(tiny_encoder))).state_dict()
    merged = trained.network.encoder.state_dict()
    assert set(merged) == set(bare)  # as fast as without
    moved = {name for name in bare if not torch.allclose(bare[name], merged[name], atol=1e-4)}
    assert moved and all(name.endswith(".weight") and "embeddings" not in name for name in moved)
    assert any("attention.self" in name for name in moved) and any("intermediate" in name for name in moved)
    name = next(iter(sorted(moved)))
    assert torch.linalg.matrix_rank((merged[name] - bare[name]).double(), rtol=1e-4) <= 2

    loaded = saved(trained, tmp_path / "model")
    stored = load_file(tmp_path / "model" / "model.safetensors")
    assert all("lora_" in name for name in stored if name.startswith("encoder."))
    assert any("lora_" in name for name in stored) and any(name.startswith("themes.") for name in stored)
    assert np.abs(all_logits(loaded) - all_logits(trained)).max() < 0.05  # weights are kept in float16
    assert set(loaded.network.encoder.state_dict()) == set(bare)


def test_low_rank_adapters_on_a_model_are_refused(tiny_encoder, tmp_path):
    pytest.importorskip("peft")
    first = saved(learn(tiny_encoder, replace(PLAIN, encoder_rate=1e-2)), tmp_path / "first")
    with pytest.raises(EncoderError, match="start from a bare encoder"):
        learn(tiny_encoder, replace(PLAIN, epochs=1, lora_rank=2), start=first, codes=("works", "saves"))
