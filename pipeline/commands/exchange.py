"""`themes import` and `themes export`: hand-coded projects in, codings out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from pipeline.codebook import Codebook, load_codebook
from pipeline.commands.terminal import tell_guess, terminal
from pipeline.config import load_run_settings
from pipeline.errors import ThemesError, UsageError, printable, typed
from pipeline.exchange.gold_files import CODEBOOK, TRANSCRIPTS, check_suffix, own_file, write_gold
from pipeline.exchange.gold_project import project_of_gold
from pipeline.exchange.gold_rows import GoldRows, gold_rows
from pipeline.exchange.outputs import spare
from pipeline.exchange.project import Project
from pipeline.exchange.registry import FORMATS, ExchangeFormat, is_written, load, named, reader_of
from pipeline.exchange.run_project import codebook_of_run, merged, project_of_run
from pipeline.exchange.segmenting import SourceSegmenter
from pipeline.exchange.summary import summary
from pipeline.exchange.units import Units
from pipeline.gold import read_gold, text_between
from pipeline.gold_machine import OF_MACHINE
from pipeline.gold_unit import MACHINE
from pipeline.lookup import transcripts_in
from pipeline.plural import numbered
from pipeline.tables import RunTables, open_run

_HINTS = {
    Units.SPANS: "units are the coded stretches, exactly: for comparing coders and for taking codings to other programs. "
    "To train a model or evaluate a run, import with --units segments, which also gives the talk that got no code.",
    Units.SEGMENTS: "units are the participants' segments, as `themes run` cuts them: for `themes train` and "
    "`themes evaluate`. A segment without a code counts as read by everybody who coded something in its source.",
}

_OF_MACHINE = (
    f"the codings by {MACHINE} are the run's own, but for those that somebody edited under its name: {OF_MACHINE}, before you "
    "train or evaluate on it"
)
_NO_TRANSCRIPT = (
    "no transcript, so [it stands|they stand] in [a text|texts] made of [it|them], not beside the machine's codings; give the "
    "gold the columns transcript, start, end (`themes sample RUN` writes them) to have both on the same words"
)
_OF_RUN = "units are the run's segments: `themes evaluate GOLD --run RUN` compares the people with it"


def import_project(
    file: Path,
    *,
    out: Path,
    units: Units,
    format_: str | None,
    mapping: Sequence[str],
    transcripts: Path | None,
    config: Path | None,
    overwrite: bool,
) -> None:
    """Read a project, write the gold table and what belongs to it, say what was done."""
    check_suffix(out)
    spare([out], [file])
    settings = load_run_settings(config)
    try:
        project = read_project(file, format_, mapping=mapping, transcripts=transcripts)
    except ThemesError as error:
        if not error.add:
            raise
        given: list[str | Path] = ["--units", units] if units is not Units.SPANS else []
        for name, value in {"--format": format_, "--transcripts": transcripts, "--config": config}.items():
            given += [name, value] if value is not None else []
        given += ["--overwrite"] * overwrite + [part for item in mapping for part in ("--map", item)]
        command = " ".join(map(typed, ["themes", "import", file, "--out", out, *given, *error.add]))
        remedy = f"{error.remedy}. The whole command, with the columns that may be meant: `{command}`"
        raise type(error)(error.problem, path=file, place=error.place, remedy=remedy) from error
    errors = terminal(stderr=True)
    _warn(errors, project.warnings)
    _check_coded(project, file)
    segmenter = SourceSegmenter(settings) if units is Units.SEGMENTS else None
    gold = gold_rows(project, segmenter=segmenter)
    _warn(errors, [*(segmenter.warnings if segmenter else ()), *gold.notes])
    if not gold.codings:
        raise ThemesError(
            "gives no unit: no coding lies on a participant's segment", path=file, remedy="try --units spans"
        )
    written = write_gold(out, project, gold, inputs=[file], transcripts=transcripts, overwrite=overwrite)
    _tell_import(project, gold, units, out, written)


def _check_coded(project: Project, file: Path) -> None:
    if not project.codings:
        texts, codes = numbered(len(project.sources), "[text|texts]"), numbered(len(project.codes), "[code|codes]")
        raise ThemesError(
            f"holds no coded text, only {texts} and {codes}",
            path=file,
            remedy="a codebook alone is read by `themes codebook FILE --out codebook.yaml`",
        )


def _tell_import(project: Project, gold: GoldRows, units: Units, out: Path, written: Sequence[Path]) -> None:
    """Say what the table holds, what it is for, and which files lie beside it."""
    if any(coding.coder == MACHINE for coding in gold.codings):
        _warn(terminal(stderr=True), [_OF_MACHINE])
    of_run = all(source.origin for source in project.sources)
    print(summary(gold.codings, len(gold.book.names) if gold.book else 0, segments=of_run or units is Units.SEGMENTS))
    print(_OF_RUN if of_run else f"{units.value}: {_HINTS[units]}")
    if project.columns:
        print(f"columns: {'; '.join(f'{meaning}: {printable(name)}' for meaning, name in project.columns.items())}")
    beside = ", ".join(_shown(written, out.parent))
    print(f"gold table: {printable(out)}{beside and f'; beside it {beside}'}")


def read_project(
    file: Path, format_: str | None, *, mapping: Sequence[str] = (), transcripts: Path | None = None
) -> Project:
    """A project in any format that has a reader.

    Raises:
        UsageError, UnreadableInput: no such file or format, options that the format has no use for, or what its reader says.
    """
    if not file.exists():
        raise UsageError("there is no such file or folder", path=file, remedy="check the path")
    pairs = _pairs(mapping)
    chosen = named(format_, written=False) if format_ else reader_of(file, pairs)
    assert chosen.reader is not None
    options: dict[str, Any] = {}
    if pairs:
        options["mapping"] = pairs
    if transcripts is not None:
        options["transcripts"] = transcripts
    useless = [name for name in options if name not in chosen.options]
    if useless:
        option = {"mapping": "--map", "transcripts": "--transcripts"}[useless[0]]
        raise UsageError(f"{option} means nothing for {chosen.label}", path=file, remedy="leave it out")
    project: Project = load(chosen.reader)(file, **options)
    return project


def export(
    inputs: Sequence[Path],
    *,
    format_: str | None,
    out: Path,
    coders: Sequence[str],
    codebook: str | None,
    transcripts: Path | None,
    overwrite: bool,
) -> None:
    """Write a run, gold tables, or a run beside the gold of its transcripts, for another program."""
    chosen = _writer(format_, out)
    if out.exists() and not overwrite:
        raise UsageError("is there already", path=out, remedy="name another with --out, or replace it with --overwrite")
    for path in inputs:
        if not path.exists():
            raise UsageError("there is no such file or folder", path=path, remedy="a run folder, or a gold table")
    runs = [path for path in inputs if path.is_dir()]
    gold = [path for path in inputs if not path.is_dir()]
    if len(runs) > 1:
        raise UsageError("is a second run; one is exported at a time", path=runs[1], remedy="export them one by one")
    tables = open_run(runs[0]) if runs else None
    spare([out], inputs)
    if transcripts is not None and out.resolve() == transcripts.resolve():
        raise UsageError("holds the transcripts that are read", path=out, remedy="name another with --out")
    errors = terminal(stderr=True)
    if tables is not None and not gold and not coders and chosen.run_writer:
        _warn(errors, load(chosen.run_writer)(tables, out))
        print(f"{chosen.label}: {printable(out)}")
        return
    if chosen.writer is None:
        at, remedy = ("--format", "give one run folder") if gold else ("--coder", "leave --coder out")
        raise UsageError(f"{chosen.name} is written from a run alone, as it is", place=at, remedy=remedy)
    project = _project(tables, gold, codebook, transcripts)
    project = _only(project, coders)
    _warn(errors, [*project.warnings, *load(chosen.writer)(project, out)])
    given = sum(coding.code_id is not None for coding in project.codings)
    codes, sources = numbered(len(project.codes), "[code|codes]"), numbered(len(project.sources), "[source|sources]")
    print(f"{numbered(given, '[coding|codings]')} with {codes} on {sources}")
    print(f"{chosen.label}: {printable(out)}")


def _project(tables: RunTables | None, gold: Sequence[Path], codebook: str | None, transcripts: Path | None) -> Project:
    of_run = project_of_run(tables) if tables is not None else None
    if not gold:
        assert of_run is not None  # typer wants at least one input
        return of_run
    find = _texts(of_run, gold[0], transcripts)

    def text_of(name: str, start: int, end: int) -> str:
        return text_between(find(name), start, end)

    book = _codebook(codebook, gold[0])
    of_machine = codebook_of_run(tables) if tables is not None else None
    # Codes may be written by their labels: those of the gold's own codebook first, then those of the run's.
    labels = {name: label for known in (of_machine, book) if known for name, label in known.labels.items()}
    known = read_gold(gold, labels=labels, text_of=text_of, tell=tell_guess)
    units = known.units
    of_gold = project_of_gold(units, gold[0].stem, codebook=book or of_machine, text_of=find)
    waiting = [f"{printable(gold[0])}: {known.waiting.notice}"] if known.waiting.rows else []
    waiting += filter(None, [known.waiting.attitude_notice, known.unnamed])
    of_gold = replace(of_gold, warnings=(*waiting, *of_gold.warnings))
    if of_run is None:
        return of_gold
    nowhere = sum(unit.first.transcript is None for unit in units)
    if nowhere:
        told = numbered(nowhere, f"[unit names|units name] {_NO_TRANSCRIPT}")
        of_gold = replace(of_gold, warnings=(f"{printable(gold[0])}: {told}", *of_gold.warnings))
    return merged(of_run, of_gold)


def _texts(run: Project | None, gold: Path, transcripts: Path | None) -> Callable[[str], str]:
    """Where the gold's transcripts are: in the run, in the folder that was named, in the one that an import left."""
    if transcripts is not None and not transcripts.is_dir():
        raise UsageError("is not a folder", path=transcripts, remedy="give the folder that holds the transcripts")
    beside = gold.parent / TRANSCRIPTS
    folder = transcripts or (beside if beside.is_dir() else None)
    find = transcripts_in(folder)
    known: dict[str, str] = {}
    for source in run.sources if run else ():
        known |= dict.fromkeys((source.source_id, source.name, Path(source.name).stem), source.text)

    def text(name: str) -> str:
        return known[name] if name in known else find(name).text

    return text


