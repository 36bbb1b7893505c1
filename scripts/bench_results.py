"""What the benchmark keeps: each method's answers on each fold, a line of JSON each, so that it can go on after a break and
be shared among processes; and the table over them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from pipeline.evaluate.statistics import nominal_alpha

REPLICATIONS = 1000


@dataclass(frozen=True, slots=True)
class Key:
    """What one training was.

    Attributes:
        size: labels for each class; 0 for all.
        fold: number of the split, from 1.
    """

    task: str
    method: str
    base: str
    size: int
    fold: int
    seed: int
    quick: bool


@dataclass(frozen=True, slots=True)
class Fold:
    """A method's answers on one fold's test examples, in order.

    Attributes:
        groups: the transcript (article, block) of each example.
        many: which of them further coders coded too.
        seconds: of training.
    """

    gold: list[int]
    found: list[int]
    groups: list[str]
    many: list[bool]
    seconds: float


def keep(path: Path, key: Key, fold: Fold) -> None:
    """Add a fold's answers to the file; whole lines, so that two processes may share it."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"key": asdict(key), "fold": asdict(fold)}) + "\n")


def kept(path: Path) -> dict[Key, Fold]:
    """All that the file holds; nothing where there is none. A line cut off by a kill is passed over."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        found[Key(**row["key"])] = Fold(**row["fold"])
    return found


@dataclass(frozen=True, slots=True)
class Row:
    """A method's figures over the folds that it was run on; F1 in percent, intervals by groups (95 %)."""

    folds: int
    examples: int
    macro_f1: float
    macro_f1_interval: tuple[float, float]
    alpha: float
    alpha_many: float | None
    seconds: float


def summary(folds: Sequence[Fold], classes: int, seed: int) -> Row:
    """The folds' answers taken together; intervals from a bootstrap over groups."""
    gold, found, many = (
        np.concatenate([np.asarray(getattr(fold, name)) for fold in folds]) for name in ("gold", "found", "many")
    )
    tables = np.stack(list(_by_group(folds, classes).values()))
    rng = np.random.default_rng(seed)
    drawn = np.array([tables[rng.integers(len(tables), size=len(tables))].sum(0) for _ in range(REPLICATIONS)])
    low, high = np.percentile([100 * _macro_f1(table) for table in drawn], [2.5, 97.5])
    return Row(
        folds=len(folds),
        examples=len(gold),
        macro_f1=100 * float(f1_score(gold, found, average="macro")),
        macro_f1_interval=(float(low), float(high)),
        alpha=_alpha(gold, found, classes),
        alpha_many=_alpha(gold[many], found[many], classes) if many.any() else None,
        seconds=sum(fold.seconds for fold in folds) / len(folds),
    )


def difference(ours: Sequence[Fold], theirs: Sequence[Fold], classes: int, seed: int) -> tuple[float, float, float]:
    """Macro-F1 (percent) of `ours` less `theirs` on the same folds, with a paired bootstrap over groups (95 %)."""
    mine, other = _by_group(ours, classes), _by_group(theirs, classes)
    pairs = np.stack([[mine[group], other[group]] for group in mine])
    rng = np.random.default_rng(seed)

    def less(chosen: NDArray[np.float64]) -> float:
        a, b = chosen.sum(0)
        return 100 * (_macro_f1(a) - _macro_f1(b))

    drawn = [less(pairs[rng.integers(len(pairs), size=len(pairs))]) for _ in range(REPLICATIONS)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return less(pairs), float(low), float(high)


def _by_group(folds: Sequence[Fold], classes: int) -> dict[str, NDArray[np.float64]]:
    tables: dict[str, NDArray[np.float64]] = defaultdict(lambda: np.zeros((classes, classes)))
    for fold in folds:
        for group, gold, found in zip(fold.groups, fold.gold, fold.found, strict=True):
            tables[group][gold, found] += 1
    return dict(tables)


def _macro_f1(table: NDArray[np.float64]) -> float:
    """Of a confusion table (gold, found); classes that neither has count as 0, as in scikit-learn."""
    both = table.sum(0) + table.sum(1)
    return float(np.mean(2 * np.diagonal(table) / np.maximum(both, 1)))


def _alpha(gold: NDArray[np.int64], found: NDArray[np.int64], classes: int) -> float:
    table = np.zeros((classes, classes))
    np.add.at(table, (gold, found), 1)
    return float(nominal_alpha(table[None])[0])
