"""Which gold is held out, and folds: whole groups, chosen so that each part has its share of the units and of every code.

An interview lies on one side or on the other: its turns are alike, and what was trained on one of them tells of the next.
Groups are few and of all sizes, so that dealing them blindly can hold out two units of a hundred, or all there is of a code.
What iterative stratification does for single units (Sechidis et al. 2011) is done here for groups: of all subsets that is
taken whose counts lie nearest to their shares; where there are too many subsets to try them all, by exchanging groups.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import UsageError, clipped
from pipeline.gold import GoldUnit

Floats = NDArray[np.float64]

FEW = 30
"""Fewer held-out units than this are warned of."""

SHOWN = 10
"""So many held-out groups are named."""

ALL_SUBSETS = 12
"""Up to so many groups every subset is tried (4,094 of them)."""

ABOUT_AS_GOOD = 0.02
"""Of subsets whose loss is no more than this above the best one's, the seed chooses: a part 15 % off its size costs as much."""

LEAST = 0.25

TRIED, STEPS, FRUITLESS = 32, 150, 4
"""Exchanges: groups tried on either side in a step, most steps, and steps without gain after which it is enough."""

STRETCHES = 4
"""Stretches for each fold where all units are of one group."""


_NO_GROUPS = (
    "the gold names no groups, and each unit was taken for one: if several are of one interview, neighbouring turns lie on both "
    "sides, and figures are too good and intervals too narrow; name each unit's interview in the column `group`"
)


def split_groups(units: Sequence[GoldUnit], share: float, seed: int) -> tuple[list[GoldUnit], list[GoldUnit]]:
    """Training and validation units; all units of a group fall on the same side.

    Raises:
        UsageError: there are fewer than two groups.
    """
    numbers, groups = _numbered(unit.first.group for unit in units)
    if groups < 2:
        raise UsageError(
            f"the gold has {groups} group, and validation needs one of its own",
            remedy="give each interview its name in the column `group`; of a single one, --folds 5 holds out stretches in turn",
        )
    held = _held(_group_counts(units, numbers, groups), share, np.random.default_rng(seed))[numbers]
    return (
        [unit for unit, out in zip(units, held, strict=True) if not out],
        [unit for unit, out in zip(units, held, strict=True) if out],
    )


