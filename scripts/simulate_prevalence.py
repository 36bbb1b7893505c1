"""Coverage of naive and corrected intervals in simulated studies with a machine of known bias.

    python scripts/simulate_prevalence.py [--replications 1000] [--interviews 60] [--segments 40] [--design codes|none]

Each replication draws new interviews (prevalence varies between them, Beta with intra-class correlation 0.08) of two groups,
three codes of 4 to 35 %, and a machine (`--machine`) whose sensitivity and false alarms differ by group; its probabilities
are noisy and not calibrated. A sample is drawn as `themes sample` draws it, and estimates, intervals and tests are made by
the functions that `themes prevalence` calls, many replications at once.

Printed for each size of the sample: coverage of the 95 % intervals about interviews, and of the corrected ones about the
corpus (mean; least and most over codes and the whole, group 1, group 2), their mean width, and how often the test between two
groups that do not differ finds a difference at 5 %. Then, for each code, how many segments hand-coding alone would need for
an interval about interviews that is as narrow on average: drawn simply at random, and drawn by the same strata.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.prevalence import design, estimator
from pipeline.prevalence.bounds import Bounded, about_interviews, bounded, effective_size
from pipeline.prevalence.intervals import design_error, wald

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

RATES = np.array([[0.04, 0.10, 0.25], [0.08, 0.20, 0.35]])
CODES = ("rare", "middling", "common")
MACHINES = {"plain": ((0.6, 0.8), (0.03, 0.10)), "good": ((0.85, 0.92), (0.01, 0.03))}
"""Sensitivity and false alarms in group 1 and group 2."""

CORRELATION = 0.08
SIZES = (100, 200, 400, 800)
MORE = (1.5, 2.0, 3.0)
"""Times the sample's size: at these hand-coding alone is tried for an interval of equal width."""

FITTED = 2
BATCH = 50


class Studies:
    """Some replications side by side: arrays have shape (codes, replications × interviews × segments)."""

    def __init__(self, options: argparse.Namespace, rates: Floats, numbers: Sequence[int], stream: int) -> None:
        self.count, self.interviews, self.segments = len(numbers), options.interviews, options.segments
        self.each = self.interviews * self.segments
        self.interview = np.repeat(np.arange(self.count * self.interviews), self.segments)
        self.group = self.interview % self.interviews % 2
        self.rngs = [np.random.default_rng((options.seed, stream, number)) for number in numbers]
        drawn = [_data(rng, rates, options) for rng in self.rngs]
        self.y, self.probability, self.assigned = (np.concatenate(parts, axis=1) for parts in zip(*drawn, strict=True))
        self.order = np.stack([rng.permutation(self.each) for rng in self.rngs])  # a simple random sample of any size

    def rows(self, number: int) -> slice:
        """A replication's segments."""
        return slice(number * self.each, (number + 1) * self.each)

    def sums(self, machine: Floats, weight: Floats) -> Floats:
        """Sums of group 1, group 2, shape (codes, replications, 2, interviews, 16)."""
        one = np.ones_like(self.y)
        shape = (2, self.count * self.interviews)
        table = estimator.sums(machine, one, self.y, one, weight, self.group, self.interview, shape)
        parted = table.reshape(len(CODES), 2, self.count, self.interviews, -1)
        return np.moveaxis(parted, 1, 2)

    def sample(self, size: int, strata: str) -> tuple[Floats, Floats]:
        """Weight (0 where not drawn) and inclusion of every segment."""
        weight, inclusion = np.zeros(self.count * self.each), np.zeros(self.count * self.each)
        for number, rng in enumerate(self.rngs):
            rows = self.rows(number)
            if strata == "none":
                chosen, inclusion[rows] = self.order[number, :size], size / self.each
            else:
                probability, assigned = self.probability[:, rows].T, self.assigned[:, rows].T
                plan = design.stratified(probability, assigned, probability.std(1), CODES, size)
                chosen, inclusion[rows] = design.draw(plan, rng), plan.inclusion
            at = chosen + rows.start
            weight[at] = 1 / inclusion[at]
        return weight, inclusion


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replications", type=int, default=1000)
    parser.add_argument("--interviews", type=int, default=60)
    parser.add_argument("--segments", type=int, default=40, help="in each interview")
    parser.add_argument("--design", choices=("codes", "none"), default="codes")
    parser.add_argument("--machine", choices=tuple(MACHINES), default="plain")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    total = options.interviews * options.segments
    print(
        f"{options.interviews} interviews of {options.segments} segments, strata by {options.design}, machine "
        f"{options.machine}, {options.replications} replications, seed {options.seed}"
    )
    sizes = [size for size in options.sizes if size < total]
    found: dict[tuple[str, float], list[Floats]] = {}
    for first in range(0, options.replications, BATCH):
        numbers = range(first, min(first + BATCH, options.replications))
        for key, value in _batch(options, sizes, numbers).items():
            found.setdefault(key, []).append(value)
    merged = {key: np.concatenate(parts, axis=1) for key, parts in found.items()}
    print("sample  coverage: machine     by hand     corrected   corpus      width: mach. hand  corr.  test")
    for size in sizes:
        print(_line(merged, size))
    print(
        "sample  hand-coding alone needs as many for equal width (rare, middling, common): simply at random; same strata"
    )
    for size in sizes:
        print(_saved(merged, size, total))


