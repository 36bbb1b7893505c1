"""Every share overall and by group, corrected; tests between groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.errors import UsageError
from pipeline.gold_waiting import NONE_WAITS, Waiting
from pipeline.multiplicity import holm
from pipeline.prevalence import estimator
from pipeline.prevalence.cautions import cautions
from pipeline.prevalence.groups import CORPUS as CORPUS
from pipeline.prevalence.groups import INTERVIEWS as INTERVIEWS
from pipeline.prevalence.groups import Split, rows_of
from pipeline.prevalence.intervals import wald
from pipeline.prevalence.matching import Sampled
from pipeline.prevalence.measures import Measure, families, measures
from pipeline.prevalence.population import Population
from pipeline.prevalence.results import GroupTest, Prevalence, Row


def prevalence(
    population: Population,
    sampled: Sampled,
    by: Sequence[str] = (),
    *,
    target: str = INTERVIEWS,
    simple_random: bool = False,
    waiting: Waiting = NONE_WAITS,
) -> Prevalence:
    """Estimate every share.

    Args:
        by: attributes to compare groups by, one after the other.
        target: `interviews` or `corpus`.
        simple_random: the user says that gold without inclusion probabilities was drawn at random.
        waiting: rows of the gold that are still to be coded.

    Raises:
        UsageError: nobody has an attribute of `by`, or the run has nothing of what people coded.
    """
    found = measures(population, sampled)
    if not found:
        raise UsageError(
            "the gold has attitudes only, and this run has none",
            path=population.tables.path,
            remedy="give gold with codes, or a run by a model that was trained with attitudes",
        )
    splits: dict[str, list[str | None]] = {"": [""] * len(population)}
    splits |= {name: population.values(name) for name in by}
    rows: list[Row] = []
    tests: list[GroupTest] = []
    for name, values in splits.items():
        groups = tuple(sorted({value for value in values if value is not None}))
        index = np.array([groups.index(value) if value is not None else -1 for value in values], dtype=np.int64)
        split = Split(name, groups, index, population, sampled)
        made_tests: list[GroupTest] = []
        for family in families(found):
            made, estimates = rows_of(family, split, target)
            rows += made
            if name:
                made_tests += [_test(measure, split, item) for measure, item in zip(family, estimates, strict=True)]
        tests += _adjusted(made_tests)
    return Prevalence(
        target=target,
        estimator="design-based" if sampled.known else "prediction-powered",
        segments=len(population),
        interviews=len(population.interviews),
        coded=len(sampled.units),
        coverage=sampled.coverage,
        rows=tuple(rows),
        tests=tuple(tests),
        warnings=tuple(cautions(population, sampled, rows, splits, simple_random=simple_random, waiting=waiting)),
        unmatched=sampled.unmatched,
    )


def _test(measure: Measure, split: Split, corrected: estimator.Estimate) -> GroupTest:
    firm = [g for g in range(len(split.groups)) if np.isfinite(corrected.share[g]) and corrected.error[g] > 0]
    test = wald(corrected.share[firm], corrected.covariance[np.ix_(firm, firm)], corrected.interviews[firm])
    names = tuple(split.groups[g] for g in firm)
    left_out = tuple(name for name in split.groups if name not in names)
    head = (measure.kind, measure.name, measure.attitude)
    return GroupTest(*head, split.by, names, test.statistic, test.df, test.p, None, left_out)


def _adjusted(tests: list[GroupTest]) -> list[GroupTest]:
    left = iter(holm([item.p for item in tests if item.p is not None]))
    return [replace(item, p_holm=None if item.p is None else next(left)) for item in tests]
