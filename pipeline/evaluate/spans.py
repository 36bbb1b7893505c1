"""What each coder marked in the transcripts, as characters: for gold whose units are not the machine's segments."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.codebook import Codebook
from pipeline.evaluate.attitudes import Span
from pipeline.evaluate.evaluation import MACHINE, REFERENCE
from pipeline.evaluate.in_run import left_to_human
from pipeline.evaluate.weighting import weights_of
from pipeline.gold import ADJUDICATED, GoldUnit
from pipeline.lookup import names_in
from pipeline.tables import RunTables
from pipeline.types import Coding

UNITS, TRANSCRIPTS = "units", "transcripts"
"""What a coder is taken to have read: the units that the gold lists, or all the participants' talk of a transcript."""

Flags = NDArray[np.bool_]
Placed = tuple[int, int, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Marks:
    """One coder's codes in one transcript.

    Attributes:
        read: shape (characters,), what the coder is taken to have read.
        codes: shape (codes, characters).
    """

    read: Flags
    codes: Flags


@dataclass(frozen=True, slots=True)
class MarkedTranscript:
    """A transcript of the run that gold names; `coders` holds people, the reference where there is one, and the machine.

    `weight` is what each character counts for, where gold's units were drawn with unequal chances.
    """

    transcript_id: str
    group: str
    text: str
    coders: Mapping[str, Marks]
    weight: NDArray[np.float64] | None = None


def extent_of(units: Sequence[GoldUnit]) -> str:
    """`units` where gold lists what was read: any unit without a code, or units that were drawn; else `transcripts`."""
    if any(unit.first.inclusion is not None for unit in units):
        return UNITS
    empty = any(coding.codes is not None and not coding.codes for unit in units for coding in unit.codings)
    return UNITS if empty else TRANSCRIPTS


def marked_transcripts(
    tables: RunTables, units: Sequence[GoldUnit], codebook: Codebook, extent: str
) -> list[MarkedTranscript]:
    """The run's transcripts that gold has offsets in, with what everybody marked there.

    Args:
        units: placed in the run (`in_run.placed_in_run`).
    """
    names = names_in(tables)
    chosen: dict[str, list[GoldUnit]] = {}
    for unit in units:
        chosen.setdefault(names.find(unit.first.transcript or ""), []).append(unit)
    counts_for = weights_of([unit.first for unit in units]) if extent == UNITS else None
    ids = [unit.unit_id for unit in units]
    weights = None if counts_for is None else dict(zip(ids, counts_for / counts_for.mean(), strict=True))
    texts = {
        row["transcript_id"]: row["text"]
        for row in tables.rows("transcripts", ["transcript_id", "text"])
        if row["transcript_id"] in chosen
    }
    left = left_to_human(tables)
    segments, held = _segments(tables, set(chosen), codebook, left)
    return [
        MarkedTranscript(
            transcript_id=name,
            group=mine[0].first.group,
            text=texts[name],
            coders=_coders(mine, segments.get(name, []), held.get(name, []), len(texts[name]), codebook, extent),
            weight=None if weights is None else _weight(mine, weights, len(texts[name])),
        )
        for name, mine in chosen.items()
    ]


def runs(flags: Flags, text: str = "") -> list[Span]:
    """Stretches of True; two that only white space parts are one, where a text is given."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    found: list[Span] = []
    for start, end in edges.reshape(-1, 2).tolist():
        if found and text and not text[found[-1][1] : start].strip():
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def _segments(
    tables: RunTables, chosen: set[str], codebook: Codebook, left: Collection[str]
) -> tuple[dict[str, list[Placed]], dict[str, list[Placed]]]:
    """Coded segments of the chosen transcripts: start, end, assigned codes; apart, those of them left to a human."""
    places = {
        row["segment_id"]: (row["transcript_id"], row["start"], row["end"])
        for row in tables.rows("segments", ["transcript_id", "segment_id", "start", "end"])
        if row["transcript_id"] in chosen
    }
    codes: dict[str, set[str]] = {}
    known = set(codebook.names)
    for row in tables.rows("themes", ["segment_id", "code", "assigned"]):
        if row["segment_id"] in places and row["code"] in known:
            codes.setdefault(row["segment_id"], set()).update([row["code"]] if row["assigned"] else [])
    found: dict[str, list[Placed]] = {}
    held: dict[str, list[Placed]] = {}
    for segment_id, given in codes.items():
        name, start, end = places[segment_id]
        (held if segment_id in left else found).setdefault(name, []).append((start, end, frozenset(given)))
    return found, held


def _coders(
    units: Sequence[GoldUnit],
    segments: Sequence[Placed],
    held: Sequence[Placed],
    length: int,
    codebook: Codebook,
    extent: str,
) -> dict[str, Marks]:
    by_coder: dict[str, list[Coding]] = {}
    for unit in units:
        for coding in unit.codings:
            if coding.codes is not None:
                by_coder.setdefault(coding.coder, []).append(coding)
    people = {coder: _marks(map(_placed, codings), length, codebook) for coder, codings in by_coder.items()}
    machine, unread = _marks(segments, length, codebook), _marks(held, length, codebook).read
    settled = [unit.reference for unit in units]
    authors = {coding.coder for coding in settled if coding is not None and coding.codes is not None}
    # Where people cut the text each in their own way, no one's spans are the reference.
    if len(authors - {ADJUDICATED}) <= 1 and authors:
        reference = [_placed(coding) for coding in settled if coding is not None and coding.codes is not None]
        people[REFERENCE] = _marks(reference, length, codebook)
    people.pop(ADJUDICATED, None)
    if extent == TRANSCRIPTS:
        people = {coder: Marks(machine.read | unread | marks.read, marks.codes) for coder, marks in people.items()}
    return people | {MACHINE: Marks(~unread, machine.codes)}


def _weight(units: Sequence[GoldUnit], weights: Mapping[str, float], length: int) -> NDArray[np.float64]:
    """Each character for what its unit counts; where units overlap, for the more."""
    found = np.zeros(length)
    for unit in units:
        own = found[unit.first.start : unit.first.end]
        np.maximum(own, weights[unit.unit_id], out=own)
    return found


def _placed(coding: Coding) -> Placed:
    return coding.start or 0, coding.end or 0, coding.codes or frozenset()


def _marks(spans: Iterable[Placed], length: int, codebook: Codebook) -> Marks:
    read, codes = np.zeros(length, dtype=bool), np.zeros((len(codebook.names), length), dtype=bool)
    for start, end, given in spans:
        read[start:end] = True
        for name in given:
            codes[codebook.names.index(name), start:end] = True
    return Marks(read, codes)
