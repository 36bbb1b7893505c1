"""`themes run`: settings, model and progress around `pipeline.run`, and the short table at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from models.engines import AUTO
from models.predict import Predictor
from pipeline.codebook import Code, Codebook, load_codebook
from pipeline.commands.models import codebook_of, load_predictor
from pipeline.commands.run_notices import check_risk, tell_failures, tell_left, tell_shard
from pipeline.commands.terminal import terminal
from pipeline.config import RunSettings, load_run_settings
from pipeline.errors import OtherEngine, UsageError, printable
from pipeline.ingest import AttributesTable
from pipeline.inputs import check_given
from pipeline.interruption import terminable
from pipeline.likeliest import where_to_look
from pipeline.locks import Shard
from pipeline.manifest import wished_engine
from pipeline.plural import listed
from pipeline.report import write_report
from pipeline.resources import shipped_models
from pipeline.run import Progress as Tell
from pipeline.run import RunPlan, RunResult, run
from pipeline.store import REPORT
from pipeline.summary import another_topic, print_summary, summarise


def code(
    inputs: Sequence[Path],
    *,
    out: Path,
    model: str,
    codebook: str | None,
    attributes: Path | None,
    config: Path | None,
    max_words: int | None,
    risk: float | None,
    device: str,
    workers: int | None,
    cluster: str | None,
    overwrite: bool,
    shard: str | None,
    command: str,
) -> int:
    """Code transcripts; returns the exit status."""
    check_given(inputs)  # before the model is loaded, and before there is a run folder
    share = _shard(shard)
    if share is not None and overwrite:
        raise UsageError(
            "--overwrite and --shard: a shard cannot start afresh what the others write to (name a new --out)"
        )
    if cluster:
        _check_for_cluster(device, workers)
    settings = _settings(config, max_words, risk)
    table = AttributesTable.read(attributes) if attributes else None
    if cluster:  # which uses the model there; here, it is only asked for its name and its thresholds
        predictor = load_predictor(model, device="cpu")
    else:
        engine = wished_engine(settings, out, overwrite=overwrite)
        predictor = load_predictor(model, device=device, batch_tokens=settings.batch_tokens, engine=engine)
    errors = terminal(stderr=True)
    wanted = _wanted(codebook, codebook_of(predictor), errors)
    plan = RunPlan(
        inputs=tuple(inputs),
        out=out,
        codebook=wanted,
        settings=settings,
        attributes=table,
        workers=workers,
        overwrite=overwrite,
        shard=share,
        command=command,
    )
    expected = check_risk(settings.risk, predictor, wanted, errors)
    with terminable(), _bar() as bar:
        go = partial(partial(_on_cluster, cluster, device) if cluster else run, progress=_shown_in(bar))
        try:
            result = go(plan, predictor)
        except OtherEngine as error:
            # Another shard, on another kind of machine, began the run while this one was loading its model.
            if cluster or settings.engine != AUTO:
                raise
            predictor = load_predictor(model, device=device, batch_tokens=settings.batch_tokens, engine=error.engine)
            result = go(plan, predictor)
    if plan.shard is not None:
        tell_shard(result, plan.shard, errors)
        return result.exit_status
    tell_failures(result, errors)
    if settings.risk is not None:
        tell_left(result.manifest["counts"], settings.risk, expected, errors)
    if result.manifest["counts"]["coded"]:
        _show(plan, predictor, model, errors)
    return result.exit_status


def _show(plan: RunPlan, predictor: Predictor, model: str, errors: Console) -> None:
    """The report, the short table, and whether the codes are those of another topic."""
    # The report first: who pipes the summary into `head` still gets it.
    report = write_report(plan.out, plan.out / REPORT)
    summary = summarise(plan.out, plan.codebook)
    print_summary(summary, terminal())
    if not predictor.model.learnt["themes"]:
        terminal().print(where_to_look(printable(plan.out)), soft_wrap=True)
    terminal().print(f"run folder: {printable(plan.out)}\nreport:     {printable(report)}", soft_wrap=True)
    shipped = (shipped_models() / model).is_dir() and not Path(model).is_dir()
    question = another_topic(summary, predictor.model.name, plan.codebook, shipped=shipped)
    if question and plan.codebook.names == codebook_of(predictor).names:  # few of a part of the codes say nothing
        errors.print(f"themes: {question}", soft_wrap=True)


def _on_cluster(address: str, device: str, plan: RunPlan, predictor: Predictor, *, progress: Tell) -> RunResult:
    from pipeline.cluster.connection import Cluster  # loads what only a cluster needs

    with Cluster(address, device) as cluster:
        plan = replace(plan, cluster=cluster.record, workers=0)
        return run(plan, predictor, progress=progress, coder=cluster.coder(plan, predictor))


def _check_for_cluster(device: str, workers: int | None) -> None:
    """Refuse what a cluster does not heed; a device of its machines need not be here."""
    if device not in ("auto", "cpu", "cuda"):
        raise UsageError(f"--device {device}: with --cluster it is auto, cpu or cuda")
    if workers is not None:
        raise UsageError(
            "--workers and --cluster: a cluster reads with processes of its own", remedy="leave --workers out"
        )


def _shard(text: str | None) -> Shard | None:
    if text is None:
        return None
    number, _, count = text.partition("/")
    try:
        return Shard(int(number), int(count))
    except ValueError as error:
        raise UsageError(f"--shard {text}: give number/count, such as 2/8 for the second of eight") from error


def _settings(config: Path | None, max_words: int | None, risk: float | None) -> RunSettings:
    """The command line wins over the file, which wins over the defaults."""
    settings = load_run_settings(config)
    content = settings.model_dump()
    if max_words is not None:
        if not 10 <= max_words <= 400:
            raise UsageError(f"--max-words {max_words}: must be from 10 to 400")
        content["segments"]["max_words"] = max_words
    if risk is not None:
        if not 0 < risk < 1:
            raise UsageError(f"--risk {risk}: must lie between 0 and 1, e.g. 0.1 for one wrong coding in ten")
        content["risk"] = risk
    return RunSettings.model_validate(content)


def _wanted(source: str | None, known: Codebook, errors: Console) -> Codebook:
    """The codebook to report: the model's own, or a part of it; where it defines codes anew, that is said to change nothing."""
    if source is None:
        return known
    wanted = load_codebook(source)
    learnt = {code.name: code for code in known.all_codes}
    anew = [
        code.name for code in wanted.all_codes if code.name in learnt and _meaning(code) != _meaning(learnt[code.name])
    ]
    unknown = [name for name in wanted.names if name not in known.names]
    if unknown:
        raise UsageError(
            f"the model has no code {listed(unknown)}",
            path=source,
            remedy="train a model for this codebook with `themes train`, or leave these codes out",
        )
    if anew:
        errors.print(
            f"themes: warning: {printable(source)} defines {listed(anew, 3)} otherwise than the codebook that the "
            "model was trained with: the model codes as it was trained, and the report shows the new definition"
        )
    return wanted


def _meaning(code: Code) -> tuple[str, str, str]:
    return code.definition, code.code_when, code.not_when


def _shown_in(bar: Progress) -> Tell:
    task = bar.add_task("coding", total=None, name="")

    def progress(done: int, total: int, name: str) -> None:
        bar.update(task, completed=done, total=total, name=printable(name))

    return progress


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[name]}"),
        console=Console(stderr=True),
        disable=not Console(stderr=True).is_terminal,
        transient=True,
    )
