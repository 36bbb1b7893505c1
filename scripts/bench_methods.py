"""The benchmark's own rows, and the list of all: each method answers the test examples, and says how long training took."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from bench_data import VALIDATION_SHARE, Task, held_out
from bench_rivals import Answer, probe, setfit, tfidf
from bench_trainer import trainer

from models.decisions import BinaryScale, ChoiceScale, Decisions, Floats, Labels
from models.inputs import Unit
from models.settings import TrainingSettings, TrainingUnit
from models.training import train
from models.validation import held_out_logits
from pipeline.train_settings import TrainSettings

Run = Callable[[Task, Sequence[int], Sequence[int], str, TrainingSettings], Answer]


@dataclass(frozen=True, slots=True)
class Method:
    """A row of the table.

    Attributes:
        sources: patterns of the files whose code decides its answers, from the repository's root.
        libraries: the distributions that do.
        defaults: takes the settings that `themes train` has without any, and not the task's own.
    """

    run: Run
    sources: tuple[str, ...]
    libraries: tuple[str, ...]
    defaults: bool = False


def ours(
    task: Task,
    training: Sequence[int],
    test: Sequence[int],
    base: str,
    settings: TrainingSettings,
    *,
    share: float = VALIDATION_SHARE,
) -> Answer:
    """This project: joint trainer; early stopping, and handicaps or thresholds, on a `share` of the training groups."""
    fitting, held = held_out(task, training, share)
    labels = Labels.MANY if task.many else Labels.ONE
    started = time.perf_counter()
    trained = train(
        [_unit(task, i) for i in fitting],
        [_unit(task, i) for i in held],
        definitions=task.definitions,
        base=base,
        labels=labels,
        settings=settings,
        report=lambda line: print(f"    {line}", flush=True),
    )
    seconds = time.perf_counter() - started
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    units = [_unit(task, i) for i in test]
    logits = held_out_logits(trained.network, trained.encoder, units, device, trained.lexical)
    if task.examples[test[0]].target is not None:  # attitudes are plain answers already
        return Answer([[int(label)] for label in logits.attitudes.argmax(1)], seconds)
    plain = Decisions.uncalibrated(len(task.classes), labels).themes
    return Answer(_assigned(trained.decisions.themes, logits.themes), seconds, _assigned(plain, logits.themes))


_ALL = ("scripts/bench_data.py", "scripts/bench_rivals.py")
_OURS = (
    *_ALL,
    "scripts/bench_methods.py",
    "models/*.py",
    "pipeline/learn.py",
    "pipeline/votes.py",
    "pipeline/train_settings.py",
)
_TRAINER = (*_ALL, "scripts/bench_trainer.py", "models/plan.py")
_TORCH = ("torch", "transformers", "tokenizers")

METHODS: dict[str, Method] = {
    "tfidf": Method(tfidf, _ALL, ("scikit-learn",)),
    "probe": Method(probe, (*_ALL, "models/encoder.py", "models/inputs.py"), (*_TORCH, "scikit-learn")),
    "setfit": Method(setfit, _ALL, (*_TORCH, "setfit", "sentence-transformers", "scikit-learn")),
    "trainer": Method(trainer, _TRAINER, (*_TORCH, "accelerate")),
    "ours": Method(ours, _OURS, (*_TORCH, "scikit-learn")),
    "ours-defaults": Method(
        partial(ours, share=TrainSettings().validation_share), _OURS, (*_TORCH, "scikit-learn"), defaults=True
    ),
}


def _unit(task: Task, i: int) -> TrainingUnit:
    example = task.examples[i]
    votes = tuple(float(k in example.labels) for k in range(len(task.classes)))
    if example.target is not None:
        return TrainingUnit(Unit(example.text, "", (example.target,)), attitudes=(votes,))
    return TrainingUnit(Unit(example.text, example.context), themes=votes)


def _assigned(scale: BinaryScale | ChoiceScale, logits: Floats) -> list[list[int]]:
    return [np.flatnonzero(row).tolist() for row in scale.assigned(scale.probabilities(logits))]
