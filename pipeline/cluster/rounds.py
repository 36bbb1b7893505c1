"""What goes through Ray: batches are prepared by tasks, then coded by actors that keep the model, in rounds.

A round may lose what was under way on a machine that died; `connection` gives that out again in the next one.
"""

from __future__ import annotations

import logging
import os
import pickle
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from pipeline.cluster.guard import Witness
from pipeline.cluster.pool import Pool
from pipeline.cluster.tally import Tally
from pipeline.cluster.work import BatchCoder, Job, Refused, prepare_batch, refused
from pipeline.errors import UsageError
from pipeline.groups import Batch
from pipeline.prepare import Failed, Prepared
from pipeline.store import Part

Result = TypeVar("Result")


def import_ray() -> Any:
    """Ray, with its telemetry off and its chatter silenced; loaded only where it is asked for.

    Raises:
        UsageError: it is not installed.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise UsageError(
            f"--cluster needs Ray, which is not installed here ({error})",
            remedy="pip install 'ray[data]>=2.60,<2.64'",
        ) from error
    return ray


def start_witness(ray: Any) -> Any:
    """A `Tally` on this machine: it lives as long as the run."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    options = {"num_cpus": 0, "max_restarts": -1, "max_task_retries": -1, "scheduling_strategy": here}
    return ray.remote(Tally).options(**options).remote()


def given_up(ray: Any, witness: Any) -> int:
    """How many pieces of work the witness knows to be tried no more; none, where it cannot be asked."""
    try:
        return int(ray.get(witness.given_up.remote()))
    except ray.exceptions.RayError:
        return 0


def one_round(job: Job, witness: Any, pool: Pool, batches: Mapping[int, Batch]) -> Iterator[tuple[int, Any]]:
    """One round: every batch through the cluster once. What is lost on the way is left out."""
    import ray.data
    from ray.data import ActorPoolStrategy, DataContext, TaskPoolStrategy

    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    context = DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    # A task that dies with its actor is dropped, rather than wait for an actor that may have no machine left to start on.
    context.max_errored_blocks = -1
    rows = [{"number": number, "load": pickle.dumps(batch)} for number, batch in batches.items()]
    dataset = ray.data.from_items(rows, override_num_blocks=len(rows))
    prepared = dataset.map(_prepare, fn_args=(job, witness), compute=TaskPoolStrategy(pool.readers), num_cpus=0)
    with warnings.catch_warnings():
        # Actors' options are to get other names in Ray 2.64; pyproject.toml asks for an earlier one.
        warnings.simplefilter("ignore")
        coded = prepared.map(
            _Actor,
            fn_constructor_args=(job, witness, pool.device, pool.threads),
            compute=ActorPoolStrategy(size=min(pool.actors, len(rows))),
            max_restarts=-1,
            max_task_retries=0,
            **pool.actor,
        )
    for row in coded.iter_rows():
        yield int(row["number"]), pickle.loads(row["load"])


class _FarWitness(Witness):
    """The witness as a worker knows it."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    def begin(self, key: str) -> int:
        import ray

        return int(ray.get(self._actor.begin.remote(key)))

    def end(self, key: str) -> None:
        import ray

        ray.get(self._actor.end.remote(key))

    def give_up(self, key: str) -> None:
        import ray

        ray.get(self._actor.give_up.remote(key))


def _prepare(row: dict[str, Any], job: Job, witness: Any) -> dict[str, Any]:
    batch = pickle.loads(row["load"])
    result = _told(lambda: prepare_batch(job, _FarWitness(witness), batch))
    return {"number": row["number"], "load": pickle.dumps((batch, result))}


class _Actor:
    """An actor of the pool: the model, loaded once."""

    def __init__(self, job: Job, witness: Any, device: str, threads: int) -> None:
        self._witness = _FarWitness(witness)
        self._coder = _told(lambda: BatchCoder(job, device, threads))

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        batch, prepared = pickle.loads(row["load"])
        return {"number": row["number"], "load": pickle.dumps(_told(lambda: self._code(batch, prepared)))}

    def _code(self, batch: Batch, prepared: list[Prepared | Failed] | Refused) -> list[Part | Failed] | Refused:
        if isinstance(self._coder, Refused):
            return self._coder
        return self._coder.code(self._witness, batch, prepared)


def _told(work: Callable[[], Result]) -> Result | Refused:
    """What `work` gives; where the program fails, that is told the user, rather than tried again as if a machine had died."""
    import ray

    try:
        return work()
    except ray.exceptions.RayError:
        raise
    except Exception as error:
        return refused(f"the program fails there ({type(error).__name__}: {error}); please report this")
