"""Held-out gold: how far the words are trusted, and calibration for gold of every kind."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.decisions import ATTITUDES, BinaryScale, Decisions, Labels
from models.encoder import find_encoder, load_encoder, load_tokenizer
from models.inputs import Unit, UnitEncoder
from models.joint import JointModel
from models.lexical import LexicalHead
from models.review import uncertainty
from models.settings import TrainingUnit
from models.validation import (
    LEAST_FOR_LEXICAL,
    LEXICAL_SHARES,
    calibrate,
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


def test_uncertain_gold_is_settled_by_the_likelier_answer(untrained):
    """Split votes: right is the code with most votes, or none where that has more."""
    network, encoder = untrained
    votes = [(0.6, 0.4, 0.0), (0.2, 0.2, 0.0), (0.5, 0.0, 0.0), (0.0, 0.0, 0.0)] * 10
    units = [TrainingUnit(Unit(text), themes=row) for text, row in zip(texts(40), votes, strict=True)]
    decisions = calibrate(network, encoder, units, CPU, Labels.AT_MOST_ONE)
    probabilities = decisions.themes.probabilities(held_out_logits(network, encoder, units, CPU).themes)
    right = np.array([[1, 0, 0], [0, 0, 0], [1, 0, 0], [0, 0, 0]] * 10, dtype=bool)
    wrong = (decisions.themes.assigned(probabilities) != right).any(1).mean()
    assert decisions.review.error[-1] == pytest.approx(wrong, abs=1e-6)


@pytest.mark.parametrize("labels", list(Labels))
def test_calibration_without_gold_is_none(untrained, labels):
    network, encoder = untrained
    assert calibrate(network, encoder, [], CPU, labels) == Decisions.uncalibrated(3, labels)
    other = [TrainingUnit(Unit("the council", targets=((4, 11),)), attitudes=((1.0, 0.0, 0.0),))] * 3
    decisions = calibrate(network, encoder, other, CPU, labels)
    assert decisions.themes == Decisions.uncalibrated(3, labels).themes and not decisions.review.bound
    assert decisions.attitudes.probabilities(np.zeros((1, 3)))[0].argmax() == ATTITUDES.index("negative")


def test_scores_of_single_label_gold_by_hand(untrained):
    network, encoder = untrained
    said = texts(12)
    logits = held_out_logits(network, encoder, [TrainingUnit(Unit(text)) for text in said], CPU).themes
    best = logits.argmax(1)
    units = [TrainingUnit(Unit(text), themes=tuple(np.eye(3)[k])) for text, k in zip(said, best, strict=True)]
    assert validation_scores(network, encoder, units, CPU, Labels.ONE) == {"themes_f1": 1.0, "score": 1.0}
    # Logits of the bare network lie below 0, so that "no code" is likelier than any.
    assert logits.max() < 0
    assert validation_scores(network, encoder, units, CPU, Labels.AT_MOST_ONE)["score"] == 0
