"""Arguments that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_MODEL = "partnership-culture"

Inputs = Annotated[
    list[Path], typer.Argument(help="Transcripts, or folders or zip archives of them.", metavar="INPUT…")
]
Run = Annotated[Path, typer.Argument(help="A run folder.", metavar="RUN")]
Config = Annotated[Path | None, typer.Option(help="Settings (YAML); see configs/run.yaml.")]
Attributes = Annotated[Path | None, typer.Option(help="CSV of attributes by transcript or speaker.")]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda.")]
Transcripts = Annotated[
    Path | None, typer.Option(help="Folder of the transcripts, for gold that gives offsets instead of text.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace files that are there already.")]
