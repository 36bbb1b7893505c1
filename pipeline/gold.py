"""The gold table: one row per coded unit and coder, as CSV, JSONL or a workbook; attitudes as rows with a mention.

Rows of one unit share its `id`. A row with an `attitude` is a coder's attitude to one mention (or, with no mention, to
partnership as such), and the attitude `none` says that there was none to code (`pipeline.gold_none`); all other rows carry
`codes`. A coder who gave any attitude in the files read is taken to have coded attitudes in all of their units: a unit without
such rows had none to code; in the same way those to mentions, and those to partnership as such. Where `text` is empty it is
looked up by `id` in the other rows, or in the transcript by `transcript, start, end`.

A row with `sampled` (or an `inclusion`) comes from `themes sample`: its text is guarded against spreadsheets, and it counts
as coded only once a coder, a code or an attitude is filled in.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pipeline.cells import unguarded
from pipeline.code_names import CodeNames, likely_meant
from pipeline.errors import UsageError
from pipeline.gold_none import NONE, LookedFor, is_none, kind_of, looked_for
from pipeline.gold_table import Row, read_rows
from pipeline.types import PARTNERSHIP, Attitude, Coding, MentionCoding

ADJUDICATED = "adjudicated"
"""The coder's name under which coders' differences were settled."""

_KNOWN = (
    *("id", "group", "context", "text", "codes", "coder", "transcript", "start", "end", "inclusion", "sampled"),
    *("mention", "mention_start", "mention_end", "partner_type", "attitude"),
)
_MOST_FAULTS = 10

Kind = Literal["codes", "attitudes"]
TextOf = Callable[[str, int, int], str]
"""Gives the text of `transcript`, `start`, `end`; raises KeyError where there is no such transcript."""


def text_between(text: str, start: int, end: int) -> str:
    """`text[start:end]`, refusing offsets that are not within the text."""
    if not 0 <= start < end <= len(text):
        raise ValueError(f"{start}-{end} is not within the transcript's {len(text)} characters")
    return text[start:end]


def text_hash(text: str) -> str:
    """What a model remembers of a unit it has seen: enough to know it again, not to read it."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class GoldUnit:
    """A unit and the codings of all its coders."""

    unit_id: str
    codings: tuple[Coding, ...]

    @property
    def first(self) -> Coding:
        """Any of the codings, for what they share: text, context, group."""
        return self.codings[0]

    def by(self, coder: str) -> Coding | None:
        """One coder's coding."""
        return next((coding for coding in self.codings if coding.coder == coder), None)

    def settled(self, kind: Kind) -> Coding | None:
        """Of the codings that have this kind the adjudicated one, or the only one; None where there is none, or several."""
        asked = [coding for coding in self.codings if getattr(coding, kind) is not None]
        return next((item for item in asked if item.coder == ADJUDICATED), asked[0] if len(asked) == 1 else None)

    def unsettled(self, kind: Kind) -> bool:
        """Whether several coders coded this kind and nobody settled it."""
        return self.settled(kind) is None and any(getattr(coding, kind) is not None for coding in self.codings)

    @property
    def reference(self) -> Coding | None:
        """The adjudicated coding, or the only one there is; None where coders were never settled.

        Codes and attitudes are settled each for itself: an adjudicated coding of attitudes alone hides no one's codes.
        """
        only = self.codings[0] if len(self.codings) == 1 else None
        base, attitudes = self.settled("codes") or self.by(ADJUDICATED) or only, self.settled("attitudes")
        if base is None:
            return None
        if attitudes is base:
            return base
        if attitudes is None:
            return replace(base, attitudes=None, mentions_asked=True, partnership_asked=True)
        return replace(
            base,
            attitudes=attitudes.attitudes,
            mentions_asked=attitudes.mentions_asked,
            partnership_asked=attitudes.partnership_asked,
        )


