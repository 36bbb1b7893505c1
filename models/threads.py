"""As many threads as this process may use cores, and no more: a container or a cluster job often has fewer than the machine."""

from __future__ import annotations

import math
import os
from pathlib import Path

import torch

QUOTA = Path("/sys/fs/cgroup/cpu.max")


def cores() -> int:
    """Cores that the scheduler gives to this process."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(available, quota(QUOTA) or available)


def quota(file: Path) -> int | None:
    """The cores that a container may use at once (`cpu.max` of its control group), rounded up; None where there is no limit."""
    try:
        most, period = file.read_text().split()
        return max(1, math.ceil(int(most) / int(period)))
    except (OSError, ValueError):  # no such file, or `max`
        return None


def limit_threads() -> None:
    """Keep torch and the tokeniser to these cores; what the user set in the environment stays."""
    os.environ.setdefault("RAYON_NUM_THREADS", str(cores()))
    if "OMP_NUM_THREADS" not in os.environ and torch.get_num_threads() > cores():
        torch.set_num_threads(cores())
