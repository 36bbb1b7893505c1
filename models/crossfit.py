"""Cross-fitting: small gold serves both to learn from and to calibrate on.

A held-out part of small gold is an interview or two: too few units to set thresholds on, and too many to do without. So
the gold is dealt into folds by group; each fold is judged by a network that learnt from the others, all these answers
together calibrate (as in stacking, Wolpert 1992), and the network that is kept learns from all of the gold. All of them learn
to the last of the planned epochs: were a fold asked which epoch is best, its own labels would choose the network that judges it.

Networks that learnt little lie on different levels: after twenty steps from a bare encoder the logits of one may be a whole point
above another's, which is chance, and thresholds fitted on the one mean nothing to the other. What two of them say of units that
both have learnt from tells by how much they differ, and each fold's logits are brought to the level of the network that is kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from models.decisions import Floats, Labels
from models.fitting import WORTH_SAYING
from models.job import Job
from models.kept import THEMES, kept_words, with_kept
from models.predict import Logits, Predictions, predictions_of
from models.settings import TrainingSettings, TrainingUnit
from models.training import Trained, fit_words, say, train
from models.unused import known, mark_unused
from models.validation import decisions_for, held_out_logits, lexical_share


@dataclass(frozen=True, slots=True)
class Fold:
    """What a network that did not learn from some units says of them.

    Attributes:
        held: their indices.
        themes: its logits for all units, shape (n, c); NaN in the rows of `held`, which are in `network`.
        words: the linear model's logits for them, shape (n, c), fitted on the other units.
    """

    held: tuple[int, ...]
    network: Logits
    themes: Floats
    words: Floats


@dataclass(frozen=True, slots=True)
class CrossFitted:
    """The model, trained on all units, and what was predicted for each unit without it.

    Attributes:
        answers: for every unit, by a network and a linear model that have not learnt from its fold, with probabilities and
            thresholds fitted on the other folds' answers, at that network's level; None in the processes of a team that do
            not lead.
    """

    trained: Trained
    answers: Predictions | None


def cross_fit(
    units: Sequence[TrainingUnit],
    folds: Sequence[Sequence[int]],
    *,
    taught: Sequence[TrainingUnit] | None = None,
    labels: Labels,
    settings: TrainingSettings,
    device: str = "auto",
    job: Job | None = None,
    report: Callable[[str], None] = say,
    **how: Any,
) -> CrossFitted:
    """Train once for each fold and once on everything.

    Args:
        units: the gold.
        folds: indices of `units`, each in one fold; units of one group in the same.
        taught: the same units as they are learnt from, where a teacher has its word in that.
        how: as `train` takes them.

    Raises:
        as `train`.
    """
    job = job or Job()
    # What the words say is fitted here, fold by fold; how much it counts, on all folds together.
    bare = replace(settings, lexical=False)
    common = {"labels": labels, "settings": bare, "device": device, "report": report, **how}
    targets = units if taught is None else taught
    done: list[Fold] = []
    longest = 0.0
    for number, held in enumerate(folds, start=1):
        left = _left(longest, len(folds) + 2 - number)
        report(f"fold {number} of {len(folds)}: {len(held)} units held out{left}")
        started = time.monotonic()
        done.append(_fold(units, targets, held, job.part(f"fold-{number}"), common))
        longest = max(longest, time.monotonic() - started)
    report(f"all {len(units)} units")
    trained = train(targets, [], job=job, **common)
    trained.settings = settings
    if not job.team.leads:
        return CrossFitted(trained, None)
    # Codes that nobody used are not assigned here either.
    _, units = mark_unused(units, units, known(how.get("start"), how.get("codes", ()), len(how["definitions"])))
    themes = _all_logits(trained, units).themes
    share = _share(units, done, themes, labels) if settings.lexical else 0.0
    head = fit_words(trained, targets) if settings.lexical else None
    trained.lexical = head.scaled(share) if head else None
    start, codes = how.get("start"), how.get("codes", ())
    if settings.lexical and THEMES in trained.stays:
        trained.lexical = kept_words(start, codes)
    fitted = decisions_for(_together(units, done, themes, share), units, labels)
    trained.decisions = with_kept(fitted, trained.stays, start, codes)
    return CrossFitted(trained, _answers(units, done, share, labels))


def _left(longest: float, trainings: int) -> str:
    """How long so many trainings will take, each as the longest yet: folds that were done before a break took no time."""
    ahead = longest * trainings
    return f"; about {ahead / 60:.0f} min to go" if ahead >= WORTH_SAYING else ""


def _fold(
    units: Sequence[TrainingUnit],
    targets: Sequence[TrainingUnit],
    held: Sequence[int],
    job: Job,
    common: dict[str, Any],
) -> Fold:
    inside = set(held)
    rest = [unit for i, unit in enumerate(targets) if i not in inside]
    asked = [units[i] for i in held]
    trained = train(rest, [], job=job, **common)
    logits = _all_logits(trained, units)
    themes, network = logits.themes.copy(), _rows(logits, units, held)
    themes[list(held)] = np.nan
    head = fit_words(trained, rest)
    words = (
        head.logits(trained.encoder.encode([unit.unit for unit in asked])) if head else np.zeros_like(network.themes)
    )
    return Fold(tuple(held), network, themes, words)


def _all_logits(trained: Trained, units: Sequence[TrainingUnit]) -> Logits:
    return held_out_logits(trained.network, trained.encoder, units, next(trained.network.parameters()).device)


def _level(themes: Floats, fold: Fold) -> Floats:
    """What to add to a fold's logits, shape (c,), so that they lie where another network's do, whose `themes` (n, c) are given.

    Nothing where there is no unit that both have learnt from, as between two folds that are all there are.
    """
    apart = themes - fold.themes
    both = np.isfinite(apart).all(axis=1)
    return np.asarray(apart[both].mean(axis=0)) if both.any() else np.zeros(themes.shape[1])


def _share(units: Sequence[TrainingUnit], folds: Sequence[Fold], themes: Floats, labels: Labels) -> float:
    """How much the words' logits count."""
    neural, words = np.zeros(themes.shape), np.zeros(themes.shape)
    for fold in folds:
        held = list(fold.held)
        neural[held], words[held] = fold.network.themes + _level(themes, fold), fold.words
    coded = [i for i, unit in enumerate(units) if unit.themes is not None]
    return lexical_share(neural[coded], words[coded], units, labels)


