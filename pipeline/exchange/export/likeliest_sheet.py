"""The workbook's sheet for a model that assigns nothing: which segments of each code it would look at first."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.codebook import Codebook
from pipeline.exchange import run_workbook as wb
from pipeline.exchange.export.columns import theme_label
from pipeline.exchange.export.sheets import Book, Column
from pipeline.exchange.export.stream import names_of
from pipeline.likeliest import IN_WORKBOOK, likeliest
from pipeline.tables import RunTables

LIKELIEST_GUIDE = (
    wb.LIKELIEST,
    f"The {IN_WORKBOOK} likeliest segments of each code, the likeliest first: what to read and code by hand first.",
)
_COLUMNS = (
    Column("Theme", 24),
    Column(wb.CODE, 24),
    Column("Place", 7, "0"),
    Column("Probability", 11, "0.0000"),
    Column(wb.TRANSCRIPT, 22),
    Column("Speaker", 16),
    Column(wb.TEXT, 80),
    Column(wb.SEGMENT, 26),
    Column(wb.START, 8, "0"),
    Column(wb.END, 8, "0"),
)


def add_likeliest(book: Book, tables: RunTables, shown: Mapping[str, str], codebook: Codebook) -> None:
    """Add the sheet.

    Args:
        shown: what people read of each code, where not its name.
    """
    sheet = book.sheet(wb.LIKELIEST, _COLUMNS)
    found, names = likeliest(tables, IN_WORKBOOK), names_of(tables)
    wanted = (segment_id for best in found.values() for segment_id, _ in best)
    segments = tables.segments_named(wanted, ["speaker", "start", "end", "text"])
    for code, best in found.items():
        for place, (segment_id, probability) in enumerate(best, 1):
            row, _ = segments[segment_id]
            transcript = names[row["transcript_id"]]
            cells = (transcript, row["speaker"], row["text"], segment_id, row["start"], row["end"])
            sheet.add([theme_label(codebook, code), shown.get(code, code), place, probability, *cells])
