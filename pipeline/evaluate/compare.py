"""Comparing two coders (machine and gold, or two people) on the same units: per code, per theme, overall; classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.decisions import ATTITUDES
from pipeline.codebook import Codebook
from pipeline.evaluate import statistics as stats
from pipeline.evaluate.figures import RESAMPLES as RESAMPLES
from pipeline.evaluate.figures import SEED as SEED
from pipeline.evaluate.figures import Figure as Figure
from pipeline.evaluate.figures import Resampler, Statistic, undefined
from pipeline.evaluate.ranking import Ranked, macro_ranking, rank, ranking_figures
from pipeline.evaluate.sets import set_figures
from pipeline.evaluate.statistics import Floats


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the comparison.

    Attributes:
        level: `code`, `theme` or `overall`.
        gold, other: how many units carry it, by each coder.
        counts: units (decisions, where overall) with it by both, by the other only, by gold only, by neither.
    """

    name: str
    level: str
    units: int
    gold: int
    other: int
    figures: Mapping[str, Figure]
    counts: tuple[int, int, int, int] = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Coded:
    """One coder's answers on n units.

    Attributes:
        codes: shape (n, c).
        partnership: shape (n,), index into (none, negative, neutral, positive), or None where not coded.
        asked: shape (n,), on which units codes were asked for; None for all.
        probabilities: shape (n, c), where the coder is a machine.
    """

    codes: NDArray[np.bool_]
    partnership: NDArray[np.int64] | None = None
    asked: NDArray[np.bool_] | None = None
    probabilities: Floats | None = None


_ALIKE = "every decision is the same, and chance cannot be told from agreement"
CODE_FIGURES: dict[str, tuple[Callable[[Floats], Floats], str]] = {
    "precision": (stats.precision, "the other coder never gave it"),
    "recall": (stats.recall, "gold never has it"),
    "f1": (stats.f1, "neither coder used it"),
    "jaccard": (stats.jaccard, "neither coder used it"),
    "alpha": (stats.krippendorff_alpha, _ALIKE),
    "kappa": (stats.cohen_kappa, _ALIKE),
    "ac1": (stats.gwet_ac1, "no unit"),
    "pabak": (stats.pabak, "no unit"),
    "agreement": (stats.percent_agreement, "no unit"),
    "prevalence_gold": (stats.prevalence_gold, "no unit"),
    "prevalence_other": (stats.prevalence_other, "no unit"),
}
"""Of one code, and of all decisions pooled (micro averages): the statistic, and what it means where it is undefined."""

WITHIN = "within_alpha"
"""The figure of all codes together that is shown as "alpha, within codes"."""

MACRO = ("precision", "recall", "f1", "jaccard", "alpha", "kappa", "ac1")
CLASS_FIGURES: dict[str, Callable[[Floats], Floats]] = {
    "macro_f1": stats.macro_f1,
    "alpha": stats.nominal_alpha,
}
ATTITUDE_FIGURES = CLASS_FIGURES | {
    "quadratic_kappa": stats.quadratic_kappa,
    "ordinal_alpha": stats.ordinal_alpha,
    "mean_absolute_error": stats.mean_absolute_error,
}


def compare_codes(
    gold: Coded, other: Coded, groups: Sequence[str], codebook: Codebook, units: Floats | None = None
) -> list[Row]:
    """Rows for every code, every theme (any of its codes), and overall.

    Counts are of the units as they are listed; figures let each unit count for what `units` says.

    Overall pools every decision (each code on each unit); `within_alpha` holds each of them against the chance of its own code;
    `macro_…` is the mean over the codes for which it is defined;
    `samples_…` is the mean over units; `any_alpha` is the agreement on whether a unit carries any code at all. A theme's
    probability is that of its likeliest code.
    """
    resampler = Resampler(groups, units=units)
    per_code, totals = _sums(gold.codes, other.codes, resampler), stats.binary_counts(gold.codes, other.codes)
    rows = _rows(codebook.names, "code", per_code, totals, resampler)
    columns = [[codebook.names.index(code.name) for code in theme.codes] for theme in codebook.themes]
    if columns:
        mine, yours = (np.hstack([_any(codes[:, at]) for at in columns]) for codes in (gold.codes, other.codes))
        themes = [theme.name for theme in codebook.themes]
        rows += _rows(themes, "theme", _sums(mine, yours, resampler), stats.binary_counts(mine, yours), resampler)
    overall = _overall(gold, other, per_code, totals, resampler)
    if other.probabilities is not None:
        p = other.probabilities
        ranked = [_rank(gold.codes[:, k], p[:, k], resampler) for k in range(p.shape[1])]
        ranked += [_rank(_any(gold.codes[:, at])[:, 0], p[:, at].max(1), resampler) for at in columns]
        rows = [_with(row, ranking_figures(r, resampler, row.units)) for row, r in zip(rows, ranked, strict=True)]
        every = [np.repeat(item, p.shape[1]) for item in (resampler.numbers, resampler.units)]
        pooled = rank(gold.codes.ravel(), p.ravel(), every[0], resampler.weights, every[1])
        more = ranking_figures(pooled, resampler, p.size) | macro_ranking(ranked[: p.shape[1]], resampler, len(p))
        overall = _with(overall, more)
    return [*rows, overall]


