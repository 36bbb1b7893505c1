"""The codes that people write in the cells of a run's workbook."""

from __future__ import annotations

from difflib import get_close_matches

from pipeline.code_names import apart
from pipeline.errors import clipped
from pipeline.exchange.building import ProjectBuilder
from pipeline.exchange.codebooks import book_of
from pipeline.exchange.comment_codes import codes_in, comment_names
from pipeline.exchange.workbook_rows import Workbook


class CellCodes:
    """Reads codes by name or identifier, in any capitals.

    Args:
        builder: is given the workbook's codes, and those that people added.
    """

    def __init__(self, book: Workbook, builder: ProjectBuilder) -> None:
        self._builder = builder
        for code in book.codes:
            builder.known_code(code)
        self._shown = comment_names(book.codes)
        codes = {name.casefold(): ident for ident, name in book_of(book.codes, "codes").names.items()}
        self._names = codes | {name.casefold(): ident for ident, name in self._shown.items()}
        self._groups = {code.code_id: code.name for code in book.codes if not code.codable}

    def of_cell(self, cell: str) -> list[str]:
        """The ids of a cell's codes; a name that the codebook lacks stands for itself."""
        names = (
            part for said in codes_in(cell) for part in apart(said.name, lambda name: name.casefold() in self._names)
        )
        return [self.known(name) for name in names]

    def known(self, name: str) -> str:
        """The id of one code; a name that the codebook lacks stands for itself."""
        return self._names.get(name.casefold(), name)

    def group(self, codes: list[str]) -> str:
        """The first of some codes that only groups others; empty where none does."""
        return next((self._groups[code] for code in codes if code in self._groups), "")

    def put(self, code: str) -> str | None:
        """A code's id; a name that the codebook lacks is a new code, and told."""
        if code in self._names.values():
            return code
        near = get_close_matches(code.casefold(), list(self._names), n=1, cutoff=0.75)
        meant = f" (is {clipped(self._shown[self._names[near[0]]])!r} meant?)" if near else ""
        self._builder.warn(f"the codebook has no code {clipped(code)!r}{meant}; it becomes a code of its own")
        return self._builder.code(code)
