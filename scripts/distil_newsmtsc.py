"""NewsMTSC with a large encoder, and with the small one taught by it, also on targets that nobody coded.

    python scripts/distil_newsmtsc.py --newsmtsc DATA/newsmtsc --large sentence-transformers/all-mpnet-base-v2 --epochs 4 4

Trains the large encoder (half an hour on two cores that multiply bfloat16), has it judge the training sentences' targets and
further names and pronouns in them, trains the small encoder on both, and prints macro-F1 on devtest_mt with a 95 % interval from
a bootstrap over sentences. A tenth of the training sentences is held out, for the choice of the epoch; `--sentences 300` is for
trying it out.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from newsmtsc import load_newsmtsc
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from models.decisions import Floats
from models.encoder import DEFAULT_ENCODER, quieten
from models.settings import TrainingSettings, TrainingUnit
from models.training import Trained, train
from models.validation import held_out_logits

SETTINGS = TrainingSettings(
    batch_tokens=1024, mask_share=0.1, average=0.998, max_tokens=256, context_tokens=0, lexical=False
)
CLASSES = (("negative",), ("neutral",), ("positive",))
HELD_OUT, MOST_FURTHER, TEACHERS_SHARE, DRAWS = 0.1, 4, 0.5, 1000
SEED = 1
NAME = re.compile(
    r"\b(?:[A-Z][\w.’'-]+(?:\s+(?:of|the|for)\s+(?=[A-Z])|\s+)?)+\b|\b(?:he|she|they|him|her|them|his|their)\b"
)
NO_NAMES = {"The", "A", "In", "But", "And", "It", "This", "That", "I"}


def main() -> None:
    options = _options()
    quieten()
    units, test = (
        load_newsmtsc(options.newsmtsc / f"{name}.jsonl")[: options.sentences] for name in ("train", "devtest_mt")
    )
    fitting, held = _parts(units)
    large = _trained(fitting, held, options.large, options.epochs[0])
    _tell("large", large, test)
    taught = _taught(fitting, large)
    small = _trained(taught, held, DEFAULT_ENCODER, options.epochs[1])
    _tell("small, taught by it", small, test)


def _parts(units: list[TrainingUnit]) -> tuple[list[TrainingUnit], list[TrainingUnit]]:
    """The part to learn from, and the tenth that the epoch is chosen by."""
    order = list(range(len(units)))
    random.Random(SEED).shuffle(order)
    number = int(len(units) * HELD_OUT)
    return [units[i] for i in sorted(order[number:])], [units[i] for i in sorted(order[:number])]


def _trained(units: Sequence[TrainingUnit], held: Sequence[TrainingUnit], base: str, epochs: int) -> Trained:
    started = time.perf_counter()
    settings = replace(SETTINGS, epochs=epochs, seed=SEED)
    trained = train(units, held, definitions=CLASSES, base=base, settings=settings)
    print(
        f"{base}: {time.perf_counter() - started:.0f} s, best epoch {trained.kept} of {len(trained.history)}",
        flush=True,
    )
    return trained


def _taught(units: Sequence[TrainingUnit], teacher: Trained) -> list[TrainingUnit]:
    """Units with further targets: half votes and half teacher where there are votes, the teacher alone elsewhere."""
    wider = [_with_further(unit) for unit in units]
    judged = iter(_probabilities(_logits(teacher, wider)))
    return [replace(unit, attitudes=tuple(_mixed(votes, next(judged)) for votes in unit.attitudes)) for unit in wider]


def _with_further(unit: TrainingUnit) -> TrainingUnit:
    """With names and pronouns that overlap no target; their votes are empty."""
    text, known = unit.unit.text, unit.unit.targets
    found = [(match.start(), match.start() + len(match.group().rstrip())) for match in NAME.finditer(text)]
    new = [
        (start, end)
        for start, end in found
        if end - start > 1 and text[start:end] not in NO_NAMES and not any(start < e and s < end for s, e in known)
    ][:MOST_FURTHER]
    nothing = ((0.0, 0.0, 0.0),) * len(new)
    return replace(unit, unit=replace(unit.unit, targets=(*known, *new)), attitudes=(*unit.attitudes, *nothing))


def _mixed(votes: Sequence[float], said: Floats) -> tuple[float, ...]:
    share = TEACHERS_SHARE if any(votes) else 1.0
    return tuple((1 - share) * vote + share * float(p) for vote, p in zip(votes, said, strict=True))


def _logits(trained: Trained, units: Sequence[TrainingUnit]) -> Floats:
    return held_out_logits(trained.network, trained.encoder, units, torch.device("cpu"), None).attitudes


def _probabilities(logits: Floats) -> Floats:
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(powers / powers.sum(1, keepdims=True))


def _tell(name: str, trained: Trained, test: Sequence[TrainingUnit]) -> None:
    gold = np.array([int(np.argmax(votes)) for unit in test for votes in unit.attitudes])
    found = _logits(trained, test).argmax(1)
    ends = np.cumsum([len(unit.attitudes) for unit in test])
    rows = np.split(np.arange(len(gold)), ends[:-1])
    rng = np.random.default_rng(SEED)
    drawn = [np.concatenate([rows[k] for k in rng.integers(0, len(rows), len(rows))]) for _ in range(DRAWS)]
    low, high = np.percentile([_f1(gold[some], found[some]) for some in drawn], [2.5, 97.5])
    print(f"{name}: macro-F1 on devtest_mt {_f1(gold, found):.1f} ({low:.1f} to {high:.1f})", flush=True)


def _f1(gold: NDArray[np.int64], found: NDArray[np.int64]) -> float:
    return 100 * float(f1_score(gold, found, average="macro"))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--newsmtsc", type=Path, required=True, help="folder with train.jsonl and devtest_mt.jsonl")
    parser.add_argument("--large", required=True, help="the large encoder, as `themes train --base` takes it")
    parser.add_argument(
        "--epochs", nargs=2, type=int, default=[4, 4], metavar="N", help="of the large and the small one"
    )
    parser.add_argument("--sentences", type=int, help="so many of each file alone")
    return parser.parse_args()


if __name__ == "__main__":
    main()
