"""Training by several processes, one for each device, as `torchrun` starts them.

Each process takes its share of every step's batches; gradients are summed once per step in one flat buffer. torch's own
DistributedDataParallel is not used: it wants every process to have a batch and every parameter a gradient in every step, and here
the last step may have fewer batches than processes, and a batch without attitudes gives their head no gradient at all, which
the optimiser must see as it would in a single process.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.rendezvous import rendezvous

from models.predict import pick_device

TIMEOUT = timedelta(minutes=30)
"""How long a process waits for the others, who may be scoring the held-out part or writing a checkpoint."""

LOOK_EVERY = 0.5
"""Seconds between two looks for whether all have done their part."""

T = TypeVar("T")


class TeamError(Exception):
    """The processes cannot train together; the message says why."""


@dataclass(frozen=True, slots=True)
class Team:
    """The processes that train together. Alone, all its methods do nothing.

    Attributes:
        rank: this process's number; number 0 leads: it alone writes, prints and scores.
        size: how many there are.
        device: where tensors must lie to be sent.
    """

    rank: int = 0
    size: int = 1
    device: str = "cpu"

    @property
    def leads(self) -> bool:
        """Whether this process is the one that writes and prints."""
        return self.rank == 0

    def agree(self, make: Callable[[], T]) -> T:
        """What the leader makes, for every process; where the leader fails, all fail alike."""
        if self.size == 1:
            return make()
        made: list[tuple[T | None, BaseException | None]] = [(None, None)]
        if self.leads:
            try:
                made = [(make(), None)]
            except BaseException as error:  # a signal too: the others would wait
                made = [(None, error)]
        with _telling():
            dist.broadcast_object_list(made, src=0, device=torch.device(self.device))
        result, failure = made[0]
        if failure is not None:
            raise failure
        return result  # type: ignore[return-value]

    def copy_leaders(self, tensors: Sequence[Tensor]) -> None:
        """Give every process the leader's values, in place."""
        if self.size > 1:
            with _telling():
                for tensor in tensors:
                    dist.broadcast(tensor, src=0)

    def total(self, *values: float) -> tuple[float, ...]:
        """Sums over all processes."""
        if self.size == 1:
            return values
        sums = torch.tensor(values, dtype=torch.float64, device=self.device)
        with _telling():
            dist.all_reduce(sums)
        return tuple(sums.tolist())

    def sum_gradients(self, parameters: Sequence[Tensor]) -> None:
        """Sum the gradients over all processes; None where no process has one."""
        if self.size == 1:
            return
        # Behind the gradients stands, for each parameter, in how many processes it has one.
        flat = torch.zeros(sum(parameter.numel() + 1 for parameter in parameters), device=self.device)
        parts = torch.split(flat, [*(parameter.numel() for parameter in parameters), len(parameters)])
        for i, parameter in enumerate(parameters):
            if parameter.grad is not None:
                parts[i].copy_(parameter.grad.reshape(-1))
                parts[-1][i] = 1
        with _telling():
            dist.all_reduce(flat)
        for part, parameter, present in zip(parts, parameters, parts[-1].tolist(), strict=False):
            parameter.grad = part.view_as(parameter).to(parameter.device) if present else None


@contextmanager
def team_of(device: str) -> Iterator[Team]:
    """The team that this process was started into (`torchrun` says so in the environment), or itself alone.

    Args:
        device: as in `pick_device`. On GPUs each process takes the one of its number on this machine.

    Raises:
        TeamError: there are more processes than GPUs, one GPU is named for all, or they cannot find each other.
    """
    size = int(os.environ.get("WORLD_SIZE") or 1)
    if size < 2 or "MASTER_ADDR" not in os.environ:
        yield Team()
        return
    if ":" in device:
        raise TeamError(f"{device} is one device, and each process takes its own; give --device {device.split(':')[0]}")
    on_gpu = pick_device(device).type == "cuda"
    where = _own_gpu() if on_gpu else "cpu"
    try:
        store, rank, size = next(rendezvous("env://", timeout=TIMEOUT))
        store.set_timeout(TIMEOUT)
        backend = "nccl" if on_gpu else "gloo"
        dist.init_process_group(backend, store=store, rank=rank, world_size=size, timeout=TIMEOUT)
    except (RuntimeError, ValueError) as error:
        raise TeamError(f"the processes cannot find each other ({error}); start them with torchrun") from error
    yield Team(rank, size, where)
    # Only where all went well: after a failure the others may no longer be there to say goodbye to.
    _wait_for_all(store, rank, size)
    dist.destroy_process_group()


def _wait_for_all(store: Any, rank: int, size: int) -> None:
    """Wait until the leader has saved the model, and until all know: who goes earlier takes the connections along.

    Calibration may take longer than any timeout of a collective, so that what is asked, again and again, is the store.
    """
    done, known = "transcript-themes: the leader is done", "transcript-themes: those that know"
    with _telling():
        if rank == 0:
            store.set(done, "yes")
        while not store.check([done]):
            time.sleep(LOOK_EVERY)
        store.add(known, 1)
        deadline = time.monotonic() + TIMEOUT.total_seconds()
        # The leader may hold the store itself: it goes last.
        while rank == 0 and store.add(known, 0) < size and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY)


def _own_gpu() -> str:
    number, available = int(os.environ.get("LOCAL_RANK") or 0), torch.cuda.device_count()
    if number >= available:
        raise TeamError(
            f"process {number + 1} on this machine has no GPU left (there are {available}): start one process for each GPU"
        )
    torch.cuda.set_device(number)
    return f"cuda:{number}"


@contextmanager
def _telling() -> Iterator[None]:
    """Say in plain words that another process is gone, which torch reports as a lost connection."""
    try:
        yield
    except RuntimeError as error:
        first_line = str(error).strip().split("\n")[0]
        raise TeamError(
            f"another process of this training failed or cannot be reached; its own message says why ({first_line})"
        ) from error
