"""Held-out gold: how far the words are trusted, and calibration for gold of every kind."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score

from models.decisions import ATTITUDES, BinaryScale, Decisions, Labels
from models.encoder import find_encoder, load_encoder, load_tokenizer
from models.inputs import Unit, UnitEncoder
from models.joint import JointModel
from models.lexical import LexicalHead
from models.review import uncertainty
from models.settings import TrainingUnit
from models.validation import (
    ENOUGH,
    LEAST_FOR_LEXICAL,
    LEXICAL_SHARES,
    _disagreeing,
    calibrate,
    decided_matrix,
    held_out_logits,
    theme_matrix,
    validation_scores,
    weigh_lexical,
)

CPU = torch.device("cpu")
TELLING = ("money", "police", "health")
OTHERS = ("the", "a", "of", "to", "in", "we", "they", "it", "was", "on", "with", "council", "meeting", "trust", "cost")


@pytest.fixture(scope="module")
def untrained(tiny_encoder):
    """A network that knows nothing of the gold, and its encoder of units."""
    torch.manual_seed(0)
    source = find_encoder(str(tiny_encoder))
    network = JointModel(encoder=load_encoder(source), definitions=torch.randn(3, 32)).eval()
    return network, UnitEncoder(load_tokenizer(source))


def texts(count, seed=0):
    """Random words, and in three texts of four a telling one."""
    rng = np.random.default_rng(seed)
    said = []
    for i in range(count):
        words = [str(word) for word in rng.choice(OTHERS, 6)]
        if i % 4 < 3:
            words.insert(int(rng.integers(0, 6)), TELLING[i % 4])
        said.append(" ".join(words))
    return said


def coded(said, labels):
    """Units whose codes the telling words decide; the last quarter has none, or the first code where one is due."""
    rows = []
    for i, text in enumerate(said):
        votes = [float(i % 4 == code) for code in range(3)]
        if labels is Labels.ONE and not any(votes):
            votes[0] = 1.0
        rows.append(TrainingUnit(Unit(text), themes=tuple(votes)))
    return rows


def token(encoder, word):
    (unit,) = encoder.encode([Unit(word)])
    assert len(unit.ids) == 3
    return unit.ids[1]


def head_of(encoder, weights):
    """A head of single words; `weights` has a row per word."""
    found = sorted((token(encoder, word), row) for word, row in weights.items())
    keys = np.array([key for key, _ in found])
    return LexicalHead(keys, np.ones(len(keys)), np.array([row for _, row in found], dtype=float), np.zeros(3))


def perfect(encoder, labels):
    rows = {word: 8 * np.eye(3)[code] - 4 for code, word in enumerate(TELLING)}
    head = head_of(encoder, rows)
    # Without a telling word the answer is no code, or where there must be one, the first.
    return replace(head, bias=np.array([2.0, 0, 0]) if labels is Labels.ONE else np.full(3, -2.0))


def share_of(head, weighed):
    (share,) = {round(float(value), 6) for value in (weighed.weight[head.weight != 0] / head.weight[head.weight != 0])}
    assert np.allclose(weighed.weight, head.weight * share) and np.allclose(weighed.bias, head.bias * share)
    assert share in LEXICAL_SHARES
    return share


@pytest.fixture
def few_shares(monkeypatch):
    """Fitting a choice takes its time."""
    monkeypatch.setattr("models.validation.LEXICAL_SHARES", (0.0, 0.1, 0.7))


@pytest.mark.parametrize("labels", list(Labels))
def test_words_that_tell_all_get_weight(untrained, few_shares, labels):
    network, encoder = untrained
    head = perfect(encoder, labels)
    weighed = weigh_lexical(head, network, encoder, coded(texts(48), labels), CPU, labels)
    assert share_of(head, weighed) >= 0.5


@pytest.mark.parametrize("labels", list(Labels))
def test_words_that_say_nothing_get_none(untrained, few_shares, labels):
    """The network tells the codes (they are its own likeliest, with some exceptions), the words are drawn by lot."""
    network, encoder = untrained
    said = texts(120, seed=1)
    logits = held_out_logits(network, encoder, [TrainingUnit(Unit(text)) for text in said], CPU).themes
    centred = logits - np.median(logits, axis=0)
    rng = np.random.default_rng(2)
    best = np.where(rng.random(len(said)) < 0.15, rng.integers(0, 3, len(said)), centred.argmax(1))
    gold = np.eye(3)[best]
    if labels is not Labels.ONE:
        gold[centred.max(1) < np.quantile(centred.max(1), 0.25)] = 0
    units = [TrainingUnit(Unit(text), themes=tuple(row)) for text, row in zip(said, gold, strict=True)]
    head = head_of(encoder, {word: rng.normal(0, 20, 3) for word in (*OTHERS, *TELLING)})
    assert share_of(head, weigh_lexical(head, network, encoder, units, CPU, labels)) == 0


def test_with_little_gold_the_weight_is_the_middle_one(untrained):
    network, encoder = untrained
    head = perfect(encoder, Labels.MANY)
    few = coded(texts(LEAST_FOR_LEXICAL - 1), Labels.MANY)
    silent = [replace(unit, themes=(0.0, 0.0, 0.0)) for unit in coded(texts(60), Labels.MANY)]
    unasked = [replace(unit, themes=None) for unit in coded(texts(60), Labels.MANY)]
    for units in ([], few, silent, [*few, *unasked]):
        weighed = weigh_lexical(head, network, encoder, units, CPU, Labels.MANY)
        assert share_of(head, weighed) == sorted(LEXICAL_SHARES)[3]


# --- calibration


@pytest.mark.parametrize("labels", list(Labels))
def test_calibration_fits_the_kind_of_gold(untrained, labels):
    network, encoder = untrained
    units = coded(texts(80), labels)
    head = perfect(encoder, labels)
    # Units that nobody coded for themes stand among the others and change nothing.
    mixed = [unit for pair in zip(units, [TrainingUnit(Unit("we and they"))] * 80, strict=True) for unit in pair]
    decisions = calibrate(network, encoder, mixed, CPU, labels, head)
    assert decisions == calibrate(network, encoder, units, CPU, labels, head)
    assert decisions.labels is labels
    assert isinstance(decisions.themes, BinaryScale) == (labels is Labels.MANY)
    gold = theme_matrix(units).astype(bool)
    logits = held_out_logits(network, encoder, units, CPU, head).themes
    probabilities = decisions.themes.probabilities(logits)
    assigned = decisions.themes.assigned(probabilities)
    assert (assigned == gold).mean() > 0.9  # with words that tell all
    if labels is not Labels.MANY:
        assert assigned.sum(1).max() == 1
    wrong = (assigned != gold).any(axis=1)
    scale = decisions.review
    assert scale.coverage[-1] == 1 and scale.error[-1] == pytest.approx(wrong.mean(), abs=1e-6)
    uncertain = uncertainty(probabilities, assigned, choice=labels is not Labels.MANY)
    assert scale.uncertainty[-1] == pytest.approx(uncertain.max(), abs=1e-6)
    assert wrong[uncertain <= scale.uncertainty[0] + 1e-6].mean() == pytest.approx(scale.error[0], abs=1e-6)


def test_a_choice_is_wrong_for_those_who_voted_otherwise(untrained):
    network, encoder = untrained
    votes = [(0.6, 0.4, 0.0), (0.2, 0.2, 0.0), (0.5, 0.0, 0.0), (0.0, 0.0, 0.0)] * 10
    units = [TrainingUnit(Unit(text), themes=row) for text, row in zip(texts(40), votes, strict=True)]
    decisions = calibrate(network, encoder, units, CPU, Labels.AT_MOST_ONE)
    probabilities = decisions.themes.probabilities(held_out_logits(network, encoder, units, CPU).themes)
    answers = np.hstack([votes, 1 - np.sum(votes, axis=1, keepdims=True)])
    agreeing = [
        answers[i, row.argmax() if row.any() else 3] for i, row in enumerate(decisions.themes.assigned(probabilities))
    ]
    assert decisions.review.error[-1] == pytest.approx(1 - np.mean(agreeing), abs=1e-6)


def unit_of(*readings, themes=None):
    votes = tuple(np.mean(readings, axis=0)) if themes is None else themes
    return TrainingUnit(Unit("x"), themes=votes, readings=tuple(readings))


A, B, BOTH, NONE = (1.0, 0.0), (0.0, 1.0), (1.0, 1.0), (0.0, 0.0)


@pytest.mark.parametrize(
    ("unit", "assigned", "share"),
    [
        (unit_of(A, B), A, 0.5),
        (unit_of(A, B), BOTH, 1),  # the union is nobody's coding
        (unit_of(A, B), NONE, 1),
        (unit_of(A, A, BOTH), A, 1 / 3),
        (unit_of(A, themes=(0.5, 0.5)), A, 0),  # adjudicated, against two coders who agreed
        (TrainingUnit(Unit("x"), themes=(0.5, 0.5)), A, 0.75),  # who gave what together is not known
        (TrainingUnit(Unit("x"), themes=(1.0, 0.0)), BOTH, 1),
    ],
)
def test_the_share_of_coders_who_code_otherwise(unit, assigned, share):
    assert _disagreeing(np.array(assigned, dtype=bool), unit, choice=False) == pytest.approx(share)


def test_decisions_follow_the_adjudicated_coding():
    units = [
        unit_of(A, themes=(0.5, 0.5)),
        unit_of(A, B),
        TrainingUnit(Unit("y"), themes=(0.25, 0.75)),
        TrainingUnit(Unit("z")),
    ]
    assert theme_matrix(units).tolist() == [[0.5, 0.5], [0.5, 0.5], [0.25, 0.75]]
    assert decided_matrix(units).tolist() == [[1, 0], [0.5, 0.5], [0.25, 0.75]]


@pytest.mark.parametrize("labels", list(Labels))
def test_a_code_that_the_gold_never_uses_is_never_given(untrained, labels):
    network, encoder = untrained
    units = [replace(unit, themes=(*unit.themes[:2], math.nan)) for unit in coded(texts(60), labels)]
    units = [replace(unit, themes=(1.0, *unit.themes[1:])) if labels is Labels.ONE else unit for unit in units]
    decisions = calibrate(network, encoder, units, CPU, labels)
    assert decisions.themes.giving.tolist() == [True, True, False]
    logits = held_out_logits(network, encoder, units, CPU).themes
    assert not decisions.themes.assigned(decisions.themes.probabilities(logits))[:, 2].any()
    assert np.isfinite(decisions.review.error).all() and decisions.review.coverage[-1] == 1
    assert 0 < validation_scores(network, encoder, units, CPU, labels)["score"] <= 1


def test_a_score_on_few_units_weighs_little(untrained):
    network, encoder = untrained
    units = coded(texts(60), Labels.MANY)
    mention = TrainingUnit(Unit("the council", targets=((4, 11),)), attitudes=((1.0, 0.0, 0.0),))
    scores = validation_scores(network, encoder, [*units, *[mention] * 2], CPU)
    weights = 60 / (60 + ENOUGH), 2 / (2 + ENOUGH)
    assert scores["score"] == pytest.approx(np.average([scores["themes_ap"], scores["attitude_f1"]], weights=weights))


@pytest.mark.parametrize("labels", list(Labels))
def test_calibration_without_gold_is_none(untrained, labels):
    network, encoder = untrained
    assert calibrate(network, encoder, [], CPU, labels) == Decisions.uncalibrated(3, labels)
    other = [TrainingUnit(Unit("the council", targets=((4, 11),)), attitudes=((1.0, 0.0, 0.0),))] * 3
    decisions = calibrate(network, encoder, other, CPU, labels)
    assert decisions.themes == Decisions.uncalibrated(3, labels).themes and not decisions.review.bound
    assert decisions.attitudes.probabilities(np.zeros((1, 3)))[0].argmax() == ATTITUDES.index("negative")


@pytest.mark.parametrize("labels", [Labels.ONE, Labels.AT_MOST_ONE])
def test_scores_of_single_label_gold_are_those_of_its_shares(untrained, labels):
    """As a softmax ranks units: against sklearn, code by code and pooled."""
    network, encoder = untrained
    units = coded(texts(40), labels)
    logits = torch.from_numpy(held_out_logits(network, encoder, units, CPU).themes)
    gold = theme_matrix(units)
    if labels is Labels.AT_MOST_ONE:
        logits = torch.cat([logits, torch.zeros(40, 1)], dim=1)
        gold = np.hstack([gold, 1 - gold.sum(axis=1, keepdims=True)])
    shares = logits.softmax(dim=1).numpy()
    wanted = (average_precision_score(gold, shares, average="micro") + average_precision_score(gold, shares)) / 2
    assert validation_scores(network, encoder, units, CPU, labels) == {
        "themes_ap": pytest.approx(wanted),
        "score": pytest.approx(wanted),
    }
