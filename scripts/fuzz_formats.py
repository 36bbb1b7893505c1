"""Damages real files of every format and reads each: a clear refusal or a transcript that keeps its laws, in good time.

    python scripts/fuzz_formats.py --data FOLDER --mutations 2000 --seed 1

Files are read in another process, with limits of time and memory. Exit status 1 where anything crashed, hung,
took too much memory or broke a law; what did is kept in --keep, named by its number, which the seed makes the same again.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from fuzz_mutations import MOST, mutated

from pipeline.errors import ThemesError
from pipeline.ingest import read_transcript
from pipeline.ingest.registry import BY_SUFFIX
from pipeline.types import Transcript

READ, REFUSED, CRASH, HANG, BROKEN = "read", "refused", "crash", "hang", "broken law"
FAULTS = (CRASH, HANG, BROKEN)
_LONGEST_NAME = 48
_PATIENCE = 10
"""Seconds waited for each of the processor's, before a process that does nothing is given up."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of files to damage")
    parser.add_argument("--mutations", type=int, default=1000, help="over all formats, evenly")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop then, however many are left")
    parser.add_argument("--formats", nargs="*", help="names as in the registry; all by default")
    parser.add_argument("--seconds", type=float, default=20.0, help="limit of the processor's time for a file")
    parser.add_argument("--megabytes", type=int, default=2000, help="limit of memory")
    parser.add_argument("--largest", type=int, default=500_000, help="bytes of the largest file to damage")
    parser.add_argument("--most", type=int, default=MOST, help="bytes of a damaged file, which repeats may swell")
    parser.add_argument("--keep", type=Path, help="folder for the files that went wrong")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        _work(options.megabytes, options.seconds)
    elif options.data is None:
        parser.error("--data is needed")
    else:
        raise SystemExit(_fuzz(options))


@dataclass(slots=True)
class Tally:
    """What came of one format's files."""

    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    slowest_case: str = ""


def _fuzz(options: argparse.Namespace) -> int:
    files = _files(options.data, options.formats, options.largest)
    if not files:
        print("no files of the formats were found")
        return 2
    tallies: dict[str, Tally] = {name: Tally() for name in files}
    faults = 0
    worker = Worker(options.megabytes, options.seconds)
    stop = time.monotonic() + 60 * options.minutes
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        for number in range(options.mutations):
            if time.monotonic() > stop:
                break
            random = Random(f"{options.seed}-{number}")
            name = sorted(files)[number % len(files)]
            source = random.choice(files[name])
            data, done = mutated(random, source.read_bytes(), options.most)
            path = Path(folder) / f"case{source.suffix}"
            path.write_bytes(data)
            outcome, detail, seconds = worker.read(path)
            case = f"{number}: {source.name[:_LONGEST_NAME]}: {done}"
            tally = tallies[name]
            tally.outcomes[outcome] += 1
            if seconds > tally.slowest:
                tally.slowest, tally.slowest_case = seconds, case
            if outcome in FAULTS:
                faults += 1
                print(f"{outcome.upper()} {case}\n    {detail}", flush=True)
                if options.keep:
                    options.keep.mkdir(parents=True, exist_ok=True)
                    (options.keep / f"{number}-{source.name}").write_bytes(data)
    worker.end()
    _print(tallies)
    return 1 if faults else 0


def _files(folder: Path, wanted: list[str] | None, largest: int) -> dict[str, list[Path]]:
    """The files of each format, by suffix."""
    found: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(folder.rglob("*")):
        format_ = BY_SUFFIX.get(path.suffix.lower())
        if format_ and path.is_file() and path.stat().st_size <= largest and (not wanted or format_.name in wanted):
            found[format_.name].append(path)
    return dict(found)


def _print(tallies: dict[str, Tally]) -> None:
    print(f"{'format':10}" + "".join(f"{outcome:>12}" for outcome in (READ, REFUSED, *FAULTS)) + "  slowest")
    for name, tally in sorted(tallies.items()):
        counts = "".join(f"{tally.outcomes[outcome]:>12}" for outcome in (READ, REFUSED, *FAULTS))
        print(f"{name:10}{counts}  {tally.slowest:.2f} s ({tally.slowest_case})")


class Worker:
    """A process that reads file after file; one that hangs or dies is replaced."""

    def __init__(self, megabytes: int, seconds: float) -> None:
        limits = ["--megabytes", str(megabytes), "--seconds", str(seconds)]
        self._command = [sys.executable, __file__, "--worker", *limits]
        self._patience = _PATIENCE * seconds
        self._process: subprocess.Popen[str] | None = None

    def read(self, path: Path) -> tuple[str, str, float]:
        """Outcome, detail and the processor's seconds of reading a file."""
        process = self._process or self._start()
        assert process.stdin and process.stdout
        process.stdin.write(f"{path}\n")
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
        process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
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


def _work(megabytes: int, seconds: float) -> None:
    """Read each file named on standard input, and answer with its outcome and the processor's time that it took."""
    for format_ in BY_SUFFIX.values():
        format_.load()
    # Only the soft limits, as a reader may start a process of its own with others.
    resource.setrlimit(resource.RLIMIT_AS, (megabytes * 1_000_000, resource.RLIM_INFINITY))
    answers, sys.stdout = sys.stdout, sys.stderr
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        started = time.process_time()
        # The system ends the process at this limit, whatever it is doing; a busy machine does not count.
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(started + seconds), resource.RLIM_INFINITY))
        outcome, detail = _outcome(Path(line.rstrip("\n")))
        print(json.dumps((outcome, detail, time.process_time() - started)), file=answers, flush=True)


def _outcome(path: Path) -> tuple[str, str]:
    try:
        transcript = read_transcript(path)
    except ThemesError as error:
        clear = bool(error.problem) and bool(error.remedy) and "\n" not in error.reason and len(error.reason) < 1000
        return (REFUSED, error.reason) if clear else (BROKEN, f"an unclear refusal: {error.reason[:300]!r}")
    except BaseException as error:
        return CRASH, f"{type(error).__name__}: {str(error)[:200]} {_place(error)}"
    fault = law_broken(transcript)
    return (BROKEN, fault) if fault else (READ, "")


def _place(error: BaseException) -> str:
    """Where in the project it came from."""
    places = []
    trace: Any = error.__traceback__
    while trace is not None:
        places.append(f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " > ".join(places[-6:])


def law_broken(transcript: Transcript) -> str:
    """Which law of a transcript does not hold; empty where all do."""
    last = 0
    for turn in transcript.turns:
        for stretch in turn.stretches:
            if not last <= stretch.start < stretch.end <= len(transcript.text):
                return f"offsets {stretch.start}-{stretch.end} after {last} in a text of {len(transcript.text)}"
            said = transcript.text[stretch.start : stretch.end]
            if said != said.strip():
                return f"white space at the ends of {said[:40]!r}"
            times = [time for time in (stretch.start_time, stretch.end_time) if time is not None]
            if any(not 0 <= time < float("inf") for time in times):
                return f"times {times}"
            last = stretch.end
    words = [transcript.text, *transcript.attributes.values(), *transcript.warnings]
    words += [value for known in transcript.speakers.values() for value in known.values()]
    try:
        "".join(words).encode()
    except UnicodeEncodeError as error:
        return f"text that no file can hold: {error}"
    return ""


if __name__ == "__main__":
    main()
