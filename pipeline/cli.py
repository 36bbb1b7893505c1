"""The command `themes`. Each command parses, calls the library, prints, and gives the exit status of the design."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from pipeline import __version__
from pipeline.errors import ThemesError, printable

# The tokenizer's own threads would warn at each worker that is started; set before transformers is imported.
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


class _Commands(TyperGroup):
    """Commands whose interruption gets a message and the exit status 1; typer's own has neither."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that the user named."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            raise ThemesError(
                "interrupted", remedy="what a run has finished is kept, and the same command goes on from there"
            ) from error


app = typer.Typer(
    cls=_Commands,
    help="Codes interview transcripts for themes and attitudes to partners, on this machine, with no network.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

DEFAULT_MODEL = "partnership-culture"

Inputs = Annotated[list[Path], typer.Argument(help="Transcripts, or folders of them.", metavar="INPUT…")]
Gold = Annotated[list[Path], typer.Argument(help="Gold tables (CSV or JSONL).", metavar="GOLD…")]
Model = Annotated[str, typer.Option("--model", help="A model's folder, or the name of a shipped model.")]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda.")]
Transcripts = Annotated[
    Path | None, typer.Option(help="Folder of the transcripts, for gold that gives offsets instead of text.")
]


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.", is_eager=True)] = False,
) -> None:
    if version:
        typer.echo(f"transcript-themes {__version__}")
        raise typer.Exit


@app.command("run")
def run_command(
    inputs: Inputs,
    out: Annotated[Path, typer.Option(help="The run folder; an interrupted run goes on where it was.")],
    model: Model = DEFAULT_MODEL,
    codebook: Annotated[str | None, typer.Option(help="Codes to report, where not all of the model's.")] = None,
    attributes: Annotated[Path | None, typer.Option(help="CSV of attributes by transcript or speaker.")] = None,
    config: Annotated[Path | None, typer.Option(help="Settings (YAML); see configs/run.yaml.")] = None,
    max_words: Annotated[int | None, typer.Option(help="Longest segment, in words.")] = None,
    risk: Annotated[
        float | None, typer.Option(help="Share of wrong codings allowed; what is more uncertain is left to a human.")
    ] = None,
    device: Device = "auto",
    workers: Annotated[int, typer.Option(min=0, help="Processes that read ahead of the model; 0 is none.")] = 0,
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
        overwrite=overwrite,
        command=shlex.join(["themes", *sys.argv[1:]]),
    )
    raise typer.Exit(result)


@app.command("report")
def report_command(
    run: Annotated[Path, typer.Argument(help="A run folder.", metavar="RUN")],
    out: Annotated[Path | None, typer.Option(help="Where to write it; RUN/report.html by default.")] = None,
) -> None:
    """Write a run as one HTML page that opens offline."""
    from pipeline.report import write_report

    typer.echo(write_report(run, out or run / "report.html"))


@app.command("train")
def train_command(
    codebook: Annotated[str, typer.Option(help="The codebook (YAML), or the name of one that ships.")],
    out: Annotated[Path, typer.Option(help="The model's folder.")],
    gold: Annotated[
        list[Path] | None,
        typer.Argument(help="Gold tables (CSV or JSONL); none for suggestions from definitions.", metavar="[GOLD…]"),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Training settings (YAML); see configs/train.yaml.")] = None,
    base: Annotated[
        str | None, typer.Option(help="A model to go on from, or an encoder: a folder, package:NAME, hub name.")
    ] = None,
    transcripts: Transcripts = None,
    device: Device = "auto",
    seed: Annotated[int | None, typer.Option(help="Seed of the split, the heads and the order of batches.")] = None,
    curve: Annotated[
        bool,
        typer.Option("--curve", help="Also train on a quarter and a half of the gold: what would more coding buy?"),
    ] = False,
) -> None:
    """Fine-tune a model on a project's gold; without gold, make one that suggests codes from their definitions."""
    from pipeline.commands import train as command

    command.train(
        gold or [],
        codebook=codebook,
        out=out,
        config=config,
        base=base,
        transcripts=transcripts,
        device=device,
        seed=seed,
        curve=curve,
    )


@app.command("evaluate")
def evaluate_command(
    gold: Gold,
    out: Annotated[Path, typer.Option(help="The evaluation folder.")],
    run: Annotated[Path | None, typer.Option(help="A run to compare with the gold.")] = None,
    model: Annotated[str | None, typer.Option(help="A model to compare with the gold.")] = None,
    transcripts: Transcripts = None,
    device: Device = "auto",
) -> None:
    """Measure agreement with gold, and of its coders with each other."""
    from pipeline.commands import evaluate as command

    command.evaluate(gold, run=run, model=model, out=out, transcripts=transcripts, device=device)


@app.command("sample")
def sample_command(
    run: Annotated[Path, typer.Argument(help="A run folder.", metavar="RUN")],
    size: Annotated[int, typer.Option("--n", help="How many segments to hand-code.")],
    out: Annotated[Path, typer.Option(help="The table to fill in (CSV; never overwritten).")],
    seed: Annotated[int, typer.Option(help="Seed of the draw.")] = 0,
    strata: Annotated[
        str, typer.Option(help="codes, uncertainty, attributes (rank …), separated by commas; none: simple random.")
    ] = "codes,uncertainty",
    context: Annotated[bool, typer.Option("--context/--no-context", help="With the talk just before.")] = True,
) -> None:
    """Draw the segments to hand-code, with known probabilities, as a gold table to fill in."""
    from pipeline.commands import prevalence as command

    command.sample(run, size=size, out=out, seed=seed, strata=strata, context=context)


@app.command("prevalence")
def prevalence_command(
    run: Annotated[Path, typer.Argument(help="A run folder.", metavar="RUN")],
    gold: Annotated[list[Path], typer.Option(help="Hand-coded segments of this run; may be given again.")],
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

    command.prevalence(run, gold=gold, by=by, out=out, target=target, simple_random=simple_random)


@app.command("codebook")
def codebook_command(
    file: Annotated[str, typer.Argument(help="A codebook (YAML), or the name of one that ships.", metavar="FILE")],
) -> None:
    """Check a codebook and list its codes."""
    from pipeline.commands import codebook as command

    command.show(file)


def main() -> None:
    """Entry point: user's mistakes become one line on stderr and an exit status, never a traceback."""
    errors = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
    try:
        app()
    except ThemesError as error:
        errors.print(f"themes: {error}")
        raise SystemExit(error.exit_status) from error
    except OSError as error:  # a broken pipe does not come here: typer ends quietly
        place = f"{printable(error.filename)}: " if error.filename else ""
        errors.print(f"themes: {place}cannot be read or written: {error.strerror or error}")
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
