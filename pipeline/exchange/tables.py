"""Tables of codings as cells, and which of their columns holds what: by the names that programs give, or as the user says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from pipeline.errors import UnreadableInput, UsageError, printable
from pipeline.exchange.files import bytes_of, text_of
from pipeline.ingest.columns import recognise as recognise_talk
from pipeline.ingest.conventions import key_of, words_of
from pipeline.ingest.delimited import BrokenTable, delimiter_of, rows_of, unmarked
from pipeline.ingest.sheets import Sheet, ods_sheets, xlsx_sheets


class Meaning(StrEnum):
    """What a column may hold; the words of `--map column=meaning`."""

    DOCUMENT = "document"
    TEXT = "text"
    CODE = "code"
    FLAG = "flag"
    CODER = "coder"
    MEMO = "memo"
    SPEAKER = "speaker"
    START = "start"
    IGNORE = "ignore"


_NAMES = {
    Meaning.DOCUMENT: words_of("""
        documentname document dokumentname dokument sourcename source filename file mediatitle media resourcetitle
        transcript interview primarydocument quelle nomdudocument documento
    """),
    Meaning.TEXT: words_of("""
        segment codedsegment codedsegments codedtext textcontent quotationcontent quotationtext excerptcopy excerpt
        excerpttext highlight highlightedtext content passage quote inhalt text sentence utterance quotation
    """),
    Meaning.CODE: words_of("""
        code codes codename codesystempath codepath tag tags label labels theme themes node nodes nodename
        hierarchicalname codesappliedcombined codesapplied category categories
    """),
    Meaning.CODER: words_of("""
        coder codedby coderinitials codername user username author authormodifiedby autorbearbeitetvon createdby
        creator excerptcreator annotator initials researcher
    """),
    Meaning.MEMO: words_of("memo memos comment comments kommentar note notes remark remarks"),
    Meaning.SPEAKER: words_of("speaker sprecher locuteur hablante"),
    Meaning.START: words_of("startposition startoffset startcharacter charstart"),
}
_CODE_ENDS = ("tag", "tags", "code", "codes", "label", "labels", "theme", "themes")
_TRUE = words_of("1 x true yes ja oui si sí wahr vrai ✓ ✔")
_FALSE = words_of("0 false no nein non falsch faux -") | {""}
_DEDOOSE = re.compile(r"code:\s*(.+?)\s+applied", re.IGNORECASE)
_DEDOOSE_OTHER = re.compile(r"code:\s*.+\s+(?:weight|range)", re.IGNORECASE)
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
    """

    heads: tuple[str, ...]
    places: Mapping[Meaning, tuple[int, ...]]
    rows: Sequence[tuple[int, Sequence[str]]] = field(repr=False, default=())

    def has(self, *meanings: Meaning) -> bool:
        """Whether there is a column for each of these."""
        return all(self.places.get(meaning) for meaning in meanings)

    def cell(self, row: Sequence[str], meaning: Meaning) -> str:
        """The first cell of that meaning that is not blank."""
        cells = (_cell(row, place) for place in self.places.get(meaning, ()))
        return next((cell for cell in cells if cell), "")

    def codes(self, row: Sequence[str]) -> list[tuple[str, ...]]:
        """The codes of a row, each with the column's name before it where several columns hold codes."""
        found: list[tuple[str, ...]] = []
        several = len(self.places.get(Meaning.CODE, ())) > 1
        for place in self.places.get(Meaning.CODE, ()):
            above = (self.heads[place],) if several else ()
            found += [(*above, code) for code in split_codes(_cell(row, place))]
        for place in self.places.get(Meaning.FLAG, ()):
            if _cell(row, place).casefold() in _TRUE:
                match = _DEDOOSE.fullmatch(self.heads[place])
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
        found = _by_names(row, given)
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
    for place in _flags(heads, body, found):
        found[place] = Meaning.FLAG
    if any(_DEDOOSE.fullmatch(heads[place]) for place, meaning in found.items() if meaning is Meaning.FLAG):
        found = {place: meaning for place, meaning in found.items() if meaning is not Meaning.CODE}
    places: dict[Meaning, tuple[int, ...]] = {
        meaning: tuple(place for place in sorted(found) if found[place] is meaning)
        for meaning in Meaning
        if meaning is not Meaning.IGNORE
    }
    return Columns(heads, _ranked(heads, places, given), list(enumerate(body, index + 2)))


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


def _by_names(row: Sequence[str], given: Mapping[str, Meaning]) -> dict[int, Meaning]:
    found: dict[int, Meaning] = {}
    for place, cell in enumerate(row):
        key = key_of(cell)
        if key in given:
            found[place] = given[key]
        elif _DEDOOSE.fullmatch(cell.strip()):
            found[place] = Meaning.FLAG
        elif _DEDOOSE_OTHER.fullmatch(cell.strip()):
            found[place] = Meaning.IGNORE
        else:
            known = next((meaning for meaning, names in _NAMES.items() if key in names), None)
            ends = len(cell) < 40 and cell.casefold().split()[-1:] and cell.casefold().split()[-1] in _CODE_ENDS
            if known or ends:
                found[place] = known or Meaning.CODE
    return found


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
