"""Plain fine-tuning of the encoder that ours has, for the benchmark."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from bench_data import VALIDATION_SHARE, Task, held_out
from bench_rivals import Answer, pair
from numpy.typing import NDArray

from models.encoder import find_encoder
from models.plan import LEAST_BATCHES
from models.predict import pick_device
from models.settings import TrainingSettings
from models.steps import precision_for

RATE, RATES = 5e-5, (5e-5, 2e-5, 1e-4)
"""The Trainer's own rate, for all labels; those that it may choose from with few."""
MOST_IN_BATCH, LEAST_IN_BATCH = 32, 4


def trainer(task: Task, training: Sequence[int], test: Sequence[int], base: str, settings: TrainingSettings) -> Answer:
    """Plain fine-tuning: transformers' Trainer on sequence (pair) classification, with its usual settings.

    As many tokens, epochs, steps at the least and share of warming up as ours, and its precision. With few labels the rate is
    chosen on the held-out part that ours has, by macro-F1 and then by the loss, and all labels are trained on with it.
    """
    rate, spent = RATE, 0.0
    if task.few:
        fitting, held = held_out(task, training, VALIDATION_SHARE)
        tried = {}
        for candidate in RATES:
            logits, seconds = _fine_tuned(task, fitting, held, base, settings, candidate)
            tried[candidate], spent = _quality(task, held, logits), spent + seconds
        rate = max(tried, key=lambda name: tried[name])
        print(f"    rate {rate:g}", flush=True)
    logits, seconds = _fine_tuned(task, training, test, base, settings, rate)
    return Answer(_decided(task, logits), spent + seconds)


def trainer_plan(texts: int, settings: TrainingSettings) -> tuple[int, int]:
    """Texts in a batch and steps: small batches for small gold, and steps at the least, as `models.plan` has them for ours."""
    batch = max(LEAST_IN_BATCH, min(MOST_IN_BATCH, texts // LEAST_BATCHES))
    return batch, max(settings.least_steps, settings.epochs * math.ceil(texts / batch))


def _fine_tuned(
    task: Task, training: Sequence[int], asked: Sequence[int], base: str, settings: TrainingSettings, rate: float
) -> tuple[NDArray[np.float64], float]:
    """Logits, shape (asked, classes), and seconds of training."""
    from transformers import (
        AutoModelForSequenceClassification,
        AutoTokenizer,
        DataCollatorWithPadding,
        Trainer,
        TrainingArguments,
        set_seed,
    )

    folder = find_encoder(base).folder
    tokenizer = AutoTokenizer.from_pretrained(folder)
    set_seed(settings.seed)  # the Trainer does so too late: the head's first weights are drawn here
    precision = precision_for(settings.precision, pick_device("auto"))
    model: Any = AutoModelForSequenceClassification.from_pretrained(
        folder,
        num_labels=len(task.classes),
        problem_type="multi_label_classification" if task.many else "single_label_classification",
    )

    def encode(i: int) -> dict[str, Any]:
        example = task.examples[i]
        first, second = pair(example)
        labels = [float(k in example.labels) for k in range(len(task.classes))] if task.many else example.labels[0]
        return {**tokenizer(first, second, truncation=True, max_length=settings.max_tokens), "labels": labels}

    batch, steps = trainer_plan(len(training), settings)
    with tempfile.TemporaryDirectory() as out:
        tuned = Trainer(
            model=model,
            args=TrainingArguments(
                output_dir=out,
                max_steps=steps,
                learning_rate=rate,
                per_device_train_batch_size=batch,
                per_device_eval_batch_size=64,
                warmup_steps=settings.warmup,  # below 1 it is a share of all steps
                train_sampling_strategy="group_by_length",
                save_strategy="no",
                bf16=precision == "bfloat16",
                use_cpu=not torch.cuda.is_available(),  # asked for, or bfloat16 is refused there
                report_to="none",
                seed=settings.seed,
                disable_tqdm=True,
            ),
            train_dataset=[encode(i) for i in training],
            data_collator=DataCollatorWithPadding(tokenizer),
        )
        started = time.perf_counter()
        tuned.train()
        seconds = time.perf_counter() - started
        tuned.args.train_sampling_strategy = "random"  # else it predicts in the order of lengths, and says so nowhere
        found = tuned.predict([encode(i) for i in asked])
    return np.asarray(found.predictions, dtype=np.float64), seconds


def _decided(task: Task, logits: NDArray[np.float64]) -> list[list[int]]:
    if task.many:
        return [np.flatnonzero(row > 0).tolist() for row in logits]
    return [[int(label)] for label in logits.argmax(1)]


def _quality(task: Task, asked: Sequence[int], logits: NDArray[np.float64]) -> tuple[float, float]:
    """Macro-F1, and less the mean loss: with a handful of held-out examples most rates have the same F1."""
    from scipy.special import log_expit, log_softmax
    from sklearn.metrics import f1_score

    gold = np.array([[k in task.examples[i].labels for k in range(len(task.classes))] for i in asked])
    found = np.array([[k in labels for k in range(len(task.classes))] for labels in _decided(task, logits)])
    gains = np.where(gold, log_expit(logits), log_expit(-logits)) if task.many else gold * log_softmax(logits, axis=1)
    return float(f1_score(gold, found, average="macro", zero_division=0)), float(gains.sum(1).mean())
