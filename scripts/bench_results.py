"""What the benchmark keeps: each method's answers on each fold, a line of JSON each, so that it can go on after a break and
be shared among processes; and the table over them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluate.statistics import (
    binary_counts,
    f1,
    krippendorff_alpha,
    mean_defined,
    nominal_alpha,
)

REPLICATIONS = 1000
Floats = NDArray[np.float64]
Answers = list[list[int]]
"""Each example's classes."""


@dataclass(frozen=True, slots=True)
class Key:
    """What one training was.

    Attributes:
        size: labels for each class; 0 for all.
        draw: number of the drawing of few labels, from 1; 1 with all.
        fold: number of the split, from 1.
        state: of the settings, the data, the code and the libraries (`bench_state`); with another state it is another training.
    """

    task: str
    method: str
    base: str
    size: int
    draw: int
    fold: int
    seed: int
    quick: bool
    state: str


@dataclass(frozen=True, slots=True)
class Fold:
    """A method's answers on one fold's test examples, in order.

    Attributes:
        groups: the transcript (article, block) of each example.
        others: each example's classes by single coders, by name, where several coded it.
        seconds: of training.
        plain: the answers without handicaps or thresholds, where the method fits such on held-out examples.
    """

    gold: Answers
    found: Answers
    groups: list[str]
    others: list[dict[str, list[int]]]
    seconds: float
    plain: Answers | None = None


Cell = tuple[int, int]
"""Draw and fold."""


def keep(path: Path, key: Key, fold: Fold) -> None:
    """Add a fold's answers to the file; whole lines, so that two processes may share it."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"key": asdict(key), "fold": asdict(fold)}) + "\n")


def kept(path: Path) -> dict[Key, Fold]:
    """All that the file holds; nothing where there is none.

    Passed over are lines cut off by a kill, and those of an older benchmark, which do not say what made them.
    """
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            row = json.loads(line)
            found[Key(**row["key"])] = Fold(**row["fold"])
        except (ValueError, TypeError, KeyError):
            continue
    return found


@dataclass(frozen=True, slots=True)
class Row:
    """A method's figures over the draws and folds that it was run on; F1 in percent, its interval (95 %) by draws and groups.

    Attributes:
        alpha: with gold; nominal, codes pooled where a text may carry several.
        alpha_coders: the mean alpha with each single coder, on what several coded.
        by_several: how many examples these are.
        seconds: of a training.
    """

    draws: int
    folds: int
    examples: int
    macro_f1: float
    interval: tuple[float, float]
    alpha: float
    alpha_coders: float | None
    by_several: int
    seconds: float


def summary(cells: Mapping[Cell, Fold], classes: int, seed: int, *, many: bool) -> Row:
    """The folds' answers taken together, then the mean over draws."""
    draws = _by_draw(cells)
    tables = _tables(cells, classes)
    value, drawn = _resampled(tables, seed)
    low, high = np.percentile(drawn, [2.5, 97.5])
    alone = [_with_coders(folds, classes, many=many) for folds in draws]
    known = [alpha for alpha in alone if alpha is not None]
    alphas = [_alpha(_all(folds, "gold"), _all(folds, "found"), classes, many=many) for folds in draws]
    return Row(
        draws=len(draws),
        folds=len({fold for _, fold in cells}),
        examples=sum(len(fold.gold) for fold in draws[0]),
        macro_f1=value,
        interval=(float(low), float(high)),
        alpha=float(np.mean(alphas)),
        alpha_coders=float(np.mean(known)) if known else None,
        by_several=sum(bool(coders) for fold in draws[0] for coders in fold.others),
        seconds=sum(fold.seconds for fold in cells.values()) / len(cells),
    )


def difference(
    ours: Mapping[Cell, Fold], theirs: Mapping[Cell, Fold], classes: int, seed: int
) -> tuple[float, float, float]:
    """Macro-F1 (percent) of `ours` less `theirs` on the same draws and folds, with a paired bootstrap over both (95 %).

    Raises:
        ValueError: they answered on different examples.
    """
    if ours.keys() != theirs.keys() or any(
        (ours[cell].gold, ours[cell].groups) != (theirs[cell].gold, theirs[cell].groups) for cell in ours
    ):
        raise ValueError("the answers to compare are on different examples")
    mine, other = (_resampled(_tables(cells, classes), seed) for cells in (ours, theirs))
    low, high = np.percentile(mine[1] - other[1], [2.5, 97.5])
    return mine[0] - other[0], float(low), float(high)


