"""Tables of codings as cells, and which of their columns holds what: by the names that programs give, or as the user says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import UnreadableInput, UsageError, printable
from pipeline.exchange.files import bytes_of, text_of
from pipeline.exchange.meanings import DEDOOSE, Meaning, meanings_of
from pipeline.ingest.columns import recognise as recognise_talk
from pipeline.ingest.conventions import key_of, words_of
from pipeline.ingest.delimited import BrokenTable, delimiter_of, rows_of, unmarked
from pipeline.ingest.sheets import Sheet, ods_sheets, xlsx_sheets

_TRUE = words_of("1 x true yes ja oui si sí wahr vrai ✓ ✔")
_FALSE = words_of("0 false no nein non falsch faux -") | {""}
_SPLIT = re.compile(r"[;\n|]")
_NONE = re.compile(r"(?:\d+\s*[-–.:]\s*)?(?:none|no code|uncoded|n/?a|-+)", re.IGNORECASE)
_HEAD_ROWS = 5


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table, and the rows under its head.

    Attributes:
        places: by meaning, in the table's order.
        heads: all columns' names.
        rows: with their numbers as a spreadsheet shows them, where blank rows do not put them out.
        whole: columns of codes that are whole numbers, which some programs write with a point and a nought (`3.0`).
        guessed: columns that are taken for yes and no to a code by their values alone.
    """

    heads: tuple[str, ...]
    places: Mapping[Meaning, tuple[int, ...]]
    rows: Sequence[tuple[int, Sequence[str]]] = field(repr=False, default=())
    whole: frozenset[int] = frozenset()
    guessed: frozenset[int] = frozenset()

    def has(self, *meanings: Meaning) -> bool:
        """Whether there is a column for each of these."""
        return all(self.places.get(meaning) for meaning in meanings)

    @property
    def has_codes(self) -> bool:
        """Whether there are columns of codes, or of yes and no to one."""
        return self.has(Meaning.CODE) or self.has(Meaning.FLAG)

    def cell(self, row: Sequence[str], meaning: Meaning) -> str:
        """The first cell of that meaning that is not blank."""
        cells = (_cell(row, place) for place in self.places.get(meaning, ()))
        return next((cell for cell in cells if cell), "")

    def named(self) -> dict[str, str]:
        """Which of the columns was taken for what, for the user."""
        found: dict[str, str] = {}
        for meaning, places in self.places.items():
            if places:
                found[meaning.value] = ", ".join(self.heads[place] or f"column {place + 1}" for place in places)
        return found

    def codes(self, row: Sequence[str]) -> list[tuple[str, ...]]:
        """The codes of a row, each with the column's name before it where several columns hold codes."""
        found: list[tuple[str, ...]] = []
        several = len(self.places.get(Meaning.CODE, ())) > 1
        for place in self.places.get(Meaning.CODE, ()):
            above = (self.heads[place],) if several else ()
            cell = _cell(row, place)
            codes = [cell.removesuffix(".0")] if cell and place in self.whole else split_codes(cell)
            found += [(*above, code) for code in codes]
        for place in self.places.get(Meaning.FLAG, ()):
            if _cell(row, place).casefold() in _TRUE:
                match = DEDOOSE.fullmatch(self.heads[place])
                found.append((match[1] if match else self.heads[place],))
        return found


def split_codes(cell: str) -> list[str]:
    """The codes of a cell; what says that there is none is none."""
    codes = (" ".join(code.split()) for code in _SPLIT.split(cell))
    return [code for code in codes if code and not says_none(code)]


def says_none(code: str) -> bool:
    """Whether a name says that there is no code (`1 - None`, `n/a`)."""
    return _NONE.fullmatch(code) is not None


def sheets_of(path: Path) -> list[Sheet]:
    """The sheets of a table with anything in them.

    Raises:
        UnreadableInput: it cannot be read, or is empty.
    """
    data = bytes_of(path)
    try:
        if data.startswith(b"PK"):
            sheets = ods_sheets(data) if path.suffix.lower() == ".ods" else xlsx_sheets(data)
        else:
            sheets = [Sheet("", _csv_rows(text_of(path)))]
    except UnreadableInput as error:
        raise UnreadableInput(error.problem, path=path, place=error.place, remedy=error.remedy) from error
    sheets = [sheet for sheet in sheets if sheet.rows]
    if not sheets:
        raise UnreadableInput("the table is empty", path=path, remedy="check that it was saved in full")
    return sheets


