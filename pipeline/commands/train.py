"""`themes train`: gold in, model out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from models.checkpoints import EVERY
from models.decisions import Labels
from models.job import Job
from models.saving import CARD
from pipeline.codebook import Codebook, load_codebook
from pipeline.commands.models import check_device, load_predictor
from pipeline.commands.stopping import CHECKPOINT
from pipeline.commands.terminal import terminal
from pipeline.commands.train_job import check_out, job_for, made_already
from pipeline.errors import UsageError, printable
from pipeline.gold import GoldUnit, load_gold
from pipeline.holding_out import split_groups
from pipeline.learn import (
    check_unfinished,
    labels_of,
    load_train_settings,
    save_trained,
    seen_units,
    train_on_gold,
)
from pipeline.learnt import (
    BATCH_TOKENS,
    THIN,
    CodeLearnt,
    CurvePoint,
    as_markdown,
    codes_learnt,
    curve_lines,
    figure,
    learning_curve,
    measured,
    number,
    units_with,
)
from pipeline.lookup import texts_in

_MADE = (
    "nothing to do: the model here was trained on this very gold, with the same codebook and settings, and its card tells what "
    "was learnt; --overwrite trains it anew"
)
_SAME = "the unfinished training here has the same gold and settings, and is gone on with; remove {} to begin it anew"


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for on the command line."""

    codebook: str
    out: Path
    config: Path | None = None
    base: str | None = None
    transcripts: Path | None = None
    device: str = "auto"
    seed: int | None = None
    curve: bool = False
    checkpoint_minutes: float = EVERY / 60
    overwrite: bool = False


def train(gold: Sequence[Path], options: Options) -> None:
    """Train and save; prints what each code had to learn from, and what was learnt."""
    check_device(options.device)
    book = load_codebook(options.codebook)
    settings = load_train_settings(options.config, base=options.base, seed=options.seed)
    units = load_gold(gold, codes=book.names, labels=book.labels, text_of=texts_in(options.transcripts)) if gold else []
    training, validation = split_groups(units, settings.validation_share, settings.seed) if units else ([], [])
    settings = settings.model_copy(update={"labels": labels_of(units, settings.labels)})
    check_out(options.out)
    console = terminal()
    seconds = options.checkpoint_minutes * 60
    with job_for(options.out, device=options.device, seconds=seconds, afresh=options.overwrite) as job:
        if options.curve and job.team.size > 1:
            raise UsageError("--curve: takes a single process", remedy="leave it out, or start without torchrun")
        # Also before a curve, which trains for long.
        unfinished = check_unfinished(training, validation, book, settings, job)
        if not unfinished and _is_made(options, job):
            if job.team.leads:
                console.print(f"{_MADE}\nmodel: {printable(options.out)}", soft_wrap=True)
            return
        if not job.team.leads:
            train_on_gold(training, validation, book, settings, device=options.device, job=job)
            return
        if job.team.size > 1:
            console.print(f"{job.team.size} processes, each with a batch of its own in every step")
        if unfinished and options.overwrite:
            console.print(f"--overwrite: {_SAME.format(printable(options.out / CHECKPOINT))}", soft_wrap=True)
        console.print(_what_is_there(book, training, validation, Labels(settings.labels)))
        curve = learning_curve if options.curve and units else _no_curve
        points = curve(training, validation, book, settings, device=options.device, job=job)
        trained = train_on_gold(training, validation, book, settings, device=options.device, job=job)
        names = ", ".join(f"`{path.name}`" for path in gold)
        save_trained(
            trained,
            options.out,
            book,
            settings,
            counts={"training units": len(training), "validation units": len(validation)},
            data=f"Gold tables {names}, split by group." if gold else "No gold: the codebook's definitions only.",
            seen=seen_units(units),
            made_of=job.checkpoints.fingerprint if job.checkpoints else None,
        )
        if validation:
            _tell_what_was_learnt(options.out, training, validation, book, points, options.device, console)
    console.print(f"model: {printable(options.out)}")


def _is_made(options: Options, job: Job) -> bool:
    """Whether nothing is left to do; another model is not replaced unasked."""
    if options.overwrite or not job.checkpoints:
        return False
    made_of = job.checkpoints.fingerprint
    made = job.team.agree(lambda: made_already(options.out, made_of))
    if made and options.curve:
        raise UsageError(
            "holds this very model already, and --curve would train it anew",
            path=options.out,
            remedy="name another folder with --out, or replace it with --overwrite",
        )
    return made


def _no_curve(*_: object, **__: object) -> list[CurvePoint]:
    return []


def _what_is_there(book: Codebook, training: Sequence[GoldUnit], validation: Sequence[GoldUnit], labels: Labels) -> str:
    if not training:
        return "no gold: codes will be suggested from their definitions alone; thresholds are not fitted"
    thin = [code for code in book.names if units_with(code, training) < THIN]
    warning = f"\ntoo thin to learn from (fewer than {THIN} units): {', '.join(thin)}" if thin else ""
    choice = {
        Labels.MANY: "",
        Labels.ONE: "\nevery unit has exactly one code, and so will every unit that the model codes (settings: labels)",
        Labels.AT_MOST_ONE: "\nno unit has two codes, nor will any that the model codes (settings: labels)",
    }[labels]
    alike = _alike([*training, *validation])
    return f"{len(training)} units to train on, {len(validation)} held out{choice}{warning}{alike}"


def _alike(units: Sequence[GoldUnit]) -> str:
    """A warning where most units say what another says too: people do not talk so, but questions recur."""
    said = Counter(unit.first.text for unit in units)
    shared = sum(count for count in said.values() if count > 1)
    if 2 * shared <= len(units):
        return ""
    asked = "does the column `text` hold what was said, or the questions?"
    return f"\n{shared} of {len(units)} units have the same text as another: {asked}"


def _tell_what_was_learnt(
    out: Path,
    training: Sequence[GoldUnit],
    validation: Sequence[GoldUnit],
    book: Codebook,
    points: list[CurvePoint],
    device: str,
    console: Console,
) -> None:
    learnt = codes_learnt(out, training, validation, book, device=device)
    console.print(_table(learnt))
    lines = [as_markdown(learnt)]
    if points:
        whole = load_predictor(str(out), device=device, batch_tokens=BATCH_TOKENS)
        points = [*points, measured(whole, len(training), validation, book)]
        told = curve_lines(points)
        console.print("\n".join(told))
        lines += ["## Learning curve", "", *(f"- {line}" for line in told), ""]
    with (out / CARD).open("a", encoding="utf-8") as card:
        card.write("\n" + "\n".join(lines))


def _table(learnt: Sequence[CodeLearnt]) -> Table:
    table = Table(title="What was learnt (on the held-out part)", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("code")
    for heading in ("training", "held out", "F1", "threshold"):
        table.add_column(heading, justify="right")
    table.add_column("")
    for item in learnt:
        counts = (str(item.training), str(item.held_out))
        table.add_row(item.code, *counts, figure(item.f1), number(item.threshold), item.warning)
    return table
