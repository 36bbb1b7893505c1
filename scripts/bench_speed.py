"""The project's speed against other ways of doing the same, against the machine's limit, and in whole runs.

    python scripts/bench_speed.py --inquiry FOLDER_OF_TRANSCRIPTS --out FOLDER     # half an hour to an hour on two cores
    python scripts/bench_speed.py --inquiry FOLDER --quick                         # minutes; says that it works, no more

Everything runs on this machine and on the same segments, in alternating rounds; docs/speed.md says what the rows mean. Writes
speed.md and speed.json. Rivals need `pip install setfit` (sentence-transformers comes with it); what is missing is left out.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bench_speed_machine as machine
from bench_speed_runs import measure_runs, scaling, verdicts
from bench_speed_side import RIVALS, measure_side_by_side
from bench_speed_table import markdown

from models.encoder import quieten
from models.predict import pick_device

PARTS = ("speeds", "runs")
QUICK = {"segments": 100, "files": 3, "rounds": 2, "run_words": 4000, "sizes": [1, 2]}


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    quieten()
    device = pick_device(options.device)
    meanwhile = machine.Meanwhile()
    record: dict[str, Any] = {"options": {name: str(value) for name, value in vars(options).items()}}
    record["machine"] = machine.describe(device)
    if "speeds" in options.parts:
        record |= measure_side_by_side(options, device, _say)
    if "runs" in options.parts:
        extra = ("--model", options.model, "--device", options.device, *options.run_options)
        rows = measure_runs(
            options.inquiry,
            words=options.run_words,
            sizes=options.sizes,
            rounds=options.run_rounds,
            seed=options.seed,
            options=extra,
            report=_say,
        )
        record |= {"runs": rows, "scaling": scaling(rows), "verdicts": verdicts(scaling(rows))}
    record["meanwhile"] = meanwhile.close()
    record["warnings"] = machine.warnings(record["meanwhile"])
    text = markdown(record)
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "speed.md").write_text(text, encoding="utf-8")
        (options.out / "speed.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(text)


def _say(line: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {line}", file=sys.stderr, flush=True)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inquiry", type=Path, required=True, help="a folder of transcripts")
    parser.add_argument("--out", type=Path, help="folder for speed.md and speed.json")
    parser.add_argument("--quick", action="store_true", help=f"small numbers where none are given: {QUICK}")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--segments", type=int, default=2000, help="0: all that the files hold (for a GPU)")
    parser.add_argument("--files", type=int, default=20, help="files to draw segments from; 0: all")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--engines", nargs="+", metavar="NAME", help="of ours; all that are here where not given")
    parser.add_argument("--rivals", nargs="*", choices=RIVALS, default=list(RIVALS))
    parser.add_argument(
        "--base-sized", action="store_true", help="our engines with a 110M encoder too (always on a GPU)"
    )
    parser.add_argument("--model", default="partnership-culture")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--batch-tokens", type=int, help="what suits the engine where not given")
    parser.add_argument("--run-words", type=int, default=300_000, help="words of the smallest corpus for whole runs")
    parser.add_argument("--sizes", nargs="+", type=int, default=[1, 2, 4, 8])
    parser.add_argument("--run-rounds", type=int, default=1)
    parser.add_argument(
        "--run-options", type=shlex.split, default=[], help="more options for `themes run`, in one word"
    )
    parser.add_argument("--seed", type=int, default=1)
    if parser.parse_args(arguments).quick:
        parser.set_defaults(**QUICK)  # what is asked for by name stays
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
