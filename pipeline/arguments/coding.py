"""From transcripts to a run and its report."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline.arguments.common import DEFAULT_MODEL, Attributes, Config, Device, Inputs, Run


def run_command(
    inputs: Inputs,
    out: Annotated[Path, typer.Option(help="The run folder; an interrupted run goes on where it was.")],
    model: Annotated[
        str, typer.Option("--model", help="A model's folder, or the name of a shipped model.")
    ] = DEFAULT_MODEL,
    codebook: Annotated[str | None, typer.Option(help="Codes to report, where not all of the model's.")] = None,
    attributes: Attributes = None,
    config: Config = None,
    max_words: Annotated[int | None, typer.Option(help="Longest segment, in words.")] = None,
    risk: Annotated[
        float | None, typer.Option(help="Share of wrong codings allowed; what is more uncertain is left to a human.")
    ] = None,
    device: Device = "auto",
    workers: Annotated[
        int | None,
        typer.Option(min=0, help="Processes that read ahead of the model; 0 is none, by default as many as pay."),
    ] = None,
    shard: Annotated[
        str | None, typer.Option(metavar="I/N", help="Code the I-th of N shares; the command without this joins them.")
    ] = None,
    cluster: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Code on a Ray cluster: local, auto or HOST:PORT.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Start afresh in a folder that holds a run.")] = False,
) -> None:
    """Code transcripts into a run folder."""
    from pipeline.commands import run as command

    result = command.code(
        inputs,
        out=out,
        model=model,
        codebook=codebook,
        attributes=attributes,
        config=config,
        max_words=max_words,
        risk=risk,
        device=device,
        workers=workers,
        cluster=cluster,
        overwrite=overwrite,
        shard=shard,
        command=shlex.join(["themes", *sys.argv[1:]]),
    )
    raise typer.Exit(result)


def inspect_command(
    files: Inputs,
    turns: Annotated[int, typer.Option(min=0, help="How many of the first turns to show.")] = 3,
    config: Config = None,
    attributes: Attributes = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Show how transcripts are understood, before anything is coded: speakers, roles, turns, doubts."""
    from pipeline.commands import inspect as command

    raise typer.Exit(command.show(files, turns=turns, config=config, attributes=attributes, as_json=as_json))


def report_command(
    run: Run,
    out: Annotated[Path | None, typer.Option(help="Where to write it; RUN/report.html by default.")] = None,
) -> None:
    """Write a run as one HTML page that opens offline."""
    from pipeline.report import write_report

    typer.echo(write_report(run, out or run / "report.html"))
