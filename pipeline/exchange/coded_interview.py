"""Coded interviews in tables: a row a turn or a sentence, its codes in a column, or a column of 0 and 1 for each code.

The text is what `themes run` reads from the same file, so that codes lie where a run's do. A table of several interviews is
as many sources. Where several coders have a row each for one utterance, it stands in the text once, with the codes of all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.errors import ThemesError, UnreadableInput, UsageError
from pipeline.exchange.building import ProjectBuilder, path_of
from pipeline.exchange.files import bytes_of
from pipeline.exchange.likely_codes import check_guessed, left_out, maps_of, may_hold_codes
from pipeline.exchange.meanings import Meaning
from pipeline.exchange.project import Project
from pipeline.exchange.tables import Columns, columns_of, sheets_of
from pipeline.ingest.columns import recognise as recognise_talk
from pipeline.ingest.draft import Place
from pipeline.ingest.several import MEMBER, interviews
from pipeline.ingest.sheets import Sheet

_NO_CODES = "no row of talk with a column of codes was found"
_SAY_WHICH = "say which column holds codes: --map 'COLUMN=code' (or flag, for yes and no), as often as needed"


def recognise(path: Path, *, mapping: Mapping[str, str] | None = None) -> bool:
    """Whether a table is talk by named speakers or with times, and has codes, or columns that the user says hold any."""
    try:
        return any(_is_interview(sheet.rows, mapping) for sheet in sheets_of(path))
    except ThemesError:
        return False


def read(path: Path, *, mapping: Mapping[str, str] | None = None) -> Project:
    """Read a coded interview, or several in one table; a row without code was read and given none.

    Args:
        mapping: column to meaning, for columns of codes, flags, coders and memos.

    Raises:
        UnreadableInput, UsageError: it is no such table.
    """
    builder = ProjectBuilder(path.stem)
    sheets = sheets_of(path)
    coded = _coded(sheets, mapping, path)
    for at, columns in coded.items():
        check_guessed(sheets[at].rows, columns, mapping, path)
        if not mapping and (left := left_out(sheets[at].rows, columns)):
            builder.warn(left)
    try:
        for interview in interviews(bytes_of(path)):
            for warning in interview.draft.warnings:
                builder.warn(f"{interview.name}: {warning}" if interview.name else warning)
            builder.columns(interview.draft.columns)
            name = interview.name or path.name
            file = f"{name}{MEMBER}" if interview.name else name
            source_id = builder.source(name, interview.draft.text, path=file)
            for (sheet, row), place in interview.places.items():
                if sheet in coded:
                    _code(builder, source_id, place, coded[sheet], sheets[sheet].rows[row])
    except UnreadableInput as error:
        raise type(error)(error.problem, path=path, place=error.place, remedy=error.remedy) from error
    if not builder.coded:
        raise UnreadableInput(
            f"{_NO_CODES}{may_hold_codes(sheets)}",
            path=path,
            remedy=_SAY_WHICH,
            add=maps_of(sheets, mapping, speech=True),
        )
    return builder.project()


def _coded(sheets: Sequence[Sheet], mapping: Mapping[str, str] | None, path: Path) -> dict[int, Columns]:
    """The columns of the sheets that hold talk with codes."""
    found = {}
    for at, sheet in enumerate(sheets):
        try:
            columns = columns_of(sheet.rows, mapping)
        except UsageError as error:
            raise UsageError(error.problem, path=path, place=error.place, remedy=error.remedy) from error
        if columns is not None and columns.has_codes and recognise_talk(sheet.rows) is not None:
            found[at] = columns
    return found


def _code(builder: ProjectBuilder, source_id: str, place: Place, columns: Columns, row: Sequence[str]) -> None:
    codes = columns.codes(row)
    coder, memo = columns.cell(row, Meaning.CODER), columns.cell(row, Meaning.MEMO)
    builder.columns({key: value for key, value in columns.named().items() if key in ("code", "flag", "coder", "memo")})
    for names in codes:
        code = builder.code(*(part for name in names for part in path_of(name)))
        builder.coding(source_id, *place, code, coder=coder, memo=memo)
    if not codes:
        builder.coding(source_id, *place, None, coder=coder, memo=memo)


def _is_interview(rows: list[list[str]], mapping: Mapping[str, str] | None) -> bool:
    """A table of segments names documents too, but neither times nor turns beside speakers."""
    talk, columns = recognise_talk(rows), columns_of(rows, mapping)
    if talk is None or columns is None or not talk.first or (talk.speaker is None and talk.start is None):
        return False
    in_order = talk.speaker is not None and (talk.turn is not None or talk.start is not None)
    return columns.has_codes and (in_order or not columns.has(Meaning.DOCUMENT))
