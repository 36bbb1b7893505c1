"""`themes train`: gold in, model out."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from models.checkpoints import EVERY, PARTS, STATE, CheckpointError, Checkpoints
from models.decisions import Labels
from models.distributed import TeamError, team_of
from models.encoder import EncoderError
from models.job import Job, Stop, Stopped
from models.saving import CARD, ModelError, is_model
from pipeline.codebook import Codebook, load_codebook
from pipeline.commands.models import check_device, load_predictor
from pipeline.commands.terminal import terminal
from pipeline.errors import Interrupted, ThemesError, UsageError, printable
from pipeline.gold import GoldUnit, load_gold
from pipeline.learn import labels_of, load_train_settings, save_trained, seen_units, split_groups, train_on_gold
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

CHECKPOINT, LOCK = "checkpoint", ".lock"


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
    units = load_gold(gold, codes=book.names, text_of=texts_in(options.transcripts)) if gold else []
    training, validation = split_groups(units, settings.validation_share, settings.seed) if units else ([], [])
    settings = settings.model_copy(update={"labels": labels_of(units, settings.labels)})
    check_out(options.out)
    console = terminal()
    with _job(options) as job:
        if not job.team.leads:
            train_on_gold(training, validation, book, settings, device=options.device, job=job)
            return
        if job.team.size > 1:
            console.print(f"{job.team.size} processes, each with a batch of its own in every step")
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
        )
        if validation:
            _tell_what_was_learnt(options.out, training, validation, book, points, options.device, console)
    console.print(f"model: {printable(options.out)}")


@contextmanager
def _job(options: Options) -> Iterator[Job]:
    """The team, the checkpoints and the signals around a training; checkpoints go once all is done.

    Raises:
        Interrupted: a signal asked to stop.
        UsageError: what is in the folder is another training's, or the processes cannot train together.
    """
    checkpoints = Checkpoints(options.out / CHECKPOINT, options.checkpoint_minutes * 60)
    stop = Stop()
    try:
        with stop.listening(), team_of(options.device) as team:
            if options.curve and team.size > 1:
                raise UsageError("--curve: takes a single process", remedy="leave it out, or start without torchrun")
            if team.leads and options.overwrite:
                checkpoints.remove()
            with _alone(checkpoints.folder) if team.leads else nullcontext():
                yield Job(team, stop, checkpoints)
                if team.leads:
                    checkpoints.remove()
    except Stopped as error:
        kept = (checkpoints.folder / STATE).is_file()
        raise Interrupted(
            "stopped before the end, as a signal asked",
            remedy="give the same command again to go on from its checkpoint" if kept else "nothing was learnt yet",
        ) from error
    except CheckpointError as error:
        raise UsageError(str(error), remedy=error.remedy) from error
    except TeamError as error:
        raise ThemesError(str(error)) from error
    except (EncoderError, ModelError) as error:
        raise UsageError(str(error)) from error


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep a second training out of the folder, and leave no empty folders behind."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise ThemesError(
            "another training is writing here", path=folder.parent, remedy="wait for it, or name another folder"
        ) from error
    try:
        yield
    finally:
        lock.release()
        if {entry.name for entry in folder.iterdir()} <= {LOCK}:
            shutil.rmtree(folder)
            if not any(folder.parent.iterdir()):
                folder.parent.rmdir()


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
    return f"{len(training)} units to train on, {len(validation)} held out{choice}{warning}"


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


def check_out(out: Path) -> None:
    """Refuse, before any training, a folder that holds something else than a model.

    Raises:
        UsageError: it does, or it could not be written.
    """
    try:
        strangers = sorted(_strangers(out)) if out.exists() and not is_model(out) else []
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", path=out, remedy="name another folder") from error
    nearest = next(folder for folder in (out.absolute(), *out.absolute().parents) if folder.exists())
    if not os.access(nearest, os.W_OK):
        raise UsageError("cannot be written: permission denied", path=out, remedy="name another folder")
    if strangers:
        raise UsageError(
            f"is not empty and holds no model ({printable(strangers[0])} …)", path=out, remedy="name a new folder"
        )


def _strangers(out: Path) -> list[str]:
    """What is in the folder besides checkpoints of ours."""
    names = [entry.name for entry in out.iterdir() if entry.name != CHECKPOINT]
    inside = [entry.name for entry in (out / CHECKPOINT).iterdir()] if (out / CHECKPOINT).is_dir() else []
    ours = (LOCK, STATE, f"{STATE}.tmp")
    return [*names, *(f"{CHECKPOINT}/{name}" for name in inside if name not in ours and not name.startswith(PARTS))]
