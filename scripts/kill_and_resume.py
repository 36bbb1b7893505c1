"""Kills a run with SIGKILL at random moments, resumes it, and compares the tables with an undisturbed run's.

    python scripts/kill_and_resume.py FOLDER_OF_TRANSCRIPTS --kills 10 --seed 1

Exit status 1 where any table differs.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq

from pipeline.bundles import UNFINISHED
from pipeline.run_folder import RunFolder
from pipeline.store import PARTS, SCHEMAS


def main() -> None:
    options = _options()
    work = Path(tempfile.mkdtemp(prefix="themes-kill-"))
    command = [sys.executable, "-m", "pipeline.cli", "run", *map(str, options.inputs), "--model", options.model]
    started = time.perf_counter()
    subprocess.run([*command, "--out", str(work / "whole")], check=True, capture_output=True)
    wall = time.perf_counter() - started
    print(f"undisturbed: {wall:.1f} s")
    rng = random.Random(options.seed)
    out, kills = work / "killed", 0
    while kills < options.kills:
        moment = rng.uniform(0.1, 1.0) * wall
        process = subprocess.Popen([*command, "--out", str(out)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=moment)
            _check(work / "whole", out)
            print(f"finished within {moment:.1f} s; tables identical; started afresh")
            shutil.rmtree(out)
            continue
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        kills += 1
        half = len(list((out / PARTS).glob(f"*{UNFINISHED}")))
        safe = len(RunFolder(out).finished())
        print(f"kill {kills} after {moment:.1f} s: {safe} transcripts safe, {half} bundles half-written")
    subprocess.run([*command, "--out", str(out)], check=True, capture_output=True)
    _check(work / "whole", out)
    resumed = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["resumed"]
    print(f"resumed and finished: all {len(SCHEMAS)} tables identical (last run was resumed {len(resumed)} times)")
    shutil.rmtree(work)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("inputs", type=Path, nargs="+")
    parser.add_argument("--model", default="partnership-culture")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _check(whole: Path, killed: Path) -> None:
    for name in SCHEMAS:
        if not pq.read_table(whole / f"{name}.parquet").equals(pq.read_table(killed / f"{name}.parquet")):
            sys.exit(f"{name}.parquet differs: {whole} and {killed}")


if __name__ == "__main__":
    main()