def _batch(
    options: argparse.Namespace, sizes: Sequence[int], numbers: Sequence[int]
) -> dict[tuple[str, float], Floats]:
    """For each figure and size, an array (codes, replications, …) of hits, widths or rejections."""
    studies = Studies(options, RATES, numbers, 0)
    alike = Studies(options, RATES.mean(0)[None].repeat(2, 0), numbers, 1)
    truth = np.concatenate([RATES.mean(0)[:, None], RATES.T], axis=1)[:, None]
    out: dict[tuple[str, float], Floats] = {}
    plain = studies.sums(studies.assigned.astype(np.float64), np.zeros(studies.y.shape[1]))
    naive = _each(plain, lambda table: _machine(estimator.machine_only(table)))
    grown = {round(size * factor) for size in sizes for factor in MORE} | set(sizes)
    for size in sorted(size for size in grown if size < studies.each):
        for strata in ("none", "codes"):
            weight, inclusion = studies.sample(size, strata)
            table = studies.sums(studies.probability, weight)
            hand = _each(table, _by_hand)
            out[f"hand {strata} width", size] = (hand.high - hand.low)[..., 0]
            if size not in sizes or strata != options.design:
                continue
            corrected = _each(table, _corrected)
            for name, item in (("machine", naive), ("hand", hand), ("corrected", corrected)):
                out[name, size] = _hit(item, truth)
                out[f"{name} width", size] = item.high - item.low
            out["corpus", size] = _corpus(studies, table, weight, inclusion)
    for size in sizes:
        table = alike.sums(alike.probability, alike.sample(size, options.design)[0])
        best = estimator.corrected(table)
        places = [(c, r) for c in range(len(CODES)) for r in range(alike.count)]
        values = [wald(best.share[at], best.covariance[at], best.interviews[at]).p for at in places]
        tests = np.array([np.nan if value is None else float(value < 0.05) for value in values])
        out["test", size] = tests.reshape(len(CODES), alike.count)
    return out


def _each(table: Floats, made: Callable[[Floats], Bounded]) -> Bounded:
    """Intervals of the whole, group 1 and group 2 on the last axis."""
    whole, parted = made(table.sum(2, keepdims=True)), made(table)
    pairs = [
        np.concatenate([getattr(whole, name), getattr(parted, name)], axis=-1) for name in ("share", "low", "high")
    ]
    return Bounded(*pairs)


def _machine(found: estimator.Estimate) -> Bounded:
    return bounded(found.share, found.error, found.interviews - 1)


def _by_hand(table: Floats) -> Bounded:
    hand = estimator.by_hand(table)
    return about_interviews(table, hand, hand)


def _corrected(table: Floats) -> Bounded:
    return about_interviews(table, estimator.by_hand(table), estimator.corrected(table))


