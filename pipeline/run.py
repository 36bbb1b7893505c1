"""A run: files in, run folder out. Each finished group is safe at once; started again, a run goes on where it was."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.predict import Predictor
from models.threads import cores
from pipeline.codebook import Codebook
from pipeline.config import RunSettings
from pipeline.errors import printable
from pipeline.groups import Batch, batches_of, code_batch, groups_of
from pipeline.ingest import AttributesTable
from pipeline.inputs import FAILED, SKIPPED, Input, check_apart, check_found, list_inputs
from pipeline.locks import Shard, manifest_of_folder, shard_of_folder, whole_folder
from pipeline.manifest import COMPLETE, begin, counts_of, fingerprint, left_out, now, unused_attributes
from pipeline.own_agencies_told import Known
from pipeline.prepare import Failed, Preparer, fault_of_ours, prepare_all
from pipeline.role_differences import differences_in
from pipeline.run_folder import RunFolder
from pipeline.store import Part, failure_row, make_private
from pipeline.tables import RunTables
from pipeline.writing import cannot_write

AHEAD_FROM = 2_000_000
"""Bytes of input from which a process that reads ahead is worth its start."""

CHANGED = "was changed while the run was under way; give the same command again"


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What to run.

    Attributes:
        inputs: files and folders.
        codebook: the model's, or the part of it that is wanted.
        workers: processes that read ahead of the model; None for as many as pay.
        shard: the share of the inputs to code; the tables are joined by a run without.
        command: as typed, for the manifest.
        cluster: what the manifest says of the cluster that codes, where one does.
    """

    inputs: tuple[Path, ...]
    out: Path
    codebook: Codebook
    settings: RunSettings
    attributes: AttributesTable | None = None
    workers: int | None = 0
    overwrite: bool = False
    shard: Shard | None = None
    command: str = ""
    cluster: Mapping[str, Any] | None = None


@dataclass(slots=True)
class RunResult:
    """What came of it: the manifest as written, and the inputs that were not coded.

    Attributes:
        inputs: how many there are; of a shard, those of its share alone, as are the failures.
        groups: into how many groups the run's inputs fall (`pipeline.groups`), those of other shards and earlier starts too.
    """

    manifest: dict[str, Any]
    failures: list[dict[str, str]]
    session: Session
    inputs: int
    groups: int

    @property
    def exit_status(self) -> int:
        """0, or 3 where some inputs could not be coded; files in a folder that are no transcripts do not count."""
        return 3 if any(failure["status"] != SKIPPED for failure in self.failures) else 0


Progress = Callable[[int, int, str], None]
"""Called with inputs done, inputs in all, and the name of the one just done."""


Coder = Callable[[Sequence[Batch]], Iterable[tuple[Batch, Sequence[Part | Failed]]]]
"""Codes batches, in any order: each comes back with a result for each of its missing transcripts."""


@dataclass(slots=True)
class Session:
    """What this start of the run has seen."""

    counts: Counter[str] = field(default_factory=Counter)
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    def add(self, part: Part, writing: float) -> None:
        """Count a transcript that is safe."""
        for step, seconds in part.seconds.items():
            self.seconds[step] += seconds
        self.seconds["write"] += writing
        self.counts["transcripts"] += 1
        self.counts["words"] += part.notes["coded_words"]
        self.counts["segments"] += part.notes["coded_segments"]


def run(
    plan: RunPlan,
    predictor: Predictor,
    *,
    progress: Progress = lambda done, total, name: None,
    coder: Coder | None = None,
) -> RunResult:
    """Code every input into `plan.out`, or the share of them that makes the plan's shard.

    Args:
        coder: who codes; this process with `predictor`, where nobody is named.

    Raises:
        UsageError: there is no transcript among the inputs; the folder holds a run with other settings or of other transcripts,
            or is not a run folder.
        ThemesError: it cannot be written, or another run is writing it.
    """
    started = time.perf_counter()
    # Before anything is written: these check the settings, and that there is anything to code.
    preparer = Preparer(plan.settings, plan.attributes)
    inputs = _inputs(plan)
    try:
        make_private(plan.out)
        if plan.shard is not None:
            with shard_of_folder(plan.out, plan.shard):
                return _run_shard(plan, plan.shard, inputs, predictor, preparer, progress, coder)
        with whole_folder(plan.out):
            return _run_whole(plan, inputs, predictor, preparer, progress, coder, started)
    except OSError as error:
        raise cannot_write(error, plan.out) from error


