"""From the rows of gold tables to units: what the rows of one unit share, and who gave which codes and attitudes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.code_names import CodeNames, likely_meant, plain
from pipeline.errors import printable
from pipeline.gold_cells import attitude_of, fault_of, probability
from pipeline.gold_faults import Faults
from pipeline.gold_none import NONE, LookedFor, is_none, kind_of, looked_for
from pipeline.gold_places import Place, offset, place_of
from pipeline.gold_sheet import SheetCoders, is_no_mention, is_of_sheet, span_of
from pipeline.gold_table import Row
from pipeline.gold_unit import NOBODY, GoldUnit, coder_named
from pipeline.types import Coding, MentionCoding

TextOf = Callable[[str, int, int], str]
"""Gives the text of `transcript`, `start`, `end`; raises KeyError where there is no such transcript."""

Key = tuple[str, str]
"""A unit and a coder."""

_PLACE = ("transcript", "start", "end")
_TWO = " (by two people? name each in a column `coder`)"


class Assembly:
    """Rows to units; collects faults so that all are told at once.

    Args:
        codes: the codebook's, or None where any is read.
        labels: by the code's name.
        text_of: finds the text of units that carry only their place.
        sheets: what was judged of the attitude tables that were drawn with samples.
    """

    def __init__(
        self, codes: set[str] | None, labels: Mapping[str, str], text_of: TextOf | None, sheets: SheetCoders
    ) -> None:
        self._codes = codes
        self._labels, self._names = labels, CodeNames(labels)
        self._text_of, self._sheets = text_of, sheets
        self._faults = Faults()
        self._used: dict[str, Path] = {}
        self._coders: dict[str, tuple[str, Path, str]] = {}
        self._asked: dict[LookedFor, set[str]] = {"mention": set(), "partnership": set()}
        self._unplaced: list[tuple[Path, str, Key, MentionCoding]] = []
        self._no_mentions: dict[Key, set[Place | None]] = defaultdict(set)
        self._nones: list[tuple[Path, str, Key, LookedFor]] = []
        self._shared: dict[str, dict[str, str]] = defaultdict(dict)
        self._path_of: dict[str, Path] = {}
        self._codings: dict[Key, frozenset[str] | None] = {}
        self._attitudes: dict[Key, list[MentionCoding]] = defaultdict(list)
        self._units_of: dict[tuple[Path, str], list[str]] = defaultdict(list)  # in attitude rows, by table and coder
        self._with_codes: dict[tuple[Path, str], None] = {}

    def assemble(self, rows: Sequence[tuple[Path, int, Row]]) -> list[GoldUnit]:
        """The units of rows, each with its file and number.

        Raises:
            UsageError: there are faults in them.
        """
        for path, number, row in rows:
            place = f"row {number}"
            if not row.get("id"):
                self._faults.add(path, place, "has no id")
            else:
                self._read(path, place, row)
        self._coded_beside_attitudes()
        self._check_nones()
        units = self._units()
        self._faults.tell(self._used, self._codes)
        return units

    def _read(self, path: Path, place: str, row: Row) -> None:
        unit_id = row["id"]
        self._path_of.setdefault(unit_id, path)
        self._share(path, place, row)
        key = (unit_id, self._coder(path, place, row))
        if row.get("attitude"):
            self._attitudes.setdefault(key, [])
            self._attitude(path, place, key, row)
            self._codes_beside(path, place, key, row)
        elif is_of_sheet(row):
            self._attitudes.setdefault(key, [])  # read, and not judged: no row of codes
        elif row.get("mention_start") or row.get("mention_end") or (row.get("mention") and not row.get("codes")):
            self._faults.add(path, place, "has a mention without an attitude")
        elif key in self._codings:
            self._faults.add(
                path, place, f"unit {unit_id} is coded twice by {key[1]}{_TWO if key[1] == NOBODY else ''}"
            )
        else:
            self._codings[key] = self._codes_of(path, place, row)

    def _share(self, path: Path, place: str, row: Row) -> None:
        """What all rows of a unit say alike."""
        self._check_inclusion(path, place, row)
        shared = self._shared[row["id"]]
        # At the same place it is the same unit: an earlier version's table may have shown more or less of the talk before it.
        same_place = all(row.get(name) and _as_number(name, row[name]) == shared.get(name) for name in _PLACE)
        for name in ("group", "context", "text", "transcript", "start", "end", "inclusion"):
            said = row.get(name) and _as_number(name, row[name])
            if said and shared.setdefault(name, said) != said and not (name == "context" and same_place):
                self._faults.add(
                    path, place, f"{name} differs from another row of unit {row['id']} (two units, one id?)"
                )

    def _attitude(self, path: Path, place: str, key: Key, row: Row) -> None:
        if is_no_mention(row):  # the finder's mistake: looked at, and nothing to code
            self._no_mentions[key].add(span_of(row))
            return
        if is_none(row):
            self._none(path, place, key, row)
            return
        try:
            coded = attitude_of(row)
        except ValueError as error:
            self._faults.add(path, place, str(error))
            return
        if coded.start is None and coded.mention:
            self._unplaced.append((path, place, key, coded))
        elif any((item.start, item.end) == (coded.start, coded.end) for item in self._attitudes[key]):
            self._faults.add(path, place, f"a second attitude to one mention of unit {key[0]} by {key[1]}")
        else:
            self._attitudes[key].append(coded)

    def _codes_beside(self, path: Path, place: str, key: Key, row: Row) -> None:
        """The codes in an attitude's row, which each of a unit's rows repeats."""
        self._units_of[path, key[1]].append(key[0])
        if row.get("codes", "").strip():
            self._with_codes[path, key[1]] = None
            codes = self._codes_of(path, place, row)
            if codes != self._codings.setdefault(key, codes):
                self._faults.add(path, place, f"gives other codes than another row of unit {key[0]} by {key[1]}")

    def _coded_beside_attitudes(self) -> None:
        """Who writes codes beside attitudes, a row a unit, has coded where that cell is empty too."""
        for path, coder in self._with_codes:
            for unit_id in self._units_of[path, coder]:
                self._codings.setdefault((unit_id, coder), frozenset())
        for key in self._attitudes:
            self._codings.setdefault(key, None)

    def _units(self) -> list[GoldUnit]:
        texts = {
            unit_id: self._shared[unit_id].get("text") or self._look_up(unit_id)
            for unit_id in dict.fromkeys(unit_id for unit_id, _ in self._codings)
        }
        self._place(texts)
        # Elsewhere who gave any attitude coded attitudes everywhere; in a drawn attitude table its rows say of what.
        listed = {key: items for key, items in self._attitudes.items() if self._sheets.asked(*key) is None}
        with_attitudes = {coder for _, coder in listed}
        for (_, coder), items in listed.items():
            for item in items:
                self._asked[kind_of(item)].add(coder)
        by_unit: dict[str, list[Coding]] = defaultdict(list)
        for (unit_id, coder), codes in self._codings.items():
            facts, path, text = self._shared[unit_id], self._path_of[unit_id], texts[unit_id]
            given = tuple(self._attitudes.get((unit_id, coder), ()))
            for problem in filter(None, (fault_of(mention, text) for mention in given)):
                self._faults.add(path, f"unit {unit_id}", problem)
            asked = self._sheets.asked(unit_id, coder)
            if asked is None:
                coded = coder in with_attitudes
                asked = (
                    not coded or coder in self._asked["mention"],
                    not coded or coder in self._asked["partnership"],
                )
            else:
                coded = bool(given) or any(asked)
                if codes is None and not coded:  # a name alone, beside mentions that wait
                    continue
            by_unit[unit_id].append(
                Coding(
                    unit_id=unit_id,
                    group=facts.get("group") or facts.get("transcript") or unit_id,
                    text=text,
                    codes=codes,
                    coder=coder,
                    context=facts.get("context", ""),
                    attitudes=given if coded else None,
                    transcript=facts.get("transcript"),
                    start=offset(facts.get("start")),
                    end=offset(facts.get("end")),
                    inclusion=probability(facts.get("inclusion")),
                    mentions_asked=asked[0],
                    partnership_asked=asked[1],
                )
            )
        return [GoldUnit(unit_id, tuple(items)) for unit_id, items in by_unit.items()]

    def _place(self, texts: Mapping[str, str]) -> None:
        """Mentions of which only the words are given, to where these stand beside the coder's others and those listed.

        Where they stand nowhere else, they may take the place of listed ones that the coder says are none (wrong boundaries).
        """
        for path, place, key, item in self._unplaced:
            own = [(given.start, given.end) for given in self._attitudes[key]]
            marked = [(start, end) for start, end in own if start is not None and end is not None]
            listed = self._sheets.spans.get(key[0], set())
            text, words = texts[key[0]], item.mention or ""
            try:
                try:
                    start, end = place_of(words, text, [*marked, *listed])
                except ValueError:
                    start, end = place_of(words, text, [*marked, *(listed - self._no_mentions[key])])
            except ValueError as error:
                self._faults.add(path, place, str(error))
            else:
                self._attitudes[key].append(replace(item, mention=text[start:end], start=start, end=end))

    def _coder(self, path: Path, place: str, row: Row) -> str:
        coder = coder_named(row.get("coder"))
        first, file, row_of_first = self._coders.setdefault(plain(coder), (coder, path, place))
        if first != coder:
            where = row_of_first if file == path else f"{row_of_first} of {printable(file)}"
            self._faults.add(
                path,
                place,
                f"coder {coder!r} is {first!r} in {where} (one person? write the name in one way; two? give them names that "
                "differ in more than capitals and spaces)",
            )
        return coder

    def _check_inclusion(self, path: Path, place: str, row: Row) -> None:
        if row.get("inclusion") and probability(row["inclusion"]) is None:
            self._faults.add(path, place, f"inclusion {row['inclusion']!r} is not above 0 and at most 1")

    def _codes_of(self, path: Path, place: str, row: Row) -> frozenset[str]:
        given = self._names.read(row.get("codes", ""))
        self._used |= dict.fromkeys(given, path)
        unknown = sorted(given - self._codes) if self._codes is not None else []
        if unknown:
            self._faults.add(path, place, f"code {unknown[0]!r} is not in the codebook{self._meant(unknown[0])}")
        return given

    def _meant(self, unknown: str) -> str:
        near = likely_meant(unknown, self._codes or (), self._labels)
        return f" (is {near!r} meant?)" if near else ""

    def _none(self, path: Path, place: str, key: Key, row: Row) -> None:
        try:
            kind = looked_for(row)
        except ValueError as error:
            self._faults.add(path, place, str(error))
        else:
            if self._sheets.asked(*key) is None:
                self._asked[kind].add(key[1])
            self._nones.append((path, place, key, kind))

    def _check_nones(self) -> None:
        for path, place, key, kind in self._nones:
            if any(kind_of(item) == kind for item in self._attitudes[key]):
                about = f"to a mention of unit {key[0]}" if kind == "mention" else f"to partnership in unit {key[0]}"
                self._faults.add(path, place, f"attitude {NONE!r}, but another row has an attitude {about} by {key[1]}")

    def _look_up(self, unit_id: str) -> str:
        path, place, facts = self._path_of[unit_id], f"unit {unit_id}", self._shared[unit_id]
        if self._text_of is None or not facts.get("transcript"):
            self._faults.add(path, place, "has no text")
            return ""
        start, end = offset(facts.get("start")), offset(facts.get("end"))
        if start is None or end is None:
            self._faults.add(path, place, "start and end are not offsets")
            return ""
        try:
            return self._text_of(facts["transcript"], start, end)
        except KeyError:
            self._faults.add(path, place, f"its transcript {facts['transcript']} was not found")
        except ValueError as error:
            self._faults.add(path, place, str(error))
        return ""


def _as_number(name: str, value: str) -> str:
    """A value that rows of one unit share, its offsets written in one way."""
    number = offset(value) if name in ("start", "end") else None
    return value if number is None else str(number)
