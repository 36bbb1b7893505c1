"""Joint training of themes and attitudes: one loop for units with any of the labels.

Coders' votes are targets as they are (soft labels, Peterson et al. 2019) rather than one truth. Word embeddings stay frozen:
gold has too few words to move them well, and the saved model is the smaller for it.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from models.adaptation import adopt, freeze_lowest, set_encoder_dropout
from models.adapters import add_adapters, merge_adapters
from models.bfloat16 import keep_few_products
from models.decisions import Decisions, Labels
from models.encoder import EncoderError, EncoderSource, find_encoder, load_encoder, load_tokenizer
from models.fitting import Fitting
from models.inputs import EncodedUnit, Unit, UnitEncoder, collate
from models.job import Job
from models.joint import JointModel, pooled_vectors
from models.kept import THEMES, can_stay, kept_words, staying, with_kept
from models.lexical import LexicalHead, fit_lexical
from models.loading import LoadedModel
from models.lower import LowerStates
from models.lowrank import shorten
from models.packed import is_bert
from models.plan import plan_epochs
from models.predict import pick_device
from models.settings import TrainingSettings, TrainingUnit
from models.steps import Loop, encoder_rate_for, optimiser_for, precision_for, schedule_for
from models.threads import limit_threads
from models.unused import known, mark_unused
from models.validation import calibrate, theme_matrix, validation_scores, weigh_lexical


@dataclass(slots=True)
class Trained:
    """What training gives back: the network at its best epoch, and what was seen on the way.

    Attributes:
        stays: kinds that no unit said anything of, which stay as the model had them that training went on from (`models.kept`).
        kept: the epoch whose weights these are, from 1.
    """

    network: JointModel
    encoder: UnitEncoder
    decisions: Decisions
    source: EncoderSource
    settings: TrainingSettings
    lexical: LexicalHead | None = None
    adapters: dict[str, Tensor] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)
    learnt: dict[str, bool] = field(default_factory=dict)
    stays: tuple[str, ...] = ()
    kept: int = 0

    def record(self) -> dict[str, Any]:
        """The settings and the history, for the model's files."""
        record = {"settings": asdict(self.settings), "history": self.history, "learnt": self.learnt}
        return record | ({"stays": list(self.stays)} if self.stays else {})


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
    job: Job | None = None,
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
        device: as in `pick_device`; a team has devices of its own.
        job: a team of processes, checkpoints, a signal to stop; by default none of these. In a team only the leading process
            gives back a model that is calibrated.

    Raises:
        EncoderError: the base cannot be used, takes fewer tokens than the settings ask for, or adapters are asked for on a model.
        ValueError: there is no such device.
        Stopped, CheckpointError, TeamError: as in `Fitting.fit`.
    """
    job = job or Job()
    before = known(start, codes, len(definitions))
    units, validation = mark_unused(units, validation, before)
    set_seed(settings.seed)
    limit_threads()
    where = torch.device(job.team.device) if job.team.size > 1 else pick_device(device)
    settings = replace(settings, precision=precision_for(settings.precision, where))
    if settings.precision == "bfloat16" and where.type == "cpu":
        keep_few_products()
    trained = _untrained(base, definitions, settings, labels)
    _prepare(trained, start, codes, where)
    trained.learnt = _learnt(units, extra, start, codes=bool(before.any()))
    trained.stays = staying([*units, *extra, *validation], start, codes)
    if units or extra:
        _fit(trained, units, validation, extra, where, labels, job, report)
    _keep_small(trained, where)
    if job.team.leads:
        _decide(trained, units, validation, start, codes, where, labels)
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


def _prepare(trained: Trained, start: LoadedModel | None, codes: Sequence[str], device: torch.device) -> None:
    """Bring the network to where training begins: what it takes over, what of it learns, the device."""
    network, settings = trained.network, trained.settings
    rate = encoder_rate_for(settings.encoder_rate, network.width, adapters=bool(settings.lora_rank))
    trained.settings = replace(settings, encoder_rate=rate)
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
    network.to(device)
    set_encoder_dropout(network, settings.encoder_dropout)


def _mean_vector(bare: Any, encoder: UnitEncoder, texts: Sequence[str]) -> Tensor:
    """The mean direction (d,) of the texts' pooled vectors."""
    vectors = pooled_vectors(bare, collate(encoder.encode([Unit(text) for text in texts]), encoder.pad_id))
    return torch.nn.functional.normalize(vectors, dim=-1).mean(0)


