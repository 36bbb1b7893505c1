"""Two models or runs on one gold: agreement of each, and their difference by a paired bootstrap over interviews.

    python scripts/compare_models.py GOLD… --first MODEL_OR_RUN --second MODEL_OR_RUN [--transcripts FOLDER] [--out FILE.json]

Both are judged on the units that both answered. A difference is the second's figure less the first's; both are taken in
the same resamples, so that a hard interview is hard for both.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from pipeline.codebook import Codebook
from pipeline.commands.models import codebook_of, load_predictor
from pipeline.errors import ThemesError, UsageError
from pipeline.evaluate.figures import RESAMPLES, SEED, Figure
from pipeline.evaluate.in_run import look_up
from pipeline.evaluate.judge import MachineCoding, code_gold
from pipeline.evaluate.paired import Pairing, compare_machines
from pipeline.evaluate.weighting import weighed
from pipeline.gold import further_columns, load_gold
from pipeline.gold_codes import with_known_codes
from pipeline.lookup import texts_in, texts_of_run
from pipeline.prevalence.record import find_record
from pipeline.store import MANIFEST, write_atomically
from pipeline.tables import open_run


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", nargs="+", type=Path)
    parser.add_argument("--first", required=True)
    parser.add_argument("--second", required=True)
    parser.add_argument("--transcripts", type=Path)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(arguments)
    try:
        pairings, units = _compare(options)
    except ThemesError as error:
        Console(stderr=True, soft_wrap=True, highlight=False, markup=False).print(f"compare_models: {error}")
        return error.exit_status
    print(f"{units} units; first {options.first}, second {options.second}")
    print(f"{'':26}{'figure':13}{'first':>8}{'second':>8}{'difference':>12}{'95 %':>18}{'p':>8}")
    for item in pairings:
        print(_line(item))
    if options.out:
        content = {
            "first": options.first,
            "second": options.second,
            "units": units,
            "bootstrap": {"resamples": RESAMPLES, "seed": SEED, "over": "groups"},
            "pairings": [asdict(item) for item in pairings],
        }
        write_atomically(options.out, json.dumps(content, indent=1) + "\n")
    return 0


def _compare(options: argparse.Namespace) -> tuple[list[Pairing], int]:
    books = [_codebook(name, options.device) for name in (options.first, options.second)]
    shared = [name for name in books[0].names if name in books[1].names]
    if not shared:
        raise UsageError("the two have no code in common", path=options.second)
    known = dict.fromkeys([*books[0].names, *books[1].names])
    text_of = texts_in(options.transcripts)
    for name in (options.first, options.second):
        if text_of is None and _is_run(name):
            text_of = texts_of_run(open_run(Path(name)))
    labels = books[1].labels | books[0].labels
    given = load_gold(options.gold, labels=labels, text_of=text_of)
    units, left_out = with_known_codes(given, known, options.gold, labels)
    units, weighting = weighed(units, find_record(options.gold, None, None), further_columns(options.gold, ["sampled"]))
    for notice in filter(None, (left_out.notice, weighting.notice)):
        print(f"Note: {notice}")

    def coding(name: str) -> MachineCoding:
        if _is_run(name):
            return look_up(Path(name), units)
        return code_gold(load_predictor(name, device=options.device, batch_tokens=4096), units)

    machines = coding(options.first), coding(options.second)
    for name, machine in zip((options.first, options.second), machines, strict=True):
        for line in _to_mind(machine):
            print(f"Note: {name}: {line}")
    return compare_machines(*machines, shared)


def _to_mind(machine: MachineCoding) -> list[str]:
    """What a reader should know of one side's answers."""
    counts = {
        "units without an answer": machine.missing,
        "units the model was trained or calibrated on: its figures on them are too good": machine.seen,
    }
    return [*(f"{count} {told}" for told, count in counts.items() if count), *machine.notices]


def _is_run(name: str) -> bool:
    return (Path(name) / MANIFEST).is_file()


def _codebook(name: str, device: str) -> Codebook:
    if _is_run(name):
        return Codebook.model_validate(open_run(Path(name)).manifest["codebook"]["content"])
    return codebook_of(load_predictor(name, device=device, batch_tokens=4096))


def _line(item: Pairing) -> str:
    low, high = item.difference.low, item.difference.high
    interval = f"{low:.3f} to {high:.3f}" if low is not None and high is not None else ""
    p = "" if item.p is None else f"{item.p:.3f}"
    values = f"{_told(item.first):>8}{_told(item.second):>8}{_told(item.difference):>12}"
    return f"{item.name[:25]:26}{item.figure:13}{values}{interval:>18}{p:>8}"


def _told(figure: Figure) -> str:
    return "–" if figure.value is None else f"{figure.value:.3f}"


if __name__ == "__main__":
    raise SystemExit(main())
