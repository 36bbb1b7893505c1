"""What the benchmark compares with, but for fine-tuning: linear models on words and on the untrained vectors, and SetFit."""

from __future__ import annotations

import math
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from bench_data import Example, Task
from numpy.typing import NDArray

from models.encoder import find_encoder, load_encoder, load_tokenizer
from models.inputs import Unit, UnitEncoder, batches_by_tokens, collate
from models.joint import pooled_vectors
from models.settings import TrainingSettings

BATCH_TOKENS = 4096
SETFIT_BATCH, SETFIT_STEPS, SETFIT_PAIRS = 16, 250, 20_000
"""Of more than `SETFIT_PAIRS` pairs (more than 200 texts) SetFit gets so many steps, 4,000 pairs: an epoch of all pairs of 256
texts takes hours on two cores, of thousands of texts days."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a method found.

    Attributes:
        found: each test example's classes.
        seconds: of training, with the choice of settings where there is one.
        plain: the same without handicaps or thresholds, where it fits such on held-out examples.
    """

    found: list[list[int]]
    seconds: float
    plain: list[list[int]] | None = None


def tfidf(task: Task, training: Sequence[int], test: Sequence[int], base: str, settings: TrainingSettings) -> Answer:
    """The simplest sensible baseline: TF-IDF of words and pairs of words, logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    started = time.perf_counter()
    words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2 if len(training) > 500 else 1)
    seen = words.fit_transform([bag(task.examples[i]) for i in training])
    return _linear(task, training, seen, lambda: words.transform([bag(task.examples[i]) for i in test]), started)


def probe(task: Task, training: Sequence[int], test: Sequence[int], base: str, settings: TrainingSettings) -> Answer:
    """Logistic regression on the untrained encoder's vectors, of the text and of its context or target one beside the other."""
    source = find_encoder(base)
    bare = load_encoder(source).eval()
    encoder = UnitEncoder(load_tokenizer(source), max_tokens=settings.max_tokens, context_tokens=0)

    def vectors(chosen: Sequence[int]) -> NDArray[np.float64]:
        pairs = [pair(task.examples[i]) for i in chosen]
        return np.hstack([_pooled(bare, encoder, [parts[side] for parts in pairs]) for side in (0, 1)])

    started = time.perf_counter()
    return _linear(task, training, vectors(training), lambda: vectors(test), started)


def _pooled(bare: Any, encoder: UnitEncoder, texts: Sequence[str]) -> NDArray[np.float64]:
    """Mean vectors of length 1, shape (texts, d); 0 for an empty text."""
    encoded = encoder.encode([Unit(text) for text in texts])
    found = np.zeros((len(texts), int(bare.config.hidden_size)))
    for rows in batches_by_tokens([len(unit.ids) for unit in encoded], BATCH_TOKENS):
        batch = collate([encoded[i] for i in rows], encoder.pad_id)
        found[rows] = torch.nn.functional.normalize(pooled_vectors(bare, batch), dim=-1).double().numpy()
    found[[i for i, text in enumerate(texts) if not text]] = 0
    return found


def _linear(task: Task, training: Sequence[int], seen: Any, asked: Callable[[], Any], started: float) -> Answer:
    """Logistic regression on features of the training and, once it is fitted, of the test examples."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    answer = LogisticRegression(C=10, class_weight="balanced", max_iter=1000)
    columns, labels = _labels(task, training)
    fitted = (OneVsRestClassifier(answer) if task.many else answer).fit(seen, labels)
    seconds = time.perf_counter() - started
    return Answer(_found(task, columns, fitted.predict(asked())), seconds)


def setfit(task: Task, training: Sequence[int], test: Sequence[int], base: str, settings: TrainingSettings) -> Answer:
    """SetFit (Tunstall et al. 2022) with its defaults: one epoch of its pairs, or as many as `SETFIT_STEPS` say."""
    from datasets import Dataset
    from setfit import SetFitModel, Trainer, TrainingArguments

    several = {"multi_target_strategy": "one-vs-rest"} if task.many else {}
    model = SetFitModel.from_pretrained(str(find_encoder(base).folder), **several)
    columns, labels = _labels(task, training)
    data = Dataset.from_dict({"text": [_joined(task.examples[i]) for i in training], "label": labels.tolist()})
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            batch_size=SETFIT_BATCH,
            num_epochs=1,
            seed=settings.seed,
            report_to="none",
            save_strategy="no",
            max_steps=setfit_steps(len(training)),
        )
        started = time.perf_counter()
        Trainer(model=model, args=arguments, train_dataset=data).train()
        seconds = time.perf_counter() - started
    predicted = np.asarray(model.predict([_joined(task.examples[i]) for i in test], use_labels=False))
    return Answer(_found(task, columns, predicted), seconds)


def setfit_steps(texts: int) -> int:
    """-1, which is one epoch of all pairs, or the cap where these are too many."""
    return -1 if math.comb(texts, 2) <= SETFIT_PAIRS else SETFIT_STEPS


def _labels(task: Task, chosen: Sequence[int]) -> tuple[list[int], NDArray[np.int64]]:
    """For scikit-learn: labels, or a column for each class that some of the examples have and some have not."""
    examples = [task.examples[i] for i in chosen]
    if not task.many:
        return [], np.array([example.labels[0] for example in examples])
    table = np.array([[k in example.labels for k in range(len(task.classes))] for example in examples])
    columns = np.flatnonzero(table.any(0) & ~table.all(0)).tolist()
    return columns, table[:, columns].astype(np.int64)


def _found(task: Task, columns: Sequence[int], predicted: NDArray[np.int64]) -> list[list[int]]:
    if task.many:
        return [[columns[k] for k in np.flatnonzero(row).tolist()] for row in predicted]
    return [[int(label)] for label in predicted]


def bag(example: Example) -> str:
    """The text for a bag of words, which knows no places: words of the context, and those next to a target, are marked."""
    words = [f"before_{word}" for word in re.findall(r"\w+", example.context)]
    if example.target is not None:
        start, end = example.target
        near = (*re.findall(r"\w+", example.text[:start])[-5:], *re.findall(r"\w+", example.text[end:])[:5])
        words += [f"near_{word}" for word in near]
    return " ".join([example.text, *words])


def pair(example: Example) -> tuple[str, str]:
    """Text and target, or context and text."""
    if example.target is not None:
        start, end = example.target
        return example.text, example.text[start:end]
    return example.context, example.text


def _joined(example: Example) -> str:
    first, second = pair(example)
    return f"{first} | {second}" if first and second else first or second
