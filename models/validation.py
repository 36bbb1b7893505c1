"""Held-out gold: the score that decides which epoch is kept, and calibration after training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from sklearn.metrics import average_precision_score, f1_score

from models.decisions import BinaryScale, ChoiceScale, Decisions, Floats, Labels, fit_binary, fit_choice, fit_classes
from models.inputs import UnitEncoder
from models.joint import JointModel
from models.lexical import LexicalHead
from models.predict import Logits, compute_logits
from models.review import fit_review, uncertainty
from models.settings import TrainingUnit

BATCH_TOKENS = 4096
LEXICAL_SHARES = (0.0, 0.1, 0.2, 0.35, 0.5, 0.7, 1.0, 1.4)
LEAST_FOR_LEXICAL = 30
"""With fewer held-out units, how far to trust the words is not fitted but taken as the middle of the shares above."""


def theme_matrix(units: Sequence[TrainingUnit]) -> Floats:
    """Votes of the units that have any, shape (n, c)."""
    return np.array([unit.themes for unit in units if unit.themes is not None], dtype=np.float64)


def held_out_logits(
    network: JointModel,
    encoder: UnitEncoder,
    units: Sequence[TrainingUnit],
    device: torch.device,
    lexical: LexicalHead | None = None,
) -> Logits:
    """The network's outputs on held-out units."""
    network.eval()
    return compute_logits(network, encoder, [unit.unit for unit in units], BATCH_TOKENS, device, lexical)


