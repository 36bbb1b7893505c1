"""The rivals, each used as its documentation shows it, all on the same base encoder and the same segments."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from models.encoder import find_encoder
from models.inputs import Unit

BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64)
TRIAL = 150
"""Segments on which the pipeline's best batch size is looked for."""


@dataclass(frozen=True, slots=True)
class Contender:
    """Something to time: `work` on all of `items` is one round.

    Attributes:
        settings: what a reader needs to judge the figure.
        segments: what one round codes.
    """

    name: str
    work: Callable[[Sequence[Any]], Any]
    items: Sequence[Any]
    segments: int
    settings: str = ""


def pipelines(texts: Sequence[str], labels: int, base: str, device: torch.device) -> list[Contender]:
    """transformers' text-classification pipeline: batch 1 as documented, 32, and the best of several sizes."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

    folder = find_encoder(base).folder
    model = AutoModelForSequenceClassification.from_pretrained(
        folder, num_labels=labels, problem_type="multi_label_classification"
    )
    pipe = pipeline(
        "text-classification",
        model=model,
        tokenizer=AutoTokenizer.from_pretrained(folder),
        device=device,
        top_k=None,
    )

    def contender(name: str, size: int) -> Contender:
        def work(items: Sequence[str]) -> Any:
            return pipe(list(items), batch_size=size, truncation=True)

        return Contender(name, work, texts, len(texts), f"batch_size={size}, top_k=None, truncation")

    trial = texts[:TRIAL]
    contender("", 1).work(trial[:8])
    seconds = {size: _seconds(lambda size=size: contender("", size).work(trial)) for size in BATCH_SIZES}  # type: ignore[misc]
    best = min(seconds, key=lambda size: seconds[size])
    return [
        contender("pipeline, batch 1", 1),
        contender("pipeline, best batch", best),
        contender("pipeline, batch 32", 32),
    ]


def sentence_encoder(texts: Sequence[str], base: str, device: torch.device) -> Contender:
    """sentence-transformers' `encode` with its defaults."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(find_encoder(base).folder), device=str(device), local_files_only=True)

    def work(items: Sequence[str]) -> Any:
        return model.encode(list(items), show_progress_bar=False)

    return Contender("sentence-transformers encode", work, texts, len(texts), "defaults (batch_size=32)")


def setfit(texts: Sequence[str], labels: int, base: str, device: torch.device) -> Contender:
    """SetFit's `predict` with its defaults; its head is fitted to random labels, which costs and gives what any labels do."""
    from setfit import SetFitModel

    model = SetFitModel.from_pretrained(
        str(find_encoder(base).folder), multi_target_strategy="one-vs-rest", device=str(device), local_files_only=True
    )
    rng = np.random.default_rng(0)
    wanted = rng.integers(0, 2, (64, labels))
    wanted[0], wanted[1] = 0, 1  # every label has both answers
    few = [texts[i % len(texts)] for i in range(64)]
    model.model_head.fit(model.encode(few, show_progress_bar=False), wanted)

    def work(items: Sequence[str]) -> Any:
        return model.predict(list(items), show_progress_bar=False)

    return Contender("SetFit predict", work, texts, len(texts), "defaults (batch_size=32), one-vs-rest logistic head")


def per_target(units: Sequence[Unit], base: str, device: torch.device) -> list[Contender]:
    """One pass per target, as in NewsSentiment: the text with its target as the second part, three classes.

    The published program runs one target at a time; a batch of 32 is shown beside it.
    """
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    folder = find_encoder(base).folder
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=3).to(device).eval()

    def contender(name: str, size: int) -> Contender:
        @torch.inference_mode()
        def work(items: Sequence[Unit]) -> Any:
            pairs = [(unit.text, unit.text[start:end]) for unit in items for start, end in unit.targets]
            found = []
            for first in range(0, len(pairs), size):
                texts, targets = zip(*pairs[first : first + size], strict=True)
                batch = tokenizer(list(texts), list(targets), padding=True, truncation=True, return_tensors="pt")
                found.append(model(**batch.to(device)).logits.softmax(-1).cpu())
            return found

        return Contender(name, work, units, len(units), f"a pass per mention, batch_size={size}")

    return [contender("per target, batch 1", 1), contender("per target, batch 32", 32)]


def _seconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