def columns_of(rows: Sequence[Sequence[str]], mapping: Mapping[str, str] | None = None) -> Columns | None:
    """The columns of a table, found by the names in one of its first rows; None where none are known.

    Raises:
        UsageError: the mapping names a column that is not there, or a meaning that is none.
    """
    given = _meanings(mapping or {})
    best: tuple[int, dict[int, Meaning]] | None = None
    for index, row in enumerate(rows[:_HEAD_ROWS]):
        found = meanings_of(row, given)
        if found and (best is None or len(found) > len(best[1])):
            best = index, found
    if best is None or (given and not set(given) <= {key_of(cell) for cell in rows[best[0]]}):
        if given:
            missing = next((name for name in mapping or {} if not _anywhere(rows, name)), next(iter(mapping or {})))
            raise UsageError(
                f"there is no column {printable(missing)!r}",
                place="--map",
                remedy=f"the columns are {', '.join(shown_heads(rows))}",
            )
        return None
    index, found = best
    _settle_speech(rows, found, given, index)
    heads = tuple(" ".join(cell.split()) for cell in rows[index])
    body = rows[index + 1 :]
    guessed = frozenset(_flags(heads, body, found))
    found |= dict.fromkeys(guessed, Meaning.FLAG)
    if any(DEDOOSE.fullmatch(heads[place]) for place, meaning in found.items() if meaning is Meaning.FLAG):
        found = {place: meaning for place, meaning in found.items() if meaning is not Meaning.CODE}
    places: dict[Meaning, tuple[int, ...]] = {
        meaning: tuple(place for place in sorted(found) if found[place] is meaning)
        for meaning in Meaning
        if meaning is not Meaning.IGNORE
    }
    ranked = _ranked(heads, places, given)
    whole = frozenset(place for place in ranked[Meaning.CODE] if _all_whole(body, place))
    return Columns(heads, ranked, list(enumerate(body, index + 2)), whole, guessed & {*ranked[Meaning.FLAG]})


def _settle_speech(
    rows: Sequence[Sequence[str]], found: dict[int, Meaning], given: Mapping[str, Meaning], head: int
) -> None:
    """A column `transcript` names documents or holds what was said: the reader of transcripts decides, as for `themes run`."""
    talk = recognise_talk(rows) if Meaning.TEXT not in found.values() else None
    if talk is not None and found.get(talk.speech) is Meaning.DOCUMENT and key_of(rows[head][talk.speech]) not in given:
        found[talk.speech] = Meaning.TEXT


def shown_heads(rows: Sequence[Sequence[str]]) -> list[str]:
    """The first row's cells, for messages."""
    return [printable(" ".join(cell.split())[:40]) or "(no name)" for cell in rows[0][:15]] if rows else []


def _meanings(mapping: Mapping[str, str]) -> dict[str, Meaning]:
    found = {}
    for name, meaning in mapping.items():
        if meaning.casefold() not in set(Meaning):
            raise UsageError(
                f"{printable(meaning)!r} is no meaning of a column",
                place="--map",
                remedy=f"the meanings are {', '.join(Meaning)}",
            )
        found[key_of(name)] = Meaning(meaning.casefold())
    return found


def _anywhere(rows: Sequence[Sequence[str]], name: str) -> bool:
    return any(key_of(name) in map(key_of, row) for row in rows[:_HEAD_ROWS])


def _flags(heads: Sequence[str], body: Sequence[Sequence[str]], found: Mapping[int, Meaning]) -> Iterator[int]:
    """Columns that say of one code each whether it is given, in a table without a column of codes."""
    if Meaning.TEXT not in found.values() or Meaning.CODE in found.values():
        return
    for place, head in enumerate(heads):
        values = {_cell(row, place).casefold() for row in body}
        if place not in found and head and values <= _TRUE | _FALSE and values & (_TRUE | _FALSE - {""}):
            yield place


def _ranked(
    heads: Sequence[str], places: Mapping[Meaning, tuple[int, ...]], given: Mapping[str, Meaning]
) -> dict[Meaning, tuple[int, ...]]:
    """Of several columns of one meaning, one that the user named, else the first; codes may stand in several."""
    ranked = {}
    for meaning, found in places.items():
        named = tuple(place for place in found if key_of(heads[place]) in given)
        ranked[meaning] = found if meaning in {Meaning.CODE, Meaning.FLAG} and not named else (named or found)
        if meaning not in {Meaning.CODE, Meaning.FLAG, Meaning.MEMO}:
            ranked[meaning] = ranked[meaning][:1]
    return ranked


def _all_whole(body: Sequence[Sequence[str]], place: int) -> bool:
    cells = [cell for row in body if (cell := _cell(row, place))]
    return bool(cells) and all(cell.endswith(".0") and cell[:-2].isdecimal() for cell in cells)


def _cell(row: Sequence[str], place: int) -> str:
    return row[place].strip() if place < len(row) else ""


def _csv_rows(text: str) -> list[list[str]]:
    """Rows of a CSV that are not blank, parted by what parts most of them evenly."""
    text, given = unmarked(text)
    try:
        rows = [cells for _, cells in rows_of(text, given or delimiter_of(text))]
    except BrokenTable as error:
        raise UnreadableInput(
            f"no table: {error}", place=f"line {error.line}", remedy="open it in a spreadsheet and save it again"
        ) from error
    return [row for row in rows if any(cell.strip() for cell in row)]
