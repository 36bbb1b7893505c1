"""Tables of a Word document whose rows are turns: a column of speakers, a column of speech, perhaps one of times."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pipeline.ingest.columns import Table, recognise
from pipeline.ingest.draft import Draft
from pipeline.ingest.rows import Talk

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_WRAPPERS = frozenset(_W + name for name in ("sdt", "sdtContent", "ins", "customXml"))


def table_rows(table: Any, read_cell: Callable[[Any], str]) -> list[list[str]]:
    """A table's cells as text; a cell that spans columns is followed by empty ones."""
    rows = []
    for row in _children(table, "tr"):
        if row.find(f"{_W}trPr/{_W}del") is not None:  # a row that tracked changes delete
            continue
        cells: list[str] = []
        for cell in _children(row, "tc"):
            span = cell.find(f"{_W}tcPr/{_W}gridSpan")
            width = int(span.get(_W + "val") or 1) if span is not None else 1
            cells += [read_cell(cell), *[""] * (min(width, 64) - 1)]
        rows.append(cells)
    return rows


def _children(parent: Any, name: str) -> Iterator[Any]:
    for child in parent:
        if child.tag == _W + name:
            yield child
        elif child.tag in _WRAPPERS:
            yield from _children(child, name)


def is_transcript_table(table: Table) -> bool:
    """Whether the rows of a table are turns."""
    return recognise(table) is not None


def talk_from_tables(blocks: Sequence[str | Table]) -> Draft:
    """Render a document whose talk is in tables; its paragraphs and other tables are not speech."""
    columns = [None if isinstance(block, str) else recognise(block) for block in blocks]
    talk = Talk()
    talk.know(
        (block, found) for block, found in zip(blocks, columns, strict=True) if found and not isinstance(block, str)
    )
    for block, found in zip(blocks, columns, strict=True):
        if isinstance(block, str):
            talk.aside([block])
        elif found is None:
            talk.aside("\t".join(filter(None, row)) for row in block)
        else:
            talk.add(block, found)
    return talk.draft()
