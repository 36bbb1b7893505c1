"""Joint training of themes and attitudes: one loop for units with any of the labels.

Coders' votes are targets as they are (soft labels, Peterson et al. 2019) rather than one truth. Word embeddings stay frozen:
gold has too few words to move them well, and the saved model is the smaller for it.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from sklearn.metrics import average_precision_score, f1_score
from torch import Tensor
from torch.nn import functional as F

from models.decisions import Decisions, Floats, fit_binary, fit_classes
from models.encoder import EncoderError, EncoderSource, find_encoder, load_encoder, load_tokenizer
from models.inputs import EncodedUnit, Unit, UnitEncoder, batches_by_tokens, collate
from models.joint import JointModel, JointOutput, pooled_vectors
from models.predict import Logits, compute_logits, pick_device
from models.saving import LoadedModel

Votes = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class TrainingUnit:
    """A unit with what its coders said; None where they were not asked.

    Attributes:
        themes: the share of coders who gave each code, length c.
        partnership: shares for (nothing said, negative, neutral, positive).
        attitudes: for each of the unit's targets, shares for (negative, neutral, positive).
    """

    unit: Unit
    themes: Votes | None = None
    partnership: Votes | None = None
    attitudes: tuple[Votes, ...] = ()


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """How to train.

    Attributes:
        dropout: in the heads.
        encoder_dropout: within the encoder; costs a third of the speed on a CPU.
        frozen_layers: how many of the encoder's lowest layers stay as they are, besides its embeddings.
        extra_share: the share of the extra units (attitudes from other sources) that each epoch sees.
        theme_weight, partnership_weight: against the attitudes' loss, whose weight is 1.
        patience: epochs without a better validation score before training stops.
    """

    epochs: int = 8
    encoder_rate: float = 1e-4
    head_rate: float = 1e-3
    weight_decay: float = 0.01
    warmup: float = 0.1
    batch_tokens: int = 2048
    dropout: float = 0.1
    encoder_dropout: float = 0.0
    frozen_layers: int = 0
    theme_weight: float = 0.3
    partnership_weight: float = 0.5
    extra_share: float = 0.5
    patience: int = 3
    max_tokens: int = 512
    context_tokens: int = 48
    seed: int = 1


@dataclass(slots=True)
class Trained:
    """What training gives back: the network at its best epoch, and what was seen on the way."""

    network: JointModel
    encoder: UnitEncoder
    decisions: Decisions
    source: EncoderSource
    settings: TrainingSettings
    history: list[dict[str, float]] = field(default_factory=list)
    learnt: dict[str, bool] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """The settings and the history, for the model's files."""
        return {"settings": asdict(self.settings), "history": self.history, "learnt": self.learnt}


def say(line: str) -> None:
    """Print a line at once, also into a file or a pipe: training takes long enough that one wants to watch it."""
    print(line, flush=True)


def train(
    units: Sequence[TrainingUnit],
    validation: Sequence[TrainingUnit],
    *,
    definitions: Sequence[str],
    extra: Sequence[TrainingUnit] = (),
    codes: Sequence[str] = (),
    base: str,
    start: LoadedModel | None = None,
    settings: TrainingSettings,
    device: str = "auto",
    report: Callable[[str], None] = say,
) -> Trained:
    """Train from an encoder.

    Args:
        units: the gold to learn from.
        validation: held-out gold (other groups) for early stopping, calibration and thresholds.
        definitions: a text per code, in the order of the votes.
        extra: units from other sources, of which each epoch sees a share.
        codes: names in the order of `definitions`; needed with `start`.
        base: as in `find_encoder`.
        start: a model, trained from the same base, to go on from instead of the bare encoder.

    Raises:
        EncoderError: the base cannot be used, or takes fewer tokens than the settings ask for.
        ValueError: there is no such device.
    """
    set_seed(settings.seed)
    where = pick_device(device)
    source = find_encoder(base)
    encoder = UnitEncoder(
        load_tokenizer(source), max_tokens=settings.max_tokens, context_tokens=settings.context_tokens
    )
    bare = load_encoder(source).eval()
    positions = getattr(bare.config, "max_position_embeddings", settings.max_tokens)
    if settings.max_tokens > positions:
        raise EncoderError(f"{base} takes {positions} tokens at most; set max_tokens to that or less")
    vectors = pooled_vectors(bare, collate(encoder.encode([Unit(text) for text in definitions]), encoder.pad_id))
    network = JointModel(encoder=bare, definitions=vectors, dropout=settings.dropout).to(where)
    if start is not None:
        adopt(network, start, codes)
    freeze_lowest(network, settings.frozen_layers)
    set_encoder_dropout(network, settings.encoder_dropout)
    trained = Trained(network, encoder, Decisions.uncalibrated(len(definitions)), source, settings)
    before = start.learnt if start is not None else {}
    trained.learnt = {
        "attitudes": before.get("attitudes", False) or any(unit.attitudes for unit in (*units, *extra)),
        "partnership": before.get("partnership", False)
        or any(unit.partnership is not None and unit.partnership[0] < 1 for unit in units),
    }
    _fit(trained, units, validation, extra, where, report)
    trained.decisions = calibrate(network, encoder, validation, where)
    return trained


