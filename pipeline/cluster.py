"""A run's groups coded by a Ray cluster: prepare (tasks), then code (actors that keep the model), results back to this process.

Only this process writes the run folder, by the code of any run, so that what is finished is safe here whatever becomes of the
cluster. Work that was lost with a machine is noticed by its absence: groups that have not come back are given out again.
"""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from models.engines import AUTO, FLOAT16
from models.predict import Predictor
from pipeline.cluster_pool import Pool, pool_for
from pipeline.cluster_work import (
    ALONE,
    TOGETHER,
    BatchCoder,
    Job,
    Refused,
    Tally,
    Unlike,
    Witness,
    prepare_batch,
    refused,
    sees,
)
from pipeline.errors import ThemesError, UsageError, printable
from pipeline.groups import Batch
from pipeline.prepare import Failed, Prepared
from pipeline.resources import config_folder, shipped_models
from pipeline.run import RunPlan
from pipeline.store import Part

Result = TypeVar("Result")

LOCAL = "local"
_STARTS = 3
"""Ray gives its own processes 15 seconds to start, which a busy machine can fail to do the first time."""
_FRUITLESS = TOGETHER + ALONE + 2
"""So many rounds may pass without a finished batch: one more than an input that ends every process can cost."""


class Cluster:
    """A connection to a Ray cluster, for the time of a `with` block; within it, makes coders for `run`.

    Args:
        address: `local` starts a cluster on this machine alone; `auto` is the one that this machine belongs to, `host:port`
            one by its address.
        device: `auto` takes GPUs where the cluster has any; `cpu`; `cuda`.

    Attributes:
        record: for the run's manifest; `rounds` and `lost` count how often and how many batches had to be given out again.

    Raises:
        UsageError: Ray is not installed, or there is no cluster at the address.
    """

    def __init__(self, address: str, device: str) -> None:
        self.record: dict[str, Any] = {"address": address, "rounds": 0, "lost": 0}
        self._address = address
        self._device = device
        self._private: Path | None = None
        self._joined = False

    def __enter__(self) -> Cluster:
        ray = import_ray()
        if not ray.is_initialized():
            self._connect(ray)
            self._joined = True
        try:
            pool = self._pool()
        except UsageError:
            self.__exit__(None, None, None)
            raise
        self.record |= {"ray": ray.__version__, "nodes": pool.nodes, "actors": pool.actors, "device": pool.device}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._joined:
            import_ray().shutdown()
        if self._private:
            shutil.rmtree(self._private, ignore_errors=True)

    def _connect(self, ray: Any) -> None:
        if self._address.startswith("ray://"):
            raise UsageError(
                f"--cluster {self._address}: Ray's client protocol is not supported",
                remedy="run the command on a machine of the cluster, with --cluster auto",
            )
        options: dict[str, Any] = {"address": self._address, "log_to_driver": False, "logging_level": "ERROR"}
        if self._address == LOCAL:
            # Logs and what does not fit into memory go to a folder of the user's own, which goes when the run ends.
            self._private = Path(tempfile.mkdtemp(prefix="themes-"))
            options |= {"include_dashboard": False, "_temp_dir": str(self._private)}
        for start in range(_STARTS):
            try:
                ray.init(**options)
                return
            except Exception as error:  # Ray raises bare ones where a process of its own does not start
                ray.shutdown()
                if self._address != LOCAL or start == _STARTS - 1:
                    self.__exit__(None, None, None)
                    raise UsageError(f"--cluster {self._address}: {_first_line(error)}", remedy=_REMEDY) from error

    def _pool(self) -> Pool:
        nodes = [node["Resources"] for node in import_ray().nodes() if node["Alive"]]
        return pool_for(nodes, self._device)

    def coder(self, plan: RunPlan, predictor: Predictor) -> ClusterCoder:
        """A coder for one run."""
        job = _job(plan, predictor, self.record["device"])
        self.record["engine"] = job.engine
        return ClusterCoder(self, job)