def compare_classes(
    gold: NDArray[np.int64],
    other: NDArray[np.int64],
    groups: Sequence[str],
    *,
    classes: int,
    figures: Mapping[str, Callable[[Floats], Floats]],
    units: Floats | None = None,
) -> dict[str, Figure]:
    """Figures on one answer per unit out of several classes; `units` is what each unit counts for."""
    if not len(gold):
        return {name: undefined("no unit") for name in figures}
    resampler = Resampler(groups, units=units)
    confusion = np.zeros((resampler.groups, classes, classes))
    np.add.at(confusion, (resampler.numbers, gold, other), resampler.units)
    return {
        name: resampler.figure(confusion, function, len(gold), "every answer is of one class")
        for name, function in figures.items()
    }


def class_of(attitude: str | None) -> int:
    """Index into (none, negative, neutral, positive)."""
    return 0 if attitude is None else 1 + ATTITUDES.index(attitude)


def as_plain(row: Row) -> dict[str, Any]:
    """A row for JSON."""
    content = asdict(row)
    content["counts"] = dict(zip(("both", "other_only", "gold_only", "neither"), row.counts, strict=True))
    content["figures"] = {name: asdict(figure) for name, figure in row.figures.items()}
    return content


def _overall(gold: Coded, other: Coded, per_code: Floats, totals: Floats, resampler: Resampler) -> Row:
    n = len(gold.codes)
    row = _rows(["overall"], "overall", per_code.sum(1, keepdims=True), totals.sum(0, keepdims=True), resampler)[0]
    anything = _sums(_any(gold.codes), _any(other.codes), resampler)[:, 0]
    figures = {
        **row.figures,
        WITHIN: resampler.figure(per_code, stats.within_alpha, int(totals.sum()), _ALIKE),
        **{
            f"macro_{name}": resampler.figure(
                per_code, partial(_macro, CODE_FIGURES[name][0]), n, f"for no code: {CODE_FIGURES[name][1]}"
            )
            for name in MACRO
        },
        **set_figures(gold.codes, other.codes, resampler),
        "any_alpha": resampler.figure(anything, stats.krippendorff_alpha, n, _ALIKE),
    }
    return Row("overall", "overall", n, row.gold, row.other, figures, row.counts)


def _rows(names: Sequence[str], level: str, sums: Floats, totals: Floats, resampler: Resampler) -> list[Row]:
    """A row for each name; `sums` (groups, names, 4) are weighted, `totals` (names, 4) are counts of what is listed."""
    total = totals.astype(int)
    n = [int(counts.sum()) for counts in total]
    columns = {
        key: resampler.figures(sums, function, max(n, default=0), reason)
        for key, (function, reason) in CODE_FIGURES.items()
    }
    return [
        Row(
            name=name,
            level=level,
            units=n[k],
            gold=int(total[k, stats.TP] + total[k, stats.FN]),
            other=int(total[k, stats.TP] + total[k, stats.FP]),
            figures={key: found[k] for key, found in columns.items()},
            counts=(int(total[k, 0]), int(total[k, 1]), int(total[k, 2]), int(total[k, 3])),
        )
        for k, name in enumerate(names)
    ]


def _sums(gold: NDArray[np.bool_], other: NDArray[np.bool_], resampler: Resampler) -> Floats:
    """Counts of each group, shape (groups, c, 4)."""
    return resampler.sums(np.stack([gold & other, ~gold & other, gold & ~other, ~gold & ~other], axis=-1))


def _any(codes: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether a unit carries any of the codes, shape (n, 1)."""
    return np.asarray(codes.any(1))[:, None]


def _rank(gold: NDArray[np.bool_], probabilities: Floats, resampler: Resampler) -> Ranked:
    return rank(gold, probabilities, resampler.numbers, resampler.weights, resampler.units)


def _macro(statistic: Statistic, counts: Floats) -> Floats:
    return stats.mean_defined(statistic(counts))


def _with(row: Row, figures: Mapping[str, Figure]) -> Row:
    return Row(row.name, row.level, row.units, row.gold, row.other, {**row.figures, **figures}, row.counts)
