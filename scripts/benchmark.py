"""Side by side: the project, TF-IDF with logistic regression, SetFit, plain fine-tuning, the published figure.

    python scripts/benchmark.py --data DATA --quick            # minutes: one fold, less of the data
    python scripts/benchmark.py --data DATA --tasks newsmtsc   # one task, whole
    python scripts/benchmark.py --data DATA --few 8 16 64      # few labels for each class, drawn three times (--draws)
    python scripts/benchmark.py --data DATA --out kept.jsonl   # interrupted, the same command goes on from there

Needs setfit for its row (pip install setfit). Every row of a task has the same splits and the same encoder; docs/benchmark.md
says what each row is and whom the comparison favours.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from bench_data import FOLDS, Task, annomi, few, newsmtsc, talkmoves
from bench_methods import METHODS
from bench_partnership import partnership
from bench_results import Cell, Fold, Key, coders_alpha, difference, keep, kept, summary
from bench_state import state

from models.encoder import DEFAULT_ENCODER, quieten
from models.settings import TrainingSettings
from pipeline.resources import config_folder
from pipeline.train_settings import TrainSettings, load_train_settings

TASKS: dict[str, Callable[[Path, bool], Task]] = {
    "newsmtsc": newsmtsc,
    "annomi-therapist": partial(annomi, speaker="therapist"),
    "annomi-client": partial(annomi, speaker="client"),
    "talkmoves": talkmoves,
    "partnership": partnership,
}
_ANNOMI = TrainingSettings(epochs=4, theme_weight=1.0, average=0.99, max_tokens=192, context_tokens=48)
SETTINGS = {
    "newsmtsc": TrainingSettings(
        epochs=4,
        batch_tokens=1024,
        encoder_dropout=0.1,
        mask_share=0.0,
        average=0.998,
        max_tokens=256,
        context_tokens=0,
    ),
    "annomi-therapist": _ANNOMI,
    "annomi-client": _ANNOMI,
    "talkmoves": TrainingSettings(epochs=3, theme_weight=1.0, average=0.998, max_tokens=128, context_tokens=48),
    "partnership": load_train_settings(config_folder() / "models" / "partnership-culture.yaml").for_network(),
}
"""Of the row `ours`, chosen by hand in earlier development on these same data sets. It is not on record that the parts tested on
were kept out of the choice, and with folds they cannot all have been: the row is the favoured one, and `ours-defaults`, which
nobody tuned on them, is the one to compare. The Trainer takes epochs, tokens and warming up from here too."""

FEW_EPOCHS, FEW_STEPS = 8, 120
PLAIN = "ours-plain"
"""The row `ours` without the handicaps or thresholds that it fits on held-out examples: the rivals have none."""
OURS = ("ours-defaults", "ours", PLAIN)
SEED = 1


def main() -> None:
    options = _options()
    quieten()
    done = kept(options.out) if options.out else {}
    for name in options.tasks:
        whole = TASKS[name](options.data, options.quick)
        for size in options.few or [0]:
            numbers = range(1, options.draws + 1) if size else [1]
            draws = {draw: few(whole, size, options.seed, draw) if size else whole for draw in numbers}
            for draw, task in draws.items():
                _run(name, task, draw, options, done)
            _print(name, draws, options, done)


def settings_of(name: str, method: str, size: int, draw: int, *, seed: int, epochs: int | None) -> TrainingSettings:
    """What a method trains with; each draw of few labels has a seed of its own."""
    tuned = SETTINGS[name]
    if size:
        tuned = replace(tuned, least_steps=FEW_STEPS, epochs=FEW_EPOCHS)
    chosen = TrainSettings().for_network() if METHODS[method].defaults else tuned
    return replace(chosen, seed=seed + draw - 1, epochs=epochs or chosen.epochs)


def _run(name: str, task: Task, draw: int, options: argparse.Namespace, done: dict[Key, Fold]) -> None:
    """Train and answer what is not there yet; a fold's methods one after the other, so that any stop leaves pairs."""
    for number, (training, test) in enumerate(task.splits, start=1):
        if number not in options.folds:
            continue
        for method in options.methods:
            key, settings = _key(name, task, method, draw, number, options)
            if key in done:
                continue
            print(f"  {name}, {method}, labels {task.few or 'all'}, draw {draw}, fold {number}", flush=True)
            answer = METHODS[method].run(task, training, test, options.base, settings)
            examples = [task.examples[i] for i in test]
            done[key] = Fold(
                [list(example.labels) for example in examples],
                answer.found,
                [example.group for example in examples],
                [{coder: list(labels) for coder, labels in example.others.items()} for example in examples],
                answer.seconds,
                answer.plain,
            )
            if options.out:
                keep(options.out, key, done[key])


