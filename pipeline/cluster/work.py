"""What the machines of a cluster do with a group of transcripts: prepare it, code it. Nothing here knows of Ray.

Another machine may not have what this one has (program, model, vocabulary, files): its answer is then `Refused` or `Unlike`, and
the run stops with that reason.
"""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.encoder import EncoderError
from models.loading import load_model
from models.model_folder import ModelError
from models.predict import Predictor
from pipeline import __version__
from pipeline.cluster.guard import Witness, company, guarded
from pipeline.config import RunSettings
from pipeline.errors import ThemesError
from pipeline.groups import Batch, code_group
from pipeline.ingest import AttributesTable, identify
from pipeline.inputs import Input
from pipeline.prepare import Failed, Prepared, Preparer
from pipeline.resources import config_folder, shipped_models
from pipeline.store import Part


@dataclass(frozen=True, slots=True)
class Job:
    """All that a machine of the cluster is told of the run; the rest it must have itself, the same as here.

    Attributes:
        key: of this start of the run.
        folder: the working folder, from which paths are read as the user typed them.
        model: the model's folder, or the name of a shipped model.
        engine: the numbers that every machine must compute with.
        wanted: the codes to report.
    """

    key: str
    folder: Path
    settings: RunSettings
    attributes: AttributesTable | None
    vocabulary_sha256: str
    model: str
    model_sha256: str
    engine: str
    wanted: tuple[str, ...]
    version: str = __version__

    def model_folder(self) -> Path:
        """Where the model lies on the machine that asks."""
        shipped = shipped_models() / self.model
        return shipped if shipped.is_dir() else Path(self.model)


@dataclass(frozen=True, slots=True)
class Refused:
    """A machine cannot take part in the run, and why."""

    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Unlike(Failed):
    """A machine does not read at this path what was found there when the inputs were listed."""


_preparer: tuple[str, Preparer | Refused] | None = None


def prepare_batch(job: Job, witness: Witness, batch: Batch) -> list[Prepared | Failed] | Refused:
    """Read, segment and search the transcripts of a batch; a result for each of its company.

    Where none of the missing ones can be coded, a result for each of these alone: nobody needs those beside them.
    """
    preparer = _preparer_for(job)
    if isinstance(preparer, Refused):
        return preparer

    def prepare(items: Sequence[Input]) -> list[Prepared | Failed]:
        return [_checked(item, preparer.prepare(item.path), job) for item in items]

    def results(step: str, items: tuple[Input, ...]) -> list[Prepared | Failed]:
        # A transcript is prepared the same in any company; its coding owes the last digits to it, hence the second try there.
        return guarded(witness, step, Batch(batch.group, items), items, prepare, together=1)

    missing = results("prepare", batch.missing)
    if not batch.beside or not any(isinstance(item, Prepared) for item in missing):
        return missing
    items, every = batch.missing + batch.beside, missing + results("prepare-beside", batch.beside)
    by_id = {item.transcript_id: result for item, result in zip(items, every, strict=True)}
    return [by_id[item.transcript_id] for item in company(batch)]


def _preparer_for(job: Job) -> Preparer | Refused:
    """One for all groups that this process prepares in a run: the vocabulary takes a second to load."""
    global _preparer
    if _preparer is None or _preparer[0] != job.key:
        _preparer = (job.key, _make_preparer(job))
    return _preparer[1]


def _make_preparer(job: Job) -> Preparer | Refused:
    if refusal := _enter(job):
        return refusal
    vocabulary = job.settings.partners.vocabulary or config_folder() / "partners.yaml"
    try:
        if hashlib.sha256(vocabulary.read_bytes()).hexdigest() != job.vocabulary_sha256:
            return refused(f"the partner vocabulary {vocabulary} is another there")
        return Preparer(job.settings, job.attributes)
    except (OSError, ThemesError) as error:
        return refused(f"the partner vocabulary cannot be read there: {error}")


def _checked(item: Input, result: Prepared | Failed, job: Job) -> Prepared | Failed:
    """The result, unless another file was read than the one that was listed."""
    if isinstance(result, Prepared) and result.transcript.sha256 == item.sha256:
        return result
    if sees(item, job.settings):
        return result
    return Unlike(str(item.path), f"{socket.gethostname()} does not read the same there")


def sees(item: Input, settings: RunSettings) -> bool:
    """Whether this machine reads at the input's path what was found there when the inputs were listed."""
    try:
        return identify(item.path, settings.ingest.max_megabytes * 1_000_000)[1] == item.sha256
    except ThemesError:
        return False


class BatchCoder:
    """Codes batch after batch with one loaded model.

    Args:
        device: `cuda` or `cpu`.
        threads: for the arithmetic on a CPU.
    """

    def __init__(self, job: Job, device: str, threads: int) -> None:
        self.job = job
        self._predictor = _load(job, device, threads)

    def code(
        self, witness: Witness, batch: Batch, prepared: Sequence[Prepared | Failed] | Refused
    ) -> list[Part | Failed] | Refused:
        """Code a batch; a result for each of its missing transcripts. What could not be prepared stays failed."""
        predictor = self._predictor
        if isinstance(prepared, Refused):
            return prepared
        if isinstance(predictor, Refused):
            return predictor

        failed: list[Part | Failed] = [item for item in prepared if isinstance(item, Failed)]
        if len(failed) == len(prepared):
            return failed

        def code(items: Sequence[Prepared | Failed]) -> list[Part | Failed]:
            return code_group(predictor, batch.group.name, items, wanted=self.job.wanted, risk=self.job.settings.risk)

        try:
            results = guarded(witness, "code", batch, prepared, code)
        except (OSError, ThemesError) as error:
            return refused(f"the model cannot work there: {error}")
        missing = {item.transcript_id for item in batch.missing}
        return [result for item, result in zip(company(batch), results, strict=True) if item.transcript_id in missing]


def _load(job: Job, device: str, threads: int) -> Predictor | Refused:
    if refusal := _enter(job):
        return refusal
    import torch

    torch.set_num_threads(threads)
    os.environ["RAYON_NUM_THREADS"] = str(threads)
    try:
        model = load_model(job.model_folder())
    except (ModelError, EncoderError, OSError) as error:
        return refused(f"the model cannot be loaded there: {error}")
    if model.sha256 != job.model_sha256:
        return refused(
            f"the model {job.model} is another there (sha256 {model.sha256[:12]}…, here {job.model_sha256[:12]}…)"
        )
    settings = job.settings
    try:
        predictor = Predictor(model, device=device, batch_tokens=settings.batch_tokens, engine=job.engine)
    except (ValueError, EncoderError) as error:
        return refused(
            f"the model cannot be run there: {error}",
            "let machines take part that can run it, or name the engine in the settings and begin in a new folder",
        )
    return predictor


def _enter(job: Job) -> Refused | None:
    """Go to the run's working folder, with the same program as here; or why that is not possible."""
    if job.version != __version__:
        return refused(f"transcript-themes is of version {__version__} there, {job.version} here")
    try:
        os.chdir(job.folder)
    except OSError as error:
        return refused(f"the folder {job.folder} cannot be entered there: {error.strerror}")
    return None


def refused(
    problem: str,
    remedy: str = "every machine needs the same installation, and a file system that all share for inputs, model and settings",
) -> Refused:
    """This machine's refusal."""
    return Refused(f"a machine of the cluster cannot take part ({socket.gethostname()}): {problem}", remedy)