def _run_whole(
    plan: RunPlan,
    inputs: Sequence[Input],
    predictor: Predictor,
    preparer: Preparer,
    progress: Progress,
    coder: Coder | None,
    started: float,
) -> RunResult:
    folder = RunFolder(plan.out)
    manifest = _begin(plan, predictor, folder, inputs)
    folder.drop_half_written()
    finished = folder.finished()
    session = Session()
    groups = list(groups_of(inputs))
    batches = list(batches_of(groups, finished, folder.group_of))
    workers = _workers(plan, predictor, batches)
    done = len(inputs) - sum(len(batch.missing) for batch in batches)
    tell = _counting(progress, done, len(inputs))
    if coder is None:
        _code(plan, predictor, preparer, folder, batches, workers, session, tell)
    else:
        _keep_all(coder(batches), folder, session, tell)
    clock = time.perf_counter()
    folder.join([_final_row(item) for item in inputs])
    session.seconds["join"] += time.perf_counter() - clock
    notes = folder.notes([item.transcript_id for item in inputs if not item.status])
    tables = RunTables(plan.out, manifest)
    manifest |= {
        "workers": workers,
        "status": COMPLETE,
        "finished": now(),
        "counts": counts_of(inputs, notes),
        "timings": _timings(session, time.perf_counter() - started),
        "failures": _failures(inputs),
        "warnings": [
            *unused_attributes(plan.attributes, notes),
            *left_out(folder, inputs, finished),
            *differences_in(tables),
            *(Known.of_run(notes).warnings() if tables.judges_mentions else ()),
        ],
        "transcripts": notes,
    } | ({"cluster": dict(plan.cluster)} if plan.cluster else {})
    folder.write_manifest(manifest)
    return RunResult(manifest, manifest["failures"], session, len(inputs), len(groups))


def _run_shard(
    plan: RunPlan,
    shard: Shard,
    inputs: Sequence[Input],
    predictor: Predictor,
    preparer: Preparer,
    progress: Progress,
    coder: Coder | None,
) -> RunResult:
    """Code every n-th group, into parts beside those of the other shards; nothing is joined."""
    folder = RunFolder(plan.out)
    every = list(groups_of(inputs))
    groups = every[shard.number - 1 :: shard.count]
    own = [item for group in groups for item in group.items]
    with manifest_of_folder(plan.out):
        manifest = _begin(plan, predictor, folder, inputs, idle=lambda: not _unfinished(own, folder))
    session = Session()
    batches = list(batches_of(groups, folder.finished(), folder.group_of))
    done = len(own) - sum(len(batch.missing) for batch in batches)
    workers = _workers(plan, predictor, batches)
    tell = _counting(progress, done, len(own))
    if coder is None:
        _code(plan, predictor, preparer, folder, batches, workers, session, tell)
    else:
        _keep_all(coder(batches), folder, session, tell)
    return RunResult(manifest, _failures(own), session, len(own), len(every))


def _inputs(plan: RunPlan) -> list[Input]:
    check_apart(plan.inputs, plan.out)
    most = plan.settings.ingest.max_megabytes * 1_000_000
    inputs = list_inputs(plan.inputs, plan.out, most, plan.attributes)
    check_found(plan.inputs, inputs)
    return inputs


