"""MAXQDA's table of coded segments printed to PDF: cells are drawn boxes, a row a coding."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median

from pipeline.errors import ThemesError, UnreadableInput, UsageError
from pipeline.exchange.building import ProjectBuilder
from pipeline.exchange.coded_segments import project_of, segments_of
from pipeline.exchange.meanings import Meaning
from pipeline.exchange.placing import squashed
from pipeline.exchange.print_page import Glyph, Page, Rectangle, lines_of, pages_of, text_of_line
from pipeline.exchange.project import Project
from pipeline.exchange.tables import Columns, columns_of

_LEAST = 8.0
"""Points: lower shapes are lines."""
_GAP = 1.6
"""Line distances from which a gap parts paragraphs."""


def recognise(path: Path) -> bool:
    """Whether the first page has a table of coded segments."""
    try:
        columns = columns_of(_rows(pages_of(path, most=1)))
    except ThemesError:
        return False
    return columns is not None and _fits(columns)


def read(path: Path, *, mapping: Mapping[str, str] | None = None, transcripts: Path | None = None) -> Project:
    """Read a print of coded segments; arguments as for the same table as a spreadsheet.

    Raises:
        UnreadableInput, UsageError: it is no PDF with such a table.
    """
    rows = _rows(pages_of(path))
    try:
        columns = columns_of(rows, mapping)
    except UsageError as error:
        raise UsageError(error.problem, path=path, place=error.place, remedy=error.remedy) from error
    if columns is None or not _fits(columns):
        raise UnreadableInput(
            "no table of coded segments was found in the PDF",
            path=path,
            remedy="export it from MAXQDA to Excel instead",
        )
    builder = ProjectBuilder(path.stem)
    segments = segments_of(columns, builder)
    if not segments:
        raise UnreadableInput("the table has no row with words", path=path, remedy="print it again")
    return project_of(segments, builder, transcripts)


def _fits(columns: Columns) -> bool:
    return columns.has(Meaning.TEXT, Meaning.CODE)


def _rows(pages: Sequence[Page]) -> list[list[str]]:
    """The table's rows; one that a page break cut in two is one again."""
    rows: list[list[str]] = []
    for page in pages:
        found = _page_rows(page)
        if rows and found and len(found[0]) == len(rows[-1]) and not any(found[0][:-1]) and found[0][-1]:
            rows[-1][-1] += "\n" + found[0][-1]
            found = found[1:]
        elif rows and found and _is_repeated(rows[-1], found[0]):
            rows.pop()
        rows += [row for row in found if not rows or row != rows[0]]
    return rows


def _is_repeated(last: Sequence[str], first: Sequence[str]) -> bool:
    """Whether a row that did not fit on its page, and is cut off there, stands in full on the next."""
    same = len(last) == len(first) and list(last[:-1]) == list(first[:-1])
    return same and squashed(first[-1]).startswith(squashed(last[-1]))


def _page_rows(page: Page) -> list[list[str]]:
    cells: dict[tuple[float, float], set[Rectangle]] = defaultdict(set)
    for shape in page.shapes:
        if shape.top - shape.bottom >= _LEAST:
            cells[shape.top, shape.bottom].add(shape)
    bands = sorted((bottom, top) for (top, bottom), boxes in cells.items() if len(boxes) > 1)
    floors = [bottom for bottom, _ in bands]
    inside: dict[tuple[float, float], list[Glyph]] = {band: [] for band in bands}
    for glyph in page.glyphs:
        at = bisect_right(floors, glyph.baseline) - 1
        if at >= 0 and glyph.baseline <= bands[at][1]:
            inside[bands[at]].append(glyph)
    return [
        [_words([glyph for glyph in inside[bottom, top] if box.holds(glyph)]) for box in sorted(cells[top, bottom])]
        for bottom, top in reversed(bands)
    ]


def _words(glyphs: list[Glyph]) -> str:
    """A cell's words: printed lines joined, paragraphs apart."""
    lines = [line for line in lines_of(glyphs) if text_of_line(line)]
    if not lines:
        return ""
    gaps = [upper[0].baseline - lower[0].baseline for upper, lower in pairwise(lines)]
    usual = median(gaps) if gaps else 0.0
    least = min(gaps, default=usual)
    parts = [text_of_line(lines[0])]
    for gap, line in zip(gaps, lines[1:], strict=True):
        parts.append(("\n" if gap > _GAP * min(usual, least * 1.2) else " ") + text_of_line(line))
    return "".join(parts)