def coders_alpha(cells: Mapping[Cell, Fold], classes: int, *, many: bool) -> float | None:
    """The mean alpha of two single coders on what both coded: what `Row.alpha_coders` is to be compared with."""
    others = [coders for fold in _by_draw(cells)[0] for coders in fold.others]
    names = sorted({name for coders in others for name in coders})
    alphas = []
    for first, second in combinations(names, 2):
        both = [(coders[first], coders[second]) for coders in others if first in coders and second in coders]
        alphas.append(_alpha([one for one, _ in both], [two for _, two in both], classes, many=many))
    return _mean(alphas)


def _by_draw(cells: Mapping[Cell, Fold]) -> list[list[Fold]]:
    return [[cells[cell] for cell in sorted(cells) if cell[0] == draw] for draw in sorted({draw for draw, _ in cells})]


def _all(folds: Sequence[Fold], name: str) -> Answers:
    return [classes for fold in folds for classes in getattr(fold, name)]


def _tables(cells: Mapping[Cell, Fold], classes: int) -> Floats:
    """Counts, shape (draws, groups, classes, 4)."""
    draws = _by_draw(cells)
    groups = sorted({group for folds in draws for fold in folds for group in fold.groups})
    tables = np.zeros((len(draws), len(groups), classes, 4))
    for table, folds in zip(tables, draws, strict=True):
        names = np.array([group for fold in folds for group in fold.groups])
        gold, found = (_flags(_all(folds, name), classes) for name in ("gold", "found"))
        for i, group in enumerate(groups):
            table[i] = binary_counts(gold[names == group], found[names == group])
    return tables


def _resampled(tables: Floats, seed: int) -> tuple[float, Floats]:
    """Macro-F1 in percent, and in each replication: draws and groups are drawn apart (Owen and Eckles 2012).

    The variance between draws comes out too small, by (draws - 1) / draws.
    """
    draws, groups = tables.shape[:2]
    rng = np.random.default_rng(seed)
    of_groups = rng.multinomial(groups, np.full(groups, 1 / groups), size=REPLICATIONS)
    of_draws = rng.multinomial(draws, np.full(draws, 1 / draws), size=REPLICATIONS)
    sums = np.tensordot(of_groups, tables, axes=(1, 1))  # (replications, draws, classes, 4)
    drawn = (of_draws * _macro_f1(sums)).sum(1) / draws
    return float(_macro_f1(tables.sum(1)).mean()), np.asarray(drawn, dtype=np.float64)


def _macro_f1(counts: Floats) -> Floats:
    """In percent; classes that neither has do not count, as in scikit-learn."""
    return np.asarray(100 * mean_defined(f1(counts)), dtype=np.float64)


def _flags(answers: Answers, classes: int) -> NDArray[np.bool_]:
    flags = np.zeros((len(answers), classes), dtype=bool)
    for row, given in zip(flags, answers, strict=True):
        row[list(given)] = True
    return flags


def _alpha(gold: Answers, found: Answers, classes: int, *, many: bool) -> float:
    if many:
        counts = binary_counts(_flags(gold, classes), _flags(found, classes))
        return float(krippendorff_alpha(counts.sum(0)))
    table = np.zeros((classes, classes))
    np.add.at(table, ([label for (label,) in gold], [label for (label,) in found]), 1)
    return float(nominal_alpha(table[None])[0])


def _with_coders(folds: Sequence[Fold], classes: int, *, many: bool) -> float | None:
    found, others = _all(folds, "found"), [coders for fold in folds for coders in fold.others]
    alphas = []
    for name in sorted({name for coders in others for name in coders}):
        mine = [i for i, coders in enumerate(others) if name in coders]
        alphas.append(_alpha([others[i][name] for i in mine], [found[i] for i in mine], classes, many=many))
    return _mean(alphas)


def _mean(alphas: Sequence[float]) -> float | None:
    """Of those that are defined."""
    known = [alpha for alpha in alphas if not np.isnan(alpha)]
    return float(np.mean(known)) if known else None