def _codebook(given: str | None, gold: Path) -> Codebook | None:
    """The one that was named, else the one beside the gold, where an import left it."""
    if given:
        return load_codebook(given)
    beside = next((path for path in (own_file(gold, CODEBOOK), gold.parent / CODEBOOK) if path.is_file()), None)
    return load_codebook(beside) if beside else None


def _only(project: Project, coders: Sequence[str]) -> Project:
    if not coders:
        return project
    found = sorted({coding.coder for coding in project.codings})
    missing = [coder for coder in coders if coder not in found]
    if missing:
        raise UsageError(
            f"nothing was coded by {printable(missing[0])!r}",
            place="--coder",
            remedy=f"the coders are {', '.join(map(printable, found)) or 'none'}",
        )
    return replace(project, codings=tuple(coding for coding in project.codings if coding.coder in coders))


def _writer(format_: str | None, out: Path) -> ExchangeFormat:
    if format_ is not None:
        return named(format_, written=True)
    writable = [item for item in FORMATS if is_written(item)]
    suffix = out.suffix.lower()
    found = [item for item in writable if suffix in item.suffixes]
    # Where formats share a suffix, the one that is called so is meant.
    found = [item for item in found if suffix == f".{item.name}"] or found
    if len(found) == 1:
        return found[0]
    known = ", ".join(item.name for item in writable)
    raise UsageError("which format is meant cannot be told from the name", path=out, remedy=f"--format {known}")


def _pairs(mapping: Sequence[str]) -> Mapping[str, str]:
    pairs = [item.partition("=") for item in mapping]
    for (column, equals, meaning), item in zip(pairs, mapping, strict=True):
        if not (column.strip() and equals and meaning.strip()):
            raise UsageError(f"{printable(item)!r} is no column=meaning", place="--map", remedy="e.g. --map Quote=text")
    return {column.strip(): meaning.strip() for column, _, meaning in pairs}


def _shown(paths: Sequence[Path], folder: Path) -> list[str]:
    """The files beside the gold; a folder's as the folder."""
    names = (
        path.relative_to(folder).parts[0] + ("/" if len(path.relative_to(folder).parts) > 1 else "") for path in paths
    )
    return list(dict.fromkeys(names))[:-1]


def _warn(errors: Console, warnings: Sequence[str]) -> None:
    for warning in warnings:
        errors.print(f"themes: warning: {printable(warning)}")
