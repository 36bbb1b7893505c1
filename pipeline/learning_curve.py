"""What more coding would buy: training on growing parts of the gold, a power law through what is reached, and its interval."""

from __future__ import annotations

import math
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from models.job import Job
from models.loading import load_model
from models.predict import Predictor
from pipeline.codebook import Codebook
from pipeline.errors import UsageError
from pipeline.evaluate.compare import Figure
from pipeline.evaluate.evaluation import code_matrix
from pipeline.evaluate.figures import LEAST_GROUPS, Resampler
from pipeline.evaluate.judge import MachineCoding
from pipeline.evaluate.statistics import Floats, interval, krippendorff_alpha
from pipeline.evaluate.weighting import weights_of
from pipeline.gold import ADJUDICATED, GoldUnit
from pipeline.learn import save_trained, train_on_gold
from pipeline.learnt import BATCH_TOKENS, Agreement, compared, figure
from pipeline.train_settings import TrainSettings

CURVE_SHARES = (0.25, 0.5)
LEAST_GAP = 0.005
"""Alpha is told in two digits; what lies nearer than this to its limit is taken to lie so far from it."""

AS_GOOD = 0.02
"""Nearer than this to what can be reached nothing is left to extrapolate."""

LEAST_SHARED = 30
"""Fewer units that two coders coded do not say where agreement levels off."""


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Held-out agreement after training on so many units with codes.

    Attributes:
        drawn: alpha in each resample of the held-out groups; all points have the same resamples.
    """

    units: int
    alpha: Figure
    macro_f1: Figure
    drawn: Floats = field(default_factory=lambda: np.empty(0), compare=False, repr=False)


def check_curve(training: Sequence[GoldUnit], validation: Sequence[GoldUnit]) -> None:
    """Refuse what gives no curve, before anything is trained.

    Raises:
        UsageError: too few units, or none held out, whose codes were asked for.
    """
    if not any(_asked(unit) for unit in validation):
        raise UsageError("--curve: measures codes, and no unit with codes is held out", remedy="leave --curve out")
    coded = sum(map(_asked, training))
    sizes = {_size(coded, share) for share in (*CURVE_SHARES, 1)}
    if len(sizes) <= len(CURVE_SHARES):
        raise UsageError(
            f"--curve: a quarter, a half and all of {coded} units to train on are not three different sizes",
            remedy="leave --curve out until more is coded",
        )


def learning_curve(
    training: Sequence[GoldUnit],
    validation: Sequence[GoldUnit],
    codebook: Codebook,
    settings: TrainSettings,
    *,
    device: str = "auto",
    job: Job | None = None,
) -> list[CurvePoint]:
    """Train on growing parts of the gold, each within the next, measured on the same held-out units."""
    points = []
    for share in CURVE_SHARES:
        part = part_of(training, share, settings.seed)
        part_job = job.part(f"{share:g}") if job else None
        trained = train_on_gold(part, validation, codebook, settings, device=device, job=part_job)
        with tempfile.TemporaryDirectory() as folder:
            save_trained(trained, Path(folder), codebook, settings, counts={}, data="", seen=())
            predictor = Predictor(load_model(Path(folder)), device=device, batch_tokens=BATCH_TOKENS)
            points.append(measured(predictor, part, validation, codebook))
    return points


def part_of(units: Sequence[GoldUnit], share: float, seed: int) -> list[GoldUnit]:
    """Interview after interview, in an order that the seed decides, until a share of the units with codes is there.

    The last interview is cut through, so that parts are as large as they are said to be: all of it is trained on, and few
    interviews have no subset of a quarter. Further coding brings new interviews too.
    """
    groups = sorted({unit.first.group for unit in units})
    random.Random(seed).shuffle(groups)
    place = {group: at for at, group in enumerate(groups)}
    wanted, part = _size(sum(map(_asked, units)), share), list[GoldUnit]()
    for unit in sorted(units, key=lambda unit: place[unit.first.group]):
        if not wanted:
            break
        part.append(unit)
        wanted -= _asked(unit)
    return part


def measured(
    predictor: Predictor, training: Sequence[GoldUnit], validation: Sequence[GoldUnit], codebook: Codebook
) -> CurvePoint:
    """A model's agreement with held-out gold, after training on these units."""
    machine, overall, _ = compared(predictor, validation, codebook)
    drawn = _drawn(machine, codebook) if overall.alpha.value is not None else np.empty(0)
    return CurvePoint(sum(map(_asked, training)), overall.alpha, overall.macro_f1, drawn)


def curve_lines(
    points: Sequence[CurvePoint], people: Agreement | None = None, *, adjudicated: bool = False
) -> list[str]:
    """The learning curve in words.

    Args:
        people: the coders' own agreement, which says how far one can agree with a single coder.
        adjudicated: whether the held-out reference is (`mostly_adjudicated`); coders' agreement is no limit then.
    """
    lines = [
        f"{point.units} units: alpha {figure(point.alpha)}, macro-F1 {figure(point.macro_f1)} on the held-out part"
        for point in points
    ]
    limit = 1.0 if adjudicated else _limit(people)
    last = points[-1].alpha.value
    if last is not None and limit < 1 and last > limit - AS_GOOD:
        return [*lines, f"this is as far as one can agree with a single coder ({_about(limit)}): {_NOT_TOLD}"]
    twice = 2 * points[-1].units
    expected = expected_at(points, twice, limit)
    if expected is None:
        return [*lines, f"alpha is not defined at three sizes: {_NOT_TOLD}"]
    gained = gain(points, limit)
    return [
        *lines,
        _promise(twice, expected, gained),
        _ADJUDICATED if adjudicated else _towards(limit, people),
        *([_DRAWS] if gained.low is not None else []),
    ]


