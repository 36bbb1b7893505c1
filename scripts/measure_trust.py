"""Calibration and abstention of a model on held-out gold: how right its probabilities are, what it gains by leaving units out.

    python scripts/measure_trust.py --inquiry DATA/inquiry [--model MODEL] [--zero]

Expected calibration error (Naeini et al. 2015): 15 bins of equal width, every code of every unit a probability; before
is the plain sigmoid of the network's and the words' logits, after is what the model reports. Abstention: at each risk,
the share of units that are coded, the share of those with any wrong code, and alpha on them. `--zero` adds mean AUC over
codes of definitions alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from build_model import gold_of, is_interview, is_testimony, parts_of
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from models.decisions import Decisions
from models.encoder import DEFAULT_ENCODER
from models.inputs import Unit, collate
from models.joint import pooled_vectors
from models.loading import load_model
from models.predict import Predictor, compute_logits
from models.review import to_review
from models.settings import TrainingSettings
from models.training import train
from models.validation import held_out_logits
from pipeline.codebook import Codebook, load_codebook
from pipeline.evaluate.statistics import krippendorff_alpha
from pipeline.gold import GoldUnit
from pipeline.resources import shipped_models
from pipeline.votes import training_unit

BINS = 15
RISKS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.5)
Floats = NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inquiry", type=Path, required=True, help="folder of the inquiry's transcripts (.rst)")
    parser.add_argument("--model", type=Path, default=shipped_models() / "partnership-culture")
    parser.add_argument("--zero", action="store_true")
    options = parser.parse_args()
    codebook = load_codebook("partnership-culture")
    test = parts_of(gold_of(options.inquiry, codebook))["test"]
    predictor = Predictor(load_model(options.model))
    for name, units in {
        "interviews": [unit for unit in test if is_interview(unit)],
        "testimony": [unit for unit in test if is_testimony(unit)],
    }.items():
        _calibration(name, predictor, units)
        _abstention(name, predictor, units)
        if options.zero:
            _zero(name, units, codebook)


def _gold(units: Sequence[GoldUnit], codes: Sequence[str]) -> NDArray[np.bool_]:
    return np.array([[code in ((unit.reference or unit.first).codes or ()) for code in codes] for unit in units])


def _units(units: Sequence[GoldUnit]) -> list[Unit]:
    return [Unit(unit.first.text, unit.first.context) for unit in units]


def _calibration(name: str, predictor: Predictor, units: Sequence[GoldUnit]) -> None:
    model = predictor.model
    gold = _gold(units, model.codes)
    logits = compute_logits(model.network, model.encoder, _units(units), 4096, predictor.device, model.lexical).themes
    plain = Decisions.uncalibrated(len(model.codes)).themes.probabilities(logits)
    fitted = model.decisions.themes.probabilities(logits)
    before, after = calibration_error(plain, gold), calibration_error(fitted, gold)
    print(f"{name}: expected calibration error before {before:.4f}, after {after:.4f}")


def calibration_error(probabilities: Floats, gold: NDArray[np.bool_]) -> float:
    """Mean gap between probability and frequency, weighted by the bins' sizes."""
    p, y = probabilities.ravel(), gold.ravel()
    bins = np.minimum((p * BINS).astype(int), BINS - 1)
    gaps = [
        abs(p[bins == b].mean() - y[bins == b].mean()) * (bins == b).mean() for b in range(BINS) if (bins == b).any()
    ]
    return float(sum(gaps))


def _abstention(name: str, predictor: Predictor, units: Sequence[GoldUnit]) -> None:
    gold = _gold(units, predictor.model.codes)
    found = predictor.predict(_units(units))
    for risk in (*RISKS, 1.0):
        limit = predictor.model.decisions.review.limit(risk) if risk < 1 else 1.0
        kept = ~to_review(found.uncertainty, limit)
        wrong = (found.assigned != gold).any(axis=1)[kept]
        told = f"risk {risk:.2f}" if risk < 1 else "all coded"
        error = f"{wrong.mean():.2f}" if len(wrong) else "–"
        print(
            f"{name}: {told}: coverage {kept.mean():.2f}, wrong {error}, alpha {_alpha(gold[kept], found.assigned[kept]):.2f}"
        )


def _alpha(gold: NDArray[np.bool_], found: NDArray[np.bool_]) -> float:
    if not len(gold):
        return float("nan")
    both = float((gold & found).sum())
    only_gold, only_found = float((gold & ~found).sum()), float((~gold & found).sum())
    counts = np.array([both, only_found, only_gold, gold.size - both - only_gold - only_found])
    return float(krippendorff_alpha(counts[None])[0])


def _zero(name: str, units: Sequence[GoldUnit], codebook: Codebook) -> None:
    """Mean AUC over codes: the definitions-only model against the cosine similarity of text and description."""
    gold = _gold(units, codebook.names)
    trained = train(
        [],
        [],
        definitions=[code.facets for code in codebook.all_codes],
        base=DEFAULT_ENCODER,
        settings=TrainingSettings(),
        device="cpu",
    )
    ours = held_out_logits(
        trained.network, trained.encoder, [training_unit(unit, codebook.names) for unit in units], torch.device("cpu")
    ).themes
    encoder, pad = trained.encoder, trained.encoder.pad_id

    def vectors(texts: Sequence[str]) -> Floats:
        found = [pooled_vectors(trained.network.encoder, collate(encoder.encode([Unit(text)]), pad)) for text in texts]
        stacked = np.concatenate([vector.numpy() for vector in found])
        return np.asarray(stacked / np.linalg.norm(stacked, axis=1, keepdims=True))

    cosine = vectors([unit.first.text for unit in units]) @ vectors([code.description for code in codebook.all_codes]).T
    for told, scores in (("definitions only", ours), ("cosine similarity", cosine)):
        areas = [roc_auc_score(gold[:, k], scores[:, k]) for k in range(gold.shape[1]) if gold[:, k].any()]
        print(f"{name}: zero labels, {told}: mean AUC {np.mean(areas):.3f} over {len(areas)} codes")


if __name__ == "__main__":
    main()
