"""The command `themes`. Each command parses, calls the library, prints, and gives the exit status of the design."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from pipeline import __version__
from pipeline.commands.stopping import training_stopped
from pipeline.errors import ThemesError, printable
from pipeline.exchange.registry import FORMATS
from pipeline.exchange.units import Units
from pipeline.interruption import INTERRUPTED, TERMINATED, Terminated, begun

# The tokenizer's own threads would warn at each worker that is started, and it works beside the network anyway; set before
# transformers is imported, here alone, and what the user has set stays.
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

_READ = ", ".join(item.name for item in FORMATS if item.reader)
_WRITTEN = ", ".join(item.name for item in FORMATS if item.writer or item.run_writer)


class _Interruption(ThemesError):
    """Ctrl-C, with the exit status that a shell gives for it."""

    exit_status = INTERRUPTED


class _Termination(ThemesError):
    """SIGTERM, likewise."""

    exit_status = TERMINATED


def _interruption(error: KeyboardInterrupt) -> ThemesError:
    told = _Termination if isinstance(error, Terminated) else _Interruption
    return told(
        "ended by SIGTERM" if told is _Termination else "interrupted",
        remedy="what a run or a training has kept is safe, and the same command goes on from there",
    )


class _Commands(TyperGroup):
    """Commands whose interruption gets a message; typer's own has neither."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that the user named."""
        begun()
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            raise _interruption(error) from error


app = typer.Typer(
    cls=_Commands,
    help="Codes interview transcripts for themes and attitudes to partners, on this machine, with no network.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

DEFAULT_MODEL = "partnership-culture"

Inputs = Annotated[
    list[Path], typer.Argument(help="Transcripts, or folders or zip archives of them.", metavar="INPUT…")
]
Gold = Annotated[list[Path], typer.Argument(help="Gold tables (CSV, JSONL, .xlsx or .ods).", metavar="GOLD…")]
Model = Annotated[str, typer.Option("--model", help="A model's folder, or the name of a shipped model.")]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda.")]
Transcripts = Annotated[
    Path | None, typer.Option(help="Folder of the transcripts, for gold that gives offsets instead of text.")
]

Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace files that are there already.")]


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


@app.command("inspect")
def inspect_command(
    files: Inputs,
    turns: Annotated[int, typer.Option(min=0, help="How many of the first turns to show.")] = 3,
    config: Annotated[Path | None, typer.Option(help="Settings (YAML); see configs/run.yaml.")] = None,
    attributes: Annotated[Path | None, typer.Option(help="CSV of attributes by transcript or speaker.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Show how transcripts are understood, before anything is coded: speakers, roles, turns, doubts."""
    from pipeline.commands import inspect as command

    raise typer.Exit(command.show(files, turns=turns, config=config, attributes=attributes, as_json=as_json))


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


@app.command("evaluate")
def evaluate_command(
    gold: Gold,
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


@app.command("import")
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


@app.command("export")
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
    attitudes: Annotated[
        bool, typer.Option("--attitudes", help="A table for attitudes too: a row per mention that was found.")
    ] = False,
) -> None:
    """Draw the segments to hand-code, with known probabilities, as a gold table to fill in."""
    from pipeline.commands import prevalence as command

    command.sample(run, size=size, out=out, seed=seed, strata=strata, context=context, attitudes=attitudes)


@app.command("prevalence")
def prevalence_command(
    run: Annotated[Path, typer.Argument(help="A run folder.", metavar="RUN")],
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


@app.command("codebook")
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


def main() -> None:
    """The command: user's mistakes become one line on stderr and an exit status, never a traceback."""
    try:
        try:
            app()
        except KeyboardInterrupt as error:  # before a command has begun, or after one that has done all
            raise _interruption(error) from error
    except ThemesError as error:
        print(f"themes: {error}", file=sys.stderr)
        raise SystemExit(error.exit_status) from error
    except OSError as error:  # a broken pipe does not come here: typer ends quietly
        place = f"{printable(error.filename)}: " if error.filename else ""
        print(f"themes: {place}cannot be read or written: {error.strerror or error}", file=sys.stderr)
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
