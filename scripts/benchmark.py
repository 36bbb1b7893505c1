"""Side by side on public data: the project, TF-IDF with logistic regression, SetFit, plain fine-tuning, the published figure.

    python scripts/benchmark.py --data DATA --quick            # minutes: one fold, less of the data
    python scripts/benchmark.py --data DATA --tasks newsmtsc   # one task, whole
    python scripts/benchmark.py --data DATA --few 8 16 64      # few labels for each class
    python scripts/benchmark.py --data DATA --out kept.jsonl   # interrupted, the same command goes on from there

Needs setfit for its row (pip install setfit). Every row of a task has the same splits and the same encoder.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from bench_data import FOLDS, Task, annomi, few, newsmtsc, talkmoves
from bench_methods import METHODS
from bench_results import Fold, Key, difference, keep, kept, summary

from models.encoder import DEFAULT_ENCODER, quieten
from models.settings import TrainingSettings

TASKS: dict[str, Callable[[Path, bool], Task]] = {
    "newsmtsc": newsmtsc,
    "annomi-therapist": partial(annomi, speaker="therapist"),
    "annomi-client": partial(annomi, speaker="client"),
    "talkmoves": talkmoves,
}
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
    "annomi-therapist": TrainingSettings(epochs=4, theme_weight=1.0, average=0.99, max_tokens=192, context_tokens=48),
    "annomi-client": TrainingSettings(epochs=4, theme_weight=1.0, average=0.99, max_tokens=192, context_tokens=48),
    "talkmoves": TrainingSettings(epochs=3, theme_weight=1.0, average=0.998, max_tokens=128, context_tokens=48),
}
SEED = 1


def main() -> None:
    options = _options()
    quieten()
    done = kept(options.out) if options.out else {}
    for name in options.tasks:
        whole = TASKS[name](options.data, options.quick)
        settings = replace(SETTINGS[name], seed=options.seed, epochs=options.epochs or SETTINGS[name].epochs)
        for size in options.few or [0]:
            task = few(whole, size, options.seed) if size else whole
            chosen = replace(settings, least_steps=120, epochs=8) if size else settings
            _run(name, task, chosen, size, options, done)
            _print(name, task, size, options, done)


def _run(
    name: str, task: Task, settings: TrainingSettings, size: int, options: argparse.Namespace, done: dict[Key, Fold]
) -> None:
    """Train and answer what is not there yet; a fold's methods one after the other, so that any stop leaves pairs."""
    for number, (training, test) in enumerate(task.splits, start=1):
        if number not in options.folds:
            continue
        for method in options.methods:
            key = _key(name, method, size, number, options)
            if key in done:
                continue
            found, seconds = METHODS[method](task, training, test, options.base, settings)
            examples = [task.examples[i] for i in test]
            done[key] = Fold(
                [example.label for example in examples],
                found,
                [example.group for example in examples],
                [bool(example.others) for example in examples],
                seconds,
            )
            if options.out:
                keep(options.out, key, done[key])


def _key(name: str, method: str, size: int, fold: int, options: argparse.Namespace) -> Key:
    return Key(name, method, options.base, size, fold, options.seed, options.quick)


def _print(name: str, task: Task, size: int, options: argparse.Namespace, done: dict[Key, Fold]) -> None:
    """The task's table, over the folds that each method has done."""
    print(f"\n{task.name}, labels for each class: {size or 'all'}; published {task.published}")
    found = {
        method: {n: done[key] for n in range(1, FOLDS + 1) if (key := _key(name, method, size, n, options)) in done}
        for method in METHODS
    }
    classes = len(task.classes)
    for method, folds in found.items():
        if not folds:
            continue
        row = summary(list(folds.values()), classes, options.seed)
        low, high = row.macro_f1_interval
        many = f", on the ten coders' part {row.alpha_many:.3f}" if row.alpha_many is not None else ""
        print(
            f"  {method:8s} folds {row.folds} n {row.examples} macro-F1 {row.macro_f1:.1f} ({low:.1f} to {high:.1f}) "
            f"alpha {row.alpha:.3f}{many}; training {row.seconds:.0f} s a fold"
        )
        both = sorted(folds.keys() & found.get("ours", {}).keys())
        if method != "ours" and both:
            ours, theirs = [found["ours"][n] for n in both], [folds[n] for n in both]
            less, low, high = difference(ours, theirs, classes, options.seed)
            print(f"           ours less {method}, {len(both)} folds: {less:+.1f} ({low:+.1f} to {high:+.1f})")
    print(flush=True, end="")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with newsmtsc/, annomi/ and talkmoves/")
    parser.add_argument("--tasks", nargs="+", choices=sorted(TASKS), default=sorted(TASKS))
    parser.add_argument("--methods", nargs="*", choices=sorted(METHODS), default=list(METHODS))
    parser.add_argument("--folds", nargs="*", type=int, default=list(range(1, FOLDS + 1)), metavar="N")
    parser.add_argument("--base", default=DEFAULT_ENCODER)
    parser.add_argument("--few", nargs="*", type=int, default=[], metavar="N", help="labels for each class")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", type=Path, help="a file that keeps every fold's answers")
    return parser.parse_args()


if __name__ == "__main__":
    main()
