"""`themes codebook`: check and list."""

from __future__ import annotations

from rich.table import Table

from pipeline.codebook import load_codebook
from pipeline.commands.terminal import terminal


def show(file: str) -> None:
    """Print the codes of a codebook, or fail with what is wrong with it."""
    codebook = load_codebook(file)
    table = Table(title=f"{codebook.label or codebook.name} ({len(codebook.names)} codes)", title_justify="left")
    for heading in ("theme", "code", "definition"):
        table.add_column(heading, overflow="fold")
    for code in codebook.all_codes:
        table.add_row(codebook.theme_of.get(code.name, ""), code.name, code.definition)
    terminal().print(table)
