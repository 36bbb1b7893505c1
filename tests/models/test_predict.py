"""Order, truncation and batches of predictions."""

import numpy as np
import pytest
import torch

from models.inputs import Unit
from models.predict import Predictor, compute_logits, pick_device


def units() -> list[Unit]:
    texts = ["the council", "they never share information with us and the council is very useless " * 6, "it works"]
    spans = (((4, 11),), (), ((0, 2), (3, 8)))
    contexts = ["", "what do you think about the police ?", "and ?"]
    return [Unit(text, context, span) for text, context, span in zip(texts, contexts, spans, strict=True)] * 3


def logits(predictor, chosen, budget):
    network, encoder = predictor.model.network, predictor.model.encoder
    return compute_logits(network, encoder, chosen, budget, torch.device("cpu"))


@pytest.mark.parametrize("budget", [1, 40, 256, 100_000])
def test_batch_size_changes_no_result(predictor, budget):
    alone = [logits(predictor, [unit], 4096) for unit in units()]
    together = logits(predictor, units(), budget)
    for name in ("themes", "partnership", "attitudes"):
        expected = np.concatenate([getattr(one, name) for one in alone])
        assert np.allclose(getattr(together, name), expected, atol=1e-5), name


def test_results_come_in_the_order_given(predictor):
    forwards = logits(predictor, units(), 64)
    backwards = logits(predictor, units()[::-1], 64)
    assert np.allclose(forwards.themes, backwards.themes[::-1], atol=1e-5)
    # Three units follow one another: the rows of targets are 1, 0 and 2 for each.
    assert forwards.attitudes.shape == (9, 3)
    assert np.allclose(forwards.attitudes[0], backwards.attitudes[-1], atol=1e-5)
    assert np.allclose(forwards.attitudes[1:3], backwards.attitudes[0:2], atol=1e-5)
    assert len(np.unique(forwards.themes.round(4), axis=0)) == 3


def test_truncated_units_are_counted(predictor):
    endless = Unit("council " * 2000)
    assert logits(predictor, units(), 4096).truncated.sum() == 0
    assert logits(predictor, [endless, *units(), endless], 4096).truncated.tolist() == [
        True,
        *[False] * len(units()),
        True,
    ]
    assert predictor.predict([endless]).truncated.tolist() == [True]


def test_predictions_are_calibrated_logits(predictor):
    raw, seen = logits(predictor, units(), 4096), predictor.predict(units())
    decisions = predictor.model.decisions
    assert predictor.model.lexical is not None
    raw_themes = raw.themes + predictor.model.lexical.logits(predictor.model.encoder.encode(units()))
    assert np.allclose(seen.themes, decisions.themes.probabilities(raw_themes))
    assert ((seen.uncertainty >= 0) & (seen.uncertainty <= 1)).all()
    assert np.allclose(seen.attitudes.sum(1), 1) and np.allclose(seen.partnership.sum(1), 1)
    assert np.array_equal(seen.assigned, seen.themes >= np.array(decisions.themes.thresholds))
    assert np.array_equal(seen.present, seen.presence >= decisions.presence.thresholds[0])


def test_nothing_to_predict(predictor):
    seen = predictor.predict([])
    assert seen.themes.shape == (0, 3) and seen.attitudes.shape == (0, 3) and seen.truncated.shape == (0,)


def test_devices():
    assert pick_device("cpu") == torch.device("cpu")
    assert pick_device("auto").type in ("cpu", "cuda")
    with pytest.raises(ValueError, match="gpu0"):
        pick_device("gpu0")


@pytest.mark.parametrize("other", ["meta", "mps", "xpu", "cuda:99"])
def test_devices_that_torch_knows_and_the_model_cannot_use_are_refused(other):
    with pytest.raises(ValueError, match=r"cpu|last CUDA"):
        pick_device(other)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_cuda_without_a_device_is_an_error_with_a_remedy(predictor):
    with pytest.raises(ValueError, match="--device cpu"):
        Predictor(predictor.model, device="cuda")


def test_a_model_without_gold_assigns_nothing(predictor, monkeypatch):
    training = predictor.model.settings["training"]
    monkeypatch.setitem(training, "learnt", {"themes": False})
    assert not predictor.predict(units()).assigned.any()
