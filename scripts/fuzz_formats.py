"""Damages real files of every format and reads each: a clear refusal or a reading that keeps its laws, in good time.

    python scripts/fuzz_formats.py --data FOLDER --mutations 10000 --seed 1

Every reader of transcripts (`read.`), of coded projects (`import.`) and of codebooks (`codebook.`) gets its share. Files are read
in another process, with limits of time and memory, that may write in one folder only. Exit status 1 where anything crashed, hung,
took too much memory, broke a law or wrote elsewhere; what did is kept in --keep, named by its number, which the seed makes again.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import fuzz_worker
from fuzz_mutations import MOST, mutated
from fuzz_seeds import Seed, seeds
from fuzz_worker import CRASH, FAULTS, HANG, OK, REFUSED

_LONGEST_NAME = 40
_PATIENCE = 30
"""Seconds waited for each of the processor's, before a process that does nothing is given up."""
_SAVED_EVERY = 25
_SLOW = {"read.doc": 20, "import.maxqda-print": 10}
"""Targets that get one mutation where others get so many: LibreOffice starts for each; pages four metres high."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, nargs="+", help="folders of files to damage")
    parser.add_argument("--mutations", type=int, default=1000, help="over all targets, evenly")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, nargs="*", help="these numbers alone, to see them again")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop then, however many are left")
    parser.add_argument("--targets", nargs="*", help="such as read.docx import.qdpx; all by default")
    parser.add_argument("--seconds", type=float, default=20.0, help="limit of the processor's time for a file")
    parser.add_argument("--megabytes", type=int, default=2000, help="limit of memory")
    parser.add_argument("--largest", type=int, default=200_000, help="bytes of the largest file to damage")
    parser.add_argument("--most", type=int, default=MOST, help="bytes of a damaged file, which repeats may swell")
    parser.add_argument("--keep", type=Path, help="folder for the files that went wrong")
    parser.add_argument(
        "--state", type=Path, help="file for the table so far; where it is there, the run goes on from it"
    )
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        fuzz_worker.main(options.megabytes, options.seconds, options.worker)
    elif options.data is None:
        parser.error("--data is needed")
    else:
        raise SystemExit(_fuzz(options))


@dataclass(slots=True)
class Tally:
    """What came of one target's files."""

    files: int
    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    slowest_case: str = ""

    def as_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {name: getattr(self, name) for name in self.__slots__}


