"""Which reader and writer takes which exchange format.

To add a format, write a module in `pipeline.exchange` and add an entry to `FORMATS`. Functions are named as `module:function`
and imported when first used, so that one format's library costs the others nothing:

- `reader`: `read(path: Path) -> Project`; raises `UnreadableInput` or `UsageError` with the place and a remedy. Further keyword
  arguments that it understands are named in `options` (`mapping: Mapping[str, str]` from `--map column=meaning`,
  `transcripts: Path | None` from `--transcripts FOLDER`); only those are passed.
- `recognise`: `(path: Path) -> bool`, a cheap look at the content that never raises; needed where formats share a suffix. Of the
  formats with the file's suffix the first whose recogniser says yes is taken, else the first that has none.
- `writer`: `write(project: Project, out: Path) -> Sequence[str]`, from a gold table or a run turned into a `Project`.
- `run_writer`: `write(run: RunTables, out: Path) -> Sequence[str]`, straight from a run folder; preferred for runs where given.

Writers return what the user should know of the result (what was cut or left out), a sentence each; often nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

from pipeline.errors import UnreadableInput, UsageError, printable


@dataclass(frozen=True, slots=True)
class ExchangeFormat:
    """A format of other programs.

    Attributes:
        name: as given to `--format`; readers and writers of one format share the entry.
        label: what it is, for messages.
        suffixes: lower case, with the dot; "" for a folder.
        reader, recognise, writer, run_writer: dotted paths, see above; None where there is none.
        options: further keyword arguments of the reader.
    """

    name: str
    label: str
    suffixes: tuple[str, ...]
    reader: str | None = None
    recognise: str | None = None
    writer: str | None = None
    run_writer: str | None = None
    options: tuple[str, ...] = ()


TABLES = (".csv", ".tsv", ".xlsx", ".ods")
"""Suffixes of tables."""

FORMATS: tuple[ExchangeFormat, ...] = (
    ExchangeFormat(
        "qdpx",
        "REFI-QDA project (NVivo, MAXQDA, ATLAS.ti, QualCoder …)",
        (".qdpx", ".qde"),
        reader="pipeline.exchange.refi.project_file:read",
        writer="pipeline.exchange.refi.writing:write",
    ),
    ExchangeFormat(
        "qdc",
        "REFI-QDA codebook",
        (".qdc",),
        reader="pipeline.exchange.refi.codebook_file:read",
        writer="pipeline.exchange.refi.codebook_file:write",
    ),
    ExchangeFormat(
        "taguette",
        "Taguette project",
        (".sqlite3", ".sqlite", ".db"),
        reader="pipeline.exchange.taguette:read",
        recognise="pipeline.exchange.taguette:recognise",
    ),
    ExchangeFormat("requal", "requal project", (".requal",), reader="pipeline.exchange.requal:read"),
    ExchangeFormat(
        "qualcoder",
        "QualCoder project",
        ("", ".qda", ".sqlite"),
        reader="pipeline.exchange.qualcoder:read",
        recognise="pipeline.exchange.qualcoder:recognise",
    ),
    ExchangeFormat(
        "qualcoder-codes",
        "QualCoder's plain list of codes",
        (".txt",),
        reader="pipeline.exchange.qualcoder_codes:read",
        recognise="pipeline.exchange.qualcoder_codes:recognise",
    ),
    ExchangeFormat(
        "qualitative-coding",
        "qualitative-coding project folder",
        ("", ".yaml", ".yml"),
        reader="pipeline.exchange.qualitative_coding:read",
        recognise="pipeline.exchange.qualitative_coding:recognise",
    ),
    ExchangeFormat(
        "xlsx",
        "Excel workbook of a run",
        (".xlsx",),
        reader="pipeline.exchange.workbook:read",
        recognise="pipeline.exchange.workbook:recognise",
        run_writer="pipeline.exchange.export.xlsx:write",
    ),
    ExchangeFormat(
        "coded-interview",
        "coded interview in a table, a row a turn or sentence",
        TABLES,
        reader="pipeline.exchange.coded_interview:read",
        recognise="pipeline.exchange.coded_interview:recognise",
        options=("mapping",),
    ),
    ExchangeFormat(
        "segments",
        "table of coded segments (MAXQDA, NVivo, Dedoose, ATLAS.ti, Taguette)",
        TABLES,
        reader="pipeline.exchange.coded_segments:read",
        options=("mapping", "transcripts"),
    ),
    ExchangeFormat(
        "taguette-highlights",
        "Taguette's export of highlights as a page",
        (".html", ".htm"),
        reader="pipeline.exchange.taguette_highlights:read",
        options=("transcripts",),
    ),
    ExchangeFormat(
        "word-comments",
        "Word document with codes in its comments",
        (".docx",),
        reader="pipeline.exchange.word_comments:read",
    ),
    ExchangeFormat(
        "delve",
        "print of a coded transcript from Delve",
        (".pdf",),
        reader="pipeline.exchange.delve:read",
        recognise="pipeline.exchange.delve:recognise",
    ),
    ExchangeFormat(
        "maxqda-print",
        "print of coded segments from MAXQDA",
        (".pdf",),
        reader="pipeline.exchange.maxqda_print:read",
        recognise="pipeline.exchange.maxqda_print:recognise",
        options=("mapping", "transcripts"),
    ),
    ExchangeFormat(
        "label-studio",
        "Label Studio annotations in, tasks with pre-annotations out",
        (".json",),
        reader="pipeline.exchange.label_studio:read",
        recognise="pipeline.exchange.label_studio:recognise",
        run_writer="pipeline.exchange.export.label_studio:write",
    ),
    ExchangeFormat(
        "prodigy",
        "Prodigy annotations in, tasks with pre-annotations out",
        (".jsonl",),
        reader="pipeline.exchange.prodigy:read",
        recognise="pipeline.exchange.prodigy:recognise",
        run_writer="pipeline.exchange.export.prodigy:write",
    ),
    ExchangeFormat(
        "csv",
        "CSV, one wide table or a folder of them",
        (".csv", ".zip"),
        run_writer="pipeline.exchange.export.csv:write",
    ),
    ExchangeFormat(
        "csv-excel",
        "CSV that Excel opens by a double click",
        (),
        run_writer="pipeline.exchange.export.csv:write_for_excel",
    ),
    ExchangeFormat(
        "jsonl", "JSON Lines, a segment a line", (".jsonl",), run_writer="pipeline.exchange.export.jsonl:write"
    ),
    ExchangeFormat(
        "docx",
        "Word document with codes as comments",
        (".docx",),
        writer="pipeline.exchange.export.word:write",
        run_writer="pipeline.exchange.export.word:write_run",
    ),
    ExchangeFormat(
        "taguette-codebook", "Taguette's codebook as CSV", (), writer="pipeline.exchange.export.taguette_codebook:write"
    ),
)


def load(dotted: str) -> Callable[..., Any]:
    """The function that `module:function` names."""
    module, function = dotted.split(":")
    loaded: Callable[..., Any] = getattr(import_module(module), function)
    return loaded


def named(name: str, *, written: bool) -> ExchangeFormat:
    """The format of that name, which must have a writer, or a reader.

    Raises:
        UsageError: there is none.
    """
    fitting = [format_ for format_ in FORMATS if (is_written(format_) if written else format_.reader)]
    known = ", ".join(format_.name for format_ in fitting)
    wanted = name.lower()
    if found := next((format_ for format_ in fitting if format_.name == wanted), None):
        return found
    done, other = ("written", "read") if written else ("read", "written")
    if any(format_.name == wanted for format_ in FORMATS):
        problem = f"{wanted} is {other}, but not {done}"
    else:
        problem = f"{printable(name)!r} is no format"
    raise UsageError(problem, place="--format", remedy=f"the formats that are {done} are {known}")


def is_written(format_: ExchangeFormat) -> bool:
    """Whether the format has a writer of any kind."""
    return bool(format_.writer or format_.run_writer)


def _recognised(format_: ExchangeFormat, path: Path, mapping: Mapping[str, str] | None) -> bool:
    assert format_.recognise is not None
    recognise = load(format_.recognise)
    given = mapping and "mapping" in format_.options and "mapping" in signature(recognise).parameters
    return bool(recognise(path, mapping=mapping) if given else recognise(path))


def reader_of(path: Path, mapping: Mapping[str, str] | None = None) -> ExchangeFormat:
    """The format that a file is in, by its suffix and, where formats share one, its content.

    Args:
        mapping: what the user says of a table's columns.

    Raises:
        UsageError: there is no such file or folder, or nothing in the folder that is a project.
        UnreadableInput: there is no reader for the file.
    """
    if not path.exists():
        raise UsageError("there is no such file or folder", path=path, remedy="check the path")
    suffix = "" if path.is_dir() else path.suffix.lower()
    readable = [format_ for format_ in FORMATS if format_.reader]
    candidates = [format_ for format_ in readable if suffix in format_.suffixes]
    for format_ in candidates:
        if format_.recognise and _recognised(format_, path, mapping):
            return format_
    for format_ in candidates:
        if format_.recognise is None:
            return format_
    # Here, as it loads much, which `themes --help` has no use for.
    from pipeline.exchange.run_tasks import CORRECT, NOBODYS, is_exported

    if candidates and path.is_file() and is_exported(path):
        raise UnreadableInput(NOBODYS, path=path, remedy=CORRECT)
    known = ", ".join(f"{format_.name} ({', '.join(format_.suffixes)})" for format_ in readable)
    if path.is_dir():
        folders = " or ".join(format_.label for format_ in candidates)
        raise UsageError(
            f"this folder is no {folders}", path=path, remedy="give the file that holds the project, or its folder"
        )
    what = printable(suffix) or "a name without suffix"
    problem = f"no hand-coded project of a known kind was found in this {what} file"
    remedy = f"say which it is with --format; the formats are {known}"
    raise UnreadableInput(problem if candidates else f"{what} is not read", path=path, remedy=remedy)
