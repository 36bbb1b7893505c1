"""From and to other programs, and codebooks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.arguments.common import Overwrite, Transcripts
from pipeline.exchange.registry import FORMATS
from pipeline.exchange.units import Units

_READ = ", ".join(item.name for item in FORMATS if item.reader)
_WRITTEN = ", ".join(item.name for item in FORMATS if item.writer or item.run_writer)


def import_command(
    file: Annotated[Path, typer.Argument(help="A hand-coded project of another program.", metavar="FILE")],
    out: Annotated[Path, typer.Option(help="The gold table (.csv or .jsonl); codebook and texts go beside it.")],
    units: Annotated[
        Units,
        typer.Option(help="A row is a coded stretch (spans), or a participant's segment (segments), to train on."),
    ] = Units.SPANS,
    format_: Annotated[
        str | None, typer.Option("--format", help=f"What it is, where its name does not say: {_READ}.")
    ] = None,
    map_: Annotated[
        list[str] | None, typer.Option("--map", help="column=meaning, for tables with columns of other names.")
    ] = None,
    transcripts: Annotated[
        Path | None, typer.Option(help="Folder of the transcripts, for formats that hold the coded words only.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Settings of `themes run` (YAML), for the same segments.")] = None,
    overwrite: Overwrite = False,
) -> None:
    """Make a gold table of a hand-coded project (NVivo, MAXQDA, ATLAS.ti, Taguette …)."""
    from pipeline.commands import exchange as command

    command.import_project(
        file,
        out=out,
        units=units,
        format_=format_,
        mapping=map_ or [],
        transcripts=transcripts,
        config=config,
        overwrite=overwrite,
    )


def export_command(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            help="A run folder, gold tables, or a run and its gold: machine beside coders.", metavar="RUN|GOLD…"
        ),
    ],
    out: Annotated[Path, typer.Option(help="What to write.")],
    format_: Annotated[str | None, typer.Option("--format", help=f"{_WRITTEN}; else by the name of --out.")] = None,
    coder: Annotated[list[str] | None, typer.Option(help="Only this coder's codings; may be given again.")] = None,
    codebook: Annotated[
        str | None, typer.Option(help="For gold: its codebook; else the codebook.yaml beside the table, if any.")
    ] = None,
    transcripts: Transcripts = None,
    overwrite: Overwrite = False,
) -> None:
    """Write codings for another program (NVivo, MAXQDA, ATLAS.ti, Excel …)."""
    from pipeline.commands import exchange as command

    command.export(
        inputs,
        format_=format_,
        out=out,
        coders=coder or [],
        codebook=codebook,
        transcripts=transcripts,
        overwrite=overwrite,
    )


def codebook_command(
    file: Annotated[
        str, typer.Argument(help="A codebook (YAML, CSV, QDC), or the name of one that ships.", metavar="FILE")
    ],
    out: Annotated[Path | None, typer.Option(help="Convert it into this file, by suffix: .yaml, .csv, .qdc.")] = None,
    overwrite: Overwrite = False,
) -> None:
    """Check a codebook and list its codes, or convert it."""
    from pipeline.commands import codebook as command

    if out is None:
        command.show(file)
    else:
        command.convert(file, out, overwrite=overwrite)
