"""Held-out gold: the score that decides which epoch is kept, and calibration after training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from sklearn.metrics import f1_score

from models.average_precision import ranking_score
from models.decisions import BinaryScale, ChoiceScale, Decisions, Flags, Floats, Labels, softmax
from models.inputs import UnitEncoder
from models.joint import JointModel
from models.lexical import LexicalHead
from models.predict import Logits, compute_logits
from models.review import fit_review, uncertainty
from models.scaling import fit_binary, fit_choice, fit_classes, with_no_code
from models.settings import TrainingUnit
from models.unused import unlearnt

BATCH_TOKENS = 4096
LEXICAL_SHARES = (0.0, 0.1, 0.2, 0.35, 0.5, 0.7, 1.0, 1.4)
LEAST_FOR_LEXICAL = 30
"""With fewer held-out units, how far to trust the words is not fitted but taken as the middle of the shares above."""

ENOUGH = 50.0
"""A score measured on so many held-out units has half the weight of one measured on very many."""

Scored = tuple[float, int]
"""A score, and on how many units it was measured."""


def theme_matrix(units: Sequence[TrainingUnit]) -> Floats:
    """Votes of the units that have any, shape (n, c); 0 for codes that are marked as unused."""
    return np.nan_to_num(np.array([unit.themes for unit in units if unit.themes is not None], dtype=np.float64))


def decided_matrix(units: Sequence[TrainingUnit]) -> Floats:
    """What decisions on them are held against, same shape: the adjudicated codings, or else the share of coders."""
    coded = [unit for unit in units if unit.themes is not None]
    votes = theme_matrix(coded)
    for row, unit in enumerate(coded):
        if unit.readings:
            votes[row] = np.mean(unit.readings, axis=0)
    return votes


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
    neural = held_out_logits(network, encoder, units, device).themes
    words = lexical.logits(encoder.encode([unit.unit for unit in units]))
    return lexical.scaled(lexical_share(neural, words, units, labels))


def lexical_share(neural: Floats, words: Floats, units: Sequence[TrainingUnit], labels: Labels) -> float:
    """How much the words' logits are to count beside the network's; both (n, c), of the held-out units that have votes."""
    gold = theme_matrix(units)
    if len(gold) < LEAST_FOR_LEXICAL or not gold.any():
        return LEXICAL_SHARES[len(LEXICAL_SHARES) // 2 - 1]
    unused = unlearnt(units, gold.shape[1])
    losses = [_loss(neural + share * words, gold, labels, unused) for share in LEXICAL_SHARES]
    return LEXICAL_SHARES[int(np.argmin(losses))]


def fit_themes(logits: Floats, units: Sequence[TrainingUnit], labels: Labels) -> BinaryScale | ChoiceScale:
    """Probabilities and thresholds for the kind of labels that the gold carries; `logits` as `theme_matrix` of the units."""
    gold, decided, columns = theme_matrix(units), decided_matrix(units), unlearnt(units, logits.shape[1])
    if labels is Labels.MANY:
        return fit_binary(logits, gold, decided, columns)
    return fit_choice(logits, gold, labels, decided, columns)


def _loss(logits: Floats, gold: Floats, labels: Labels, unused: Flags) -> float:
    """Mean negative log-likelihood of the votes, once calibrated."""
    if labels is Labels.MANY:
        p = fit_binary(logits, gold, unlearnt=unused).probabilities(logits).clip(1e-9, 1 - 1e-9)
        return float(-(gold * np.log(p) + (1 - gold) * np.log(1 - p)).mean())
    scale = fit_choice(logits, gold, labels, unlearnt=unused, handicaps=False)
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
        themes=fit_themes(logits.themes[with_themes], validation, labels) if with_themes else plain.themes,
        presence=fit_binary(logits.partnership[with_stance, :1], 1 - stances[:, :1]) if len(said) else plain.presence,
        partnership=fit_classes(logits.partnership[with_stance, 1:][said], _normalised(stances[said, 1:])),
        attitudes=fit_classes(logits.attitudes, attitudes),
    )
    return _with_review(fitted, logits.themes[with_themes], validation)


def _with_review(decisions: Decisions, logits: Floats, validation: Sequence[TrainingUnit]) -> Decisions:
    coded = [unit for unit in validation if unit.themes is not None]
    if not coded:
        return decisions
    probabilities = decisions.themes.probabilities(logits)
    assigned = decisions.themes.assigned(probabilities)
    choice = decisions.labels is not Labels.MANY
    wrong = np.array([_disagreeing(row, unit, choice) for row, unit in zip(assigned, coded, strict=True)])
    return replace(decisions, review=fit_review(uncertainty(probabilities, assigned, choice=choice), wrong))


def _disagreeing(assigned: Flags, unit: TrainingUnit, choice: bool) -> float:
    """The share of coders whose coding of the unit differs from this one in at least one code."""
    if unit.readings:
        return float((np.asarray(unit.readings) != assigned).any(axis=1).mean())
    votes = np.nan_to_num(np.asarray(unit.themes, dtype=np.float64))
    if choice:
        return float(1 - (votes[assigned].sum() if assigned.any() else np.clip(1 - votes.sum(), 0, 1)))
    # Who gave which codes together is not known: as if they were given independently.
    return float(1 - np.where(assigned, votes, 1 - votes).prod())


def validation_scores(
    network: JointModel,
    encoder: UnitEncoder,
    validation: Sequence[TrainingUnit],
    device: torch.device,
    labels: Labels = Labels.MANY,
) -> dict[str, float]:
    """Scores on held-out units; `score` decides which epoch is kept: their mean, each weighed by what it was measured on."""
    logits = held_out_logits(network, encoder, validation, device)
    parts = {**_theme_scores(logits, validation, labels), **_attitude_scores(logits, validation)}
    scores = {name: value for name, (value, _) in parts.items()}
    weights = [count / (count + ENOUGH) for _, count in parts.values()]
    scores["score"] = float(np.average(list(scores.values()), weights=weights)) if scores else 0.0
    return scores


def _theme_scores(logits: Logits, validation: Sequence[TrainingUnit], labels: Labels) -> dict[str, Scored]:
    """How the codes that were learnt are ranked: no threshold, so that early stopping does not hang on a noisy one."""
    rows = [i for i, unit in enumerate(validation) if unit.themes is not None]
    learnt = ~unlearnt(validation, logits.themes.shape[1])
    votes, found = decided_matrix(validation), logits.themes[rows]
    if labels is Labels.ONE and rows:  # as in training, where a unit without a code says nothing
        coded = votes.sum(axis=1) > 0
        votes, found = votes[coded], found[coded]
    if not votes.any():
        return {}
    votes, found = votes[:, learnt], found[:, learnt]
    if labels is Labels.AT_MOST_ONE:
        votes, found = with_no_code(votes), np.hstack([found, np.zeros((len(found), 1))])
    if labels is not Labels.MANY:
        found = softmax(found)
    return {"themes_ap": (ranking_score(votes, found), len(votes))}


def _attitude_scores(logits: Logits, validation: Sequence[TrainingUnit]) -> dict[str, Scored]:
    votes = np.array([votes for unit in validation for votes in unit.attitudes]).reshape(-1, 3)
    scores = {}
    if len(votes):
        f1 = f1_score(votes.argmax(1), logits.attitudes.argmax(1), average="macro", zero_division=0)
        scores["attitude_f1"] = (float(f1), len(votes))
    rows = [i for i, unit in enumerate(validation) if unit.partnership is not None]
    if rows:
        stances = np.array([validation[i].partnership for i in rows])
        present = logits.partnership[rows, 0] > 0
        found = np.where(present, logits.partnership[rows, 1:].argmax(1) + 1, 0)
        f1 = f1_score(stances.argmax(1), found, average="macro", zero_division=0)
        scores["partnership_f1"] = (float(f1), len(rows))
    return scores


def _normalised(votes: Floats) -> Floats:
    return votes / votes.sum(axis=1, keepdims=True).clip(min=1e-9) if len(votes) else votes
