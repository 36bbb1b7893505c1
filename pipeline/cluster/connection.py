"""A run's groups coded by a Ray cluster: prepare (tasks), then code (actors that keep the model), results back to this process.

Only this process writes the run folder, by the code of any run, so that what is finished is safe here whatever becomes of the
cluster. Work that was lost with a machine is noticed by its absence: groups that have not come back are given out again.
"""

from __future__ import annotations

import hashlib
import shutil
import signal
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from models.engines import AUTO, FLOAT32
from models.predict import Predictor
from pipeline.cluster.guard import ALONE, TOGETHER
from pipeline.cluster.pool import Pool, pool_for
from pipeline.cluster.rounds import given_up, import_ray, one_round, start_witness
from pipeline.cluster.work import Job, Refused, Unlike, sees
from pipeline.errors import ThemesError, UsageError, printable
from pipeline.groups import Batch
from pipeline.interruption import Terminated
from pipeline.manifest import wished_engine
from pipeline.prepare import Failed
from pipeline.resources import config_folder, shipped_models
from pipeline.run import RunPlan
from pipeline.store import Part

LOCAL = "local"
_STARTS = 3
"""Ray gives its own processes 15 seconds to start, which a busy machine can fail to do the first time."""
_TRIES = 50
"""A tenth of a second apart, to remove Ray's folder."""
_FRUITLESS = TOGETHER + ALONE + 2
"""So many rounds may pass without a batch finished or an input given up: one more than an input that ends every process costs."""


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
        try:
            if not ray.is_initialized():
                self._joined = True
                self._connect(ray)
            pool = self._pool(self._device)
        except BaseException:  # Ctrl-C and SIGTERM too: what was not entered is not left either
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
            _remove(self._private)

    def _connect(self, ray: Any) -> None:
        if self._address.startswith("ray://"):
            raise UsageError(
                f"--cluster {self._address}: Ray's client protocol is not supported",
                remedy="run the command on a machine of the cluster, with --cluster auto",
            )
        options: dict[str, Any] = {"address": self._address, "log_to_driver": False, "logging_level": "ERROR"}
        if self._address == LOCAL:
            # Logs and what does not fit into memory go to a folder of the user's own, which goes when the run ends. Ray opens the
            # folder that it is given to everybody: it gets one inside. Its name is short, as paths of sockets must be.
            self._private = Path(tempfile.mkdtemp(prefix="themes-"))
            options |= {"include_dashboard": False, "_temp_dir": str(self._private / "r")}
        for start in range(_STARTS):
            try:
                _initialise(ray, options)
                return
            except Exception as error:  # Ray raises bare ones where a process of its own does not start
                ray.shutdown()
                if self._address != LOCAL or start == _STARTS - 1:
                    raise UsageError(f"--cluster {self._address}: {_first_line(error)}", remedy=_REMEDY) from error

    def _pool(self, device: str) -> Pool:
        nodes = [node["Resources"] for node in import_ray().nodes() if node["Alive"]]
        return pool_for(nodes, device)

    def pool_of_round(self) -> Pool:
        """The pool of the machines that are left, on the device that the run began with: another would give other numbers.

        Raises:
            ThemesError: no machine is left that has it.
        """
        try:
            return self._pool(self.record["device"])
        except UsageError as error:
            raise ThemesError(
                f"the cluster has lost its last machine that could code on {self.record['device']}",
                remedy="give the same command again when there is one: what was finished is kept",
            ) from error

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
        witness = start_witness(ray)
        record = self._cluster.record
        waiting = dict(enumerate(batches))
        fruitless = 0
        hopeless = 0
        while waiting:
            before, known = len(waiting), hopeless
            record["rounds"] += 1
            lost: Exception | None = None
            try:
                for number, results in one_round(self._job, witness, self._cluster.pool_of_round(), waiting):
                    if batch := waiting.pop(number, None):
                        yield batch, self._accepted(batch, results)
            except ray.exceptions.RayError as error:
                lost = error
            record["lost"] += len(waiting)
            # An input that is given up is progress: the group's others are tried without it, and each may cost as many rounds.
            hopeless = max(known, given_up(ray, witness))
            fruitless = 0 if len(waiting) < before or hopeless > known else fruitless + 1
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


def _job(plan: RunPlan, predictor: Predictor, device: str) -> Job:
    model = predictor.model
    wish = wished_engine(plan.settings, plan.out, overwrite=plan.overwrite)
    best = FLOAT32 if device == "cuda" else predictor.engine
    vocabulary = plan.settings.partners.vocabulary or config_folder() / "partners.yaml"
    return Job(
        key=uuid.uuid4().hex,
        folder=Path.cwd(),
        settings=plan.settings,
        attributes=plan.attributes,
        vocabulary_sha256=hashlib.sha256(vocabulary.read_bytes()).hexdigest(),
        model=model.name if model.folder.parent == shipped_models() else str(model.folder),
        model_sha256=model.sha256,
        engine=best if wish == AUTO else wish,
        wanted=plan.codebook.names,
    )


def _initialise(ray: Any, options: dict[str, Any]) -> None:
    """Connect, and leave SIGTERM the meaning that it had: Ray would have it end the program wherever it is, with status 15."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(**options)
    except SystemExit as error:  # Ray's answer to a SIGTERM that came meanwhile
        raise Terminated from error
    finally:
        if before is not None and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)


def _remove(folder: Path) -> None:
    """Ray's processes may still be writing into it for a moment after they were told to end."""
    for _ in range(_TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.1)


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return printable(lines[0]) if lines else type(error).__name__