def _together(units: Sequence[TrainingUnit], folds: Sequence[Fold], themes: Floats, share: float) -> Logits:
    """All units' logits in their order, each fold's at the level of `themes`, the words' added by their share."""
    n = len(units)
    found, stances, cut = np.zeros(themes.shape), np.zeros((n, 4)), np.zeros(n, dtype=bool)
    attitudes: list[Floats] = [np.zeros((0, 3))] * n
    for fold in folds:
        held = list(fold.held)
        found[held] = fold.network.themes + _level(themes, fold) + share * fold.words
        stances[held], cut[held] = fold.network.partnership, fold.network.truncated
        counts = [len(units[i].unit.targets) for i in held]
        for i, rows in zip(held, np.split(fold.network.attitudes, np.cumsum(counts)[:-1]), strict=True):
            attitudes[i] = rows
    return Logits(found, stances, np.concatenate(attitudes), cut)


def _answers(units: Sequence[TrainingUnit], folds: Sequence[Fold], share: float, labels: Labels) -> Predictions:
    """Each fold's answers by probabilities and thresholds that were fitted on the others', brought to its network's level.

    Not to the level of the network that is kept: that one knows how often a fold has each code.
    """
    parts = []
    for fold in folds:
        inside = set(fold.held)
        others = [i for i in range(len(units)) if i not in inside]
        logits = _together(units, folds, fold.themes, share)
        fitted = decisions_for(_rows(logits, units, others), [units[i] for i in others], labels)
        parts.append((list(fold.held), predictions_of(_rows(logits, units, fold.held), fitted)))
    return _ordered(parts, units)


def _rows(logits: Logits, units: Sequence[TrainingUnit], chosen: Sequence[int]) -> Logits:
    rows = list(chosen)
    attitudes = logits.attitudes[_targets(units, rows)]
    return Logits(logits.themes[rows], logits.partnership[rows], attitudes, logits.truncated[rows])


def _targets(units: Sequence[TrainingUnit], chosen: Sequence[int]) -> list[int]:
    """The rows of the chosen units' targets among all targets."""
    ends = np.cumsum([len(unit.unit.targets) for unit in units])
    return [row for i in chosen for row in range(int(ends[i]) - len(units[i].unit.targets), int(ends[i]))]


def _ordered(parts: Sequence[tuple[list[int], Predictions]], units: Sequence[TrainingUnit]) -> Predictions:
    """The folds' predictions in the units' order."""
    by_unit = np.argsort(np.concatenate([held for held, _ in parts]))
    by_target = np.argsort(np.concatenate([np.asarray(_targets(units, held), dtype=np.int64) for held, _ in parts]))

    def joined(name: str) -> Any:
        return np.concatenate([getattr(found, name) for _, found in parts])[
            by_target if name == "attitudes" else by_unit
        ]

    return Predictions(**{field.name: joined(field.name) for field in fields(Predictions)})
