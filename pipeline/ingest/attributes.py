"""A researcher's table of attributes: force and site of a transcript, rank and gender of a speaker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import UnreadableInput, UsageError, printable
from pipeline.ingest.conventions import key_of
from pipeline.ingest.decode import decode
from pipeline.ingest.delimited import BrokenTable, delimiter_of, rows_of, unmarked
from pipeline.path_names import ends_of
from pipeline.plural import SHOWN, listed, numbered
from pipeline.types import Attributes, Transcript

KEYS = ("transcript", "file", "filename", "interview", "id")
"""Columns that may say which transcript a row is of, the first that is there being used."""

_SPEAKER = "speaker"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: where it stands, what it is of, and its attributes."""

    line: int
    transcript: str
    speaker: str | None
    values: Attributes


@dataclass(slots=True)
class AttributesTable:
    """A table of attributes, which remembers the rows that were used.

    Attributes:
        path: of the file, for messages.
        rows: in the file's order.
        used: lines of the rows that matched a transcript so far.
    """

    path: str
    rows: tuple[Row, ...]
    used: set[int] = field(default_factory=set)
    _index: dict[str, list[Row]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for row in self.rows:
            self._index.setdefault(_fold(row.transcript), []).append(row)

    @classmethod
    def read(cls, path: str | Path) -> AttributesTable:
        """Read a CSV with a header row; which sign parts its cells is found out.

        Raises:
            UsageError: naming the file and the row, for a table that cannot be used.
        """
        path = Path(path)
        try:
            text, _ = decode(path.read_bytes())
        except OSError as error:
            raise UsageError(f"cannot be read: {error.strerror or error}", path=path) from error
        except UnreadableInput as error:
            raise UsageError(error.problem, path=path, remedy="save the table as CSV in UTF-8") from error
        rows = tuple(_rows(text, path))
        _refuse_nobodys(rows, path)
        return cls(str(path), rows)

    def matching(self, names: Mapping[str, None]) -> list[Row]:
        """Rows of the transcript that goes by any of `names`, the more telling the later; their rows in the same order."""
        found = [row for name in names for row in self._index.get(_fold(name), [])]
        return list({row.line: row for row in reversed(found)}.values())[::-1]

    def unused(self) -> list[str]:
        """A warning for each row that matched no transcript, or one for all of many; ask when all transcripts are read."""
        rows = [row for row in self.rows if row.line not in self.used]
        if len(rows) <= SHOWN:
            return [f"{self.path}: row {row.line}: no transcript is called {row.transcript!r}" for row in rows]
        told = listed([f"{row.transcript!r} in row {row.line}" for row in rows])
        return [
            f"{self.path}: {len(rows):,} of {numbered(len(self.rows), '[row|rows]')}: no transcript is called {told}"
        ]

    def attributes_for(
        self, path: str | Path, transcript: Transcript
    ) -> tuple[Attributes, Mapping[str, Attributes], list[str]]:
        """The transcript's own attributes and its speakers', with those of the table laid over, and warnings."""
        own = transcript.attributes
        names = names_of(path, own.get("interview"))
        labels = {key_of(turn.speaker): turn.speaker for turn in transcript.turns if turn.speaker is not None}
        merged: dict[str, str] = dict(own)
        speakers = {speaker: dict(values) for speaker, values in transcript.speakers.items()}
        warnings: list[str] = []
        for row in self.matching(names):
            self.used.add(row.line)
            if row.speaker is None:
                merged |= row.values
            elif key_of(row.speaker) in labels:
                speakers.setdefault(labels[key_of(row.speaker)], {}).update(row.values)
            else:
                warnings.append(f"{self.path}: row {row.line}: nobody in it is called {row.speaker!r}")
        return merged, speakers, warnings


def names_of(path: str | Path, interview: str | None = None) -> dict[str, None]:
    """What a row may call a transcript, the more telling the later: its header's interview, its file, folders before it."""
    file = Path(path)
    return dict.fromkeys(filter(None, (interview, file.stem, file.name, *ends_of(file), str(path))))


def _refuse_nobodys(rows: Sequence[Row], path: Path) -> None:
    """Rows for several people of one transcript, without a column that says whose: the last would be everybody's."""
    whole: dict[str, Row] = {}
    for row in rows:
        if row.speaker is not None:
            continue
        before = whole.setdefault(_fold(row.transcript), row)
        differing = [name for name, value in row.values.items() if before.values.get(name, value) != value]
        if differing:
            raise UsageError(
                f"rows {before.line} and {row.line} are both of the transcript {printable(row.transcript)!r}, differ in "
                f"{printable(differing[0])!r}, and nothing says of which speaker each is",
                path=path,
                place=f"row {row.line}",
                remedy=f"name the column that says who is meant {_SPEAKER!r}, and give the labels that the transcript has",
            )


def _fold(name: str) -> str:
    return " ".join(name.replace("\\", "/").casefold().split())


def _rows(text: str, path: Path) -> list[Row]:
    """Parse and check the table."""
    table, given = unmarked(text)
    above = text.count("\n", 0, len(text) - len(table))  # rows are named as an editor counts them
    rows: list[Row] = []
    header: list[str] = []
    key = -1
    try:
        for line, cells in rows_of(table, given or delimiter_of(table.lstrip("\n "))):
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = ["_".join(cell.casefold().split()) for cell in cells]
                key = _check_header(header, path)
            else:
                rows.append(_row(cells, header, key, line + above, path))
    except BrokenTable as error:
        raise UsageError(f"not a CSV table: {error}", path=path, place=f"row {error.line + above}") from error
    if not header:
        raise UsageError("the attributes table is empty", path=path, remedy="its first row must name the columns")
    return rows


def _check_header(header: list[str], path: Path) -> int:
    """The place of the key column."""
    key = next((header.index(name) for name in KEYS if name in header), None)
    if key is None:
        raise UsageError(
            f"no column says which transcript a row is of; the columns are {', '.join(header)}",
            path=path,
            place="row 1",
            remedy=f"name one of them {' or '.join(KEYS)}",
        )
    doubled = sorted({name for name in header if name and header.count(name) > 1})
    if doubled:
        raise UsageError(f"the column {doubled[0]!r} comes twice", path=path, place="row 1")
    return key


def _row(cells: list[str], header: list[str], key: int, line: int, path: Path) -> Row:
    if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
        raise UsageError(
            f"{len(cells)} cells under {len(header)} columns",
            path=path,
            place=f"row {line}",
            remedy="quote cells that hold the delimiter",
        )
    values = {name: cell.strip() for name, cell in zip(header, cells, strict=False) if name and cell.strip()}
    transcript = values.pop(header[key], "")
    if not transcript:
        raise UsageError(f"the cell under {header[key]!r} is empty", path=path, place=f"row {line}")
    return Row(line, transcript, values.pop(_SPEAKER, None), values)
