"""A run: files in, run folder out. Each finished transcript is safe at once; started again, a run goes on where it was."""

from __future__ import annotations

import errno
import hashlib
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from models.predict import Predictor
from pipeline import __version__
from pipeline.codebook import Codebook
from pipeline.coding import code_segments
from pipeline.config import RunSettings
from pipeline.errors import ThemesError, UsageError, printable
from pipeline.ingest import AttributesTable, unattributed_share
from pipeline.inputs import DUPLICATE, FAILED, SKIPPED, Input, list_inputs
from pipeline.prepare import Failed, Prepared, Preparer, fault_of_ours, prepare_all
from pipeline.resources import config_folder
from pipeline.store import MANIFEST, RunFolder, failure_row, make_private, transcript_row
from pipeline.types import CodedSegment

NO_CODE = "(no code)"
"""The answer "none of them", which has a threshold of its own where a segment carries one code at most."""


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What to run.

    Attributes:
        inputs: files and folders.
        codebook: the model's, or the part of it that is wanted.
        command: as typed, for the manifest.
    """

    inputs: tuple[Path, ...]
    out: Path
    codebook: Codebook
    settings: RunSettings
    attributes: AttributesTable | None = None
    workers: int = 0
    overwrite: bool = False
    command: str = ""


@dataclass(slots=True)
class RunResult:
    """What came of it: the manifest as written, and the inputs that were not coded."""

    manifest: dict[str, Any]
    failures: list[dict[str, str]]

    @property
    def exit_status(self) -> int:
        """0, or 3 where some inputs could not be coded; files in a folder that are no transcripts do not count."""
        return 3 if any(failure["status"] != SKIPPED for failure in self.failures) else 0


Progress = Callable[[int, int, str], None]
"""Called with inputs done, inputs in all, and the name of the one just done."""


@dataclass(slots=True)
class _Session:
    """What this start of the run has seen."""

    counts: Counter[str] = field(default_factory=Counter)
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))


def run(plan: RunPlan, predictor: Predictor, *, progress: Progress = lambda done, total, name: None) -> RunResult:
    """Code every input into `plan.out`.

    Raises:
        UsageError: the folder holds a run with other settings, or is not a run folder.
        ThemesError: it cannot be written, or another run is writing it.
    """
    started = time.perf_counter()
    folder = RunFolder(plan.out)
    try:
        make_private(plan.out)
        with FileLock(plan.out / ".lock", timeout=0):
            return _run_locked(plan, predictor, folder, progress, started)
    except Timeout as error:
        raise ThemesError(
            "another run is writing here", path=plan.out, remedy="wait for it, or name another folder"
        ) from error
    except OSError as error:
        raise _cannot_write(error, plan.out) from error


def _run_locked(
    plan: RunPlan, predictor: Predictor, folder: RunFolder, progress: Progress, started: float
) -> RunResult:
    preparer = Preparer(plan.settings, plan.attributes)  # before anything is written: it checks the settings
    inputs = list_inputs(plan.inputs, plan.out, plan.settings.ingest.max_megabytes * 1_000_000)
    if not inputs:
        raise UsageError("there is no transcript in it", path=plan.inputs[0], remedy="check the folder's name")
    manifest = _begin(plan, predictor, folder)
    wanted = [item for item in inputs if not item.status]
    folder.drop_half_written()
    finished = folder.finished()
    todo = [item for item in wanted if item.transcript_id not in finished]
    session = _Session()
    done = len(inputs) - len(todo)
    prepared = prepare_all((item.path for item in todo), preparer, plan.workers)
    for item, result in zip(todo, prepared, strict=True):
        _code_one(item, result, plan, predictor, folder, session)
        done += 1
        progress(done, len(inputs), item.path.name)
    clock = time.perf_counter()
    folder.join([_final_row(item) for item in inputs])
    session.seconds["write"] += time.perf_counter() - clock
    failures = [
        {"path": printable(item.path), "status": item.status, "reason": item.reason} for item in inputs if item.status
    ]
    notes = folder.notes([item.transcript_id for item in inputs if not item.status])
    manifest |= {
        "status": "complete",
        "finished": _now(),
        "counts": _counts(inputs, notes),
        "timings": _timings(session, time.perf_counter() - started),
        "failures": failures,
        "warnings": [*_unused_attributes(plan.attributes, notes), *_left_out(inputs, finished)],
        "transcripts": notes,
    }
    folder.write_manifest(manifest)
    return RunResult(manifest, failures)


def _begin(plan: RunPlan, predictor: Predictor, folder: RunFolder) -> dict[str, Any]:
    """Check that the folder is free or holds this very run, and write the manifest of a run under way."""
    if plan.overwrite:
        folder.clear()
    fingerprint = _fingerprint(plan, predictor)
    before = folder.manifest()
    if before is None:
        _refuse_foreign(plan.out)
    else:
        _refuse_other_settings(before, fingerprint, plan.out)
    manifest = {
        "format": 1,
        "status": "running",
        "command": printable(plan.command),
        "started": before["started"] if before else _now(),
        "resumed": [*before.get("resumed", []), _now()] if before else [],
        **fingerprint,
        "device": str(predictor.device),
        "workers": plan.workers,
    }
    folder.write_manifest(manifest)
    return manifest


def _fingerprint(plan: RunPlan, predictor: Predictor) -> dict[str, Any]:
    """All that decides what a run writes; two runs that differ here are never mixed in one folder."""
    model = predictor.model
    vocabulary = plan.settings.partners.vocabulary or config_folder() / "partners.yaml"
    return {
        "version": __version__,
        "model": {"name": model.name, "sha256": model.sha256, "base": model.settings["base"], "learnt": model.learnt},
        "codebook": {
            "name": plan.codebook.name,
            "sha256": plan.codebook.sha256,
            "codes": list(plan.codebook.names),
            "content": plan.codebook.model_dump(mode="json", exclude_none=True),
        },
        "configuration": plan.settings.model_dump(mode="json"),
        "vocabulary_sha256": _file_sha256(vocabulary),
        "attributes_sha256": _file_sha256(Path(plan.attributes.path)) if plan.attributes else None,
        "thresholds": dict(zip((*model.codes, NO_CODE), model.decisions.themes.thresholds, strict=False)),
        "seed": model.settings["training"].get("settings", {}).get("seed"),
    }


def _refuse_foreign(out: Path) -> None:
    strangers = [entry.name for entry in out.iterdir() if entry.name not in (".lock", f"{MANIFEST}.tmp")]
    if strangers:
        raise UsageError(
            f"is not empty and holds no run ({printable(sorted(strangers)[0])} …)",
            path=out,
            remedy="name a new folder with --out",
        )


def _refuse_other_settings(before: Mapping[str, Any], now: Mapping[str, Any], out: Path) -> None:
    differing = [name for name in now if before.get(name) != now[name]]
    if differing:
        raise UsageError(
            f"holds a run with another {', another '.join(name.removesuffix('_sha256') for name in differing)}",
            path=out,
            remedy="name another folder with --out, or start afresh with --overwrite",
        )


def _code_one(
    item: Input,
    result: Prepared | Failed,
    plan: RunPlan,
    predictor: Predictor,
    folder: RunFolder,
    session: _Session,
) -> None:
    if isinstance(result, Failed):
        item.status, item.reason = FAILED, result.reason
        return
    clock = time.perf_counter()
    try:
        coded, truncated = code_segments(
            predictor, result.coded, result.mentions, wanted=plan.codebook.names, risk=plan.settings.risk
        )
        modelled = time.perf_counter()
        folder.save_part(transcript_row(result.transcript), result.segments, coded, _notes(result, coded, truncated))
    except (OSError, ThemesError):
        raise
    except Exception as error:
        item.status, item.reason = FAILED, fault_of_ours(error)
        return
    for step, seconds in result.seconds.items():
        session.seconds[step] += seconds
    session.seconds["model"] += modelled - clock
    session.seconds["write"] += time.perf_counter() - modelled
    session.counts["words"] += sum(len(segment.text.split()) for segment in result.coded)
    session.counts["segments"] += len(result.coded)


def _notes(result: Prepared, coded: Sequence[CodedSegment], truncated: int) -> dict[str, Any]:
    """What the manifest says of one transcript."""
    cut = f"{truncated} segments are longer than the model reads; what is over was not coded (set a smaller max_words)"
    return {
        "transcript_id": result.transcript.transcript_id,
        "turns": len(result.transcript.turns),
        "segments": len(result.segments),
        "coded_segments": len(result.coded),
        "words": sum(len(segment.text.split()) for segment in result.segments),
        "coded_words": sum(len(segment.text.split()) for segment in result.coded),
        "mentions": sum(len(found) for found in result.mentions),
        "for_review": sum(item.review for item in coded),
        "attribute_rows": list(result.attribute_rows),
        "unattributed_share": round(unattributed_share(result.transcript), 4),
        "warnings": [
            *result.transcript.warnings,
            *(
                []
                if result.coded
                else ["nothing was coded: no participant was found in it (set roles in the configuration)"]
            ),
            *([cut] if truncated else []),
        ],
    }


def _unused_attributes(table: AttributesTable | None, notes: Sequence[Mapping[str, Any]]) -> list[str]:
    """A warning for each row of the attributes table that fitted no coded transcript, of this start or an earlier one."""
    if table is None:
        return []
    used = {row for note in notes for row in note["attribute_rows"]}
    return AttributesTable(table.path, table.rows, used).unused()


def _left_out(inputs: Sequence[Input], finished: set[str]) -> list[str]:
    """A warning where the folder holds finished transcripts that are not among the inputs, nor an older state of one."""
    present = {item.transcript_id for item in inputs}
    stems = {name.rsplit("-", 1)[0] for name in present}
    absent = sorted(name for name in finished - present if name.rsplit("-", 1)[0] not in stems)
    if not absent:
        return []
    return [
        f"{len(absent)} transcripts that were coded before are not among the inputs and left out of the tables "
        f"({absent[0]} …); give all inputs together to have them back"
    ]


def _final_row(item: Input) -> str | dict[str, Any]:
    if not item.status:
        return item.transcript_id
    return failure_row(printable(item.path), item.status, item.reason, item.sha256 or None)


def _counts(inputs: Sequence[Input], notes: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Inputs in = coded + failed + duplicate + skipped."""
    by_status = Counter(item.status or "coded" for item in inputs)
    sums = {
        name: sum(note[name] for note in notes)
        for name in ("segments", "coded_segments", "words", "coded_words", "mentions", "for_review")
    }
    return {
        "inputs": len(inputs),
        **{status: by_status[status] for status in ("coded", FAILED, DUPLICATE, SKIPPED)},
    } | sums


def _timings(session: _Session, wall: float) -> dict[str, float]:
    """Seconds by step and rates, of this start alone."""
    timings = {name: round(seconds, 3) for name, seconds in sorted(session.seconds.items())}
    timings["wall"] = round(wall, 3)
    timings["coded_segments_per_second"] = round(session.counts["segments"] / wall, 1)
    timings["coded_words_per_second"] = round(session.counts["words"] / wall, 1)
    return timings


def _cannot_write(error: OSError, out: Path) -> ThemesError:
    if error.errno == errno.ENOSPC:
        return ThemesError(
            "the disk is full",
            path=out,
            remedy="free some space and give the same command again: what was finished is kept",
        )
    return ThemesError(
        f"cannot be written: {error.strerror or error}", path=out, remedy="name another folder with --out"
    )


def _file_sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", path=path) from error


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
