"""The benchmark's rows: each method gives a label per test example, and says how long training took."""

from __future__ import annotations

import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from bench_data import Example, Task

from models.decisions import Labels
from models.encoder import find_encoder
from models.inputs import Unit
from models.settings import TrainingSettings, TrainingUnit
from models.training import train
from models.validation import held_out_logits

VALIDATION_SHARE = 0.1
Answer = tuple[list[int], float]
"""Labels of the test examples, seconds of training."""

Method = Callable[[Task, Sequence[int], Sequence[int], str, TrainingSettings], Answer]


def ours(task: Task, training: Sequence[int], test: Sequence[int], base: str, settings: TrainingSettings) -> Answer:
    """This project: joint trainer, early stopping and handicaps on a tenth of the training groups."""
    targeted = task.examples[0].target is not None
    fitting, held = _split(task, training)
    started = time.perf_counter()
    trained = train(
        [_unit(task, i) for i in fitting],
        [_unit(task, i) for i in held],
        definitions=[(text,) for text in task.definitions],
        base=base,
        labels=Labels.ONE,
        settings=settings,
        report=lambda line: print(f"    {line}", flush=True),
    )
    seconds = time.perf_counter() - started
    units = [_unit(task, i) for i in test]
    logits = held_out_logits(trained.network, trained.encoder, units, _device(), trained.lexical)
    if targeted:
        return logits.attitudes.argmax(1).tolist(), seconds
    scale = trained.decisions.themes
    return scale.assigned(scale.probabilities(logits.themes)).argmax(1).tolist(), seconds


def tfidf(task: Task, training: Sequence[int], test: Sequence[int], base: str, settings: TrainingSettings) -> Answer:
    """The simplest sensible baseline: TF-IDF of words and pairs of words, logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    started = time.perf_counter()
    pipe = make_pipeline(
        TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2 if len(training) > 500 else 1),
        LogisticRegression(C=10, class_weight="balanced", max_iter=1000),
    ).fit([_plain(task.examples[i]) for i in training], [task.examples[i].label for i in training])
    seconds = time.perf_counter() - started
    return pipe.predict([_plain(task.examples[i]) for i in test]).tolist(), seconds


def setfit(task: Task, training: Sequence[int], test: Sequence[int], base: str, settings: TrainingSettings) -> Answer:
    """SetFit (Tunstall et al. 2022) with its defaults, one epoch, at most 2,000 pairs of sentences on a laptop."""
    from datasets import Dataset
    from setfit import SetFitModel, Trainer, TrainingArguments

    model = SetFitModel.from_pretrained(str(find_encoder(base).folder))
    data = Dataset.from_dict(
        {
            "text": [_joined(task.examples[i]) for i in training],
            "label": [task.examples[i].label for i in training],
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            batch_size=16,
            num_epochs=1,
            seed=settings.seed,
            report_to="none",
            save_strategy="no",
            max_steps=_setfit_steps(training, task),
        )
        started = time.perf_counter()
        Trainer(model=model, args=arguments, train_dataset=data).train()
        seconds = time.perf_counter() - started
    return [int(label) for label in model.predict([_joined(task.examples[i]) for i in test])], seconds


SETFIT_STEPS = 250


def _setfit_steps(training: Sequence[int], task: Task, batch: int = 16) -> int:
    """One epoch of its oversampled pairs (-1), unless that is more than the cap: SetFit lets `max_steps` win over epochs."""
    sizes = Counter(task.examples[i].label for i in training).values()
    alike = sum(size * (size + 1) // 2 for size in sizes)
    unlike = (sum(sizes) ** 2 - sum(size**2 for size in sizes)) // 2
    return SETFIT_STEPS if 2 * max(alike, unlike) > batch * SETFIT_STEPS else -1


def plain(task: Task, training: Sequence[int], test: Sequence[int], base: str, settings: TrainingSettings) -> Answer:
    """Plain fine-tuning: transformers' Trainer on sequence (pair) classification, with its usual settings."""
    from transformers import (
        AutoModelForSequenceClassification,
        AutoTokenizer,
        DataCollatorWithPadding,
        Trainer,
        TrainingArguments,
    )

    folder = find_encoder(base).folder
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model: Any = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=len(task.classes))

    def encode(i: int) -> dict[str, Any]:
        example = task.examples[i]
        first, second = _pair(example)
        return {**tokenizer(first, second, truncation=True, max_length=192), "labels": example.label}

    with tempfile.TemporaryDirectory() as out:
        trainer = Trainer(
            model=model,
            args=TrainingArguments(
                output_dir=out,
                num_train_epochs=settings.epochs,
                learning_rate=5e-5,
                per_device_train_batch_size=32,
                per_device_eval_batch_size=64,
                warmup_steps=50,
                train_sampling_strategy="group_by_length",
                save_strategy="no",
                report_to="none",
                seed=settings.seed,
                disable_tqdm=True,
            ),
            train_dataset=[encode(i) for i in training],
            data_collator=DataCollatorWithPadding(tokenizer),
        )
        started = time.perf_counter()
        trainer.train()
        seconds = time.perf_counter() - started
        trainer.args.train_sampling_strategy = "random"  # else it predicts in the order of lengths, and says so nowhere
        found = trainer.predict([encode(i) for i in test])
    return np.asarray(found.predictions).argmax(1).tolist(), seconds


METHODS: dict[str, Method] = {"tfidf": tfidf, "setfit": setfit, "trainer": plain, "ours": ours}


def _unit(task: Task, i: int) -> TrainingUnit:
    example = task.examples[i]
    votes = tuple(float(k == example.label) for k in range(len(task.classes)))
    if example.target is not None:
        return TrainingUnit(Unit(example.text, "", (example.target,)), attitudes=(votes,))
    return TrainingUnit(Unit(example.text, example.context), themes=votes)


def _split(task: Task, training: Sequence[int]) -> tuple[list[int], list[int]]:
    """Whole groups for validation; single examples where there are only a few."""
    groups = sorted({task.examples[i].group for i in training})
    random.Random(1).shuffle(groups)
    wanted, held = max(1.0, VALIDATION_SHARE * len(training)), set[str]()
    for group in groups:
        if sum(task.examples[i].group in held for i in training) >= wanted:
            break
        held.add(group)
    return (
        [i for i in training if task.examples[i].group not in held],
        [i for i in training if task.examples[i].group in held],
    )


def _plain(example: Example) -> str:
    """The text for a bag of words; the words next to a target marked, as a bag knows no places."""
    if example.target is None:
        return example.text
    start, end = example.target
    near = (example.text[:start].split()[-5:], example.text[end:].split()[:5])
    return " ".join([example.text, *(f"near_{word}" for side in near for word in side)])


def _pair(example: Example) -> tuple[str, str]:
    if example.target is not None:
        start, end = example.target
        return example.text, example.text[start:end]
    return example.context, example.text


def _joined(example: Example) -> str:
    first, second = _pair(example)
    return f"{first} | {second}" if first and second else first or second


def _device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