def load_gold(
    paths: Sequence[Path],
    *,
    codes: Iterable[str] | None = None,
    labels: Mapping[str, str] | None = None,
    text_of: TextOf | None = None,
) -> list[GoldUnit]:
    """Read gold tables together.

    Args:
        labels: of the codebook's codes, by name: a code that is written by its label, or in other capitals, is that code.
        codes: the codebook's codes; a code that is not among them is a fault. Without, any code is read (to judge by gold,
            `pipeline.gold_codes` then leaves out what the machine cannot know).
        text_of: finds the text of units that carry only `transcript, start, end`.

    Raises:
        UsageError: naming the file, the row and the remedy, with up to ten faults at once.
    """
    rows = [
        (path, number, _unguarded(row))
        for path in paths
        for number, row in read_rows(path, _KNOWN)
        if not _waiting(row)
    ]
    if not rows:
        waiting = sum(1 for path in paths for _ in read_rows(path, ("id",)))
        problem, remedy = "holds no coded unit", "give a table with rows"
        if waiting:
            problem = f"none of its {waiting} rows is coded yet"
            remedy = (
                "fill `codes`, and write your name under `coder`, also where you found no code; or give another table"
            )
        raise UsageError(problem, path=paths[0] if paths else None, remedy=remedy)
    return _Assembly(set(codes) if codes is not None else None, labels or {}, text_of).assemble(rows)


