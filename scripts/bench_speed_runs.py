"""Whole runs of `themes run` in processes of their own: time, memory, and what everything but the network costs."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from bench_speed_data import base_files, transcripts, write_corpus
from bench_speed_memory import Watch, growth

REPO = Path(__file__).resolve().parents[1]
MOST_BESIDES, MOST_GROWTH = 0.15, 1.05
"""Targets: all but the network as a share of a run's time; time for each word, and memory, against the smallest size."""

NO_STEPS = {"model", "wall", "coded_segments_per_second", "coded_words_per_second"}
"""Timings of the manifest that are not seconds of everything but the network (read, segment, mentions, write …)."""


def run_once(corpus: Path, out: Path, options: Sequence[str]) -> dict[str, Any]:
    """Code a folder; seconds and peak memory of the processes, and the manifest's counts and timings.

    `peak_mb` is that of the largest single process, whichever it is; the others are those of `Watch`, where it can see them.

    Raises:
        RuntimeError: the run failed.
    """
    command = [
        sys.executable,
        "-m",
        "pipeline.cli",
        "run",
        str(corpus.resolve()),
        "--out",
        str(out.resolve()),
        *options,
    ]
    with tempfile.TemporaryFile() as said:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=REPO, stdout=said, stderr=said)
        watch = Watch(process.pid, out / "parts")
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        memory = watch.close()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise RuntimeError(f"{' '.join(command)} failed:\n{said.read().decode(errors='replace')[-2000:]}")
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "process_seconds": round(seconds, 3),
        "processor_seconds": round(used.ru_utime + used.ru_stime, 3),
        "peak_mb": round(used.ru_maxrss * unit / 1e6, 1),
        **memory,
        "counts": manifest["counts"],
        "timings": manifest["timings"],
        "workers": manifest.get("workers"),
        "engine": manifest.get("engine"),
    }


def outside_the_network(run: dict[str, Any]) -> dict[str, float]:
    """Shares of the run's wall time.

    `steps` adds up reading, segmenting, finding mentions, writing …, also where they went on beside the network; `waiting` is
    the wall time in which the model was not at work. Loading program and model is in neither: `loading_seconds`.
    """
    timings = run["timings"]
    wall = timings["wall"]
    steps = {name: round(value / wall, 4) for name, value in timings.items() if name not in NO_STEPS}
    return steps | {
        "steps": round(sum(steps.values()), 4),
        "waiting": round(1 - timings["model"] / wall, 4),
        "loading_seconds": round(run["process_seconds"] - wall, 2),
    }


def measure_runs(
    folder: Path,
    *,
    words: int,
    sizes: Sequence[int],
    rounds: int,
    seed: int,
    options: Sequence[str] = (),
    report: Callable[[str], None] = lambda line: None,
) -> list[dict[str, Any]]:
    """Run the same files at several sizes, in alternating rounds; the first size is what others are compared with."""
    files = base_files(transcripts(folder), words, seed)
    rows = []
    with tempfile.TemporaryDirectory(prefix="themes-speed-") as made:
        place = Path(made)
        held = {size: write_corpus(place / f"corpus{size}", files, size, seed) for size in sizes}
        for number in range(rounds):
            for size in sizes:
                run = run_once(place / f"corpus{size}", place / f"run{number}-{size}", options)
                run |= {"size": size, "round": number, "words": held[size], "outside": outside_the_network(run)}
                rows.append(run)
                report(
                    f"run at {size} times: {run['timings']['wall']} s; peak {run['run_peak_mb']} MB, "
                    f"{run['first_group_peak_mb']} after the first group; helpers {run['helper_peak_mb']} MB"
                )
    return rows


def scaling(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Per size: median seconds and memory, and both compared with the smallest size (time for each coded word; 1 is linear)."""
    sizes = sorted({row["size"] for row in rows})
    table = []
    for size in sizes:
        mine = [row for row in rows if row["size"] == size]
        wall = statistics.median(row["timings"]["wall"] for row in mine)
        coded = mine[0]["counts"]["coded_words"]
        table.append(
            {
                "size": size,
                "engine": mine[0].get("engine"),
                "workers": mine[0].get("workers"),
                "files": mine[0]["counts"]["inputs"],
                "words": mine[0]["words"],
                "coded_words": coded,
                "seconds": round(wall, 2),
                "coded_words_per_second": round(coded / wall, 1),
                "peak_mb": statistics.median(own_peak(row) for row in mine),
                "helper_peak_mb": _median(row.get("helper_peak_mb") for row in mine),
                "memory_against_first_group": _median(map(growth, mine), 3),
                "loading_seconds": statistics.median(row["outside"]["loading_seconds"] for row in mine),
                "steps": statistics.median(row["outside"]["steps"] for row in mine),
                "waiting": statistics.median(row["outside"]["waiting"] for row in mine),
            }
        )
    first = table[0]["seconds"] / table[0]["coded_words"]
    for row in table:
        row["time_against_linear"] = round(row["seconds"] / row["coded_words"] / first, 3)
        row["memory_against_first"] = round(row["peak_mb"] / table[0]["peak_mb"], 3)
    return table


def own_peak(row: dict[str, Any]) -> float:
    """The run's own process's peak; where only the largest process's is known, that."""
    return float(row.get("run_peak_mb") or row["peak_mb"])


def _median(values: Iterable[float | None], digits: int = 1) -> float | None:
    known = [value for value in values if value is not None]
    return round(statistics.median(known), digits) if known else None


def verdicts(table: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The table's worst figure for each target; the share of all but the network is the larger of its two measures."""
    worst = {
        "all but the network, share of the run's time": (
            max(max(row["steps"], row["waiting"]) for row in table),
            MOST_BESIDES,
        ),
        "time for each word against the smallest size": (max(row["time_against_linear"] for row in table), MOST_GROWTH),
        "peak memory against the smallest size": (max(row["memory_against_first"] for row in table), MOST_GROWTH),
    }
    grown = [row["memory_against_first_group"] for row in table if row["memory_against_first_group"] is not None]
    if grown:
        worst["peak memory against the same run's after its first group"] = (max(grown), MOST_GROWTH)
    return [
        {"what": what, "most": most, "target": target, "met": most <= target} for what, (most, target) in worst.items()
    ]
