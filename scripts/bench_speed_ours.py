"""Our side: every engine that the predictor offers, and how far the engines agree."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
from bench_speed_data import Sample
from bench_speed_rivals import Contender

from models.encoder import EncoderError
from models.engines import AUTO, FLOAT32
from models.inputs import Unit
from models.loading import LoadedModel, load_model
from models.predict import Predictions, Predictor
from pipeline.config import RunSettings
from pipeline.resources import shipped_models

REFERENCE = FLOAT32
"""The engine whose answers the others are compared with."""

LARGE = "110M"


@dataclass(frozen=True, slots=True)
class Engine:
    """A predictor to time.

    Attributes:
        name: as `Predictor` knows it.
        size: of the encoder: the shipped one's, or 110M.
        load_seconds: from files to ready, conversions included where none were kept from before.
    """

    name: str
    size: str
    predictor: Predictor
    load_seconds: float

    @property
    def label(self) -> str:
        """For tables."""
        return self.name if self.is_shipped else f"{self.name}, {self.size}"

    @property
    def is_shipped(self) -> bool:
        """Whether its codings mean anything."""
        return self.size != LARGE

    @property
    def is_narrow(self) -> bool:
        """Whether it computes in fewer bits than float32."""
        return self.name != FLOAT32

    @property
    def alone(self) -> str:
        """The contender on segments alone."""
        return f"ours ({self.label})"

    @property
    def whole(self) -> str:
        """The contender on what a run reads."""
        return f"ours ({self.label}), as in a run"

    @property
    def mentions(self) -> str:
        """The contender on segments with mentions."""
        return f"ours ({self.label}), mentions"


def engine_names() -> list[str]:
    """What a run may be set to compute with; the best one (`auto`) is one of the others."""
    return [name for name in get_args(RunSettings.model_fields["engine"].annotation) if name != AUTO]


def load_engines(
    model: str, names: Sequence[str] | None, device: str, batch_tokens: int | None, *, large: bool
) -> tuple[list[Engine], dict[str, str]]:
    """Each engine with the model; with `large` (or on a GPU) each with a 110M encoder too. And why others cannot run here.

    Raises:
        EncoderError: none can.
    """
    folder = Path(model) if Path(model).is_dir() else shipped_models() / model
    engines, missing = [], {}
    for name in names or engine_names():
        started = time.perf_counter()
        loaded = load_model(folder)
        try:
            predictor = Predictor(loaded, device=device, batch_tokens=batch_tokens, engine=name)
        except EncoderError as error:
            missing[f"engine {name}"] = str(error)
            continue
        predictor.predict([Unit("Ready?")])
        seconds = time.perf_counter() - started
        engines.append(Engine(name, _size(loaded), predictor, round(seconds, 2)))
        if large or predictor.device.type == "cuda":
            bigger = Predictor(base_sized(loaded), device=device, batch_tokens=batch_tokens, engine=name)
            engines.append(Engine(name, LARGE, bigger, 0.0))
    if not engines:
        raise EncoderError(f"no engine runs here: {missing}")
    return engines, missing


def _size(model: LoadedModel) -> str:
    return f"{sum(parameter.numel() for parameter in model.network.encoder.parameters()) // 1_000_000}M"


def contenders(engine: Engine, sample: Sample) -> list[Contender]:
    """One engine on the rivals' input, on what a run gives it, and on the segments with mentions."""

    def work(items: Sequence[Unit]) -> Predictions:
        return engine.predictor.predict(items)

    budget = f"batch_tokens={engine.predictor.batch_tokens or 'auto'}; all heads"
    rows = [
        Contender(engine.alone, work, sample.alone, len(sample.units), f"{budget}; segments alone"),
        Contender(engine.whole, work, sample.units, len(sample.units), f"{budget}; with context and mentions"),
    ]
    if engine.is_shipped:
        mentioning = sample.mentioning
        rows.append(Contender(engine.mentions, work, mentioning, len(mentioning), f"{budget}; without context"))
    return [row for row in rows if row.items]


def lengths(engine: Engine, units: Sequence[Unit]) -> list[int]:
    """Tokens of each distinct unit as the network reads it: identical ones are computed once."""
    return [len(unit.ids) for unit in engine.predictor.model.encoder.encode(list(dict.fromkeys(units)))]


def agreement(reference: Predictions, other: Predictions) -> dict[str, float | int]:
    """Shares of equal answers; for codes also F1 of the assigned ones, as most are withheld by both."""
    both = int((reference.assigned & other.assigned).sum())
    given = int(reference.assigned.sum() + other.assigned.sum())
    return {
        "assignments_equal": _share(reference.assigned == other.assigned),
        "assigned_f1": round(2 * both / given, 5) if given else 1.0,
        "segments_with_equal_codes": _share((reference.assigned == other.assigned).all(axis=1)),
        "attitudes_equal": _share(reference.attitudes.argmax(1) == other.attitudes.argmax(1)),
        "presence_equal": _share(reference.present == other.present),
        "partnership_equal": _share(
            (reference.partnership.argmax(1) == other.partnership.argmax(1))[reference.present]
        ),
        "largest_difference": round(float(np.abs(reference.themes - other.themes).max()), 5),
        "segments": len(reference.present),
    }


def base_sized(model: LoadedModel) -> LoadedModel:
    """The same heads on a 110M encoder with random weights: its codings mean nothing, its speed is a real one's."""
    import torch
    from transformers import BertConfig, BertModel

    from models.joint import JointModel

    torch.manual_seed(0)
    encoder = BertModel(BertConfig(), add_pooling_layer=False)
    network = JointModel(encoder=encoder, definitions=torch.zeros(len(model.codes), encoder.config.hidden_size))
    return dataclasses.replace(model, name="110M", sha256="0" * 64, network=network.eval())


def _share(equal: Any) -> float:
    return round(float(equal.mean()), 5) if equal.size else 1.0
