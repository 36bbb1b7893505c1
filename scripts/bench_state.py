"""What a training hangs on, in a few characters: answers that other settings, data, code or libraries gave are not the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch
from bench_data import Task

from models.encoder import find_encoder
from models.settings import TrainingSettings

REPO = Path(__file__).resolve().parent.parent
LENGTH = 16


def state(
    task: Task,
    split: tuple[Sequence[int], Sequence[int]],
    settings: TrainingSettings,
    base: str,
    sources: tuple[str, ...],
    libraries: tuple[str, ...],
) -> str:
    """A hash of everything that decides the answers.

    Args:
        sources: patterns of files from the repository's root: the method's own code, as it is on disk.
        libraries: distributions whose versions count.
    """
    training, test = ([task.examples[i] for i in part] for part in split)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    parts = (
        repr((task.classes, task.definitions, task.many, task.few, training, test)),
        repr(settings),
        _encoder(base),
        code(REPO, sources),
        repr([(name, _version(name)) for name in libraries]),
        device,
    )
    return _hash(part.encode() for part in parts)


@cache
def code(root: Path, sources: tuple[str, ...]) -> str:
    """A hash of the files that the patterns name."""
    paths = sorted({path for pattern in sources for path in root.glob(pattern)})
    return _hash(part for path in paths for part in (path.name.encode(), path.read_bytes()))


@cache
def _encoder(base: str) -> str:
    return find_encoder(base).sha256


def _version(name: str) -> str:
    try:
        return version(name).partition("+")[0]  # torch says there which device it was built for
    except PackageNotFoundError:
        return "none"


def _hash(parts: Iterable[bytes]) -> str:
    """Parts are hashed one by one, so that none can run into the next."""
    return sha256(b"".join(sha256(part).digest() for part in parts)).hexdigest()[:LENGTH]