def fold_groups(units: Sequence[GoldUnit], folds: int, seed: int) -> list[list[int]]:
    """The indices of each fold's units: whole groups, dealt so that folds have their shares of the units and of every code.

    With fewer groups than folds each group is a fold. Where all units are of one group, stretches of neighbouring units are
    dealt instead; what is measured so is too good, as neighbours are alike (`of_one_group` tells).

    Args:
        folds: at least 2.

    Returns:
        Folds of which none is empty, each in the units' order; fewer than asked for where there are fewer groups, or units.

    Raises:
        ValueError: fewer than two folds are asked for, or there are fewer than two units.
    """
    if folds < 2 or len(units) < 2:
        raise ValueError("folds need two units at least, and be two at least")
    rng = np.random.default_rng(seed)
    names: list[Hashable] = [unit.first.group for unit in units]
    if of_one_group(units):
        stretches = min(len(units), STRETCHES * folds)
        place = {at: number for number, at in enumerate(_as_spoken(units))}
        names = [place[i] * stretches // len(units) for i in range(len(units))]
    numbers, groups = _numbered(names)
    fold_of = np.arange(groups) if groups <= folds else _dealt(_group_counts(units, numbers, groups), folds, rng)
    dealt = fold_of[numbers]
    return [np.flatnonzero(dealt == fold).tolist() for fold in range(min(folds, groups))]


def _as_spoken(units: Sequence[GoldUnit]) -> list[int]:
    """The units' indices in the order of the talk, where they tell their places; a sample's rows come in another."""
    places = [(unit.first.transcript, unit.first.start) for unit in units]
    if any(transcript is None or start is None for transcript, start in places):
        return list(range(len(units)))
    return sorted(range(len(units)), key=lambda i: places[i])


def of_one_group(units: Sequence[GoldUnit]) -> bool:
    """Whether there is no second group to hold out."""
    return len(groups_of(units)) < 2


def groups_of(units: Iterable[GoldUnit]) -> set[str]:
    """The names of units' groups."""
    return {unit.first.group for unit in units}


def ungrouped(units: Sequence[GoldUnit]) -> bool:
    """Whether the gold names no groups, so that every unit was taken for one."""
    return len(units) > 1 and all(unit.first.group == unit.unit_id for unit in units)


def names_held(validation: Sequence[GoldUnit]) -> str:
    """The groups that are held out, the first `SHOWN` of many; nothing where units are their own groups."""
    names = sorted(groups_of(validation))
    if not names or ungrouped(validation):
        return ""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(clipped(name, 40) for name in names[:SHOWN]) + more


def how_split(training: Sequence[GoldUnit], validation: Sequence[GoldUnit]) -> str:
    """A clause for the model's card."""
    if ungrouped([*training, *validation]):
        return (
            "split by unit: the gold names no groups, so that turns of one interview may lie on both sides, and held-out figures "
            "be too good"
        )
    held = len(groups_of(validation))
    return f"split by group ({held} of {held + len(groups_of(training))} groups held out: {names_held(validation)})"


def fold_cautions(gold: Sequence[GoldUnit], folds: Sequence[Sequence[int]]) -> list[str]:
    """What is wrong with gold that is dealt into folds, each with the remedy."""
    found = [_NO_GROUPS] if ungrouped(gold) else []
    if of_one_group(gold):
        found = [
            "all units are of one group, and stretches of it are held out: neighbouring turns are alike, so that figures are too "
            "good and tell of that interview alone; code further interviews"
        ]
    with_codes = [sum(_coded(gold[i]) for i in fold) for fold in folds]
    if not any(with_codes):
        found += _none_at_all(gold)
    elif max(with_codes) == sum(with_codes):
        found.append(
            "all units with codes lie in one fold, and what judges them has learnt from no code: probabilities and thresholds "
            "mean nothing; code more interviews"
        )
    return found


def cautions(training: Sequence[GoldUnit], validation: Sequence[GoldUnit]) -> list[str]:
    """What is wrong with a held-out part, each with the remedy."""
    found, held = [], len(groups_of(validation))
    if ungrouped([*training, *validation]):
        found.append(_NO_GROUPS)
    elif held == 1:
        found.append(
            "one group alone is held out: figures have no interval, and tell of that interview; code further interviews"
        )
    found += _one_sided(training, validation)
    coded = [unit for unit in validation if _asked(unit, "codes")] or validation
    if len(coded) < FEW:
        found.append(
            f"only {len(coded)} units are held out: probabilities, thresholds and figures hang on few answers; code more, or "
            "hold all out in turn with `--folds 5`"
        )
    return found


def _one_sided(training: Sequence[GoldUnit], validation: Sequence[GoldUnit]) -> list[str]:
    """What is wrong where either side, or both, has no unit with a code."""
    learnt, held = ([unit for unit in part if _coded(unit)] for part in (training, validation))
    if not learnt and not held:
        return _none_at_all([*training, *validation])
    # Of a single group all that has codes is in one fold again.
    remedy = "code more interviews" if of_one_group([*learnt, *held]) else "use `--folds 5`, or code more interviews"
    if not held:
        return [
            "no held-out unit has any code, so that thresholds cannot be set, and the model will give next to none; "
            + remedy
        ]
    if not learnt:
        return ["no unit to learn from has any code, as all that have one are held out: none will be learnt; " + remedy]
    return []


def _none_at_all(gold: Sequence[GoldUnit]) -> list[str]:
    """Where codes were asked for."""
    if not any(_asked(unit, "codes") for unit in gold):
        return []
    return ["no unit of the gold has any code: the model will give none; code talk that the codebook's codes fit"]


class _Counts:
    """What there is to share out: of each group, its units of each kind, and its units with each label.

    Attributes:
        sizes: shape (groups, kinds): units whose codes were asked for, units whose attitudes were; all units where none was.
        labels: shape (groups, labels): units with each code, and with each attitude, by any coder.
    """

    def __init__(self, sizes: Floats, labels: Floats) -> None:
        self.sizes = sizes[:, sizes.any(axis=0)]
        self.labels = labels[:, labels.any(axis=0)]

    def loss(self, sizes: Floats, labels: Floats, share: float) -> Floats:
        """How far parts lie from their share, of the counts in the last axis: 0 is best.

        Half of what is wanted is as far off as twice as much (squared logarithms of the ratio). A held-out part that is too
        small counts double, as what it measures and calibrates goes wrong faster than a little less training does.
        """
        of_sizes, of_labels = _off(sizes, self.sizes.sum(0), share), _off(labels, self.labels.sum(0), share)
        return np.asarray(of_sizes + of_labels)


def _off(part: Floats, whole: Floats, share: float) -> Floats:
    """The mean over what is counted; `LEAST` is added, so that every count has a logarithm."""
    if not len(whole):
        return np.zeros(part.shape[:-1])
    held = np.log((part + LEAST) / (share * whole + LEAST))
    left = np.log((whole - part + LEAST) / ((1 - share) * whole + LEAST))
    return np.asarray((np.where(held < 0, 2, 1) * held**2 + left**2).mean(axis=-1))


def _numbered(names: Iterable[Any]) -> tuple[NDArray[np.int64], int]:
    """Each name's number, in the order of names that sort, so that the order of a table's rows decides nothing."""
    listed = list(names)
    order = {name: number for number, name in enumerate(sorted(set(listed)))}
    return np.array([order[name] for name in listed], dtype=np.int64), len(order)


def _group_counts(units: Sequence[GoldUnit], numbers: NDArray[np.int64], groups: int) -> _Counts:
    kinds = np.array([[_asked(unit, "codes"), _asked(unit, "attitudes")] for unit in units], dtype=np.float64)
    kinds = kinds if kinds.any() else np.ones((len(units), 1))
    given = [{label for coding in unit.codings for label in _labels(coding)} for unit in units]
    at = {label: column for column, label in enumerate(sorted(set().union(*given)))}
    sizes, labels = np.zeros((groups, kinds.shape[1])), np.zeros((groups, len(at)))
    np.add.at(sizes, numbers, kinds)
    pairs = [(number, at[label]) for number, found in zip(numbers, given, strict=True) for label in found]
    if pairs:
        np.add.at(labels, tuple(np.array(pairs).T), 1)
    return _Counts(sizes, labels)


def _asked(unit: GoldUnit, what: str) -> bool:
    return any(getattr(coding, what) is not None for coding in unit.codings)


def _coded(unit: GoldUnit) -> bool:
    """Whether any coder gave it a code."""
    return any(coding.codes for coding in unit.codings)


def _labels(coding: Any) -> set[str]:
    attitudes = {f"attitude {item.attitude.value}, {item.start is None}" for item in coding.attitudes or ()}
    return {f"code {code}" for code in coding.codes or ()} | attitudes


def _held(counts: _Counts, share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which groups are held out."""
    groups = len(counts.sizes)
    if groups > ALL_SUBSETS:
        return _exchanged(counts, share, rng)
    subsets = (np.arange(1, 2**groups - 1)[:, None] >> np.arange(groups) & 1).astype(bool)
    losses = counts.loss(subsets @ counts.sizes, subsets @ counts.labels, share)
    good = np.flatnonzero(losses <= losses.min() + ABOUT_AS_GOOD)
    return np.asarray(subsets[rng.choice(good)])


def _exchanged(counts: _Counts, share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """From a part drawn by chance, the best exchange of a group for another, or for none, until nothing gets better."""
    groups = len(counts.sizes)
    held = np.zeros(groups, dtype=bool)
    held[rng.permutation(groups)[: min(groups - 1, max(1, round(share * groups)))]] = True
    best, waited = float(counts.loss(counts.sizes[held].sum(0), counts.labels[held].sum(0), share)), 0
    for _ in range(STEPS):
        inside, outside = (_some(np.flatnonzero(part), rng) for part in (held, ~held))
        # The last row of either is no group: one more held out, or one fewer.
        change = [
            (table[held].sum(0) + _or_none(table, outside)[None] - _or_none(table, inside)[:, None])
            for table in (counts.sizes, counts.labels)
        ]
        losses = counts.loss(change[0], change[1], share)
        if held.sum() == 1:
            losses[:, -1] = np.inf
        if held.sum() == groups - 1:
            losses[-1] = np.inf
        one, other = np.unravel_index(int(losses.argmin()), losses.shape)
        waited = 0 if losses[one, other] < best - 1e-9 else waited + 1
        if waited:
            if waited == FRUITLESS or len(inside) + len(outside) == groups:
                break
            continue
        best = float(losses[one, other])
        held[inside[one : one + 1]] = False
        held[outside[other : other + 1]] = True
    return held


def _some(groups: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    return groups if len(groups) <= TRIED else rng.choice(groups, TRIED, replace=False)


def _or_none(table: Floats, groups: NDArray[np.int64]) -> Floats:
    return np.vstack([table[groups], np.zeros((1, table.shape[1]))])


def _dealt(counts: _Counts, folds: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """The fold of each group: of those left, a fold at a time takes its share, as if it alone were held out."""
    fold_of = np.zeros(len(counts.sizes), dtype=np.int64)
    left = np.arange(len(counts.sizes))
    for fold in range(folds - 1, 0, -1):
        of_left = _Counts(counts.sizes[left], counts.labels[left])
        taken = _held(of_left, 1 / (fold + 1), rng)
        # Each of the folds to come needs a group.
        if len(left) - taken.sum() < fold:
            taken[np.flatnonzero(taken)[len(left) - fold :]] = False
        fold_of[left[taken]] = fold
        left = left[~taken]
    return fold_of
