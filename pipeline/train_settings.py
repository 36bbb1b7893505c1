"""The settings of `themes train` (`configs/train.yaml`), and how they are read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from models.decisions import Labels
from models.encoder import DEFAULT_ENCODER
from models.settings import TrainingSettings
from pipeline.config import read_yaml, validated

Share = Annotated[float, Field(ge=0, le=1)]


MOST_FOLDS = 20


def _several(folds: int | str) -> int | str:
    if folds == 1:
        raise ValueError("one fold holds out everything; set 5, or 0 for a held-out part")
    if isinstance(folds, int) and not 0 <= folds <= MOST_FOLDS:
        raise ValueError(f"take 2 to {MOST_FOLDS} folds, 0 for a held-out part, or auto")
    return folds


class TrainSettings(BaseModel):
    """What a person may set about training (`configs/train.yaml`); fields as in `TrainingSettings`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base: str = DEFAULT_ENCODER
    validation_share: Annotated[float, Field(gt=0, lt=1)] = 0.15
    folds: Annotated[int | Literal["auto"], AfterValidator(_several)] = "auto"
    epochs: Annotated[int, Field(ge=1, le=100)] = 8
    encoder_rate: Annotated[float, Field(gt=0)] | Literal["auto"] = "auto"
    head_rate: Annotated[float, Field(gt=0)] = 1e-3
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    warmup: Share = 0.1
    batch_tokens: Annotated[int, Field(ge=256)] = 2048
    accumulate: Annotated[int, Field(ge=1)] = 1
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    dropout: Share = 0.1
    encoder_dropout: Share = 0.0
    mask_share: Annotated[float, Field(ge=0, le=0.5)] = 0.1
    average: Annotated[float, Field(ge=0, lt=1)] = 0.0
    frozen_layers: Annotated[int, Field(ge=0)] = 0
    keep_lower: bool = False
    lora_rank: Annotated[int, Field(ge=0, le=256)] = 0
    keep_rank: Annotated[int, Field(ge=0)] = 0
    lexical: bool = True
    labels: Labels | Literal["auto"] = "auto"
    teacher: str | None = None
    teacher_share: Share = 0.5
    theme_weight: Annotated[float, Field(ge=0)] = 0.3
    partnership_weight: Annotated[float, Field(ge=0)] = 0.5
    extra_share: Share = 0.5
    patience: Annotated[int, Field(ge=1)] = 3
    least_steps: Annotated[int, Field(ge=0)] = 120
    max_tokens: Annotated[int, Field(ge=32, le=8192)] = 512
    context_tokens: Annotated[int, Field(ge=0)] = 48
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 1

    @model_validator(mode="after")
    def _none_without_effect(self) -> TrainSettings:
        """A setting that another one sets aside would stand in the model's card as if it had held."""
        aside = [name for name in ("frozen_layers", "keep_rank") if getattr(self, name)]
        if self.lora_rank and aside:
            raise ValueError(
                f"lora_rank trains additions alone, and {' and '.join(aside)} would do nothing: set one or the other"
            )
        if self.keep_lower and not self.frozen_layers:
            raise ValueError("keep_lower keeps what frozen layers answer, and frozen_layers is 0: set both, or neither")
        return self

    @property
    def in_folds(self) -> bool:
        """Whether training goes by folds; what `auto` comes to is decided in `pipeline.division`, with the gold at hand."""
        return self.folds != "auto" and self.folds > 0

    def for_network(self) -> TrainingSettings:
        """The part that the training loop takes."""
        given = self.model_dump(exclude={"base", "validation_share", "folds", "labels", "teacher", "teacher_share"})
        return TrainingSettings(**given | {"encoder_rate": None if self.encoder_rate == "auto" else self.encoder_rate})


def load_train_settings(path: Path | None, **overrides: object) -> TrainSettings:
    """Defaults, overlaid with the file, overlaid with what the command line gave (None is not given).

    A file that says how many `epochs`, and nothing of `least_steps`, means so many: none are added then.
    """
    content = (read_yaml(path) or {}) if path else {}
    settings = validated(TrainSettings, content, path or Path("defaults"))
    if {"epochs", "least_steps"} & settings.model_fields_set == {"epochs"}:
        settings = settings.model_copy(update={"least_steps": 0})
    given = {name: value for name, value in overrides.items() if value is not None}
    return validated(TrainSettings, settings.model_dump() | given, path or Path("command line"))
