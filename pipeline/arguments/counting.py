"""From a run to how common its codes are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.arguments.common import Run


def sample_command(
    run: Run,
    size: Annotated[int, typer.Option("--n", help="How many segments to hand-code.")],
    out: Annotated[Path, typer.Option(help="The table to fill in (CSV; never overwritten).")],
    seed: Annotated[int, typer.Option(help="Seed of the draw.")] = 0,
    strata: Annotated[
        str, typer.Option(help="codes, uncertainty, attributes (rank …), separated by commas; none: simple random.")
    ] = "codes,uncertainty",
    context: Annotated[bool, typer.Option("--context/--no-context", help="With the talk just before.")] = True,
    attitudes: Annotated[
        bool, typer.Option("--attitudes", help="A table for attitudes too: a row per mention that was found.")
    ] = False,
) -> None:
    """Draw the segments to hand-code, with known probabilities, as a gold table to fill in."""
    from pipeline.commands import prevalence as command

    command.sample(run, size=size, out=out, seed=seed, strata=strata, context=context, attitudes=attitudes)


def prevalence_command(
    run: Run,
    gold: Annotated[list[Path], typer.Option(help="Hand-coded segments of this run; may be given again.")],
    design: Annotated[
        Path | None, typer.Option(help="The sample's .design.json, where it does not lie beside the gold.")
    ] = None,
    by: Annotated[str, typer.Option(help="Attributes to compare groups by, separated by commas.")] = "",
    out: Annotated[Path | None, typer.Option(help="Folder for prevalence.json and prevalence.csv.")] = None,
    target: Annotated[
        str, typer.Option(help="interviews: interviews like these; corpus: these transcripts and no others.")
    ] = "interviews",
    simple_random: Annotated[
        bool, typer.Option("--simple-random", help="Gold without inclusion probabilities was drawn at random.")
    ] = False,
) -> None:
    """How common each code and attitude is, corrected for the machine's errors with hand-coded segments."""
    from pipeline.commands import prevalence as command

    command.prevalence(run, gold=gold, design=design, by=by, out=out, target=target, simple_random=simple_random)
