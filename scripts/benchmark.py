"""Side by side on public data: the project, TF-IDF with logistic regression, SetFit, plain fine-tuning, the published figure.

    python scripts/benchmark.py --data DATA --quick            # minutes: one fold, less of the data
    python scripts/benchmark.py --data DATA --tasks newsmtsc   # one task, whole
    python scripts/benchmark.py --data DATA --few 8 16 64      # few labels for each class

Needs setfit for its row (pip install setfit). Every row of a task has the same splits and the same encoder.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from bench_data import Task, annomi, few, newsmtsc, talkmoves
from bench_methods import METHODS
from sklearn.metrics import f1_score

from models.encoder import DEFAULT_ENCODER, quieten
from models.settings import TrainingSettings
from pipeline.evaluate.statistics import nominal_alpha

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
    rows = []
    for name in options.tasks:
        task = TASKS[name](options.data, options.quick)
        settings = replace(SETTINGS[name], seed=options.seed, epochs=options.epochs or SETTINGS[name].epochs)
        tasks = [few(task, n, options.seed) for n in options.few] if options.few else [task]
        for part, size in zip(tasks, options.few or [0], strict=True):
            chosen = replace(settings, least_steps=120, epochs=8) if size else settings
            rows += [_row(part, method, chosen, options.base, size) for method in options.methods]
            _print(rows[-len(options.methods) :], part)
    if options.out:
        options.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def _row(task: Task, method: str, settings: TrainingSettings, base: str, size: int) -> dict[str, object]:
    gold, found, seconds = [], [], 0.0
    tested = []
    for training, test in task.splits:
        labels, spent = METHODS[method](task, training, test, base, settings)
        gold += [task.examples[i].label for i in test]
        found += labels
        tested += test
        seconds += spent
    many = [k for k, i in enumerate(tested) if task.examples[i].others]
    return {
        "task": task.name,
        "labels_per_class": size or "all",
        "method": method,
        "base": base,
        "examples": len(gold),
        "macro_f1": round(100 * float(f1_score(gold, found, average="macro")), 1),
        "alpha": round(_alpha(gold, found, len(task.classes)), 3),
        "alpha_ten_coders": round(_alpha([gold[k] for k in many], [found[k] for k in many], len(task.classes)), 3)
        if many
        else None,
        "seconds": round(seconds),
        "published": task.published,
    }


def _alpha(gold: list[int], found: list[int], classes: int) -> float:
    table = np.zeros((classes, classes))
    np.add.at(table, (gold, found), 1)
    return float(nominal_alpha(table[None])[0])


def _print(rows: list[dict[str, object]], task: Task) -> None:
    print(f"\n{task.name}: published {task.published}")
    for row in rows:
        print(
            f"  {row['method']:8s} labels {row['labels_per_class']!s:4s} n {row['examples']} macro-F1 {row['macro_f1']} "
            f"alpha {row['alpha']} (ten coders' part {row['alpha_ten_coders']}) training {row['seconds']} s",
            flush=True,
        )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with newsmtsc/, annomi/ and talkmoves/")
    parser.add_argument("--tasks", nargs="+", choices=sorted(TASKS), default=sorted(TASKS))
    parser.add_argument("--methods", nargs="+", choices=sorted(METHODS), default=list(METHODS))
    parser.add_argument("--base", default=DEFAULT_ENCODER)
    parser.add_argument("--few", nargs="*", type=int, default=[], metavar="N", help="labels for each class")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
