"""Joint training of themes and attitudes: one loop for units with any of the labels.

Coders' votes are targets as they are (soft labels, Peterson et al. 2019) rather than one truth. Word embeddings stay frozen:
gold has too few words to move them well, and the saved model is the smaller for it.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from models.adaptation import adopt, freeze_lowest, set_encoder_dropout
from models.adapters import add_adapters, merge_adapters
from models.decisions import Decisions, Labels
from models.encoder import EncoderError, EncoderSource, find_encoder, load_encoder, load_tokenizer
from models.inputs import Batch, EncodedUnit, Unit, UnitEncoder, batches_by_tokens, collate
from models.joint import JointModel, pooled_vectors
from models.lexical import LexicalHead, fit_lexical
from models.losses import joint_loss
from models.predict import pick_device
from models.saving import LoadedModel
from models.settings import TrainingSettings, TrainingUnit
from models.validation import calibrate, theme_matrix, validation_scores, weigh_lexical

LEAST_BATCHES, LEAST_BATCH_TOKENS = 8, 256
"""Small gold gets smaller batches, down to so many tokens, for so many steps in each epoch."""
MOST_EPOCHS = 40


@dataclass(slots=True)
class Trained:
    """What training gives back: the network at its best epoch, and what was seen on the way."""

    network: JointModel
    encoder: UnitEncoder
    decisions: Decisions
    source: EncoderSource
    settings: TrainingSettings
    lexical: LexicalHead | None = None
    adapters: dict[str, Tensor] = field(default_factory=dict)
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
    definitions: Sequence[Sequence[str]],
    extra: Sequence[TrainingUnit] = (),
    codes: Sequence[str] = (),
    base: str,
    start: LoadedModel | None = None,
    labels: Labels = Labels.MANY,
    settings: TrainingSettings,
    device: str = "auto",
    report: Callable[[str], None] = say,
) -> Trained:
    """Train from an encoder.

    Args:
        units: the gold to learn from; none leaves a model that knows the definitions only.
        validation: held-out gold (other groups) for early stopping, calibration and thresholds.
        definitions: texts per code, in the order of the votes; a code starts from the mean of its texts' vectors.
        extra: units from other sources, of which each epoch sees a share.
        codes: names in the order of `definitions`; needed with `start`.
        base: as in `find_encoder`.
        start: a model, trained from the same base, to go on from instead of the bare encoder.
        labels: how many codes a unit may carry.

    Raises:
        EncoderError: the base cannot be used, takes fewer tokens than the settings ask for, or adapters are asked for on a model.
        ValueError: there is no such device.
    """
    set_seed(settings.seed)
    where = pick_device(device)
    trained = _untrained(base, definitions, settings, labels)
    network = trained.network
    if start is not None and settings.lora_rank:
        raise EncoderError(
            "low-rank adapters start from a bare encoder, not from a model: name another base, or set lora_rank to 0"
        )
    if start is not None:
        adopt(network, start, codes)
    if settings.lora_rank:
        network.encoder = add_adapters(network.encoder, settings.lora_rank)
    else:
        freeze_lowest(network, settings.frozen_layers)
    network.to(where)
    set_encoder_dropout(network, settings.encoder_dropout)
    trained.learnt = _learnt(units, extra, start)
    if units or extra:
        _fit(trained, units, validation, extra, where, labels, report)
    if settings.lora_rank:
        trained.adapters = {name: tensor for name, tensor in _state(network).items() if "lora_" in name}
        merge_adapters(network)
    if settings.lexical and units:
        trained.lexical = _lexical(trained, units, validation, where, labels)
    trained.decisions = calibrate(network, trained.encoder, validation, where, labels, trained.lexical)
    return trained


def set_seed(seed: int) -> None:
    """Seed every source of randomness that training draws on."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def _untrained(base: str, definitions: Sequence[Sequence[str]], settings: TrainingSettings, labels: Labels) -> Trained:
    source = find_encoder(base)
    encoder = UnitEncoder(
        load_tokenizer(source), max_tokens=settings.max_tokens, context_tokens=settings.context_tokens
    )
    bare = load_encoder(source).eval()
    positions = getattr(bare.config, "max_position_embeddings", settings.max_tokens)
    if settings.max_tokens > positions:
        raise EncoderError(f"{base} takes {positions} tokens at most; set max_tokens to that or less")
    vectors = torch.stack([_mean_vector(bare, encoder, texts) for texts in definitions])
    network = JointModel(encoder=bare, definitions=vectors, dropout=settings.dropout)
    return Trained(network, encoder, Decisions.uncalibrated(len(definitions), labels), source, settings)