def _begin(
    plan: RunPlan,
    predictor: Predictor,
    folder: RunFolder,
    inputs: Sequence[Input],
    *,
    idle: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    decides = fingerprint(predictor, plan.codebook, plan.settings, plan.attributes)
    if plan.cluster:
        decides["engine"] = plan.cluster["engine"]
    return begin(
        folder,
        decides,
        inputs,
        command=plan.command,
        device=plan.cluster["device"] if plan.cluster else str(predictor.device),
        attributes=plan.attributes,
        overwrite=plan.overwrite,
        shard=plan.shard is not None,
        idle=idle,
    )


def _unfinished(items: Sequence[Input], folder: RunFolder) -> list[Input]:
    finished = folder.finished()
    return [item for item in items if item.transcript_id not in finished]


def _workers(plan: RunPlan, predictor: Predictor, batches: Sequence[Batch]) -> int:
    """As many processes as wished; by default none for little work, else one, or more where the model is fast."""
    if plan.workers is not None:
        return plan.workers
    missing = [item for batch in batches for item in batch.missing]
    available = cores()
    if len(missing) < 2 or available < 2 or sum(item.size for item in missing) < AHEAD_FROM:
        return 0
    return min(8, max(1, available // 2)) if predictor.device.type != "cpu" else max(1, min(4, available // 8))


def _counting(progress: Progress, done: int, total: int) -> Callable[[Input], None]:
    def count(item: Input) -> None:
        nonlocal done
        done += 1
        progress(done, total, item.path.name)

    return count


def _code(
    plan: RunPlan,
    predictor: Predictor,
    preparer: Preparer,
    folder: RunFolder,
    batches: Sequence[Batch],
    workers: int,
    session: Session,
    tell: Callable[[Input], None],
) -> None:
    """Code and keep batch after batch; while the model works on one, the one before is written and the next one read."""
    prepared = prepare_all(([item.path for item in batch.missing] for batch in batches), preparer, workers)
    wanted, risk = plan.codebook.names, plan.settings.risk
    writing: Future[None] | None = None
    with ThreadPoolExecutor(1) as writer:
        for batch, ready in zip(batches, prepared, strict=True):
            results = code_batch(predictor, batch, ready, preparer.prepare, wanted=wanted, risk=risk)
            if writing is not None:
                writing.result()
            writing = writer.submit(_keep, batch.missing, results, folder, session, tell)
        if writing is not None:
            writing.result()


def _keep_all(
    coded: Iterable[tuple[Batch, Sequence[Part | Failed]]],
    folder: RunFolder,
    session: Session,
    tell: Callable[[Input], None],
) -> None:
    for batch, results in coded:
        _keep(batch.missing, results, folder, session, tell)


def _keep(
    items: Sequence[Input],
    results: Iterable[Part | Failed],
    folder: RunFolder,
    session: Session,
    tell: Callable[[Input], None],
) -> None:
    """Make results safe, and note what failed."""
    coded: list[tuple[Input, Part]] = []
    for item, result in zip(items, results, strict=True):
        if isinstance(result, Failed):
            item.status, item.reason = FAILED, result.reason
        elif result.transcript_id != item.transcript_id:  # an id tells the content, and the tables are joined by it
            item.status, item.reason = FAILED, CHANGED
        else:
            coded.append((item, result))
    _save(coded, folder, session)
    for item in items:
        tell(item)


def _save(coded: Sequence[tuple[Input, Part]], folder: RunFolder, session: Session) -> None:
    """Save together what was coded together; where the program fails on it, one by one, so that one takes no other with it."""
    if not coded:
        return
    clock = time.perf_counter()
    try:
        folder.save_parts([part for _, part in coded])
    except OSError:
        raise
    except Exception as error:
        if len(coded) == 1:
            coded[0][0].status, coded[0][0].reason = FAILED, fault_of_ours(error)
            return
        for pair in coded:
            _save([pair], folder, session)
        return
    each = (time.perf_counter() - clock) / len(coded)
    for _, part in coded:
        session.add(part, each)


def _final_row(item: Input) -> str | dict[str, Any]:
    if not item.status:
        return item.transcript_id
    return failure_row(printable(item.path), item.status, item.reason, item.sha256 or None)


def _failures(inputs: Iterable[Input]) -> list[dict[str, str]]:
    return [
        {"path": printable(item.path), "status": item.status, "reason": item.reason} for item in inputs if item.status
    ]


def _timings(session: Session, wall: float) -> dict[str, float]:
    """Seconds by step and rates, of this start alone."""
    timings = {name: round(seconds, 3) for name, seconds in sorted(session.seconds.items())}
    timings["wall"] = round(wall, 3)
    timings["coded_segments_per_second"] = round(session.counts["segments"] / wall, 1)
    timings["coded_words_per_second"] = round(session.counts["words"] / wall, 1)
    return timings
