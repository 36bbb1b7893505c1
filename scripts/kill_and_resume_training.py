"""Ends a training at random moments by SIGKILL, SIGTERM or SIGUSR1, resumes it, and compares it with an undisturbed one.

    python scripts/kill_and_resume_training.py --kills 10 --seed 1 -- GOLD… --codebook C [--config F] [--base E] [--device cpu]

Exit status 1 where the models differ: weights and words bit for bit, decisions, scores and losses of every epoch.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGUSR1)


def main() -> None:
    options = _options()
    work = Path(tempfile.mkdtemp(prefix="themes-kill-"))
    command = [sys.executable, "-m", "pipeline.cli", "train", *options.arguments]
    started = time.perf_counter()
    subprocess.run([*command, "--out", str(work / "whole")], check=True, capture_output=True)
    wall = time.perf_counter() - started
    print(f"undisturbed: {wall:.1f} s", flush=True)
    rng = random.Random(options.seed)
    out, early = work / "killed", 0
    command += ["--out", str(out), "--checkpoint-minutes", "0"]
    for kill in range(1, options.kills + 1):
        number, moment = rng.choice(SIGNALS), rng.uniform(0.3, 1.0) * wall
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=moment)
            _check(work / "whole", out)
            print(f"finished within {moment:.1f} s; models identical; started afresh", flush=True)
            shutil.rmtree(out)
        except subprocess.TimeoutExpired:
            process.send_signal(number)
            status = process.wait()
            early += not (out / "checkpoint" / "state.safetensors").is_file()
            print(f"{number.name} {kill} after {moment:.1f} s: exit status {status}", flush=True)
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    _check(work / "whole", out)
    print(f"resumed and finished, models identical ({early} of {options.kills} came before the first checkpoint)")
    print(next((line for line in done.stdout.splitlines() if "checkpoint" in line), "nothing was left to go on from"))
    shutil.rmtree(work)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("arguments", nargs="+", metavar="ARGUMENT", help="those of `themes train`, without --out")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _model(folder: Path) -> tuple[bytes, dict[str, Any]]:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    for row in config["training"]["history"]:
        del row["seconds"]
    del config["training"]["date"]
    return (folder / "model.safetensors").read_bytes(), config


def _check(whole: Path, killed: Path) -> None:
    if _model(whole) != _model(killed):
        sys.exit(f"the models differ: {whole} and {killed}")


if __name__ == "__main__":
    main()
