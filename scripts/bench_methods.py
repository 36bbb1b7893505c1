"""The benchmark's own rows, and the list of all: each method answers the test examples, and says how long training took."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from bench_data import VALIDATION_SHARE, Task, held_out
from bench_rivals import Answer, probe, setfit, tfidf
from bench_trainer import trainer

from models.decisions import ATTITUDES, BinaryScale, ChoiceScale, Decisions, Floats, Labels
from models.inputs import Unit
from models.settings import TrainingSettings, TrainingUnit
from models.training import Trained, train
from models.validation import held_out_logits
from pipeline.codebook import Code, Codebook
from pipeline.division import divide
from pipeline.gold import GoldUnit
from pipeline.learn import cross_fit_on_gold, train_on_gold
from pipeline.train_settings import TrainSettings
from pipeline.types import Attitude, Coding, MentionCoding

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


def ours(task: Task, training: Sequence[int], test: Sequence[int], base: str, settings: TrainingSettings) -> Answer:
    """This project: joint trainer; early stopping, and handicaps or thresholds, on a part of the training groups."""
    fitting, held = held_out(task, training, VALIDATION_SHARE)
    labels = Labels.MANY if task.many else Labels.ONE
    started = time.perf_counter()
    trained = train(
        [_unit(task, i) for i in fitting],
        [_unit(task, i) for i in held],
        definitions=task.definitions,
        base=base,
        labels=labels,
        settings=settings,
        report=_say,
    )
    return _answered(task, trained, test, time.perf_counter() - started)


def by_default(
    task: Task, training: Sequence[int], test: Sequence[int], base: str, settings: TrainingSettings
) -> Answer:
    """What `themes train` does with this gold where nothing is set: its split or folds, its kind of labels, its settings."""
    book = Codebook(
        name="task",
        codes=[
            Code(name=name, definition=first, code_when="; ".join(more))
            for name, (first, *more) in zip(task.classes, task.definitions, strict=True)
        ],
    )
    gold = [_gold(task, i) for i in training]
    chosen = TrainSettings(base=base, seed=settings.seed, epochs=settings.epochs, least_steps=settings.least_steps)
    started = time.perf_counter()
    division = divide(gold, chosen)
    if division.folds:
        trained = cross_fit_on_gold(division.training, division.folds, book, chosen).trained
    else:
        trained = train_on_gold(division.training, division.validation, book, chosen)
    return _answered(task, trained, test, time.perf_counter() - started)


def _answered(task: Task, trained: Trained, test: Sequence[int], seconds: float) -> Answer:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    logits = held_out_logits(trained.network, trained.encoder, [_unit(task, i) for i in test], device, trained.lexical)
    if task.examples[test[0]].target is not None:  # attitudes are plain answers already
        return Answer([[int(label)] for label in logits.attitudes.argmax(1)], seconds)
    scale = trained.decisions.themes
    plain = Decisions.uncalibrated(len(task.classes), trained.decisions.labels).themes
    if not task.many and isinstance(scale, BinaryScale):  # learnt as codes that may meet; asked for one
        return Answer([[int(label)] for label in scale.probabilities(logits.themes).argmax(1)], seconds)
    return Answer(_assigned(scale, logits.themes), seconds, _assigned(plain, logits.themes))


def _say(line: str) -> None:
    print(f"    {line}", flush=True)


_ALL = ("scripts/bench_data.py", "scripts/bench_rivals.py")
_OURS = (
    *_ALL,
    "scripts/bench_methods.py",
    "models/*.py",
    "pipeline/learn.py",
    "pipeline/votes.py",
    "pipeline/division.py",
    "pipeline/holding_out.py",
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
    "ours-defaults": Method(by_default, _OURS, (*_TORCH, "scikit-learn"), defaults=True),
}


def _unit(task: Task, i: int) -> TrainingUnit:
    example = task.examples[i]
    votes = tuple(float(k in example.labels) for k in range(len(task.classes)))
    if example.target is not None:
        return TrainingUnit(Unit(example.text, "", (example.target,)), attitudes=(votes,))
    return TrainingUnit(Unit(example.text, example.context), themes=votes)


def _gold(task: Task, i: int) -> GoldUnit:
    example = task.examples[i]
    codes: frozenset[str] | None = frozenset(task.classes[k] for k in example.labels)
    attitudes: tuple[MentionCoding, ...] | None = None
    if example.target is not None:
        start, end = example.target
        attitude = Attitude(ATTITUDES[example.labels[0]])
        codes, attitudes = None, (MentionCoding(example.text[start:end], start, end, "partners_generic", attitude),)
    coding = Coding(str(i), example.group, example.text, codes, "coder", example.context, attitudes)
    return GoldUnit(str(i), (coding,))


def _assigned(scale: BinaryScale | ChoiceScale, logits: Floats) -> list[list[int]]:
    return [np.flatnonzero(row).tolist() for row in scale.assigned(scale.probabilities(logits))]
