"""`themes codebook`: check and list, or convert."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table

from pipeline.codebook import Codebook
from pipeline.commands.terminal import terminal
from pipeline.errors import UsageError, printable
from pipeline.exchange.codebook_files import read_codebook, write_codebook


def show(file: str) -> None:
    """Print the codes of a codebook, or fail with what is wrong with it."""
    codebook = _read(file)
    table = Table(title=f"{codebook.label or codebook.name} ({len(codebook.names)} codes)", title_justify="left")
    for heading in ("theme", "code", "definition"):
        table.add_column(heading, overflow="fold")
    for code in codebook.all_codes:
        table.add_row(codebook.theme_of.get(code.name, ""), code.name, code.definition)
    terminal().print(table)


def convert(file: str, out: Path, *, overwrite: bool) -> None:
    """Write a codebook in the format of the file's suffix."""
    codebook = _read(file)
    if out.exists() and not overwrite:
        raise UsageError("is there already", path=out, remedy="name another with --out, or replace it with --overwrite")
    _warn(write_codebook(codebook, out))
    print(f"{len(codebook.names)} codes in {len(codebook.themes)} themes: {printable(out)}")


def _read(file: str) -> Codebook:
    codebook, warnings = read_codebook(file)
    _warn(warnings)
    return codebook


def _warn(warnings: list[str]) -> None:
    for warning in warnings:
        terminal(stderr=True).print(f"themes: warning: {printable(warning)}")