def _mean_vector(bare: Any, encoder: UnitEncoder, texts: Sequence[str]) -> Tensor:
    """The mean direction (d,) of the texts' pooled vectors."""
    vectors = pooled_vectors(bare, collate(encoder.encode([Unit(text) for text in texts]), encoder.pad_id))
    return torch.nn.functional.normalize(vectors, dim=-1).mean(0)


def _learnt(units: Sequence[TrainingUnit], extra: Sequence[TrainingUnit], start: LoadedModel | None) -> dict[str, bool]:
    before = start.learnt if start is not None else {}
    return {
        "themes": before.get("themes", False) or any(unit.themes is not None for unit in units),
        "attitudes": before.get("attitudes", False) or any(unit.attitudes for unit in (*units, *extra)),
        "partnership": before.get("partnership", False)
        or any(unit.partnership is not None and unit.partnership[0] < 1 for unit in units),
    }


def _lexical(
    trained: Trained,
    units: Sequence[TrainingUnit],
    validation: Sequence[TrainingUnit],
    device: torch.device,
    labels: Labels,
) -> LexicalHead | None:
    coded = [unit for unit in units if unit.themes is not None]
    encoded = trained.encoder.encode([unit.unit for unit in coded])
    head = fit_lexical(encoded, theme_matrix(coded), seed=trained.settings.seed) if coded else None
    if head is None:
        return None
    return weigh_lexical(head, trained.network, trained.encoder, validation, device, labels)


def _fit(
    trained: Trained,
    units: Sequence[TrainingUnit],
    validation: Sequence[TrainingUnit],
    extra: Sequence[TrainingUnit],
    device: torch.device,
    labels: Labels,
    report: Callable[[str], None],
) -> None:
    """Train in place; ends with the weights of the best epoch."""
    settings, network = trained.settings, trained.network
    everything = [*units, *extra]
    encoded = trained.encoder.encode([unit.unit for unit in everything])
    epochs = _plan(encoded, len(units), settings)
    optimiser = _optimiser(network, settings)
    steps = sum(math.ceil(len(epoch) / settings.accumulate) for epoch in epochs)
    loop = _Loop(trained, everything, encoded, optimiser, _schedule(optimiser, steps, settings.warmup), labels, device)
    best, best_state, waited = -math.inf, _state(network), 0
    patience = math.ceil(settings.patience * len(epochs) / settings.epochs)
    for number, batches in enumerate(epochs, start=1):
        started = time.perf_counter()
        loss = loop.epoch(batches)
        with loop.averaged():
            scores = validation_scores(network, trained.encoder, validation, device, labels)
            state = _state(network)
        seconds = time.perf_counter() - started
        trained.history.append({"epoch": number, "loss": loss, "seconds": seconds, **scores})
        report(
            f"epoch {number}/{len(epochs)}: loss {loss:.4f}, "
            + ", ".join(f"{name} {value:.3f}" for name, value in scores.items())
            + f", {seconds:.0f} s"
        )
        # Where the held-out part has nothing to score, later epochs are taken to be better.
        if scores["score"] > best or len(scores) == 1:
            best, best_state, waited = scores["score"], state, 0
        else:
            waited += 1
            if waited >= patience:
                break
    network.load_state_dict(best_state)
    network.eval()


