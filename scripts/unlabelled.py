"""Testimony that nobody coded, for a teacher to code: half of it likely to carry codes by its words, half drawn at random."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np

from models.inputs import Unit
from models.saving import load_model
from pipeline.coding import unit_of
from pipeline.config import load_run_settings
from pipeline.gold import GoldUnit
from pipeline.prepare import Failed, Preparer
from pipeline.resources import shipped_models

LEAST_WORDS = 25
"""Shorter answers hardly ever carry a code."""
LIKELY = 6000
"""So many of those that are likeliest by their words are taken for likely, of few segments half."""


def unlabelled(
    inquiry: Path, gold: Mapping[str, Sequence[GoldUnit]], number: int, seed: int, words_of: str = "partnership-culture"
) -> list[Unit]:
    """Segments of the inquiry's transcripts, coded by nobody, from no transcript that is held out.

    Args:
        gold: units by part, as `build_model.parts_of` gives them.
        words_of: the shipped model whose head of words says what is likely to carry a code.
    """
    held = {unit.first.transcript for part in ("validation", "test", "unused") for unit in gold[part]}
    coded: dict[str, list[tuple[int, int]]] = {}
    for unit in (unit for part in gold.values() for unit in part):
        if unit.first.transcript and unit.first.start is not None and unit.first.end is not None:
            coded.setdefault(unit.first.transcript, []).append((unit.first.start, unit.first.end))
    preparer = Preparer(load_run_settings(None))
    units = [
        unit
        for path in sorted(inquiry.rglob("*.rst"))
        if path.name not in held
        for unit in _segments(preparer, path, coded.get(path.name, ()))
    ]
    return _drawn(list(dict.fromkeys(units)), number, seed, words_of)


def _segments(preparer: Preparer, path: Path, coded: Collection[tuple[int, int]]) -> list[Unit]:
    prepared = preparer.prepare(path)
    if isinstance(prepared, Failed):
        return []
    return [
        unit_of(segment, mentions)
        for segment, mentions in zip(prepared.coded, prepared.mentions, strict=True)
        if len(segment.text.split()) >= LEAST_WORDS
        and not any(start < segment.end and segment.start < end for start, end in coded)
    ]


def _drawn(units: list[Unit], number: int, seed: int, words_of: str) -> list[Unit]:
    model = load_model(shipped_models() / words_of)
    if model.lexical is None:
        raise ValueError(f"the model {words_of} has no head of words")
    likeliest = model.lexical.logits(model.encoder.columns(units)).max(axis=1)
    order = [units[i] for i in np.argsort(-likeliest, kind="stable")]
    rng = random.Random(seed)
    cut = min(LIKELY, len(order) // 2)
    likely, rest = order[:cut], order[cut:]
    rng.shuffle(likely)
    rng.shuffle(rest)
    return [*likely[: number // 2], *rest[: number - number // 2]]
