"""The gold table: one row per coded unit and coder, as CSV, JSONL or a workbook; attitudes as rows with a mention.

Rows of one unit share its `id`. A row with an `attitude` is a coder's attitude to one mention (or, with no mention, to
partnership as such), and the attitude `none` says that there was none to code (`pipeline.gold_none`); all other rows carry
`codes`. A coder who gave any attitude in the files read is taken to have coded attitudes in all of their units: a unit without
such rows had none to code; in the same way those to mentions, and those to partnership as such. Where `text` is empty it is
looked up by `id` in the other rows, or in the transcript by `transcript, start, end`.

A row with `sampled` (or an `inclusion`) comes from `themes sample`: its text is guarded against spreadsheets, and it counts
as coded only once a coder, a code or an attitude is filled in. Its attitude table is another matter (`pipeline.gold_sheet`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UsageError, printable
from pipeline.gold_assembly import Assembly, TextOf
from pipeline.gold_cells import as_written, is_waiting
from pipeline.gold_sheet import SheetCoders, is_judged, is_of_sheet, with_names, with_texts
from pipeline.gold_table import Row, Tell, no_guess, read_rows
from pipeline.gold_unit import ADJUDICATED, GoldUnit, Kind, text_hash
from pipeline.gold_unnamed import unnamed_among_named
from pipeline.gold_waiting import Waiting

__all__ = [
    "ADJUDICATED",
    "Gold",
    "GoldUnit",
    "Kind",
    "TextOf",
    "check_tables",
    "further_columns",
    "load_gold",
    "read_gold",
    "text_between",
    "text_hash",
]

_KNOWN = (
    *("id", "group", "context", "text", "codes", "coder", "transcript", "start", "end", "inclusion", "sampled"),
    *("mention", "mention_start", "mention_end", "partner_type", "attitude"),
)


def text_between(text: str, start: int, end: int) -> str:
    """`text[start:end]`, refusing offsets that are not within the text."""
    if not 0 <= start < end <= len(text):
        raise ValueError(f"{start}-{end} is not within the transcript's {len(text)} characters")
    return text[start:end]


@dataclass(frozen=True, slots=True)
class Gold:
    """What gold tables hold.

    Attributes:
        waiting: the rows that are still to be coded.
        unnamed: a sentence on rows that name no coder, where others do; else empty.
    """

    units: list[GoldUnit]
    waiting: Waiting
    unnamed: str = ""


def load_gold(
    paths: Sequence[Path],
    *,
    codes: Iterable[str] | None = None,
    labels: Mapping[str, str] | None = None,
    text_of: TextOf | None = None,
    tell: Tell = no_guess,
) -> list[GoldUnit]:
    """The units of `read_gold` alone, for who has nobody to tell what still waits."""
    return read_gold(paths, codes=codes, labels=labels, text_of=text_of, tell=tell).units


def read_gold(
    paths: Sequence[Path],
    *,
    codes: Iterable[str] | None = None,
    labels: Mapping[str, str] | None = None,
    text_of: TextOf | None = None,
    tell: Tell = no_guess,
) -> Gold:
    """Read gold tables together.

    Args:
        labels: of the codebook's codes, by name: a code that is written by its label, or in other capitals, is that code.
        codes: the codebook's codes; a code that is not among them is a fault. Without, any code is read (to judge by gold,
            `pipeline.gold_codes` then leaves out what the machine cannot know).
        text_of: finds the text of units that carry only `transcript, start, end`.
        tell: takes a guess at a table's encoding, where one had to be made; by default it is a fault.

    Raises:
        UsageError: naming the file, the row and the remedy, with up to ten faults at once.
    """
    found = [(path, number, as_written(row)) for path, number, row in with_names(check_tables(paths, tell=tell))]
    rows = [item for item in with_texts(found) if not is_waiting(item[2])]
    if not rows:
        problem, remedy = "holds no coded unit", "give a table with rows"
        if found:
            problem = f"none of its {len(found)} rows is coded yet"
            fill = "attitude" if all(is_of_sheet(row) for _, _, row in found) else "codes"
            remedy = (
                f"fill `{fill}`, and write your name under `coder`, also where you found none; or give another table"
            )
        raise UsageError(problem, path=paths[0] if paths else None, remedy=remedy)
    sheets = SheetCoders(row for _, _, row in found)
    units = Assembly(set(codes) if codes is not None else None, labels or {}, text_of, sheets).assemble(rows)
    return Gold(units, _waiting(found), unnamed_among_named(rows))


def _waiting(rows: Sequence[tuple[Path, int, Row]]) -> Waiting:
    of_attitudes = [row for _, _, row in rows if is_of_sheet(row)]
    sheets = {path for path, _, row in rows if is_of_sheet(row)}
    # A mention that was added to an attitude table is no row of codes.
    others = [row for path, _, row in rows if not is_of_sheet(row) and not (path in sheets and is_judged(row))]
    unjudged = sum(not is_judged(row) for row in of_attitudes)
    return Waiting(sum(map(is_waiting, others)), len(others), unjudged, len(of_attitudes))


def check_tables(paths: Sequence[Path], *, tell: Tell = no_guess) -> list[tuple[Path, int, Row]]:
    """The rows of gold tables, each with its file and number: what can be said of them without a codebook or a model.

    Raises:
        UsageError: a file cannot be read, is no gold table, or was given twice.
    """
    known: dict[Path, list[tuple[int, Row]]] = {}
    for path in paths:
        same = next((other for other in known if _is_same(path, other)), None)
        if same is not None:
            shown = "was given twice" if same == path else f"was given twice, also as {printable(same)}"
            raise UsageError(shown, path=path, remedy="give each table once")
        rows = list(read_rows(path, _KNOWN, tell=tell))
        alike = next((other for other, before in known.items() if rows and before == rows), None)
        if alike is not None:
            raise UsageError(
                f"holds the same rows as {printable(alike)}",
                path=path,
                remedy="give one of the two: the same gold counts once",
            )
        known[path] = rows
    return [(path, number, row) for path, rows in known.items() for number, row in rows]


def _is_same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:
        return False


def further_columns(paths: Sequence[Path], names: Iterable[str]) -> dict[str, dict[str, str]]:
    """What columns of the user's own say of each unit (rank, gender …); of several rows the first that says anything."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    wanted = tuple(name.strip().lower() for name in names)
    for path in paths:
        for _, row in read_rows(path, ("id", *wanted), tell=_told_already):
            for name in wanted:
                if row.get(name, "").strip():
                    found[row.get("id", "")].setdefault(name, row[name].strip())
    return found


def _told_already(path: Path, guess: str) -> None:
    pass
