"""The machine that figures come from: what it is, what is installed, and how much of it others were using meanwhile."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

from models.threads import cores

LIBRARIES = (
    "transcript-themes", "torch", "transformers", "tokenizers", "sentence-transformers", "setfit", "onnxruntime", "openvino",
    "numpy", "pyarrow", "spacy",
)  # fmt: skip
VARIABLES = (
    "OMP_NUM_THREADS", "MKL_NUM_THREADS", "TOKENIZERS_PARALLELISM", "KMP_AFFINITY", "CUDA_VISIBLE_DEVICES",
    "LRU_CACHE_CAPACITY", "ONEDNN_PRIMITIVE_CACHE_CAPACITY",
)  # fmt: skip
BUSY_SHARE = 0.05
"""More of the processors' time than this in other hands, and the figures are not to be kept."""


def describe(device: torch.device) -> dict[str, Any]:
    """Processor, memory, device, versions, settings of threads, the code's commit."""
    described: dict[str, Any] = {
        "processor": _cpu_model(),
        "cores": cores(),
        "vector_instructions": torch.backends.cpu.get_cpu_capability(),
        "memory_gb": round(_memory() / 1e9, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "threads_of_torch": torch.get_num_threads(),
        "environment": {name: os.environ[name] for name in VARIABLES if name in os.environ},
        "versions": {name: found for name in LIBRARIES if (found := _version(name))},
        "commit": _commit(),
        "device": str(device),
    }
    if device.type == "cuda":
        described["gpu"] = torch.cuda.get_device_name(device)
        described["cuda"] = torch.version.cuda
    return described


class Meanwhile:
    """From its making to `close`: the load average, and the share of the processors' time that others took (Linux only)."""

    def __init__(self) -> None:
        self._load = _load()
        self._started = self._now()

    def close(self) -> dict[str, Any]:
        """What happened since."""
        wall, busy, own = (after - before for after, before in zip(self._now(), self._started, strict=True))
        others = max(0.0, busy - own) / (wall * (os.cpu_count() or 1)) if busy else None
        return {
            "load_before": self._load,
            "load_after": _load(),
            "others_share": None if others is None else round(others, 3),
            "seconds": round(wall, 1),
        }

    @staticmethod
    def _now() -> tuple[float, float, float]:
        """The clock; processor seconds of all; those of this process and of its children that have ended."""
        return time.perf_counter(), _busy_seconds(), sum(os.times()[:4])


def warnings(meanwhile: dict[str, Any]) -> list[str]:
    """What a reader must know before believing the figures."""
    found = []
    if meanwhile["load_before"] and meanwhile["load_before"][0] > 0.5 * cores():
        found.append(f"the machine was busy when the measurement began (load average {meanwhile['load_before'][0]})")
    if meanwhile["others_share"] is None:
        found.append("how busy others kept the machine could not be seen on this system")
    elif meanwhile["others_share"] > BUSY_SHARE:
        found.append(
            f"other programs took {meanwhile['others_share']:.0%} of the processors' time: measure again when it is quiet"
        )
    return found


def _load() -> list[float]:
    return [round(value, 2) for value in os.getloadavg()] if hasattr(os, "getloadavg") else []


def _busy_seconds() -> float:
    """Of all processors together, stolen time included; 0 where the system does not say."""
    try:
        fields = [int(value) for value in Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()[1:9]]
    except (OSError, ValueError, IndexError):
        return 0.0
    user, nice, system, _idle, _waiting, interrupts, soft, stolen = fields
    return (user + nice + system + interrupts + soft + stolen) / os.sysconf("SC_CLK_TCK")


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def _memory() -> float:
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (ValueError, OSError, AttributeError):
        return 0.0


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _commit() -> str | None:
    """Of the code measured, marked where files differ from it."""
    command = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    try:
        done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
