"""`themes train`: gold in, model out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from models.decisions import Labels
from models.encoder import EncoderError
from models.saving import CARD, ModelError, is_model
from pipeline.codebook import Codebook, load_codebook
from pipeline.commands.models import check_device, load_predictor
from pipeline.commands.terminal import terminal
from pipeline.errors import UsageError, printable
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


def train(
    gold: Sequence[Path],
    *,
    codebook: str,
    out: Path,
    config: Path | None,
    base: str | None,
    transcripts: Path | None,
    device: str,
    seed: int | None,
    curve: bool = False,
) -> None:
    """Train and save; prints what each code had to learn from, and what was learnt."""
    check_device(device)
    book = load_codebook(codebook)
    settings = load_train_settings(config, base=base, seed=seed)
    units = load_gold(gold, codes=book.names, text_of=texts_in(transcripts)) if gold else []
    training, validation = split_groups(units, settings.validation_share, settings.seed) if units else ([], [])
    settings = settings.model_copy(update={"labels": labels_of(units, settings.labels)})
    check_out(out)
    console = terminal()
    console.print(_what_is_there(book, training, validation, Labels(settings.labels)))
    try:
        points = learning_curve(training, validation, book, settings, device=device) if curve and units else []
        trained = train_on_gold(training, validation, book, settings, device=device)
    except (EncoderError, ModelError) as error:
        raise UsageError(str(error)) from error
    names = ", ".join(f"`{path.name}`" for path in gold)
    save_trained(
        trained,
        out,
        book,
        settings,
        counts={"training units": len(training), "validation units": len(validation)},
        data=f"Gold tables {names}, split by group." if gold else "No gold: the codebook's definitions only.",
        seen=seen_units(units),
    )
    if validation:
        _tell_what_was_learnt(out, training, validation, book, points, device, console)
    console.print(f"model: {printable(out)}")


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
        strangers = sorted(entry.name for entry in out.iterdir()) if out.exists() and not is_model(out) else []
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", path=out, remedy="name another folder") from error
    nearest = next(folder for folder in (out.absolute(), *out.absolute().parents) if folder.exists())
    if not os.access(nearest, os.W_OK):
        raise UsageError("cannot be written: permission denied", path=out, remedy="name another folder")
    if strangers:
        raise UsageError(
            f"is not empty and holds no model ({printable(strangers[0])} …)", path=out, remedy="name a new folder"
        )
