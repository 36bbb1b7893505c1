"""What training takes: units with their coders' votes, and the settings."""

from __future__ import annotations

from dataclasses import dataclass

from models.inputs import Unit

Votes = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class TrainingUnit:
    """A unit with what its coders said; None where they were not asked.

    Attributes:
        themes: the share of coders who gave each code, length c; NaN for a code that the whole gold never uses (`models.unused`).
        partnership: shares for (nothing said, negative, neutral, positive).
        attitudes: for each of the unit's targets, shares for (negative, neutral, positive).
        readings: the codings that decisions are held against, 0 or 1 for each code: the adjudicated one where there is one, else
            each coder's. Where there are none, the votes stand for them.
        group: the interview that it comes from, where that is known.
    """

    unit: Unit
    themes: Votes | None = None
    partnership: Votes | None = None
    attitudes: tuple[Votes, ...] = ()
    readings: tuple[Votes, ...] = ()
    group: str = ""


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """How to train.

    Attributes:
        encoder_rate: learning rate of the encoder; None for what suits its size (`models.steps.encoder_rate_for`).
        dropout: in the heads.
        encoder_dropout: within the encoder; costs a third of the speed on a CPU.
        mask_share: share of the text's tokens that are hidden at random in each step, so that no single word is learnt by
            heart (as in BERT's pre-training, Devlin et al. 2019); costs no time.
        average: weights are averaged over the last steps with this decay (Polyak and Juditsky 1992); 0 for the last weights.
        frozen_layers: how many of the encoder's lowest layers stay as they are, besides its embeddings.
        keep_lower: compute the frozen layers once for each unit and keep what they answer (about 1.5 kB a token of a 110M
            encoder, up to `models.lower.MOST_BYTES`): a large encoder's top trains at a small one's cost.
        lora_rank: train low-rank additions to the encoder's weights (Hu et al. 2022) instead of the weights; 0 for the weights.
        keep_rank: of what each of the encoder's matrices learnt, keep so many directions (`models.lowrank`); 0 for all.
        accumulate: batches for each step of the optimiser.
        precision: `auto` is mixed with bfloat16 on a GPU or processor that multiplies it, and float32 elsewhere; or `float32`,
            `bfloat16`.
        lexical: fit the linear model on words beside the encoder.
        extra_share: the share of the extra units (attitudes from other sources) that each epoch sees.
        theme_weight, partnership_weight: against the attitudes' loss, whose weight is 1.
        patience: epochs without a better validation score before training stops.
        least_steps: with few units, so many more epochs that the optimiser takes at least so many steps.
    """

    epochs: int = 8
    encoder_rate: float | None = None
    head_rate: float = 1e-3
    weight_decay: float = 0.01
    warmup: float = 0.1
    batch_tokens: int = 2048
    accumulate: int = 1
    precision: str = "auto"
    dropout: float = 0.1
    encoder_dropout: float = 0.0
    mask_share: float = 0.1
    average: float = 0.0
    frozen_layers: int = 0
    keep_lower: bool = False
    lora_rank: int = 0
    keep_rank: int = 0
    lexical: bool = True
    theme_weight: float = 0.3
    partnership_weight: float = 0.5
    extra_share: float = 0.5
    patience: int = 3
    least_steps: int = 120
    max_tokens: int = 512
    context_tokens: int = 48
    seed: int = 1
