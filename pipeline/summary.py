"""The short table at the end of a run: themes by frequency, attitude by partner type, one quotation each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from pipeline.codebook import Codebook
from pipeline.tables import RunTables, open_run
from pipeline.types import Attitude

QUOTATION_WORDS = 14


@dataclass(frozen=True, slots=True)
class CodeSummary:
    """One code over the run: how many segments and transcripts carry it, and its most certain segment."""

    code: str
    label: str
    theme: str
    segments: int
    share: float
    transcripts: int
    quotation: str
    source: str


@dataclass(frozen=True, slots=True)
class PartnerSummary:
    """One partner type over the run: how often it is mentioned, and the attitudes to it."""

    partner_type: str
    mentions: int
    negative: int
    neutral: int
    positive: int
    quotation: str
    source: str


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts over a run.

    Attributes:
        coded_segments: participants' segments.
        uncoded: those that were coded and given no code.
        for_review: those left to a human, because their coding is too uncertain.
    """

    transcripts: int
    coded_segments: int
    uncoded: int
    for_review: int
    codes: tuple[CodeSummary, ...]
    partners: tuple[PartnerSummary, ...]


def summarise(path: Path, codebook: Codebook | None = None) -> Summary:
    """Summarise a finished run; the codebook gives labels and themes."""
    tables = open_run(path)
    where = _Places(tables)
    themes = tables.themes()
    coded = pc.count_distinct(themes["segment_id"]).as_py()
    assigned = themes.filter(themes["assigned"])
    carrying = pc.count_distinct(assigned["segment_id"]).as_py() if len(assigned) else 0
    for_review = int(tables.manifest["counts"].get("for_review", 0))
    codes = [
        _code(name, assigned.filter(pc.equal(assigned["code"].cast(pa.string()), name)), coded, where, codebook)
        for name in tables.manifest["codebook"]["codes"]
    ]
    attitudes = tables.attitudes()
    types = pc.unique(attitudes["partner_type"]).to_pylist()
    partners = [_partner(name, attitudes.filter(pc.equal(attitudes["partner_type"], name)), where) for name in types]
    return Summary(
        transcripts=int(tables.manifest["counts"]["coded"]),
        coded_segments=coded,
        uncoded=coded - carrying - for_review,
        for_review=for_review,
        codes=tuple(sorted(codes, key=lambda item: (-item.segments, item.code))),
        partners=tuple(sorted(partners, key=lambda item: (-item.mentions, item.partner_type))),
    )


class _Places:
    """Text and speaker of a segment, looked up one at a time."""

    def __init__(self, tables: RunTables) -> None:
        segments = tables.segments(["segment_id", "transcript_id", "speaker", "text"])
        self._segments = segments
        self._row_of = {name: row for row, name in enumerate(segments["segment_id"].to_pylist())}

    def text(self, segment_id: str) -> str:
        return str(self._segments["text"][self._row_of[segment_id]].as_py())

    def transcript(self, segment_id: str) -> str:
        return str(self._segments["transcript_id"][self._row_of[segment_id]].as_py())

    def source(self, segment_id: str) -> str:
        row = self._row_of[segment_id]
        speaker = self._segments["speaker"][row].as_py()
        transcript = str(self._segments["transcript_id"][row].as_py()).rsplit("-", 1)[0]
        return f"{_clipped(speaker)}, {_clipped(transcript)}" if speaker else _clipped(transcript)


def _clipped(name: str, longest: int = 24) -> str:
    """A name that leaves room for the quotation in a terminal's line."""
    return name if len(name) <= longest else name[: longest - 1] + "…"


def _code(name: str, rows: pa.Table, coded: int, where: _Places, codebook: Codebook | None) -> CodeSummary:
    best = (
        rows["segment_id"][pc.index(rows["probability"], pc.max(rows["probability"])).as_py()].as_py()
        if len(rows)
        else ""
    )
    return CodeSummary(
        code=name,
        label=codebook.label_of(name) if codebook else name,
        theme=codebook.theme_of.get(name, "") if codebook else "",
        segments=len(rows),
        share=len(rows) / coded if coded else 0.0,
        transcripts=len({where.transcript(item) for item in rows["segment_id"].to_pylist()}),
        quotation=shorten(where.text(best)) if best else "",
        source=where.source(best) if best else "",
    )


def _partner(name: str, rows: pa.Table, where: _Places) -> PartnerSummary:
    counts = {item["values"]: item["counts"] for item in pc.value_counts(rows["attitude"]).to_pylist()}
    # The clearest opinion makes the quotation; where there is none, the first mention.
    stance = pc.max_element_wise(rows["negative"], rows["positive"])
    best = rows["segment_id"][pc.index(stance, pc.max(stance)).as_py()].as_py()
    start = rows["start"][pc.index(stance, pc.max(stance)).as_py()].as_py()
    offset = start - int(best.rsplit(":", 1)[1].split("-")[0]) if start is not None else 0
    return PartnerSummary(
        partner_type=name,
        mentions=len(rows),
        negative=counts.get(Attitude.NEGATIVE, 0),
        neutral=counts.get(Attitude.NEUTRAL, 0),
        positive=counts.get(Attitude.POSITIVE, 0),
        quotation=shorten(where.text(best), around=offset),
        source=where.source(best),
    )


def shorten(text: str, *, words: int = QUOTATION_WORDS, around: int = 0) -> str:
    """At most `words` words of `text` on one line, beginning a little before the character `around`."""
    before = len(text[:around].split())
    parts = text.split()
    first = max(0, min(before - words // 3, len(parts) - words))
    chosen = parts[first : first + words]
    return ("… " if first else "") + " ".join(chosen) + (" …" if first + words < len(parts) else "")


def print_summary(summary: Summary, console: Console, *, most: int = 12) -> None:
    """Print the two tables; codes that were never assigned are left out."""
    uncoded = f"{summary.uncoded / summary.coded_segments:.0%}" if summary.coded_segments else "none"
    transcripts = "1 transcript" if summary.transcripts == 1 else f"{summary.transcripts} transcripts"
    left = f", {summary.for_review} left to a human" if summary.for_review else ""
    console.print(f"{transcripts}, {summary.coded_segments} participant segments, {uncoded} without a code{left}")
    console.print(_theme_table([item for item in summary.codes if item.segments][:most]))
    console.print(_partner_table(summary.partners[:most]))


def _theme_table(codes: Sequence[CodeSummary]) -> Table:
    table = Table(title="Themes by frequency", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("code", no_wrap=True)
    table.add_column("segments", justify="right")
    table.add_column("share", justify="right")
    table.add_column("for example", overflow="fold")
    for item in codes:
        table.add_row(item.label, str(item.segments), f"{item.share:.1%}", f"“{item.quotation}” ({item.source})")
    return table


def _partner_table(partners: Sequence[PartnerSummary]) -> Table:
    table = Table(title="Attitude by partner type", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("partner", no_wrap=True)
    for heading in ("neg.", "neutral", "pos."):
        table.add_column(heading, justify="right")
    table.add_column("for example", overflow="fold")
    for item in partners:
        counts = (str(item.negative), str(item.neutral), str(item.positive))
        table.add_row(item.partner_type.replace("_", " "), *counts, f"“{item.quotation}” ({item.source})")
    return table
