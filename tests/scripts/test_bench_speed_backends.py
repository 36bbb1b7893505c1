"""What other programs make of the encoder is the encoder's: else their speed would mean nothing."""

from pathlib import Path

import numpy as np
import pytest
import torch

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
TEXTS = ["we work together", "the council is useless and the police never ring them about housing", "yes", "yes"]


@pytest.mark.filterwarnings("ignore")  # the exporter's own
def test_the_same_vectors(tiny_encoder, monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    for package in ("onnx", "onnxruntime", "openvino"):
        pytest.importorskip(package)
    from bench_speed_backends import backends

    from models.encoder import find_encoder, load_encoder, load_tokenizer
    from models.heads import masked_mean

    source = find_encoder(str(tiny_encoder))
    batch = load_tokenizer(source)(TEXTS[:3], padding=True, return_tensors="pt")
    with torch.inference_mode():
        states = load_encoder(source).eval()(**batch).last_hidden_state
    wanted = masked_mean(states, batch["attention_mask"].bool()).numpy()
    found = {contender.name: contender.work(TEXTS) for contender in backends(TEXTS, str(tiny_encoder))}
    assert [len(vectors) for vectors in found.values()] == [3, 3, 3]
    for name in ("ONNX Runtime", "OpenVINO"):
        np.testing.assert_allclose(found[name], wanted, atol=1e-4)
    assert np.corrcoef(found["ONNX Runtime, dynamic int8"].ravel(), wanted.ravel())[0, 1] > 0.95
