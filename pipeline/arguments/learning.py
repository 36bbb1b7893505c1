"""From gold to a model, and to how far one agrees with it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.arguments.common import Device, Transcripts
from pipeline.commands.stopping import training_stopped


def train_command(
    codebook: Annotated[str, typer.Option(help="The codebook (YAML), or the name of one that ships.")],
    out: Annotated[Path, typer.Option(help="The model's folder.")],
    gold: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Gold tables (CSV, JSONL, .xlsx or .ods); none for suggestions from definitions.", metavar="[GOLD…]"
        ),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Training settings (YAML); see configs/train.yaml.")] = None,
    base: Annotated[
        str | None, typer.Option(help="A model to go on from, or an encoder: a folder, package:NAME, hub name.")
    ] = None,
    transcripts: Transcripts = None,
    device: Device = "auto",
    seed: Annotated[int | None, typer.Option(help="Seed of the split, the heads and the order of batches.")] = None,
    folds: Annotated[
        int | None,
        typer.Option(
            help="Hold all gold out in so many folds, then learn from all of it; 0: hold out a part. By default 5 for small "
            "gold (trains six times), else 0."
        ),
    ] = None,
    curve: Annotated[
        bool,
        typer.Option("--curve", help="Also train on a quarter and a half of the gold: what would more coding buy?"),
    ] = False,
    checkpoint_minutes: Annotated[
        float, typer.Option(min=0, help="Minutes between checkpoints; an interrupted training goes on from the last.")
    ] = 10,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite", help="Replace a model that is there; throw away an unfinished training of another one."
        ),
    ] = False,
) -> None:
    """Fine-tune a model on a project's gold; without gold, make one that suggests codes from their definitions."""
    try:
        from pipeline.commands.train import train
        from pipeline.commands.train_options import Options

        options = Options(
            codebook=codebook,
            out=out,
            config=config,
            base=base,
            transcripts=transcripts,
            device=device,
            seed=seed,
            folds=folds,
            curve=curve,
            checkpoint_minutes=checkpoint_minutes,
            overwrite=overwrite,
        )
        train(gold or [], options)
    except KeyboardInterrupt as error:  # before the training listens to signals itself, or for the second time
        raise training_stopped(out) from error


def evaluate_command(
    gold: Annotated[list[Path], typer.Argument(help="Gold tables (CSV, JSONL, .xlsx or .ods).", metavar="GOLD…")],
    out: Annotated[Path, typer.Option(help="The evaluation folder.")],
    run: Annotated[Path | None, typer.Option(help="A run to compare with the gold.")] = None,
    model: Annotated[str | None, typer.Option(help="A model to compare with the gold.")] = None,
    transcripts: Transcripts = None,
    by: Annotated[
        str | None,
        typer.Option(help="Attributes to compare agreement by, separated by commas; length is always there."),
    ] = None,
    attributes: Annotated[
        Path | None, typer.Option(help="CSV of attributes by transcript or speaker, for --by.")
    ] = None,
    extent: Annotated[
        str, typer.Option(help="What coders read, for agreement by character: units, transcripts or auto.")
    ] = "auto",
    tolerance: Annotated[int, typer.Option(min=0, help="Characters by which a unit's ends may be off.")] = 20,
    gamma: Annotated[bool, typer.Option("--gamma", help="Also gamma; needs the package pygamma-agreement.")] = False,
    epsilon: Annotated[
        float,
        typer.Option(min=0, max=1, help="Alternative-annotator test: 0.2 expert, 0.15 trained, 0.1 crowd coders."),
    ] = 0.15,
    design: Annotated[
        Path | None,
        typer.Option(
            help="The sample's .design.json, where it does not lie beside the gold; units are weighted by it."
        ),
    ] = None,
    device: Device = "auto",
) -> None:
    """Measure agreement with gold, and of its coders with each other."""
    from pipeline.gold import check_tables

    check_tables(gold, tell=lambda path, guess: None)  # before what judges by them is loaded, which takes seconds
    from pipeline.commands import evaluate as command

    options = command.Options(
        by=tuple(name.strip().lower() for name in (by or "").split(",") if name.strip()),
        attributes=attributes,
        extent=extent,
        tolerance=tolerance,
        gamma=gamma,
        epsilon=epsilon,
        design=design,
    )
    command.evaluate(gold, run=run, model=model, out=out, transcripts=transcripts, device=device, options=options)