def weigh_lexical(
    lexical: LexicalHead,
    network: JointModel,
    encoder: UnitEncoder,
    validation: Sequence[TrainingUnit],
    device: torch.device,
    labels: Labels,
) -> LexicalHead:
    """The lexical head scaled by the weight that, added to the network, predicts held-out codings best."""
    units = [unit for unit in validation if unit.themes is not None]
    gold = theme_matrix(units)
    if len(units) < LEAST_FOR_LEXICAL or not gold.any():
        return lexical.scaled(LEXICAL_SHARES[len(LEXICAL_SHARES) // 2 - 1])
    neural = held_out_logits(network, encoder, units, device).themes
    words = lexical.logits(encoder.encode([unit.unit for unit in units]))
    return lexical.scaled(lexical_share(neural, words, gold, labels))


def lexical_share(neural: Floats, words: Floats, gold: Floats, labels: Labels) -> float:
    """How much the words' logits (n, c) are to count beside the network's, on held-out units with these votes."""
    losses = [_loss(neural + share * words, gold, labels) for share in LEXICAL_SHARES]
    return LEXICAL_SHARES[int(np.argmin(losses))]


def fit_themes(logits: Floats, gold: Floats, labels: Labels) -> BinaryScale | ChoiceScale:
    """Probabilities and thresholds for the kind of labels that the gold carries."""
    return fit_binary(logits, gold) if labels is Labels.MANY else fit_choice(logits, gold, labels)


def _loss(logits: Floats, gold: Floats, labels: Labels) -> float:
    """Mean negative log-likelihood of the votes, once calibrated."""
    if labels is Labels.MANY:
        p = fit_binary(logits, gold).probabilities(logits).clip(1e-9, 1 - 1e-9)
        return float(-(gold * np.log(p) + (1 - gold) * np.log(1 - p)).mean())
    scale = fit_choice(logits, gold, labels, handicaps=False)
    p = scale.probabilities(logits).clip(1e-9, 1 - 1e-9)
    rest, none = (np.clip(1 - values.sum(axis=1), 1e-9, 1) for values in (p, gold))
    return float(-((gold * np.log(p)).sum(axis=1) + none * np.log(rest) * scale.none_possible).mean())


def calibrate(
    network: JointModel,
    encoder: UnitEncoder,
    validation: Sequence[TrainingUnit],
    device: torch.device,
    labels: Labels = Labels.MANY,
    lexical: LexicalHead | None = None,
) -> Decisions:
    """Fit probabilities, thresholds and the curve for abstention on held-out units."""
    return decisions_for(held_out_logits(network, encoder, validation, device, lexical), validation, labels)


def decisions_for(logits: Logits, validation: Sequence[TrainingUnit], labels: Labels) -> Decisions:
    """As `calibrate`, from the held-out units' logits."""
    plain = Decisions.uncalibrated(logits.themes.shape[1], labels)
    with_themes = [i for i, unit in enumerate(validation) if unit.themes is not None]
    with_stance = [i for i, unit in enumerate(validation) if unit.partnership is not None]
    stances = np.array([validation[i].partnership for i in with_stance]).reshape(-1, 4)
    said = stances[:, 0] < 0.5
    attitudes = np.array([votes for unit in validation for votes in unit.attitudes]).reshape(-1, 3)
    fitted = Decisions(
        themes=fit_themes(logits.themes[with_themes], theme_matrix(validation), labels)
        if with_themes
        else plain.themes,
        presence=fit_binary(logits.partnership[with_stance, :1], 1 - stances[:, :1]) if len(said) else plain.presence,
        partnership=fit_classes(logits.partnership[with_stance, 1:][said], _normalised(stances[said, 1:])),
        attitudes=fit_classes(logits.attitudes, attitudes),
    )
    return _with_review(fitted, logits.themes[with_themes], theme_matrix(validation))


def _with_review(decisions: Decisions, logits: Floats, gold: Floats) -> Decisions:
    if not len(gold):
        return decisions
    probabilities = decisions.themes.probabilities(logits)
    assigned = decisions.themes.assigned(probabilities)
    choice = decisions.labels is not Labels.MANY
    right = (gold >= 0.5) if not choice else _likeliest(gold)
    wrong = (assigned != right).any(axis=1)
    return replace(decisions, review=fit_review(uncertainty(probabilities, assigned, choice=choice), wrong))


def _likeliest(gold: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """The code with most votes in each row, none where "no code" has more."""
    none = 1 - gold.sum(axis=1)
    best = gold.argmax(axis=1)
    return np.asarray((np.arange(gold.shape[1]) == best[:, None]) & (gold.max(axis=1) >= none)[:, None])


def validation_scores(
    network: JointModel,
    encoder: UnitEncoder,
    validation: Sequence[TrainingUnit],
    device: torch.device,
    labels: Labels = Labels.MANY,
) -> dict[str, float]:
    """Scores on held-out units; `score`, their mean, decides which epoch is kept."""
    logits = held_out_logits(network, encoder, validation, device)
    scores = {**_theme_scores(logits, validation, labels), **_attitude_scores(logits, validation)}
    scores["score"] = float(np.mean(list(scores.values()))) if scores else 0.0
    return scores


def _theme_scores(logits: Logits, validation: Sequence[TrainingUnit], labels: Labels) -> dict[str, float]:
    rows = [i for i, unit in enumerate(validation) if unit.themes is not None]
    gold = theme_matrix(validation)
    if not rows or not (gold >= 0.5).any():
        return {}
    found = logits.themes[rows]
    if labels is Labels.MANY:
        # Pooled average precision needs no threshold, so that early stopping does not hang on a noisy one.
        return {"themes_ap": float(average_precision_score((gold >= 0.5).ravel(), found.ravel()))}
    chosen = Decisions.uncalibrated(gold.shape[1], labels).themes
    given = chosen.assigned(chosen.probabilities(found))
    f1 = f1_score(_classes(_likeliest(gold)), _classes(given), average="macro", zero_division=0)
    return {"themes_f1": float(f1)}


def _classes(flags: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """The index of the one true column of each row; the number of columns where there is none."""
    return np.where(flags.any(axis=1), flags.argmax(axis=1), flags.shape[1])


def _attitude_scores(logits: Logits, validation: Sequence[TrainingUnit]) -> dict[str, float]:
    votes = np.array([votes for unit in validation for votes in unit.attitudes]).reshape(-1, 3)
    scores = {}
    if len(votes):
        f1 = f1_score(votes.argmax(1), logits.attitudes.argmax(1), average="macro", zero_division=0)
        scores["attitude_f1"] = float(f1)
    rows = [i for i, unit in enumerate(validation) if unit.partnership is not None]
    if rows:
        stances = np.array([validation[i].partnership for i in rows])
        present = logits.partnership[rows, 0] > 0
        found = np.where(present, logits.partnership[rows, 1:].argmax(1) + 1, 0)
        scores["partnership_f1"] = float(f1_score(stances.argmax(1), found, average="macro", zero_division=0))
    return scores


def _normalised(votes: Floats) -> Floats:
    return votes / votes.sum(axis=1, keepdims=True).clip(min=1e-9) if len(votes) else votes