def _key(
    name: str, task: Task, method: str, draw: int, fold: int, options: argparse.Namespace
) -> tuple[Key, TrainingSettings]:
    settings = settings_of(name, method, task.few, draw, seed=options.seed, epochs=options.epochs)
    item = METHODS[method]
    made_by = state(task, task.splits[fold - 1], settings, options.base, item.sources, item.libraries)
    return Key(name, method, options.base, task.few, draw, fold, options.seed, options.quick, made_by), settings


def _print(name: str, draws: Mapping[int, Task], options: argparse.Namespace, done: dict[Key, Fold]) -> None:
    """The task's table, over the draws and folds that each method has done."""
    task = draws[1]
    classes = len(task.classes)
    found: dict[str, dict[Cell, Fold]] = {method: {} for method in METHODS}
    for method in METHODS:
        for draw, drawn in draws.items():
            for fold in range(1, len(drawn.splits) + 1):
                key, _ = _key(name, drawn, method, draw, fold, options)
                if key in done:
                    found[method][draw, fold] = done[key]
    found[PLAIN] = {
        cell: replace(fold, found=fold.plain) for cell, fold in found["ours"].items() if fold.plain is not None
    }
    print(f"\n{task.name}, labels for each class: {task.few or 'all'}; published: {task.published}")
    for method, cells in found.items():
        if not cells:
            continue
        row = summary(cells, classes, options.seed, many=task.many)
        low, high = row.interval
        against = (
            f", with single coders {row.alpha_coders:.3f} (n {row.by_several})" if row.alpha_coders is not None else ""
        )
        print(
            f"  {method:14}draws {row.draws} folds {row.folds} n {row.examples} macro-F1 {row.macro_f1:.1f} ({low:.1f} to "
            f"{high:.1f}) alpha {row.alpha:.3f}{against}; training {row.seconds:.0f} s"
        )
    coders = [
        (len(cells), alpha)
        for cells in found.values()
        if cells and (alpha := coders_alpha(cells, classes, many=task.many)) is not None
    ]
    if coders:
        print(f"  single coders with each other: alpha {max(coders)[1]:.3f}")
    for mine in OURS:
        for method in found:
            if method != mine and (method not in OURS or mine == "ours"):
                _print_difference(mine, method, found, classes, options.seed)
    print(flush=True, end="")


def _print_difference(
    mine: str, method: str, found: Mapping[str, Mapping[Cell, Fold]], classes: int, seed: int
) -> None:
    both = sorted(found[mine].keys() & found[method].keys())
    if both:
        ours, theirs = ({cell: found[name][cell] for cell in both} for name in (mine, method))
        less, low, high = difference(ours, theirs, classes, seed)
        where = f"{len({draw for draw, _ in both})} draws, {len({fold for _, fold in both})} folds"
        print(f"  {mine} less {method} ({where}): {less:+.1f} ({low:+.1f} to {high:+.1f})")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with newsmtsc/, annomi/ and talkmoves/")
    parser.add_argument("--tasks", nargs="+", choices=sorted(TASKS), default=sorted(TASKS))
    parser.add_argument("--methods", nargs="*", choices=sorted(METHODS), default=list(METHODS))
    parser.add_argument("--folds", nargs="*", type=int, default=list(range(1, FOLDS + 1)), metavar="N")
    parser.add_argument("--base", default=DEFAULT_ENCODER)
    parser.add_argument("--few", nargs="*", type=int, default=[], metavar="N", help="labels for each class")
    parser.add_argument("--draws", type=int, default=3, metavar="N", help="so many drawings of few labels")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", type=Path, help="a file that keeps every fold's answers")
    return parser.parse_args()


if __name__ == "__main__":
    main()