def calibrate(
    network: JointModel, encoder: UnitEncoder, validation: Sequence[TrainingUnit], device: torch.device
) -> Decisions:
    """Fit probabilities and thresholds on held-out units."""
    network.eval()
    logits = compute_logits(network, encoder, [unit.unit for unit in validation], 4096, device)
    plain = Decisions.uncalibrated(logits.themes.shape[1])
    with_themes = [i for i, unit in enumerate(validation) if unit.themes is not None]
    with_stance = [i for i, unit in enumerate(validation) if unit.partnership is not None]
    stances = np.array([validation[i].partnership for i in with_stance]).reshape(-1, 4)
    said = stances[:, 0] < 0.5
    attitudes = np.array([votes for unit in validation for votes in unit.attitudes]).reshape(-1, 3)
    return Decisions(
        themes=fit_binary(logits.themes[with_themes], theme_matrix(validation)) if with_themes else plain.themes,
        presence=fit_binary(logits.partnership[with_stance, :1], 1 - stances[:, :1]) if len(said) else plain.presence,
        partnership=fit_classes(logits.partnership[with_stance, 1:][said], _normalised(stances[said, 1:])),
        attitudes=fit_classes(logits.attitudes, attitudes),
    )


def theme_matrix(units: Sequence[TrainingUnit]) -> Floats:
    """Votes of the units that have any, shape (n, c)."""
    return np.array([unit.themes for unit in units if unit.themes is not None], dtype=np.float64)


def set_seed(seed: int) -> None:
    """Seed every source of randomness that training draws on."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def adopt(network: JointModel, start: LoadedModel, codes: Sequence[str]) -> None:
    """Take over all that `start` has learnt; in the theme head, the codes that it knows by name.

    A code that it does not know keeps starting from its definition.
    """
    learnt = start.network.state_dict()
    own = network.state_dict()
    rows = [(i, start.codes.index(code)) for i, code in enumerate(codes) if code in start.codes]
    for name in own:
        if not name.startswith("themes."):
            own[name] = learnt[name]
        elif rows:
            mine, theirs = (torch.tensor(column) for column in zip(*rows, strict=True))
            own[name][mine] = learnt[name][theirs]
    network.load_state_dict(own)


def freeze_lowest(network: JointModel, layers: int) -> None:
    """Keep the encoder's embeddings and its lowest layers as they are."""
    # Not every architecture calls its layers so; where none is to be frozen, that does not matter.
    lowest = network.encoder.encoder.layer[:layers] if layers else ()
    for module in (network.encoder.embeddings, *lowest):
        for parameter in module.parameters():
            parameter.requires_grad_(False)


def set_encoder_dropout(network: JointModel, probability: float) -> None:
    """Set every dropout of the encoder, that on attention included."""
    for module in network.encoder.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = probability


def _fit(
    trained: Trained,
    units: Sequence[TrainingUnit],
    validation: Sequence[TrainingUnit],
    extra: Sequence[TrainingUnit],
    device: torch.device,
    report: Callable[[str], None],
) -> None:
    """Train in place; ends with the weights of the best epoch."""
    settings, network = trained.settings, trained.network
    everything = [*units, *extra]
    encoded = trained.encoder.encode([unit.unit for unit in everything])
    rng = random.Random(settings.seed)
    epochs = [_epoch_batches(encoded, len(units), settings, rng) for _ in range(settings.epochs)]
    optimiser = _optimiser(network, settings)
    schedule = _schedule(optimiser, sum(len(epoch) for epoch in epochs), settings.warmup)
    best, best_state, waited = -math.inf, _state(network), 0
    for number, batches in enumerate(epochs, start=1):
        started = time.perf_counter()
        loss = _train_epoch(trained, everything, encoded, batches, optimiser, schedule, device)
        scores = validation_scores(network, trained.encoder, validation, device)
        seconds = time.perf_counter() - started
        trained.history.append({"epoch": number, "loss": loss, "seconds": seconds, **scores})
        report(
            f"epoch {number}/{settings.epochs}: loss {loss:.4f}, "
            + ", ".join(f"{name} {value:.3f}" for name, value in scores.items())
            + f", {seconds:.0f} s"
        )
        if scores["score"] > best:
            best, best_state, waited = scores["score"], _state(network), 0
        else:
            waited += 1
            if waited >= settings.patience:
                break
    network.load_state_dict(best_state)
    network.eval()


def _train_epoch(
    trained: Trained,
    units: Sequence[TrainingUnit],
    encoded: Sequence[EncodedUnit],
    batches: Sequence[list[int]],
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    device: torch.device,
) -> float:
    network = trained.network.train()
    total = 0.0
    trainable = [parameter for parameter in network.parameters() if parameter.requires_grad]
    for indices in batches:
        batch = collate([encoded[i] for i in indices], trained.encoder.pad_id).to(device)
        loss = joint_loss(network(batch), [units[i] for i in indices], trained.settings)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(trainable, 1.0)
        optimiser.step()
        schedule.step()
        total += float(loss.detach())
    return total / max(1, len(batches))