def _hit(item: Bounded, truth: Floats) -> Floats:
    """1 where the interval holds the truth, NaN where there is no interval."""
    return np.where(np.isnan(item.low), np.nan, (item.low <= truth) & (truth <= item.high))


def _corpus(studies: Studies, table: Floats, weight: Floats, inclusion: Floats) -> Floats:
    """Whether the corrected interval about the corpus holds the corpus's own share; (codes, replications, 3)."""
    parted = [
        (tables, estimator.corrected(tables), estimator.by_hand(tables), groups)
        for tables, groups in ((table.sum(2, keepdims=True), [None]), (table, [0, 1]))
    ]
    hits = []
    for tables, best, hand, groups in parted:
        size = effective_size(tables.sum(-2), hand.share)
        for place, group in enumerate(groups):
            error, df = np.empty((2, len(CODES), studies.count))
            real = np.empty_like(error)
            for number in range(studies.count):
                own = np.arange(studies.each) + studies.rows(number).start
                own = own if group is None else own[studies.group[own] == group]
                rows = own[weight[own] > 0]
                rectifier = studies.y[:, rows] - best.tuning[:, [number]] * studies.probability[:, rows]
                error[:, number] = design_error(rectifier, weight[rows], inclusion[rows], used=FITTED)
                df[:, number] = len(rows) - FITTED
                real[:, number] = studies.y[:, own].mean(1)
            border = hand.share[..., place], size[..., place]
            hits.append(_hit(bounded(best.share[..., place], error, df, border), real))
    return np.stack(hits, axis=-1)


def _data(
    rng: np.random.Generator, rates: Floats, options: argparse.Namespace
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """One study: what people would code, the machine's probabilities, and its coding; shape (codes, segments)."""
    sensitivity, alarms = (np.array(item) for item in MACHINES[options.machine])
    group = np.repeat(np.arange(options.interviews) % 2, options.segments)
    mean = rates[np.arange(options.interviews) % 2].T
    scale = 1 / CORRELATION - 1
    share = np.repeat(rng.beta(mean * scale, (1 - mean) * scale), options.segments, axis=1)
    y = rng.random(share.shape) < share
    assigned = rng.random(y.shape) < np.where(y, sensitivity[group], alarms[group])
    probability = rng.beta(np.where(assigned, 6.0, 1.0), np.where(assigned, 2.0, 9.0))
    return y.astype(np.float64), probability, assigned


def _line(found: dict[tuple[str, float], Floats], size: int) -> str:
    def coverage(name: str) -> str:
        each = np.nanmean(found[name, size], axis=1)
        return f"{each.mean():.3f} ({each.min():.3f}–{each.max():.3f})"

    shown = "  ".join(coverage(name) for name in ("machine", "hand", "corrected", "corpus"))
    widths = "  ".join(f"{np.nanmean(found[f'{name} width', size]):.3f}" for name in ("machine", "hand", "corrected"))
    return f"{size:>6}  {shown}  {widths}  {np.nanmean(found['test', size]):.3f}"


def _saved(found: dict[tuple[str, float], Floats], size: int, total: int) -> str:
    wanted = np.nanmean(found["corrected width", size][..., 0], axis=1)
    cells = []
    for strata in ("none", "codes"):
        tried = sorted(n for name, n in found if name == f"hand {strata} width")
        widths = np.stack([np.nanmean(found[f"hand {strata} width", n], axis=1) for n in tried])
        cells.append(", ".join(_needed(widths[:, k], np.array(tried), wanted[k]) for k in range(len(CODES))))
    return f"{size:>6}  {cells[0]};  {cells[1]}"


def _needed(widths: Floats, sizes: NDArray[np.float64], wanted: float) -> str:
    """Squared width is a part that more coding leaves, and one that goes with 1 / n: interpolated on that scale."""
    if wanted < widths.min():
        return f"over {int(sizes[-1])}"
    if wanted > widths.max():
        return f"under {int(sizes[0])}"
    inverse = np.interp(wanted**2, widths[::-1] ** 2, 1 / sizes[::-1])
    return f"{1 / inverse:.0f}"


if __name__ == "__main__":
    main()
