"""Coverage of corrected shares of attitudes in simulated studies: mentions of one type of partner, by three attitudes.

    python scripts/simulate_attitudes.py [--replications 1000] [--interviews 60] [--segments 40] [--mentions 0.3]

Each replication draws new interviews, whose shares of negative, neutral and positive mentions vary (Dirichlet with intra-class
correlation 0.08), and mentions in their segments (Poisson, of an intensity that varies between interviews). The machine finds
80 % of the mentions and some that are none, and errs in their attitude, with probabilities that are not calibrated. Segments
are drawn simply at random; estimates and intervals are made by the functions that `themes prevalence` calls.

Printed for each size of the sample: how many mentions are hand-coded on average, coverage of the 95 % intervals about
interviews by the machine alone, by hand and corrected (mean; least and most over the attitudes), their mean width, and the
largest distance of three corrected shares' sum from 1.
"""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray

from pipeline.prevalence import estimator
from pipeline.prevalence.bounds import Bounded, about_interviews, bounded

Floats = NDArray[np.float64]

RATES = np.array([0.25, 0.6, 0.15])
"""True shares of negative, neutral and positive mentions."""

SAYS = np.array([[0.65, 0.30, 0.05], [0.10, 0.80, 0.10], [0.05, 0.45, 0.50]])
"""What the machine calls a negative, a neutral and a positive mention: it takes too much for neutral."""

FOUND, WRONGLY = 0.8, 0.15
"""Mentions that the machine finds; its false ones, for each true mention. They are neutral by its lights, mostly."""

CORRELATION = 0.08
SIZES = (100, 200, 400, 800)
BATCH = 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replications", type=int, default=1000)
    parser.add_argument("--interviews", type=int, default=60)
    parser.add_argument("--segments", type=int, default=40, help="in each interview")
    parser.add_argument("--mentions", type=float, default=0.3, help="in each segment, on average")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(
        f"{options.interviews} interviews of {options.segments} segments, {options.mentions:g} mentions in each, "
        f"{options.replications} replications, seed {options.seed}"
    )
    print("sample  mentions  coverage: machine     by hand     corrected   width: mach. hand  corr.  sum off by")
    for size in options.sizes:
        if size < options.interviews * options.segments:
            print(_line(options, size))


def _line(options: argparse.Namespace, size: int) -> str:
    found: dict[str, list[Floats]] = {}
    for first in range(0, options.replications, BATCH):
        numbers = range(first, min(first + BATCH, options.replications))
        for key, value in _batch(options, size, numbers).items():
            found.setdefault(key, []).append(value)
    merged = {key: np.concatenate(parts, axis=-1) for key, parts in found.items()}

    def coverage(name: str) -> str:
        each = np.nanmean(merged[name], axis=1)
        return f"{each.mean():.3f} ({each.min():.3f}–{each.max():.3f})"

    names = ("machine", "hand", "corrected")
    shown = "  ".join(coverage(name) for name in names)
    widths = "  ".join(f"{np.nanmean(merged[f'{name} width']):.3f}" for name in names)
    return f"{size:>6}  {merged['mentions'].mean():8.1f}  {shown}  {widths}  {np.nanmax(merged['off']):.1e}"


def _batch(options: argparse.Namespace, size: int, numbers: range) -> dict[str, Floats]:
    """For each figure an array (attitudes, replications) of hits or widths, or (replications,)."""
    tables, plains = zip(*(_study(options, size, number) for number in numbers), strict=True)
    table, plain = np.stack(tables, axis=1), np.stack(plains, axis=1)  # (attitudes, replications, 1, interviews, 16)
    hand, alone = estimator.by_hand(table), estimator.machine_only(plain)
    best = estimator.corrected(table, parts=True)
    marked = table[0, ..., estimator.WZ].sum((-2, -1)) / (options.interviews * options.segments / size)
    given = {
        "machine": bounded(alone.share, alone.error, alone.interviews - 1),
        "hand": about_interviews(table, hand, hand),
        "corrected": about_interviews(table, hand, best),
    }
    out = {"mentions": marked, "off": np.abs(best.share.sum(0) - 1)[..., 0]}
    for name, item in given.items():
        out[name], out[f"{name} width"] = _hit(item), (item.high - item.low)[..., 0]
    return out


def _hit(item: Bounded) -> Floats:
    """1 where the interval holds the truth, NaN where there is no interval."""
    truth = RATES[:, None, None]
    return np.where(np.isnan(item.low), np.nan, (item.low <= truth) & (truth <= item.high))[..., 0]


def _study(options: argparse.Namespace, size: int, number: int) -> tuple[Floats, Floats]:
    """Sums of one study, shape (attitudes, 1, interviews, 16): with the machine's probabilities, and with its answers."""
    rng = np.random.default_rng((options.seed, size, number))
    segments = options.interviews * options.segments
    interview = np.repeat(np.arange(options.interviews), options.segments)
    often = np.repeat(rng.gamma(2, options.mentions / 2, options.interviews), options.segments)
    own = rng.dirichlet(RATES * (1 / CORRELATION - 1), options.interviews)
    mentions = np.repeat(np.arange(segments), rng.poisson(often))
    attitude = _drawn(rng, own[interview[mentions]])
    y = _counts(mentions, np.eye(3)[attitude], segments)
    seen = rng.random(len(mentions)) < FOUND
    wrong = np.repeat(np.arange(segments), rng.poisson(WRONGLY * often))
    says = np.concatenate([SAYS[attitude[seen]], np.tile([0.1, 0.8, 0.1], (len(wrong), 1))])
    where, said = np.concatenate([mentions[seen], wrong]), _drawn(rng, says)
    probable = rng.dirichlet(np.ones(3), len(where)) * 0.5 + np.eye(3)[said] * 0.5
    f, plain = _counts(where, probable, segments), _counts(where, np.eye(3)[said], segments)
    weight = np.zeros(segments)
    weight[rng.permutation(segments)[:size]] = segments / size
    z, d = (np.broadcast_to(item.sum(0), item.shape) for item in (y, plain))
    shape = (1, options.interviews)
    group = np.zeros(segments, dtype=np.int64)
    first, second = (estimator.sums(item, d, y, z, weight, group, interview, shape) for item in (f, plain))
    return first, second


def _drawn(rng: np.random.Generator, shares: Floats) -> NDArray[np.int64]:
    """A column for each row, by the row's probabilities."""
    return np.asarray((rng.random((len(shares), 1)) > shares.cumsum(1)[:, :-1]).sum(1))


def _counts(segment: NDArray[np.int64], values: Floats, segments: int) -> Floats:
    """Values of mentions summed by segment, shape (3, segments)."""
    return np.stack([np.bincount(segment, column, segments) for column in values.T])


if __name__ == "__main__":
    main()