def further_columns(paths: Sequence[Path], names: Iterable[str]) -> dict[str, dict[str, str]]:
    """What columns of the user's own say of each unit (rank, gender …); of several rows the first that says anything."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    wanted = tuple(name.strip().lower() for name in names)
    for path in paths:
        for _, row in read_rows(path, ("id", *wanted)):
            for name in wanted:
                if row.get(name, "").strip():
                    found[row.get("id", "")].setdefault(name, row[name].strip())
    return found


class _Assembly:
    """Rows to units; collects faults so that all are told at once."""

    def __init__(self, codes: set[str] | None, labels: Mapping[str, str], text_of: TextOf | None) -> None:
        self._codes = codes
        self._labels, self._names = labels, CodeNames(labels)
        self._text_of = text_of
        self._faults: list[tuple[Path, str, str]] = []
        self._used: dict[str, Path] = {}
        self._asked: dict[LookedFor, set[str]] = {"mention": set(), "partnership": set()}
        self._nones: list[tuple[Path, str, tuple[str, str], LookedFor]] = []

    def assemble(self, rows: Sequence[tuple[Path, int, Row]]) -> list[GoldUnit]:
        shared: dict[str, dict[str, str]] = defaultdict(dict)
        path_of: dict[str, Path] = {}
        codings: dict[tuple[str, str], frozenset[str] | None] = {}
        attitudes: dict[tuple[str, str], list[MentionCoding]] = defaultdict(list)
        read: dict[tuple[Path, str], list[str]] = defaultdict(list)
        with_codes: dict[tuple[Path, str], None] = {}
        for path, number, row in rows:
            place = f"row {number}"
            unit_id = row.get("id", "")
            if not unit_id:
                self._fault(path, place, "has no id")
                continue
            path_of.setdefault(unit_id, path)
            self._check_inclusion(path, place, row)
            for name in ("group", "context", "text", "transcript", "start", "end", "inclusion"):
                if row.get(name) and shared[unit_id].setdefault(name, row[name]) != row[name]:
                    self._fault(path, place, f"{name} differs from another row of unit {unit_id} (two units, one id?)")
            key = (unit_id, row.get("coder") or "coder")
            if row.get("attitude"):
                attitudes.setdefault(key, [])
                coded = None
                if is_none(row):
                    self._none(path, place, key, row)
                else:
                    coded = self._attitude(path, place, row)
                if coded and any((item.start, item.end) == (coded.start, coded.end) for item in attitudes[key]):
                    self._fault(path, place, f"a second attitude to one mention of unit {unit_id} by {key[1]}")
                elif coded:
                    attitudes[key].append(coded)
                read[path, key[1]].append(unit_id)
                if row.get("codes", "").strip():
                    with_codes[path, key[1]] = None
                    codes = self._codes_of(path, place, row)
                    if codes != codings.setdefault(key, codes):
                        self._fault(path, place, f"gives other codes than another row of unit {unit_id} by {key[1]}")
            elif row.get("mention_start") or row.get("mention_end"):
                self._fault(path, place, "has a mention without an attitude")
            elif key in codings:
                self._fault(path, place, f"unit {unit_id} is coded twice by {key[1]}")
            else:
                codings[key] = self._codes_of(path, place, row)
        # Who writes codes beside attitudes, a row a unit, has coded where that cell is empty too.
        for path, coder in with_codes:
            for unit_id in read[path, coder]:
                codings.setdefault((unit_id, coder), frozenset())
        for key in attitudes:
            codings.setdefault(key, None)
        self._check_nones(attitudes)
        units = self._units(shared, codings, attitudes, path_of)
        self._raise()
        return units

    def _units(
        self,
        shared: Mapping[str, Mapping[str, str]],
        codings: Mapping[tuple[str, str], frozenset[str] | None],
        attitudes: Mapping[tuple[str, str], list[MentionCoding]],
        path_of: Mapping[str, Path],
    ) -> list[GoldUnit]:
        with_attitudes = {coder for _, coder in attitudes}
        for (_, coder), items in attitudes.items():
            for item in items:
                self._asked[kind_of(item)].add(coder)
        by_unit: dict[str, list[Coding]] = defaultdict(list)
        for (unit_id, coder), codes in codings.items():
            facts, path = shared[unit_id], path_of[unit_id]
            text = facts.get("text") or self._look_up(path, unit_id, facts)
            given = tuple(attitudes.get((unit_id, coder), ()))
            self._check_mentions(path, unit_id, text, given)
            by_unit[unit_id].append(
                Coding(
                    unit_id=unit_id,
                    group=facts.get("group") or facts.get("transcript") or unit_id,
                    text=text,
                    codes=codes,
                    coder=coder,
                    context=facts.get("context", ""),
                    attitudes=given if coder in with_attitudes else None,
                    transcript=facts.get("transcript"),
                    start=_offset(facts.get("start")),
                    end=_offset(facts.get("end")),
                    inclusion=_probability(facts.get("inclusion")),
                    mentions_asked=coder in self._asked["mention"] or coder not in with_attitudes,
                    partnership_asked=coder in self._asked["partnership"] or coder not in with_attitudes,
                )
            )
        return [GoldUnit(unit_id, tuple(items)) for unit_id, items in by_unit.items()]

    def _check_inclusion(self, path: Path, place: str, row: Row) -> None:
        if row.get("inclusion") and _probability(row["inclusion"]) is None:
            self._fault(path, place, f"inclusion {row['inclusion']!r} is not above 0 and at most 1")

    def _codes_of(self, path: Path, place: str, row: Row) -> frozenset[str]:
        given = self._names.read(row.get("codes", ""))
        self._used |= dict.fromkeys(given, path)
        unknown = sorted(given - self._codes) if self._codes is not None else []
        if unknown:
            self._fault(path, place, f"code {unknown[0]!r} is not in the codebook{self._meant(unknown[0])}")
        return given

    def _meant(self, unknown: str) -> str:
        near = likely_meant(unknown, self._codes or (), self._labels)
        return f" (is {near!r} meant?)" if near else ""

    def _none(self, path: Path, place: str, key: tuple[str, str], row: Row) -> None:
        try:
            kind = looked_for(row)
        except ValueError as error:
            self._fault(path, place, str(error))
        else:
            self._asked[kind].add(key[1])
            self._nones.append((path, place, key, kind))

    def _check_nones(self, attitudes: Mapping[tuple[str, str], Sequence[MentionCoding]]) -> None:
        for path, place, key, kind in self._nones:
            if any(kind_of(item) == kind for item in attitudes[key]):
                about = f"to a mention of unit {key[0]}" if kind == "mention" else f"to partnership in unit {key[0]}"
                self._fault(path, place, f"attitude {NONE!r}, but another row has an attitude {about} by {key[1]}")

    def _attitude(self, path: Path, place: str, row: Row) -> MentionCoding | None:
        try:
            attitude = Attitude(row["attitude"].strip().lower())
        except ValueError:
            self._fault(path, place, f"attitude {row['attitude']!r} is none of negative, neutral, positive")
            return None
        given = row.get("mention_start", ""), row.get("mention_end", "")
        if not any(given):
            return MentionCoding(None, None, None, PARTNERSHIP, attitude)
        start, end = map(_offset, given)
        if start is None or end is None or start >= end:
            self._fault(path, place, f"mention_start {given[0]!r} and mention_end {given[1]!r} are not offsets")
            return None
        return MentionCoding(row.get("mention") or "", start, end, row.get("partner_type", ""), attitude)

    def _check_mentions(self, path: Path, unit_id: str, text: str, mentions: Sequence[MentionCoding]) -> None:
        for mention in mentions:
            if mention.start is None or mention.end is None:
                continue
            if mention.end > len(text):
                self._fault(path, f"unit {unit_id}", f"a mention ends at {mention.end}, the text at {len(text)}")
            elif mention.mention and text[mention.start : mention.end] != mention.mention:
                found = text[mention.start : mention.end]
                self._fault(path, f"unit {unit_id}", f"mention {mention.mention!r}, but the text there is {found!r}")

    def _look_up(self, path: Path, unit_id: str, facts: Mapping[str, str]) -> str:
        place = f"unit {unit_id}"
        if self._text_of is None or not facts.get("transcript"):
            self._fault(path, place, "has no text")
            return ""
        start, end = _offset(facts.get("start")), _offset(facts.get("end"))
        if start is None or end is None:
            self._fault(path, place, "start and end are not offsets")
            return ""
        try:
            return self._text_of(facts["transcript"], start, end)
        except KeyError:
            self._fault(path, place, f"its transcript {facts['transcript']} was not found")
        except ValueError as error:
            self._fault(path, place, str(error))
        return ""

    def _fault(self, path: Path, place: str, problem: str) -> None:
        self._faults.append((path, place, problem))

    def _raise(self) -> None:
        if not self._faults:
            return
        self._raise_of_another_codebook()
        places: dict[tuple[Path, str], list[str]] = defaultdict(list)
        for path, place, problem in self._faults:
            places[path, problem].append(place)
        # A problem that many rows share (a code of another codebook) is told once.
        told = [
            f"{at[0]}{f' and {len(at) - 1} more' if len(at) > 1 else ''}: {problem}"
            for (_, problem), at in places.items()
        ]
        shown = "; ".join(told[:_MOST_FAULTS])
        more = len(told) - _MOST_FAULTS
        raise UsageError(
            shown + (f"; and {more} more" if more > 0 else ""),
            path=self._faults[0][0],
            remedy="mend the table; its columns are described in docs/gold.md",
        )

    def _raise_of_another_codebook(self) -> None:
        """Most codes unknown are no slips of the pen."""
        unknown = [code for code in self._used if self._codes is not None and code not in self._codes]
        if len(unknown) < 3 or 2 * len(unknown) <= len(self._used):
            return
        shown = ", ".join(repr(code) for code in sorted(unknown)[:3])
        raise UsageError(
            f"seems to be coded with another codebook: of its {len(self._used)} codes {len(unknown)} are unknown ({shown} …)",
            path=self._used[unknown[0]],
            remedy="give its own codebook with --codebook",
        )


def _offset(value: str | None) -> int | None:
    """A count of characters; None for anything else, such as `-1` and `²`.

    `12.0` is 12: spreadsheets and pandas write whole numbers so where a column has empty cells.
    """
    value = (value or "").removesuffix(".0")
    return int(value) if value.isdecimal() and value.isascii() else None


def _probability(value: str | None) -> float | None:
    """An inclusion probability; spreadsheets of many countries write a comma for the point."""
    try:
        number = float((value or "").strip().replace(",", "."))
    except ValueError:
        return None
    return number if 0 < number <= 1 else None


def _waiting(row: Row) -> bool:
    """Whether a row of a drawn sample is still to be coded."""
    return _drawn(row) and not any((row.get(name) or "").strip() for name in ("coder", "codes", "attitude"))


def _drawn(row: Row) -> bool:
    return bool(row.get("sampled") or row.get("inclusion"))


def _unguarded(row: Row) -> Row:
    return {name: unguarded(value) for name, value in row.items()} if _drawn(row) else row
