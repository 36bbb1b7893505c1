"""The human ceiling: how far people agree, beside how far the machine agrees with them, on the same units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.codebook import Codebook
from pipeline.evaluate import statistics as stats
from pipeline.evaluate.alternative import EPSILON, AlternativeTest, alternative_test
from pipeline.evaluate.compare import CODE_FIGURES, WITHIN
from pipeline.evaluate.evaluation import code_matrix, coders_of
from pipeline.evaluate.figures import Figure, Resampler, Statistic
from pipeline.evaluate.judge import MachineCoding
from pipeline.evaluate.statistics import Floats
from pipeline.evaluate.weighting import weights_of
from pipeline.gold import ADJUDICATED, GoldUnit
from pipeline.types import Coding

Flags = NDArray[np.bool_]
OVERALL = "overall"
CEILING_FIGURES = ("alpha", "kappa", "ac1", "f1", "agreement")


@dataclass(frozen=True, slots=True)
class Beside:
    """A coder, and the machine in that coder's place, against what the other coders say.

    Attributes:
        name: a code, or `overall` for all decisions pooled.
        decisions: on which the others have a majority; the others' ties are left out for both.
        human, machine: figures against the others' majority.
        difference: machine less human, from the same resamples.
    """

    coder: str
    name: str
    decisions: int
    human: dict[str, Figure]
    machine: dict[str, Figure]
    difference: dict[str, Figure]


@dataclass(frozen=True, slots=True)
class Ceiling:
    """What people reach.

    Attributes:
        coders: who coded independently, and on how many of the units.
        units: that two or more of them coded.
        people: per code and overall, Krippendorff's alpha of all coders together, units with gaps included.
        with_machine: the same with the machine as one coder more.
        people_within, with_machine_within: of all codes, each against its own chance (`statistics.within_alpha`).
        beside: each coder and the machine against the majority of the others.
        tests: the alternative-annotator test, of all codes together and of each.
    """

    coders: dict[str, int]
    units: int
    people: dict[str, Figure]
    with_machine: dict[str, Figure]
    people_within: Figure
    with_machine_within: Figure
    beside: list[Beside]
    tests: list[AlternativeTest]


def human_ceiling(machine: MachineCoding, codebook: Codebook, epsilon: float = EPSILON) -> Ceiling | None:
    """On the units that the machine answered and two or more coders coded; None where there are none."""
    coders = coders_of(machine.units)
    found = [[unit.by(coder) for unit in machine.units] for coder in coders]
    answered = np.array(
        [[coding is not None and coding.codes is not None for coding in row] for row in found], dtype=bool
    ).reshape(len(coders), len(machine.units))
    rows = np.flatnonzero(answered.sum(0) >= 2)
    if not len(rows):
        return None
    answered = answered[:, rows]
    kept = [j for j in range(len(coders)) if answered[j].any()]
    first = machine.units[0].first
    answers = np.stack([code_matrix([found[j][i] or first for i in rows], codebook) for j in kept])
    answered, names = answered[kept], [coders[j] for j in kept]
    answers &= answered[:, :, None]
    columns = [machine.codes.index(name) for name in codebook.names]
    ours = machine.assigned[rows][:, columns]
    firsts = [machine.units[i].first for i in rows]
    units = weights_of(firsts)
    resampler = Resampler([coding.group for coding in firsts], units=units)
    people, people_within = _alpha_of_all(answers, answered, codebook, resampler)
    everybody = np.concatenate([answers, ours[None]]), np.concatenate([answered, np.ones((1, len(rows)), dtype=bool)])
    with_machine, with_machine_within = _alpha_of_all(*everybody, codebook, resampler)
    tests = [alternative_test("all codes", ours, names, answers, answered, resampler.numbers, epsilon, units)]
    tests += [
        alternative_test(name, ours[:, [k]], names, answers[:, :, [k]], answered, resampler.numbers, epsilon, units)
        for k, name in enumerate(codebook.names)
        if answers[:, :, k].any() or ours[:, k].any()
    ]
    return Ceiling(
        coders={name: int(answered[j].sum()) for j, name in enumerate(names)},
        units=len(rows),
        people=people,
        with_machine=with_machine,
        people_within=people_within,
        with_machine_within=with_machine_within,
        beside=[
            item
            for j, name in enumerate(names)
            for item in _beside(j, name, ours, answers, answered, codebook, resampler)
        ],
        tests=[test for test in tests if test is not None],
    )


def people_agree(units: Sequence[GoldUnit], codebook: Codebook) -> tuple[Figure, Figure, int] | None:
    """Alpha of all independent coders, codes pooled and within codes, and the units that two or more of them coded.

    None without such a unit.
    """
    shared = [(unit, [c for c in unit.codings if _independent(c)]) for unit in units if of_several(unit)]
    if not shared:
        return None
    resampler = Resampler(
        [unit.first.group for unit, _ in shared], units=weights_of([unit.first for unit, _ in shared])
    )
    votes = np.array([code_matrix(own, codebook).sum(0) for _, own in shared], dtype=np.float64)
    coders = np.array([[len(own)] for _, own in shared], dtype=np.float64) * np.ones_like(votes)
    return *_of_all_codes(resampler.sums(stats.several_coders_sums(votes, coders)), votes.size, resampler), len(shared)


def of_several(unit: GoldUnit) -> bool:
    """Whether two coders or more coded a unit for themselves."""
    return sum(map(_independent, unit.codings)) >= 2


def _independent(coding: Coding) -> bool:
    return coding.codes is not None and coding.coder != ADJUDICATED


def majority(answers: Flags, answered: Flags) -> tuple[Flags, Flags]:
    """What more than half of the coders say of each decision, and where there is such a majority; both (units, codes)."""
    votes, coders = answers.sum(0), answered.sum(0)[:, None]
    return votes * 2 > coders, (votes * 2 != coders) & (coders > 0)


def _beside(
    j: int, coder: str, machine: Flags, answers: Flags, answered: Flags, codebook: Codebook, resampler: Resampler
) -> list[Beside]:
    others = answered & (np.arange(len(answered)) != j)[:, None]
    said, decided = majority(answers & others[:, :, None], others)
    decided &= answered[j][:, None]
    human, ours = (_sums(said, one, decided, resampler) for one in (answers[j], machine))
    found = []
    for k, name in enumerate([*codebook.names, OVERALL]):
        mine, yours = ((sums.sum(1) if name == OVERALL else sums[:, k]) for sums in (human, ours))
        n = int((decided if name == OVERALL else decided[:, k]).sum())
        if not n or not mine[:, : stats.TN].sum() + yours[:, : stats.TN].sum():
            continue
        figures = {key: _both(mine, yours, *CODE_FIGURES[key], n, resampler) for key in CEILING_FIGURES}
        if name == OVERALL:
            figures[WITHIN] = _both(human, ours, stats.within_alpha, CODE_FIGURES["alpha"][1], n, resampler)
        sides = ({key: both[place] for key, both in figures.items()} for place in range(3))
        found.append(Beside(coder, name, n, *sides))
    return found


def _both(
    mine: Floats, yours: Floats, statistic: Statistic, reason: str, n: int, resampler: Resampler
) -> tuple[Figure, Figure, Figure]:
    """A figure of the coder, of the machine, and of the machine less the coder."""
    value = [float(statistic(sums.sum(0))) for sums in (mine, yours)]
    drawn = [statistic(resampler.resampled(sums)) for sums in (mine, yours)]
    return (
        resampler.made(value[0], drawn[0], n, reason),
        resampler.made(value[1], drawn[1], n, reason),
        resampler.made(value[1] - value[0], drawn[1] - drawn[0], n, reason),
    )


def _sums(gold: Flags, other: Flags, counted: Flags, resampler: Resampler) -> Floats:
    cells = [gold & other, ~gold & other, gold & ~other, ~gold & ~other]
    return resampler.sums(np.stack([cell & counted for cell in cells], axis=-1))


def _alpha_of_all(
    answers: Flags, answered: Flags, codebook: Codebook, resampler: Resampler
) -> tuple[dict[str, Figure], Figure]:
    """Alpha per code and pooled; and within codes."""
    votes = answers.sum(0).astype(np.float64)
    coders = np.broadcast_to(answered.sum(0)[:, None], votes.shape).astype(np.float64)
    sums = resampler.sums(stats.several_coders_sums(votes, coders))
    each = resampler.figures(sums, stats.several_coders_alpha, len(votes), CODE_FIGURES["alpha"][1])
    pooled, within = _of_all_codes(sums, votes.size, resampler)
    return dict(zip([*codebook.names, OVERALL], [*each, pooled], strict=True)), within


def _of_all_codes(sums: Floats, decisions: int, resampler: Resampler) -> tuple[Figure, Figure]:
    """Alpha of codes pooled and within codes; `sums` are (groups, codes, 3)."""
    reason = CODE_FIGURES["alpha"][1]
    return (
        resampler.figure(sums.sum(1), stats.several_coders_alpha, decisions, reason),
        resampler.figure(sums, stats.several_coders_within_alpha, decisions, reason),
    )
