"""`themes train`: gold in, model out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from models.encoder import EncoderError
from models.saving import ModelError, is_model
from pipeline.codebook import Codebook, load_codebook
from pipeline.commands.models import check_device
from pipeline.commands.terminal import terminal
from pipeline.errors import UsageError, printable
from pipeline.gold import GoldUnit, load_gold
from pipeline.learn import load_train_settings, save_trained, seen_units, split_groups, train_on_gold
from pipeline.lookup import texts_in

THIN = 20
"""Fewer units than this with a code are too few to learn it from; the user is warned."""


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
) -> None:
    """Train and save; prints what each code had to learn from."""
    check_device(device)
    book = load_codebook(codebook)
    settings = load_train_settings(config, base=base, seed=seed)
    units = load_gold(gold, codes=book.names, text_of=texts_in(transcripts))
    training, validation = split_groups(units, settings.validation_share, settings.seed)
    check_out(out)
    console = terminal()
    _print_counts(book, training, validation, console)
    try:
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
        data=f"Gold tables {names}, split by group.",
        seen=seen_units(units),
    )
    console.print(f"model: {printable(out)}")


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


def _print_counts(
    book: Codebook, training: Sequence[GoldUnit], validation: Sequence[GoldUnit], console: Console
) -> None:
    table = Table(title=f"{len(training)} units to train on, {len(validation)} held out", title_justify="left")
    table.add_column("code")
    for heading in ("training", "held out"):
        table.add_column(heading, justify="right")
    table.add_column("")
    for code in book.names:
        seen, held = (
            sum(any(code in (item.codes or ()) for item in unit.codings) for unit in part)
            for part in (training, validation)
        )
        table.add_row(code, str(seen), str(held), "too few to learn from" if seen < THIN else "")
    console.print(table)
