"""Coverage of naive and corrected intervals in simulated studies with a machine of known bias.

    python scripts/simulate_prevalence.py [--replications 1000] [--interviews 60] [--segments 40] [--design codes|none]

Each replication draws new interviews (prevalence varies between them, Beta with intra-class correlation 0.08) of two groups,
three codes of 4 to 35 %, and a machine whose sensitivity (0.6, 0.8) and false alarms (0.03, 0.10) differ by group; its
probabilities are noisy and not calibrated. A sample is drawn as `themes sample` does and the intervals are made as
`themes prevalence` does. Printed for each size of the sample: coverage of the 95 % intervals (mean, least and most over
codes and groups), their mean width, the size of the test between two groups that do not differ, and how many
hand-coded segments drawn simply at random would tell as much as the sample with the machine (variances without strata).
"""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray

from pipeline.prevalence import design, estimator
from pipeline.prevalence.intervals import design_error, exact_interval, logit_interval, wald

Floats = NDArray[np.float64]

RATES = np.array([[0.04, 0.10, 0.25], [0.08, 0.20, 0.35]])
SENSITIVITY, FALSE_ALARMS = np.array([0.6, 0.8]), np.array([0.03, 0.10])
CORRELATION = 0.08
CODES = ("rare", "middling", "common")
SIZES = (100, 200, 400, 800)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replications", type=int, default=1000)
    parser.add_argument("--interviews", type=int, default=60)
    parser.add_argument("--segments", type=int, default=40, help="in each interview")
    parser.add_argument("--design", choices=("codes", "none"), default="codes")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(f"{options.interviews} interviews of {options.segments} segments, strata by {options.design}, ", end="")
    print(f"{options.replications} replications")
    print("sample  coverage: machine     by hand     corrected   corpus      width: mach. hand  corr.  test  worth")
    for size in options.sizes:
        if size < options.interviews * options.segments:
            print(_line(size, [_study(options, size, number) for number in range(options.replications)]))


def _study(options: argparse.Namespace, size: int, number: int) -> dict[str, Floats]:
    """One study: hits and widths by code and (all, group 1, group 2)."""
    rng = np.random.default_rng((options.seed, number))
    interview = np.repeat(np.arange(options.interviews), options.segments)
    group = interview % 2
    y, probability, assigned = _data(rng, RATES, interview, options.interviews)
    stratified = design.stratified(probability, assigned, probability.std(1), CODES, size)
    plan = stratified if options.design == "codes" else design.simple(len(interview), size)
    weight = np.zeros(len(interview))
    chosen = design.draw(plan, rng)
    weight[chosen] = 1 / plan.inclusion[chosen]
    out: dict[str, list[Floats]] = {}
    for groups, count in ((np.zeros_like(group), 1), (group, 2)):
        one = np.ones_like(y.T)
        where = (weight, groups, interview, (count, options.interviews))
        truth = RATES.mean(0)[:, None] if count == 1 else RATES.T
        table = estimator.sums(probability.T, one, y.T, one, *where)
        plain = estimator.sums(assigned.T.astype(float), one, y.T, one, *where)
        hand = estimator.by_hand(table)
        found = {"machine": estimator.machine_only(plain), "hand": hand, "corrected": estimator.corrected(table)}
        for name, item in found.items():
            low, high = logit_interval(item.share, item.error, item.interviews - 1)
            if name != "machine":
                total = table.sum(-2)
                effective = total[..., estimator.W] ** 2 / total[..., estimator.WW]
                border = exact_interval(hand.share, effective)
                outside = ~((item.share > 0) & (item.share < 1))
                low, high = np.where(outside, border[0], low), np.where(outside, border[1], high)
            out.setdefault(name, []).append((low <= truth) & (truth <= high))
            out.setdefault(f"{name} width", []).append(high - low)
        for g in range(count):
            rows = chosen[groups[chosen] == g]
            best = found["corrected"]
            rectifier = y[rows].T - best.tuning[:, None] * probability[rows].T
            error = design_error(rectifier, weight[rows], plan.inclusion[rows], used=2)
            low, high = logit_interval(best.share[:, g], error, np.full(len(CODES), len(rows) - 2.0))
            real = y[groups == g].mean(0)
            hit = np.where(np.isnan(low), np.nan, (low <= real) & (real <= high))
            out.setdefault("corpus", []).append(hit[:, None])
            if count == 1:
                narrow = design_error(rectifier, weight[rows], plan.inclusion[rows], least=0, used=2)
                wide = design_error(y[rows].T - hand.share, weight[rows], plan.inclusion[rows], least=0)
                with np.errstate(divide="ignore", invalid="ignore"):
                    out["worth"] = [np.where(wide > 0, len(rows) * wide**2 / narrow**2, np.nan)[:, None]]
    return {name: np.concatenate(parts, axis=1) for name, parts in out.items()} | {"test": _null(options, size, number)}


def _null(options: argparse.Namespace, size: int, number: int) -> Floats:
    """Whether the test finds a difference where there is none (the machine's errors differ by group all the same)."""
    rng = np.random.default_rng((options.seed + 1, number))
    interview = np.repeat(np.arange(options.interviews), options.segments)
    y, probability, assigned = _data(rng, RATES.mean(0)[None].repeat(2, 0), interview, options.interviews)
    plan = design.stratified(probability, assigned, probability.std(1), CODES, size)
    chosen = design.draw(plan, rng)
    weight = np.zeros(len(interview))
    weight[chosen] = 1 / plan.inclusion[chosen]
    one = np.ones_like(y.T)
    table = estimator.sums(probability.T, one, y.T, one, weight, interview % 2, interview, (2, options.interviews))
    best = estimator.corrected(table)
    values = [wald(best.share[c], best.covariance[c], best.interviews[c]).p for c in range(len(CODES))]
    return np.array([np.nan if value is None else value < 0.05 for value in values])[:, None]


def _data(
    rng: np.random.Generator, rates: Floats, interview: NDArray[np.int64], interviews: int
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    mean = rates[np.arange(interviews) % 2]
    scale = 1 / CORRELATION - 1
    y = rng.random((len(interview), len(CODES))) < rng.beta(mean * scale, (1 - mean) * scale)[interview]
    group = interview % 2
    said = np.where(y, SENSITIVITY[group][:, None], FALSE_ALARMS[group][:, None])
    assigned = rng.random(y.shape) < said
    probability = np.where(assigned, rng.beta(6, 2, y.shape), rng.beta(1, 9, y.shape))
    return y.astype(np.float64), probability, assigned


def _line(size: int, studies: list[dict[str, Floats]]) -> str:
    cells = {name: np.stack([study[name] for study in studies]).astype(float) for name in studies[0]}

    def coverage(name: str) -> str:
        each = np.nanmean(cells[name], axis=0)
        return f"{each.mean():.2f} ({each.min():.2f}–{each.max():.2f})".replace("0.", ".").replace("1.00", "1.0")

    shown = "  ".join(coverage(name) for name in ("machine", "hand", "corrected", "corpus"))
    widths = "  ".join(f"{np.nanmean(cells[f'{name} width']):.3f}" for name in ("machine", "hand", "corrected"))
    return f"{size:>6}  {shown}  {widths}  {np.nanmean(cells['test']):.3f}  {np.nanmedian(cells['worth']):.0f}"


if __name__ == "__main__":
    main()