_ADJUDICATED = (
    "taken to rise towards 1, as the held-out reference is adjudicated: the coders' own alpha is no limit to it"
)
_DRAWS = "other parts of the gold would give other points, which the interval does not know"
_NOT_TOLD = "the curve cannot say what more coding would buy"


def mostly_adjudicated(validation: Sequence[GoldUnit]) -> bool:
    """Whether more than half of the held-out units with codes have an adjudicated coding of these."""
    asked = [unit for unit in validation if _asked(unit)]
    settled = sum((final := unit.by(ADJUDICATED)) is not None and final.codes is not None for unit in asked)
    return 2 * settled > len(asked)


def gain(points: Sequence[CurvePoint], limit: float = 1.0) -> Figure:
    """What the curve says that twice as many units add to alpha, with an interval over the held-out groups.

    Drawn for all points together: an interview that is hard is hard at every size, and must not make the curve steeper.
    """
    sizes = np.array([point.units for point in points], dtype=np.float64)
    ends = np.array([2.0, 1.0]) * sizes[-1]
    value = _law(sizes, np.array([[_value(point) for point in points]]), ends, limit)
    if not all(len(point.drawn) for point in points) or any(point.alpha.low is None for point in points):
        return Figure(float(value[0, 0] - value[0, 1]), None, None)
    drawn = _law(sizes, np.stack([point.drawn for point in points], axis=1), ends, limit)
    low, high = interval(drawn[:, 0] - drawn[:, 1])
    known = not np.isnan(low)
    return Figure(float(value[0, 0] - value[0, 1]), low if known else None, high if known else None)


def expected_at(points: Sequence[CurvePoint], units: int, limit: float = 1.0) -> float | None:
    """Alpha to be expected from `units` units, by a power law through the points; None without three sizes.

    limit - alpha = a * n ** -b is fitted by least squares in logarithms (Cortes et al. 1993; Figueroa et al. 2012).
    """
    known = [point for point in points if point.alpha.value is not None]
    if len({point.units for point in known}) < 3 or len(known) < len(points):
        return None
    sizes = np.array([point.units for point in known], dtype=np.float64)
    alphas = np.array([[_value(point) for point in known]])
    return float(_law(sizes, alphas, np.array([float(units)]), limit)[0, 0])


def _law(sizes: Floats, alphas: Floats, at: Floats, limit: float) -> Floats:
    """The power laws through rows of alphas (rows, sizes), at other sizes (rows, at)."""
    x, y = np.log(sizes), np.log(np.maximum(limit - alphas, LEAST_GAP))
    centred = x - x.mean()
    slope = (y @ centred) / (centred @ centred)
    logs = y.mean(axis=1)[:, None] + slope[:, None] * (np.log(at) - x.mean())
    return np.asarray(limit - np.exp(logs))


def _promise(units: int, expected: float, gained: Figure) -> str:
    if gained.value is None or gained.low is None or gained.high is None:
        return (
            f"twice as much gold ({units} units) would reach alpha {expected:.2f} if it went on so, but fewer than "
            f"{LEAST_GROUPS} groups are held out, and nothing tells whether that is chance"
        )
    told = f"{gained.value:+.2f} (95 % interval {gained.low:+.2f} to {gained.high:+.2f}, over held-out groups)"
    if gained.low <= 0 <= gained.high:
        return f"no gain from twice as much gold ({units} units) can be told from chance: alpha {told}"
    if gained.high < 0:
        return f"agreement falls with more gold, by {told} at twice as much: the parts differ in more than size"
    return f"twice as much gold ({units} units) may be expected to reach alpha {expected:.2f}: {told}"


def _towards(limit: float, people: Agreement | None) -> str:
    if limit < 1:
        return f"taken to level off where one can agree no better with a single coder, at {_about(limit)}"
    why = "no unit has two coders"
    if people is not None:
        why = (
            f"only {people.units} units have two coders"
            if people.units < LEAST_SHARED
            else "the coders' alpha is undefined"
        )
    return f"taken to rise towards 1: where it levels off is unknown, as {why}"


def _limit(people: Agreement | None) -> float:
    """The alpha with one coder of a coding that is always right.

    Where each coder agrees with what is right by r, two of them agree by about r², so that r is about the square root of the
    coders' alpha: an approximation (attenuation; Spearman 1904, "The proof and measurement of association between two things").
    """
    if people is None or people.units < LEAST_SHARED or people.alpha.value is None:
        return 1.0
    return math.sqrt(max(0.0, people.alpha.value))


def _about(limit: float) -> str:
    return f"about alpha {limit:.2f}, the square root of the coders' {limit**2:.2f} with each other (an approximation)"


def _drawn(machine: MachineCoding, codebook: Codebook) -> Floats:
    """Alpha of all decisions in each resample of groups, as `Figure`s have it."""
    given = [(i, unit.reference) for i, unit in enumerate(machine.units)]
    asked = [(i, coding) for i, coding in given if coding is not None and coding.codes is not None]
    codings = [coding for _, coding in asked]
    gold = code_matrix(codings, codebook)
    other = machine.assigned[np.ix_([i for i, _ in asked], [machine.codes.index(name) for name in codebook.names])]
    resampler = Resampler([coding.group for coding in codings], units=weights_of(codings))
    cells = np.stack([gold & other, ~gold & other, gold & ~other, ~gold & ~other], axis=-1)
    return krippendorff_alpha(resampler.resampled(resampler.sums(cells).sum(axis=1)))


def _value(point: CurvePoint) -> float:
    return float("nan") if point.alpha.value is None else point.alpha.value


def _asked(unit: GoldUnit) -> bool:
    return any(coding.codes is not None for coding in unit.codings)


def _size(units: int, share: float) -> int:
    return max(1, round(share * units))
