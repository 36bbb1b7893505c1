"""Talk that nobody coded, for a teacher to code: testimony, and pieces of the interviews that gold holds.

A small network that has seen its gold often enough learns more from a large one's answers on other text than from the gold
once more (patient teachers: Beyer et al. 2022; other text of the task's own kind: Jiao et al. 2020, TinyBERT). Of interviews
there is no more than was coded; but what is cut out of an answer, or runs from the end of one into the next, is another text
with other codes.
"""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from models.inputs import Unit
from models.loading import load_model
from pipeline.coding import unit_of
from pipeline.config import load_run_settings
from pipeline.gold import GoldUnit
from pipeline.prepare import Failed, Preparer
from pipeline.resources import shipped_models

LEAST_WORDS = 25
"""Shorter answers hardly ever carry a code."""
LIKELY = 12_000
"""So many of those that are likeliest by their words are taken for likely, of few segments half."""
WORDS_TO_CUT, LEAST_PIECE = 24, 8
"""An answer is cut that has so many words; a piece has so many at least."""
JOINED, KEPT_CONTEXT, CUT_CONTEXT = 0.35, 0.7, 0.5
"""How often an answer is joined to the next; how often a piece has the question, or what was cut off before it, as context."""

_SENTENCE = re.compile(r"[^.!?]+[.!?]*\s*")


def unlabelled(
    inquiry: Path, gold: Mapping[str, Sequence[GoldUnit]], number: int, seed: int, words_of: str = "partnership-culture"
) -> list[tuple[str, Unit]]:
    """Segments of the inquiry's transcripts, whoever speaks, coded by nobody, from no transcript that is held out.

    Args:
        gold: units by part, as `build_model.parts_of` gives them.
        words_of: the shipped model whose head of words says what is likely to carry a code.

    Returns:
        the segments, each with the name that its hearing has as a group of the gold.
    """
    held = {unit.first.transcript for part in ("validation", "test", "unused") for unit in gold[part]}
    coded: dict[str, list[tuple[int, int]]] = {}
    for unit in (unit for part in gold.values() for unit in part):
        if unit.first.transcript and unit.first.start is not None and unit.first.end is not None:
            coded.setdefault(unit.first.transcript, []).append((unit.first.start, unit.first.end))
    preparer = Preparer(load_run_settings(None))
    units = {
        unit: path.stem
        for path in sorted(inquiry.rglob("*.rst"))
        if path.name not in held
        for unit in _segments(preparer, path, coded.get(path.name, ()))
    }
    return [(units[unit], unit) for unit in _drawn(list(units), number, seed, words_of)]


def pieces_of(answers: Sequence[tuple[str, Unit]], seed: int) -> list[tuple[str, Unit]]:
    """A piece of nearly every answer, and some that run from one answer into the next.

    Args:
        answers: of interviews, each with its interview's name, in the order of the talk.
        seed: another one gives other pieces.

    Returns:
        the pieces, with their interviews' names too.
    """
    rng = random.Random(seed)
    pieces: list[tuple[str, Unit]] = []
    before: tuple[str, Unit] | None = None
    for name, unit in answers:
        pieces += ((name, piece) for piece in _cut(unit, rng))
        if before is not None and before[0] == name and rng.random() < JOINED:
            pieces += ((name, piece) for piece in _joined(before[1], unit, rng))
        before = name, unit
    return list(dict.fromkeys(pair for pair in pieces if len(pair[1].text.split()) >= LEAST_PIECE))


def _cut(unit: Unit, rng: random.Random) -> Iterator[Unit]:
    """Some of an answer's sentences, one after another."""
    sentences = _sentences(unit.text)
    if len(unit.text.split()) < WORDS_TO_CUT or len(sentences) < 3:
        return
    number = rng.randint(max(1, len(sentences) // 3), len(sentences) - 1)
    first = rng.randint(0, len(sentences) - number)
    piece = _part(unit, sentences[first][0], sentences[first + number - 1][1])
    if first and rng.random() < CUT_CONTEXT:
        context = unit.text[: sentences[first][0]].strip()
    else:
        context = unit.context if rng.random() < KEPT_CONTEXT else ""
    yield Unit(piece.text, context, piece.targets)


def _joined(one: Unit, next_one: Unit, rng: random.Random) -> Iterator[Unit]:
    """The end of an answer and the beginning of the next."""
    sentences, following = _sentences(one.text), _sentences(next_one.text)
    if not sentences or not following:
        return
    end = _part(one, rng.choice(sentences)[0], len(one.text))
    beginning = _part(next_one, 0, rng.choice(following)[1])
    at = len(end.text) + 1
    targets = (*end.targets, *((start + at, stop + at) for start, stop in beginning.targets))
    yield Unit(f"{end.text} {beginning.text}", one.context if rng.random() < KEPT_CONTEXT else "", targets)


def _sentences(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in _SENTENCE.finditer(text)]


def _part(unit: Unit, start: int, end: int) -> Unit:
    """A part of a text without white space at its end, with the mentions that lie in it."""
    text = unit.text[start:end].rstrip()
    inside = ((first, last) for first, last in unit.targets if start <= first and last <= start + len(text))
    return Unit(text, "", tuple((first - start, last - start) for first, last in inside))


def _segments(preparer: Preparer, path: Path, coded: Collection[tuple[int, int]]) -> list[Unit]:
    prepared = preparer.prepare(path)
    if isinstance(prepared, Failed):
        return []
    mentions = dict(zip(prepared.coded, prepared.mentions, strict=True))
    return [
        unit_of(segment, mentions.get(segment, ()))
        for segment in prepared.segments
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
