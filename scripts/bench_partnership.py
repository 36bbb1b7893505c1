"""The project's own gold as a task of the benchmark: synthetic interviews, any number of the codebook's codes for a segment."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench_data import Example, Labels, Task
from build_model import CODERS, EXAMPLES, parts_of

from pipeline.codebook import Codebook, load_codebook
from pipeline.gold import GoldUnit, load_gold
from pipeline.types import Coding

QUICK = 1500
"""Segments to train on with `--quick`."""


def partnership(folder: Path, quick: bool) -> Task:
    """Interviews of examples/gold: parts `train` and `validation` of split.csv to part `test`; adjudicated codes.

    Args:
        folder: not read; the data lie in the repository.
    """
    book = load_codebook("partnership-culture")
    parts = parts_of(load_gold([EXAMPLES / "gold" / "interviews-themes.csv"], codes=book.names))
    training = _examples([*parts["train"], *parts["validation"]], book)[: QUICK if quick else None]
    test = _examples(parts["test"], book)
    return Task(
        "partnership-culture (synthetic interviews, coded by language models)",
        tuple(book.names),
        tuple(code.facets for code in book.all_codes),
        training + test,
        [(list(range(len(training))), list(range(len(training), len(training) + len(test))))],
        "none",
        many=True,
    )


def _examples(units: Sequence[GoldUnit], book: Codebook) -> list[Example]:
    examples = []
    for unit in units:
        settled = unit.settled("codes")
        if settled is not None:
            single = {coder: _labels(coding, book) for coder in CODERS if (coding := unit.by(coder)) is not None}
            first = unit.first
            examples.append(Example(first.text, first.context, _labels(settled, book), first.group, None, single))
    return examples


def _labels(coding: Coding, book: Codebook) -> Labels:
    return tuple(i for i, code in enumerate(book.names) if code in (coding.codes or ()))