def _keep_small(trained: Trained, device: torch.device) -> None:
    """Set apart the low-rank part of what the encoder has learnt, where that is what will be saved."""
    network, settings = trained.network, trained.settings
    if settings.lora_rank:
        trained.adapters = {name: part.cpu().clone() for name, part in network.state_dict().items() if "lora_" in name}
        merge_adapters(network)
    elif settings.keep_rank:
        before = load_encoder(trained.source).to(device).state_dict()
        kept = shorten(network.encoder, before, settings.keep_rank)
        trained.adapters = {f"encoder.{name}": tensor for name, tensor in kept.items()}


def _decide(
    trained: Trained,
    units: Sequence[TrainingUnit],
    validation: Sequence[TrainingUnit],
    start: LoadedModel | None,
    codes: Sequence[str],
    device: torch.device,
    labels: Labels,
) -> None:
    """The linear part, and what stands between logits and answers."""
    if trained.settings.lexical and THEMES in trained.stays:
        trained.lexical = kept_words(start, codes)
    elif trained.settings.lexical and units:
        trained.lexical = _lexical(trained, units, validation, device, labels)
    fitted = calibrate(trained.network, trained.encoder, validation, device, labels, trained.lexical)
    # A fold may lack the codes that the rest of the gold has; its decisions are not kept, and need not be possible.
    possible = [kind for kind in trained.stays if kind != THEMES or (start is not None and can_stay(start, codes))]
    trained.decisions = with_kept(fitted, possible, start, codes)


def _learnt(
    units: Sequence[TrainingUnit], extra: Sequence[TrainingUnit], start: LoadedModel | None, *, codes: bool
) -> dict[str, bool]:
    """Which heads have learnt anything; `codes` says whether `start` had learnt any of the codes."""
    before = start.learnt if start is not None else {}
    return {
        "themes": codes or any(unit.themes is not None for unit in units),
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
    head = fit_words(trained, units)
    return weigh_lexical(head, trained.network, trained.encoder, validation, device, labels) if head else None


def fit_words(trained: Trained, units: Sequence[TrainingUnit]) -> LexicalHead | None:
    """The linear model on the units that were coded; how much it counts is not settled yet."""
    coded = [unit for unit in units if unit.themes is not None]
    if not coded:
        return None
    encoded, groups = trained.encoder.encode([unit.unit for unit in coded]), [unit.group for unit in coded]
    return fit_lexical(encoded, theme_matrix(coded), seed=trained.settings.seed, groups=groups)


def _lower_states(
    network: JointModel,
    encoder: UnitEncoder,
    encoded: Sequence[EncodedUnit],
    validation: Sequence[TrainingUnit],
    settings: TrainingSettings,
    device: torch.device,
) -> LowerStates | None:
    if not (settings.keep_lower and settings.frozen_layers):
        return None
    lower = LowerStates(network, settings.frozen_layers)
    held = [] if is_bert(network.encoder) else encoder.encode([unit.unit for unit in validation])
    lower.keep([*encoded, *held], encoder.pad_id, device)
    return lower


def _fit(
    trained: Trained,
    units: Sequence[TrainingUnit],
    validation: Sequence[TrainingUnit],
    extra: Sequence[TrainingUnit],
    device: torch.device,
    labels: Labels,
    job: Job,
    report: Callable[[str], None],
) -> None:
    """Train in place; ends with the weights of the best epoch."""
    settings, network, encoder = trained.settings, trained.network, trained.encoder
    everything = [*units, *extra]
    encoded = encoder.encode([unit.unit for unit in everything])
    lower = _lower_states(network, encoder, encoded, validation, settings, device)
    epochs = plan_epochs(encoded, len(units), settings, settings.accumulate * job.team.size)
    if len(epochs) > settings.epochs and job.team.leads:
        report(f"{len(epochs)} epochs instead of {settings.epochs}: there are few units (settings: least_steps)")
    optimiser = optimiser_for(network, settings)
    schedule = schedule_for(optimiser, sum(map(len, epochs)), settings.warmup)

    def score() -> dict[str, float]:
        # A BERT network is read layer by layer when it predicts (`models.packed`), and must be whole.
        with lower.installed() if lower is not None and not is_bert(network.encoder) else nullcontext():
            return validation_scores(network, encoder, validation, device, labels)

    fitting = Fitting(
        Loop(network, encoder, everything, encoded, optimiser, schedule, settings, labels, device, job.team, lower),
        epochs,
        patience=math.ceil(settings.patience * len(epochs) / settings.epochs),
        score=score,
        job=job,
        report=report,
    )
    network.load_state_dict(fitting.fit(), strict=False)
    network.eval()
    trained.history = fitting.progress.history
    trained.kept = fitting.progress.kept
    # What comes after may draw too; how the training got here must not matter to it.
    set_seed(settings.seed)