class _Loop:
    """Optimiser's steps over batches, with the weights' running average beside them."""

    def __init__(
        self,
        trained: Trained,
        units: Sequence[TrainingUnit],
        encoded: Sequence[EncodedUnit],
        optimiser: torch.optim.Optimizer,
        schedule: torch.optim.lr_scheduler.LRScheduler,
        labels: Labels,
        device: torch.device,
    ) -> None:
        self._network, self._settings = trained.network, trained.settings
        self._pad, self._mask = trained.encoder.pad_id, trained.encoder.mask_id
        self._units, self._encoded = units, encoded
        self._optimiser, self._schedule = optimiser, schedule
        self._labels, self._device = labels, device
        self._trainable = [parameter for parameter in self._network.parameters() if parameter.requires_grad]
        self._average = [parameter.detach().clone() for parameter in self._trainable]
        self._steps = 0

    def epoch(self, batches: Sequence[list[int]]) -> float:
        """Train on the batches; returns the mean loss."""
        self._network.train()
        total = 0.0
        size = self._settings.accumulate
        for first in range(0, len(batches), size):
            together = batches[first : first + size]
            self._optimiser.zero_grad(set_to_none=True)
            for indices in together:
                loss = self._loss(indices)
                (loss / len(together)).backward()  # type: ignore[no-untyped-call]
                total += float(loss.detach())
            torch.nn.utils.clip_grad_norm_(self._trainable, 1.0)
            self._optimiser.step()
            self._schedule.step()
            self._follow()
        return total / max(1, len(batches))

    def averaged(self) -> AbstractContextManager[None]:
        """Within it the network has the averaged weights, where the settings ask for them."""
        return _Swapped(self._trainable, self._average) if self._settings.average else nullcontext()

    def _loss(self, indices: list[int]) -> Tensor:
        batch = collate([self._encoded[i] for i in indices], self._pad).to(self._device)
        hide_tokens(batch, self._settings.mask_share, self._mask)
        with _autocast(self._settings.precision, self._device):
            output = self._network(batch)
        return joint_loss(output.float(), [self._units[i] for i in indices], self._settings, self._labels)

    def _follow(self) -> None:
        if not self._settings.average:
            return
        self._steps += 1
        # The first steps must not weigh for ever on a short training's average.
        decay = min(self._settings.average, (1 + self._steps) / (10 + self._steps))
        with torch.no_grad():
            for mean, parameter in zip(self._average, self._trainable, strict=True):
                mean.lerp_(parameter, 1 - decay)


class _Swapped(AbstractContextManager[None]):
    """Puts other values into parameters, and the old ones back."""

    def __init__(self, parameters: Sequence[Tensor], values: Sequence[Tensor]) -> None:
        self._parameters, self._values = parameters, values
        self._kept: list[Tensor] = []

    def __enter__(self) -> None:
        self._kept = [parameter.detach().clone() for parameter in self._parameters]
        self._put(self._values)

    def __exit__(self, *_: object) -> None:
        self._put(self._kept)

    @torch.no_grad()
    def _put(self, values: Sequence[Tensor]) -> None:
        for parameter, value in zip(self._parameters, values, strict=True):
            parameter.copy_(value)


def hide_tokens(batch: Batch, share: float, mask_id: int | None) -> None:
    """Replace a random share of the texts' own tokens by the mask token, in place; context and targets stay."""
    if not share or mask_id is None:
        return
    hidden = (torch.rand(batch.input_ids.shape, device=batch.input_ids.device) < share) & batch.text_mask
    if len(batch.target_rows):
        marked = torch.zeros_like(batch.text_mask)
        marked.index_put_((batch.target_rows,), batch.target_mask, accumulate=True)
        hidden &= ~marked
    batch.input_ids[hidden] = mask_id


def _autocast(precision: str, device: torch.device) -> AbstractContextManager[Any]:
    """Mixed precision where it is asked for, or where it costs nothing: on a GPU that has bfloat16."""
    wanted = precision == "bfloat16" or (
        precision == "auto" and device.type == "cuda" and torch.cuda.is_bf16_supported()
    )
    return torch.autocast(device.type, torch.bfloat16) if wanted else nullcontext()


def _plan(encoded: Sequence[EncodedUnit], n_own: int, settings: TrainingSettings) -> list[list[list[int]]]:
    """Every epoch's batches; small gold gets smaller batches and more epochs."""
    rng = random.Random(settings.seed)
    tokens = sum(len(unit.ids) for unit in encoded)
    budget = max(LEAST_BATCH_TOKENS, min(settings.batch_tokens, tokens // LEAST_BATCHES))
    first = _epoch_batches(encoded, n_own, settings, budget, rng)
    enough = math.ceil(settings.least_steps * settings.accumulate / max(1, len(first)))
    number = max(settings.epochs, min(enough, MOST_EPOCHS))
    return [first, *(_epoch_batches(encoded, n_own, settings, budget, rng) for _ in range(number - 1))]


def _epoch_batches(
    encoded: Sequence[EncodedUnit], n_own: int, settings: TrainingSettings, budget: int, rng: random.Random
) -> list[list[int]]:
    """One epoch's batches: all own units and a share of the extra ones, similar lengths together, in random order."""
    extra = list(range(n_own, len(encoded)))
    indices = [*range(n_own), *rng.sample(extra, int(len(extra) * settings.extra_share))]
    rng.shuffle(indices)
    batches = [
        batch
        for first in range(0, len(indices), 256)
        for batch in _within_budget(indices[first : first + 256], encoded, budget)
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
