"""How a cluster's processors are shared among the steps of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.errors import UsageError

THREADS = 4
"""Of one actor on CPUs: with more, a network of this size gains little; with fewer, there are more copies of it in memory."""
ENOUGH = 0.75
"""Share of the processors to put to use, before smaller machines make the actors of all machines smaller."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Actors that code, and tasks beside them that prepare.

    Preparing takes a tenth of the time that coding takes. Its tasks claim no processor, but are limited in number: an actor that
    starts again on another machine, after its own died, would else take the last processor on which they could run.

    Attributes:
        nodes: machines that lend a processor.
        device: of the actors, `cuda` or `cpu`.
        threads: for an actor's arithmetic.
        actor: the resources that each actor asks Ray for; those of a GPU ask for nothing else.
        readers: tasks that prepare at a time.
    """

    nodes: int
    actors: int
    device: str
    threads: int
    actor: Mapping[str, float]
    readers: int


def pool_for(nodes: Sequence[Mapping[str, float]], device: str) -> Pool:
    """The pool for the machines that are there.

    Args:
        nodes: each machine's resources, by Ray's names (`CPU`, `GPU`).
        device: what the user asked for: `auto`, `cpu` or `cuda`.

    Raises:
        UsageError: GPUs are asked for and there are none, or there is no processor at all.
    """
    cpus = [int(node.get("CPU", 0)) for node in nodes if node.get("CPU", 0) >= 1]
    gpus = sum(int(node.get("GPU", 0)) for node in nodes)
    if not cpus:
        raise UsageError(
            "--cluster: no machine of the cluster lends a processor", remedy="start one with `ray start --num-cpus N`"
        )
    if device.startswith("cuda") and not gpus:
        raise UsageError(f"--device {device}: no machine of the cluster has a GPU", remedy="use --device auto")
    if gpus and device != "cpu":
        return Pool(len(cpus), gpus, "cuda", threads=1, actor={"num_gpus": 1}, readers=sum(cpus))
    threads = next(size for size in range(THREADS, 0, -1) if _actors(cpus, size) * size >= ENOUGH * sum(cpus))
    actors = _actors(cpus, threads)
    return Pool(len(cpus), actors, "cpu", threads, actor={"num_cpus": threads}, readers=actors)


def _actors(cpus: Sequence[int], threads: int) -> int:
    """How many actors of so many threads the machines hold; each Ray actor is on one machine."""
    return sum(count // threads for count in cpus)
