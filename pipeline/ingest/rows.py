"""Rows of a table as talk: one row a turn, or a sentence of one; a blank speaker goes on with the speaker before.

Where several coders have a row each for one utterance, it is said once.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from pipeline.ingest.columns import Columns, Table, in_milliseconds
from pipeline.ingest.conventions import key_of, role_by_convention
from pipeline.ingest.draft import Draft, Place, Rendering
from pipeline.ingest.labels import Candidate, Style
from pipeline.ingest.notes import says_nothing
from pipeline.ingest.speakers import names_of
from pipeline.ingest.times import STAMP, seconds
from pipeline.types import Role

_STAMP = re.compile(STAMP)
_PLAIN = re.compile(r"\d+(?:[.,]\d+)?(?=s?$)")
_ANALYSIS = re.compile(
    r"\[(?:Topic \d+|ISSUE|ACTION|OUTCOME|INTERRUPTION)\][ \t]*|^Guardrail (?:\w+ \(\d+%\)\s*)+$", re.MULTILINE
)
"""Marks that Amazon's Word export puts among the words; `[PII]` stands for words and is kept."""


class Talk:
    """Collects the talk of one or several tables, and what stands beside them, into one draft."""

    def __init__(self) -> None:
        self._rendering = Rendering()
        self._tables: list[tuple[Table, Columns]] = []
        self._roles: dict[str, Counter[Role]] = defaultdict(Counter)
        self._names: dict[str, str] = {}
        self._speaker: str | None = None
        self._warnings: list[str] = []
        self._said: dict[tuple[str, ...], Place | None] = {}

    def know(self, tables: Iterable[tuple[Table, Columns]]) -> None:
        """Settle the speakers' names over all tables: `RA`, `RA:` and `Rae Armantrout` are one."""
        labels = [
            _label(row, columns)
            for table, columns in tables
            if columns.speaker is not None
            for row in table[columns.first :]
        ]
        found = [Candidate(place, Style.COLON, label, 0, None, True) for place, label in enumerate(labels) if label]
        self._names = names_of(found)

    def add(self, table: Table, columns: Columns) -> list[Place | None]:
        """Add the rows of a table, whose labels `know` has seen; returns where each of them stands in the draft's text."""
        rows = table[columns.first :]
        scale = _scale(rows, columns)
        before: Sequence[str] = ()
        self._speaker = None
        self._said = {}
        often: Counter[tuple[str, ...]] = Counter()
        places: list[Place | None] = []
        sources = 0
        for row in rows:
            utterance = self._utterance(row, columns, often)
            if utterance in self._said:
                places.append(self._said[utterance])
                continue
            source = _cell(row, columns.source)
            if source and source != _cell(before, columns.source):
                sources += 1
                self._speaker = None
                self._rendering.end_turn()
            place = self._row(row, before, columns, scale)
            places.append(place)
            if utterance:
                self._said[utterance] = place
            before = row
        if sources > 1:
            self._warnings.append(
                f"the table holds {sources} interviews, which are read as one transcript; "
                "save each as a file of its own to keep them apart"
            )
        return places

    def _utterance(self, row: Sequence[str], columns: Columns, often: Counter[tuple[str, ...]]) -> tuple[str, ...]:
        """What tells an utterance from others, where another coder may have a row for it too; nothing where there are no coders.

        People say the same thing twice: what a coder has the second row of is the second such utterance.
        """
        if columns.coder is None:
            return ()
        told = (columns.source, columns.turn, columns.speaker, columns.start, columns.speech)
        said = tuple(_cell(row, place) for place in told)
        coder = (_cell(row, columns.coder), *said)
        often[coder] += 1
        return *said, str(often[coder])

    def aside(self, lines: Iterable[str]) -> None:
        """Add what is not talk and ends the turn before it."""
        self._rendering.end_turn()
        for line in lines:
            self._rendering.note(line)

    def draft(self, warnings: Sequence[str] = (), columns: Mapping[str, str] | None = None) -> Draft:
        """The finished draft.

        Args:
            columns: which of the table's columns was taken for what.
        """
        roles = {name: counts.most_common(1)[0][0] for name, counts in self._roles.items()}
        told = tuple(dict.fromkeys((*warnings, *self._warnings)))
        return self._rendering.draft(roles=roles, warnings=told, columns=columns or {})

    def _row(self, row: Sequence[str], before: Sequence[str], columns: Columns, scale: float) -> Place | None:
        label = _label(row, columns)
        if label:
            self._speaker = self._names.get(key_of(label), label)
        role = role_by_convention(_cell(row, columns.role)) if columns.role is not None else None
        if role and self._speaker:
            self._roles[self._speaker][role] += 1
        speech = self._without_marks(_cell(row, columns.speech))
        if says_nothing(speech):
            return self._rendering.note(speech)
        start, end = _times(row, columns, scale)
        same_turn = columns.turn is not None and _cell(row, columns.turn) == _cell(before, columns.turn)
        joiner = " " if same_turn else "\n"
        return self._rendering.speech(self._speaker, speech, joiner=joiner, start_time=start, end_time=end)

    def _without_marks(self, speech: str) -> str:
        words, count = _ANALYSIS.subn("", speech)
        if count:
            self._warnings.append("marks of the transcription service's analysis ([ACTION], Guardrail …) were left out")
        return words


def _cell(row: Sequence[str], place: int | None) -> str:
    return row[place].strip() if place is not None and place < len(row) else ""


def _label(row: Sequence[str], columns: Columns) -> str:
    label = _cell(row, columns.speaker).strip("[]").rstrip(":").strip()
    return f"Speaker {label}" if label.isdecimal() and len(label) < 4 else label


def _scale(rows: Table, columns: Columns) -> float:
    """What plain numbers in the time column are to be multiplied by."""
    starts = [value for row in rows if (value := _plain(_cell(row, columns.start))) is not None]
    words = sum(len(_cell(row, columns.speech).split()) for row in rows)
    return 0.001 if starts and in_milliseconds(starts, words) else 1.0


def _times(row: Sequence[str], columns: Columns, scale: float) -> tuple[float | None, float | None]:
    """Start and end; the start's cell may give both (`0:01 - 0:05`)."""
    stamps = [seconds(match.group()) for match in _STAMP.finditer(_cell(row, columns.start))]
    start = stamps[0] if stamps else _scaled(_cell(row, columns.start), scale)
    last = _STAMP.search(_cell(row, columns.end))
    end = seconds(last.group()) if last else _scaled(_cell(row, columns.end), scale)
    if end is None and len(stamps) > 1:
        end = stamps[1]
    return start, end if start is None or end is None or end >= start else None


def _plain(cell: str) -> float | None:
    match = _PLAIN.match(cell)
    value = float(match.group().replace(",", ".")) if match else math.inf
    return value if math.isfinite(value) else None  # three hundred digits are no number


def _scaled(cell: str, scale: float) -> float | None:
    value = _plain(cell)
    return None if value is None else round(value * scale, 3)
