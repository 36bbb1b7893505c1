"""The short table at the end of a run: themes by frequency, attitude by partner type, one quotation each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from pipeline.codebook import Codebook
from pipeline.store import ATTITUDES, THEMES
from pipeline.tables import RunTables, open_run
from pipeline.types import Attitude

QUOTATION_WORDS = 14

ENOUGH, HARDLY, HARDLY_OF_SHIPPED = 50, 0.05, 0.15
"""Of so many segments or more, fewer than this share with a code make one ask whether the model is for this topic. More for a
model that ships: in each of the 246 interviews on its topic gold has codes on 0.31 or more of the segments, and it gave some to
0.04 to 0.16 of those of interviews on poetry, machine learning and Ethereum. Somebody's own codebook may be of one rare code."""


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
        no_codes, no_attitudes: a sentence on what the model never learnt, as in `RunTables`.
    """

    transcripts: int
    coded_segments: int
    uncoded: int
    for_review: int
    codes: tuple[CodeSummary, ...]
    partners: tuple[PartnerSummary, ...]
    no_codes: str = ""
    no_attitudes: str = ""

    @property
    def by_model(self) -> int:
        """Segments that the model coded, with a code or with none: all but those left to a human."""
        return self.coded_segments - self.for_review

    @property
    def carrying(self) -> int:
        """Segments with any code."""
        return self.by_model - self.uncoded


def summarise(path: Path, codebook: Codebook | None = None) -> Summary:
    """Summarise a finished run, table by table in batches; the codebook gives labels and themes."""
    tables = open_run(path)
    codes = {name: _Tally() for name in tables.manifest["codebook"]["codes"]}
    coded, carrying = 0, _Changes()
    for batch in tables.batches(THEMES):
        coded += len(batch)
        for row in batch.filter(batch["assigned"]).to_pylist():
            carrying.see(row["segment_id"])
            codes[row["code"]].add(row["segment_id"], row["probability"])
    coded //= max(1, len(codes))  # each coded segment has a row per code
    partners = _partner_tallies(tables)
    best = [tally.best for tally in (*codes.values(), *partners.values()) if tally.best]
    where = _Places(tables, best)
    for_review = int(tables.manifest["counts"].get("for_review", 0))
    code_summaries = [_code(name, tally, coded, where, codebook) for name, tally in codes.items()]
    partner_summaries = [_partner(name, tally, where) for name, tally in partners.items()]
    return Summary(
        transcripts=int(tables.manifest["counts"]["coded"]),
        coded_segments=coded,
        uncoded=coded - carrying.count - for_review,
        for_review=for_review,
        codes=tuple(sorted(code_summaries, key=lambda item: (-item.segments, item.code))),
        partners=tuple(sorted(partner_summaries, key=lambda item: (-item.mentions, item.partner_type))),
        no_codes=tables.no_codes,
        no_attitudes=tables.no_attitudes,
    )


@dataclass(slots=True)
class _Changes:
    """How many different names there are, where those that are equal stand together."""

    count: int = 0
    last: str = ""

    def see(self, name: str) -> None:
        self.count += name != self.last
        self.last = name


@dataclass(slots=True)
class _Tally:
    """Rows of one code or partner type, as they stream past.

    Attributes:
        best: the segment with the highest score, the first of equals.
        place: the mention's offset in the transcript, where it is one.
    """

    rows: int = 0
    best: str = ""
    score: float = -1.0
    place: int | None = None
    transcripts: _Changes = field(default_factory=_Changes)
    attitudes: Counter[str] = field(default_factory=Counter)

    def add(self, segment_id: str, score: float, place: int | None = None) -> None:
        self.rows += 1
        self.transcripts.see(segment_id.rsplit(":", 1)[0])
        if score > self.score:
            self.best, self.score, self.place = segment_id, score, place


def _partner_tallies(tables: RunTables) -> dict[str, _Tally]:
    tallies: defaultdict[str, _Tally] = defaultdict(_Tally)
    for row in tables.rows(ATTITUDES, ["segment_id", "start", "partner_type", "attitude", "negative", "positive"]):
        tally = tallies[row["partner_type"]]
        tally.attitudes[row["attitude"]] += 1
        # The clearest opinion makes the quotation; where there is none, the first mention.
        tally.add(row["segment_id"], max(row["negative"], row["positive"]), row["start"])
    return tallies


class _Places:
    """Text and speaker of some segments."""

    def __init__(self, tables: RunTables, wanted: Iterable[str]) -> None:
        self._rows = tables.segments_named(wanted, ["speaker", "start", "text"])

    def quotation(self, tally: _Tally) -> str:
        if not tally.best:
            return ""
        row, _ = self._rows[tally.best]
        return shorten(str(row["text"]), around=0 if tally.place is None else tally.place - int(row["start"]))

    def source(self, tally: _Tally) -> str:
        if not tally.best:
            return ""
        row, _ = self._rows[tally.best]
        transcript = _clipped(str(row["transcript_id"]).rsplit("-", 1)[0])
        return f"{_clipped(row['speaker'])}, {transcript}" if row["speaker"] else transcript


def _clipped(name: str, longest: int = 24) -> str:
    """A name that leaves room for the quotation in a terminal's line."""
    return name if len(name) <= longest else name[: longest - 1] + "…"


