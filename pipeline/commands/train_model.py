"""The training itself: checked gold in, model out. Loads torch, which `pipeline.commands.train` does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from models.checkpoints import PARTS
from models.decisions import Labels
from models.job import Job
from models.loading import load_model
from models.predict import Predictions, Predictor, pick_device
from models.steps import precision_for
from models.training import Trained
from pipeline.codebook import Codebook
from pipeline.commands.models import check_device
from pipeline.commands.stopping import CHECKPOINT
from pipeline.commands.terminal import terminal
from pipeline.commands.train_job import check_out, job_for, made_already
from pipeline.commands.train_notices import (
    how_drawn,
    table_of,
    what_is_cut,
    what_is_there,
    what_stays,
    without_definition,
)
from pipeline.commands.train_options import Options, Say
from pipeline.division import Division, divide
from pipeline.errors import UsageError, printable
from pipeline.gold import Gold, GoldUnit
from pipeline.gold_machine import machines_own
from pipeline.holding_out import how_split
from pipeline.leaks import leaks
from pipeline.learn import (
    bare_codes,
    check_unfinished,
    cross_fit_on_gold,
    cut_short,
    kept_of_base,
    learnt_from,
    save_trained,
    seen_before,
    seen_units,
    train_on_gold,
)
from pipeline.learning_curve import CurvePoint, check_curve, curve_lines, learning_curve, measured, mostly_adjudicated
from pipeline.learnt import BATCH_TOKENS, as_markdown, learnt_in_folds, notes, overall_line, what_was_learnt
from pipeline.train_settings import TrainSettings, load_train_settings
from pipeline.votes import labels_of

_MADE = (
    "nothing to do: the model here was trained on this very gold, with the same codebook and settings, and its card tells what "
    "was learnt; --overwrite trains it anew"
)
_SAME = "the unfinished training here has the same gold and settings, and is gone on with; remove {} to begin it anew"


def train_model(gold: Sequence[Path], known: Gold, book: Codebook, options: Options, say: Say) -> None:
    """Train and save; prints what each code had to learn from, and what was learnt.

    Args:
        gold: the tables that `known` was read from.
        say: prints a line of how far it is, in the leading process alone.
    """
    units = known.units
    check_device(options.device)
    settings, divided = _settled(units, options)
    training, validation = divided.training, divided.validation
    check_out(options.out)
    if options.curve and units:
        check_curve(training, validation)
    console = terminal()
    seconds = options.checkpoint_minutes * 60
    with job_for(options.out, device=options.device, seconds=seconds, afresh=options.overwrite) as job:
        if options.curve and job.team.size > 1:
            raise UsageError("--curve: takes a single process", remedy="leave it out, or start without torchrun")
        # Also before a curve, which trains for long.
        unfinished = check_unfinished(training, validation, divided.folds, book, settings, job)
        if not unfinished and _is_made(options, job):
            if job.team.leads:
                console.print(f"{_MADE}\nmodel: {printable(options.out)}", soft_wrap=True)
            return
        kinds = kept_of_base(units, book, settings)
        if not job.team.leads:
            _trained(divided, book, settings, options.device, job)
            return
        if job.team.size > 1:
            console.print(f"{job.team.size} processes, each with a batch of its own in every step")
        if unfinished and options.overwrite:
            console.print(f"--overwrite: {_SAME.format(printable(options.out / CHECKPOINT))}", soft_wrap=True)
        for_card = _tell(gold, known, divided, book, settings, kinds, console)
        curve = learning_curve if options.curve and units else _no_curve
        points = curve(training, validation, book, settings, device=options.device, job=job)
        trained, answers = _trained(divided, book, settings, options.device, job)
        learnt = ""
        if validation or answers:
            say("measuring what was learnt")
            with _saved_aside(trained, book, settings, job) as folder:
                learnt = _what_was_learnt(folder, training, validation, book, points, answers, options.device, console)
        save_trained(
            trained,
            options.out,
            book,
            settings,
            counts={"training units": len(training), "validation units": len(validation)},
            data=_data(gold, divided, for_card),
            seen=seen_units([*learnt_from(training, book, settings), *validation]),
            held_out=divided.record() if units else None,
            made_of=job.checkpoints.fingerprint if job.checkpoints else None,
            learnt=learnt,
        )
    console.print(f"model: {printable(options.out)}")


def _settled(units: Sequence[GoldUnit], options: Options) -> tuple[TrainSettings, Division]:
    """The settings with nothing left open, and what is held out.

    Else an unfinished training could go on with something else on another machine.
    """
    settings = load_train_settings(options.config, base=options.base, seed=options.seed, folds=options.folds)
    if options.curve and settings.in_folds:
        raise UsageError("--curve: takes a held-out part, not folds", remedy="leave one of the two out")
    divided = divide(units, settings, curve=options.curve)
    precision = precision_for(settings.precision, pick_device(options.device))
    decided = {"folds": divided.decided, "labels": labels_of(units, settings.labels), "precision": precision}
    return settings.model_copy(update=decided), divided


def _tell(
    gold: Sequence[Path],
    known: Gold,
    divided: Division,
    book: Codebook,
    settings: TrainSettings,
    kinds: Sequence[str],
    console: Console,
) -> list[str]:
    """Print what there is to learn from, and what to mind; returns the lines of it that the card repeats.

    Args:
        kinds: what stays as the base had it.
    """
    units = known.units
    stays = what_stays(kinds, settings.base, units)
    too_good = leaks(divided, seen_before(settings))
    there = what_is_there(book, divided, Labels(settings.labels), kinds, known.waiting, too_good)
    bare = without_definition(bare_codes(book, settings))
    cut = what_is_cut(cut_short(units, settings), len(units), settings.max_tokens)
    for line in [
        *there,
        *cut,
        *stays,
        *bare,
        *how_drawn(gold, units),
        *filter(None, [known.unnamed, machines_own(units)]),
    ]:
        console.print(line, markup=False)
    return [*stays, *too_good]


@contextmanager
def _saved_aside(trained: Trained, book: Codebook, settings: TrainSettings, job: Job) -> Iterator[Path]:
    """The model as it will be saved, to be measured: the one that is saved then has its whole card from the beginning."""
    beside = job.checkpoints.folder if job.checkpoints else None
    with TemporaryDirectory(dir=beside, prefix=PARTS) as folder:
        save_trained(trained, Path(folder), book, settings, counts={}, data="", seen=())
        yield Path(folder)


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


def _trained(
    gold: Division, book: Codebook, settings: TrainSettings, device: str, job: Job
) -> tuple[Trained, Predictions | None]:
    """The model, and with folds what was predicted for each unit without it."""
    if not gold.folds:
        return train_on_gold(gold.training, gold.validation, book, settings, device=device, job=job), None
    fitted = cross_fit_on_gold(gold.training, gold.folds, book, settings, device=device, job=job)
    return fitted.trained, fitted.answers


def _no_curve(*_: object, **__: object) -> list[CurvePoint]:
    return []


def _data(gold: Sequence[Path], divided: Division, stays: Sequence[str]) -> str:
    kept = "".join(f" {line[0].upper()}{line[1:]}." for line in stays)
    if not gold:
        return kept.strip() or "No gold: the codebook's definitions only."
    split = (
        f"dealt into folds ({len(divided.folds)})" if divided.folds else how_split(divided.training, divided.validation)
    )
    why = f", as {divided.why}" if divided.folds and divided.why else ""
    asked = f"The setting was `folds: {divided.asked}`{why}."
    return f"Gold tables {', '.join(f'`{path.name}`' for path in gold)}, {split}. {asked}{kept}"


def _what_was_learnt(
    folder: Path,
    training: Sequence[GoldUnit],
    validation: Sequence[GoldUnit],
    book: Codebook,
    points: list[CurvePoint],
    answers: Predictions | None,
    device: str,
    console: Console,
) -> str:
    """Print it; returns it for the card."""
    learnt = (
        what_was_learnt(folder, training, validation, book, device=device)
        if answers is None
        else learnt_in_folds(folder, training, answers, book, device=device)
    )
    console.print(table_of(learnt))
    for line in (overall_line(learnt), *notes(learnt)):
        console.print(line, markup=False)
    lines = [as_markdown(learnt)]
    if points:
        whole = Predictor(load_model(folder), device=device, batch_tokens=BATCH_TOKENS)
        points = [*points, measured(whole, training, validation, book)]
        told = curve_lines(points, learnt.people, adjudicated=mostly_adjudicated(validation))
        for line in told:
            console.print(line, markup=False)
        lines += ["## Learning curve", "", *(f"- {line}" for line in told), ""]
    return "\n" + "\n".join(lines)
