"""The memory that a run takes, its own process and its helpers apart, watched from outside while it goes on (Linux)."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

EVERY = 0.1
"""Seconds between looks. The system itself keeps each process's peak, so that none between two looks is missed."""

PROCESSES = Path("/proc")


class Watch:
    """Watches a process and its children until `close`.

    Args:
        parts: the run folder's parts: the first that lies there tells that the first group is coded.
    """

    def __init__(self, pid: int, parts: Path) -> None:
        self._pid, self._parts = pid, parts
        self._run = self._first = 0.0
        self._helpers: dict[int, float] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)
        self._thread.start()

    def close(self) -> dict[str, float | None]:
        """Peaks in megabytes: of the run's own process, of it when the first group was coded, of its largest helper."""
        self._over.set()
        self._thread.join()
        return {
            "run_peak_mb": _rounded(self._run),
            "first_group_peak_mb": _rounded(self._first),
            "helper_peak_mb": _rounded(max(self._helpers.values(), default=0.0)),
        }

    def _look_on(self) -> None:
        while not self._over.wait(EVERY):
            coded = any(self._parts.glob("*")) if not self._first else True
            self._run = peak_of(self._pid) or self._run
            if coded:
                self._first = self._first or self._run
            # The last one seen of each counts: in the moment of its start a process still has its parent's memory.
            for child in _children(self._pid):
                self._helpers[child] = peak_of(child) or self._helpers.get(child, 0.0)


def peak_of(pid: int) -> float:
    """The most memory that a process has had resident so far, in megabytes; 0 where that cannot be known."""
    with suppress(OSError, ValueError, StopIteration):
        lines = (PROCESSES / str(pid) / "status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) * 1024 / 1e6
    return 0.0


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        return [int(name) for name in (PROCESSES / str(pid) / "task" / str(pid) / "children").read_text().split()]
    return []


def _rounded(megabytes: float) -> float | None:
    return round(megabytes, 1) or None


def growth(row: dict[str, Any]) -> float | None:
    """A run's peak against its own when the first group was coded; 1 where later groups needed no more."""
    if not row.get("first_group_peak_mb"):
        return None
    return float(row["run_peak_mb"] / row["first_group_peak_mb"])