def _fuzz(options: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        made, place = Path(name, "made"), Path(name, "place")
        made.mkdir()
        place.mkdir()
        fuzz_worker.fork_for_modules(made)
        found = seeds(options.data, made, options.largest)
        wheel = _wheel(found)
        found = {target: files for target, files in found.items() if not options.targets or target in options.targets}
        if not found:
            print("no files of the formats were found")
            return 2
        first, tallies = _state(options.state, found)
        worker = Worker(options.megabytes, options.seconds, place)
        stop = time.monotonic() + 60 * options.minutes
        for number in options.only or range(first, options.mutations):
            if time.monotonic() > stop:
                print(f"stopped before number {number}")
                break
            target = wheel[number % len(wheel)]
            if target in found:
                _try(options, number, target, found[target], worker, tallies[target], place)
            if options.state and (number % _SAVED_EVERY == 0 or number == options.mutations - 1):
                kept = {"next": number + 1, "tallies": {name: t.as_dict() for name, t in tallies.items()}}
                options.state.write_text(json.dumps(kept, indent=1), encoding="utf-8")
        worker.end()
    _print(tallies)
    return 1 if any(tally.outcomes[fault] for tally in tallies.values() for fault in FAULTS) else 0


def _state(path: Path | None, found: Mapping[str, Sequence[Seed]]) -> tuple[int, dict[str, Tally]]:
    """The number to go on with, and what was counted before."""
    tallies = {target: Tally(len(files)) for target, files in found.items()}
    if path is None or not path.is_file():
        return 0, tallies
    kept = json.loads(path.read_text(encoding="utf-8"))
    for target, tally in kept["tallies"].items():
        tallies[target] = Tally(**{**tally, "outcomes": Counter(tally["outcomes"])})
    return kept["next"], tallies


def _wheel(targets: Mapping[str, Sequence[Seed]]) -> list[str]:
    """The order in which targets take turns."""
    rounds = max(_SLOW.values())
    return [target for turn in range(rounds) for target in targets if turn % _SLOW.get(target, 1) == 0]


def _try(
    options: argparse.Namespace,
    number: int,
    target: str,
    files: Sequence[Seed],
    worker: Worker,
    tally: Tally,
    place: Path,
) -> None:
    """Damage one file, have it read, note what came of it."""
    random = Random(f"{options.seed}-{number}")
    seed = random.choice(files)
    data, done = mutated(random, seed.path.read_bytes(), options.most)
    case = _lay(seed, data, place)
    outcome, detail, seconds = worker.read(target, case)
    said = f"{number} {target}: {seed.path.name[:_LONGEST_NAME]}: {done}"
    tally.outcomes[outcome] += 1
    if seconds > tally.slowest:
        tally.slowest, tally.slowest_case = seconds, said
    if outcome in FAULTS:
        print(f"{outcome.upper()} {said}\n    {detail}", flush=True)
        if options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
            (options.keep / f"{number}-{seed.path.name}").write_bytes(data)


def _lay(seed: Seed, data: bytes, place: Path) -> Path:
    """The damaged file, or the folder with it, in an empty place; returns what is to be read."""
    for left in place.iterdir():
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    if seed.root is None:
        case = place / f"case{seed.path.suffix}"
        case.write_bytes(data)
        return case
    shutil.copytree(seed.root, place / "case")
    (place / "case" / seed.path.relative_to(seed.root)).write_bytes(data)
    return place / "case"


def _print(tallies: Mapping[str, Tally]) -> None:
    print(f"{'target':28}{'files':>6}" + "".join(f"{outcome:>12}" for outcome in (OK, REFUSED, *FAULTS)) + "  slowest")
    total: Counter[str] = Counter()
    for target, tally in tallies.items():
        total += tally.outcomes
        counts = "".join(f"{tally.outcomes[outcome]:>12}" for outcome in (OK, REFUSED, *FAULTS))
        print(f"{target:28}{tally.files:>6}{counts}  {tally.slowest:.2f} s ({tally.slowest_case})")
    print(f"{'all':34}" + "".join(f"{total[outcome]:>12}" for outcome in (OK, REFUSED, *FAULTS)))


class Worker:
    """A process that reads file after file; one that hangs or dies is replaced."""

    def __init__(self, megabytes: int, seconds: float, place: Path) -> None:
        limits = ["--megabytes", str(megabytes), "--seconds", str(seconds)]
        self._command = [sys.executable, __file__, "--worker", str(place), *limits]
        self._place = place
        self._patience = _PATIENCE * seconds
        self._process: subprocess.Popen[str] | None = None

    def read(self, target: str, path: Path) -> tuple[str, str, float]:
        """Outcome, detail and the processor's seconds of reading a file."""
        process = self._process or self._start()
        assert process.stdin and process.stdout
        process.stdin.write(f"{target}\t{path}\n")
        process.stdin.flush()
        ready, _, _ = select.select([process.stdout], [], [], self._patience)
        answer = process.stdout.readline() if ready else ""
        if not answer:
            self.end(kill=True)
            hangs = not ready or process.returncode == -signal.SIGXCPU
            return HANG if hangs else CRASH, f"the process ended ({process.returncode})", 0.0
        outcome, detail, taken = json.loads(answer)
        return outcome, detail, taken

    def _start(self) -> subprocess.Popen[str]:
        own = {"TMPDIR": str(self._place), "PYTHONDONTWRITEBYTECODE": "1"}
        process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **own}
        )
        self._process = process
        assert process.stdout
        process.stdout.readline()  # says that it is ready, so that no import counts as reading
        return process

    def end(self, *, kill: bool = False) -> None:
        """Stop the process."""
        if self._process is None:
            return
        if kill:
            self._process.kill()
        self._process.communicate()
        self._process = None


if __name__ == "__main__":
    main()