def joint_loss(output: JointOutput, units: Sequence[TrainingUnit], settings: TrainingSettings) -> Tensor:
    """Weighted sum of the losses for which the batch has labels.

    Each is a mean over all units of the batch, labelled or not, so that a batch with few labels takes a small step.
    """
    device = output.themes.device
    loss = output.themes.sum() * 0.0
    rows = [i for i, unit in enumerate(units) if unit.themes is not None]
    if rows:
        votes = torch.tensor([units[i].themes for i in rows], device=device)
        per_unit = F.binary_cross_entropy_with_logits(output.themes[rows], votes, reduction="none").sum(1)
        loss = loss + settings.theme_weight * per_unit.sum() / len(units)
    rows = [i for i, unit in enumerate(units) if unit.partnership is not None]
    if rows:
        votes = torch.tensor([units[i].partnership for i in rows], device=device)
        present = F.binary_cross_entropy_with_logits(output.partnership[rows, 0], 1 - votes[:, 0], reduction="none")
        stance = -(votes[:, 1:] * F.log_softmax(output.partnership[rows, 1:], dim=-1)).sum(-1)
        loss = loss + settings.partnership_weight * (present + stance).sum() / len(units)
    votes_list = [votes for unit in units for votes in unit.attitudes]
    if votes_list:
        votes = torch.tensor(votes_list, device=device)
        per_target = -(votes * F.log_softmax(output.attitudes, dim=-1)).sum(-1)
        loss = loss + per_target.sum() / len(units)
    return loss


def validation_scores(
    network: JointModel, encoder: UnitEncoder, validation: Sequence[TrainingUnit], device: torch.device
) -> dict[str, float]:
    """Scores on held-out units; `score`, their mean, decides which epoch is kept."""
    network.eval()
    logits = compute_logits(network, encoder, [unit.unit for unit in validation], 4096, device)
    scores = {**_theme_scores(logits, validation), **_attitude_scores(logits, validation)}
    scores["score"] = float(np.mean(list(scores.values()))) if scores else 0.0
    return scores


def _theme_scores(logits: Logits, validation: Sequence[TrainingUnit]) -> dict[str, float]:
    rows = [i for i, unit in enumerate(validation) if unit.themes is not None]
    gold = theme_matrix(validation) >= 0.5
    if not rows or not gold.any():
        return {}
    # Pooled average precision needs no threshold, so that early stopping does not hang on a noisy one.
    return {"themes_ap": float(average_precision_score(gold.ravel(), logits.themes[rows].ravel()))}


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


def _epoch_batches(
    encoded: Sequence[EncodedUnit], n_own: int, settings: TrainingSettings, rng: random.Random
) -> list[list[int]]:
    """One epoch's batches: all own units and a share of the extra ones, similar lengths together, in random order."""
    extra = list(range(n_own, len(encoded)))
    indices = [*range(n_own), *rng.sample(extra, int(len(extra) * settings.extra_share))]
    rng.shuffle(indices)
    batches = [
        batch
        for first in range(0, len(indices), 256)
        for batch in _within_budget(indices[first : first + 256], encoded, settings.batch_tokens)
    ]
    rng.shuffle(batches)
    return batches


def _within_budget(indices: list[int], encoded: Sequence[EncodedUnit], budget: int) -> Iterator[list[int]]:
    for batch in batches_by_tokens([len(encoded[i].ids) for i in indices], budget):
        yield [indices[i] for i in batch]


def _optimiser(network: JointModel, settings: TrainingSettings) -> torch.optim.Optimizer:
    groups: dict[tuple[bool, bool], list[Tensor]] = {}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            groups.setdefault((name.startswith("encoder."), parameter.ndim > 1), []).append(parameter)
    return torch.optim.AdamW(
        [
            {
                "params": parameters,
                "lr": settings.encoder_rate if in_encoder else settings.head_rate,
                "weight_decay": settings.weight_decay if is_matrix else 0.0,
            }
            for (in_encoder, is_matrix), parameters in groups.items()
        ]
    )


def _schedule(optimiser: torch.optim.Optimizer, steps: int, warmup: float) -> torch.optim.lr_scheduler.LRScheduler:
    """Linear warm-up, then linear decay to nothing."""
    first = max(1, int(steps * warmup))

    def factor(step: int) -> float:
        return (step + 1) / first if step < first else max(0.0, (steps - step) / max(1, steps - first))

    return torch.optim.lr_scheduler.LambdaLR(optimiser, factor)


def _state(network: JointModel) -> dict[str, Tensor]:
    return {name: tensor.detach().cpu().clone() for name, tensor in network.state_dict().items()}


def _normalised(votes: Floats) -> Floats:
    return votes / votes.sum(axis=1, keepdims=True).clip(min=1e-9) if len(votes) else votes