def _code(name: str, tally: _Tally, coded: int, where: _Places, codebook: Codebook | None) -> CodeSummary:
    return CodeSummary(
        code=name,
        label=codebook.label_of(name) if codebook else name,
        theme=codebook.theme_of.get(name, "") if codebook else "",
        segments=tally.rows,
        share=tally.rows / coded if coded else 0.0,
        transcripts=tally.transcripts.count,
        quotation=where.quotation(tally),
        source=where.source(tally),
    )


def _partner(name: str, tally: _Tally, where: _Places) -> PartnerSummary:
    return PartnerSummary(
        partner_type=name,
        mentions=tally.rows,
        negative=tally.attitudes[Attitude.NEGATIVE],
        neutral=tally.attitudes[Attitude.NEUTRAL],
        positive=tally.attitudes[Attitude.POSITIVE],
        quotation=where.quotation(tally),
        source=where.source(tally),
    )


def shorten(text: str, *, words: int = QUOTATION_WORDS, around: int = 0) -> str:
    """At most `words` words of `text` on one line, beginning a little before the character `around`."""
    before = len(text[:around].split())
    parts = text.split()
    first = max(0, min(before - words // 3, len(parts) - words))
    chosen = parts[first : first + words]
    return ("… " if first else "") + " ".join(chosen) + (" …" if first + words < len(parts) else "")


def print_summary(summary: Summary, console: Console, *, most: int = 12) -> None:
    """Print the two tables, or why there is none; codes that were never assigned are left out."""
    transcripts = "1 transcript" if summary.transcripts == 1 else f"{summary.transcripts} transcripts"
    console.print(f"{transcripts}, {summary.coded_segments} participant segments{_of_which(summary)}")
    assigned = [item for item in summary.codes if item.segments]
    if assigned:
        console.print(_theme_table(assigned[:most], "share of all" if summary.for_review else "share"))
    else:
        console.print(summary.no_codes or "No code was assigned to any segment.")
    if summary.partners:
        console.print(_partner_table(summary.partners[:most]))
    if summary.no_attitudes or not summary.partners:
        console.print(summary.no_attitudes or "No partner was mentioned.")


def _of_which(summary: Summary) -> str:
    """How many were coded and how many of these got no code, each share with what it is a share of."""
    if summary.no_codes:
        return ""
    if not summary.for_review:
        share = f"{summary.uncoded / summary.coded_segments:.0%}" if summary.coded_segments else "none"
        return f", {share} without a code"
    without = ""
    if summary.by_model:
        without = f" ({summary.uncoded} of these, {summary.uncoded / summary.by_model:.0%}, without a code)"
    return f": {summary.by_model} coded{without}, {summary.for_review} left to a human"


def another_topic(summary: Summary, model: str, codebook: Codebook, *, shipped: bool = False) -> str:
    """A question, where a model that assigns codes assigned them hardly anywhere."""
    least = HARDLY_OF_SHIPPED if shipped else HARDLY
    if summary.no_codes or summary.by_model < ENOUGH or summary.carrying >= least * summary.by_model:
        return ""
    return (
        f"little is coded: {summary.carrying} of {summary.by_model} segments carry a code. Model: {model}, with the "
        f"codebook “{codebook.label or codebook.name}”. Is that your topic? For another, train a model for your own codebook: "
        "`themes train --codebook YOURS.yaml --out MODEL`, which needs no gold to begin with (docs/training.md)"
    )


def _theme_table(codes: Sequence[CodeSummary], share: str) -> Table:
    table = Table(title="Themes by frequency", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("code", no_wrap=True)
    table.add_column("segments", justify="right")
    table.add_column(share, justify="right")
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