class ClusterCoder:
    """Codes the batches of one run on a cluster."""

    def __init__(self, cluster: Cluster, job: Job) -> None:
        self._cluster = cluster
        self._job = job

    def __call__(self, batches: Sequence[Batch]) -> Iterator[tuple[Batch, list[Part | Failed]]]:
        """Each batch with a result for each of its missing transcripts, as they are finished, in any order.

        Raises:
            ThemesError: a machine lacks what the run needs, or the cluster gets nothing done.
        """
        ray = import_ray()
        witness = _start_witness(ray)
        record = self._cluster.record
        waiting = dict(enumerate(batches))
        fruitless = 0
        while waiting:
            before = len(waiting)
            record["rounds"] += 1
            lost: Exception | None = None
            try:
                for number, results in _stream(self._job, witness, self._cluster._pool(), waiting):
                    if batch := waiting.pop(number, None):
                        yield batch, self._accepted(batch, results)
            except ray.exceptions.RayError as error:
                lost = error
            record["lost"] += len(waiting)
            fruitless = 0 if len(waiting) < before else fruitless + 1
            if fruitless == _FRUITLESS:
                raise ThemesError(
                    f"the cluster gets nothing done: {_first_line(lost) if lost else 'its processes die'}",
                    remedy="look at its log, then give the same command again: what was finished is kept",
                ) from lost

    def _accepted(self, batch: Batch, results: list[Part | Failed] | Refused) -> list[Part | Failed]:
        """The results, unless they show a cluster that cannot do this run."""
        if isinstance(results, Refused):
            raise ThemesError(results.reason, remedy=results.remedy)
        for number, (item, result) in enumerate(zip(batch.missing, results, strict=True)):
            if not isinstance(result, Unlike):
                continue
            if sees(item, self._job.settings):
                raise ThemesError(
                    result.reason,
                    path=item.path,
                    remedy="inputs must lie on a file system that all machines of the cluster share, under the same path",
                )
            results[number] = Failed(str(item.path), "was changed or went away while the run was under way")
        return results


_REMEDY = (
    "start one with `ray start --head`, and `ray start --address HOST:PORT` on each further machine, this one included; "
    "or use --cluster local"
)


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
            remedy="pip install 'transcript-themes[cluster]'",
        ) from error
    return ray


def _start_witness(ray: Any) -> Any:
    """A `Tally` on this machine: it lives as long as the run."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    options = {"num_cpus": 0, "max_restarts": -1, "max_task_retries": -1, "scheduling_strategy": here}
    return ray.remote(Tally).options(**options).remote()


def _stream(job: Job, witness: Any, pool: Pool, batches: Mapping[int, Batch]) -> Iterator[tuple[int, Any]]:
    """One round: every batch through the cluster once. What is lost on the way is left out."""
    import ray.data
    from ray.data import ActorPoolStrategy, DataContext

    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    context = DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    # A task that dies with its actor is dropped, rather than wait for an actor that may have no machine left to start on.
    context.max_errored_blocks = -1
    rows = [{"number": number, "load": pickle.dumps(batch)} for number, batch in batches.items()]
    dataset = ray.data.from_items(rows, override_num_blocks=len(rows))
    prepared = dataset.map(_prepare, fn_args=(job, witness), **pool.preparing)
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


def _job(plan: RunPlan, predictor: Predictor, device: str) -> Job:
    model = predictor.model
    on_gpu = FLOAT16 if plan.settings.engine == AUTO else plan.settings.engine
    vocabulary = plan.settings.partners.vocabulary or config_folder() / "partners.yaml"
    return Job(
        key=uuid.uuid4().hex,
        folder=Path.cwd(),
        settings=plan.settings,
        attributes=plan.attributes,
        vocabulary_sha256=hashlib.sha256(vocabulary.read_bytes()).hexdigest(),
        model=model.name if model.folder.parent == shipped_models() else str(model.folder),
        model_sha256=model.sha256,
        engine=on_gpu if device == "cuda" else predictor.engine,
        wanted=plan.codebook.names,
    )


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


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return printable(lines[0]) if lines else type(error).__name__
