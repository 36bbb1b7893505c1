"""The short table at the end of a run: themes by frequency, attitude by partner type, one quotation each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from pipeline.attitude_tally import AttitudeTally, in_order, unit_of
from pipeline.codebook import Codebook
from pipeline.store import THEMES
from pipeline.tables import RunTables, open_run
from pipeline.types import PARTNERSHIP, Attitude

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
    """One partner type over the run, or partnership as such: how often it is mentioned, by whom, and the attitudes to it.

    Attributes:
        mentions: of partnership as such, the segments that speak of it.
        transcripts, speakers: that mention it; a speaker counts anew in each transcript.
        most: of the mentions, those in the transcript that has most of them; `most_in` is its name.
        negative, neutral, positive: of the mentions, those whose likeliest attitude it is.
        mean_negative, mean_neutral, mean_positive: mean probability over the mentions, in 0 to 1: the better estimate of shares
            (`AttitudeTally.mean`).
    """

    partner_type: str
    mentions: int
    transcripts: int
    speakers: int
    most: int
    most_in: str
    negative: int
    neutral: int
    positive: int
    mean_negative: float
    mean_neutral: float
    mean_positive: float
    quotation: str
    source: str

    @property
    def unit(self) -> str:
        """What is counted: mentions, or segments."""
        return unit_of(self.partner_type)

    @property
    def from_one(self) -> bool:
        """Whether more than half of several mentions come from one transcript."""
        return self.mentions > 1 and 2 * self.most > self.mentions


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts over a run.

    Attributes:
        coded_segments: participants' segments.
        uncoded: those that were coded and given no code.
        for_review: those left to a human, because their codes are too uncertain; their attitudes stand.
        partners: by mentions.
        partnership: the attitude to partnership as such, counted in segments; None where none speaks of it.
        no_codes, no_attitudes: a sentence on what the model never learnt, as in `RunTables`.
    """

    transcripts: int
    coded_segments: int
    uncoded: int
    for_review: int
    codes: tuple[CodeSummary, ...]
    partners: tuple[PartnerSummary, ...]
    partnership: PartnerSummary | None = None
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
    best = (*(tally.best for tally in codes.values()), *(tally.best for tally in partners.values()))
    where = _Places(tables, (item.segment_id for item in best if item.segment_id))
    for_review = int(tables.manifest["counts"].get("for_review", 0))
    code_summaries = [_code(name, tally, coded, where, codebook) for name, tally in codes.items()]
    names = in_order({name: tally.attitudes for name, tally in partners.items()})
    partner_summaries = {name: _partner(name, partners[name], where) for name in names}
    partnership = partner_summaries.pop(PARTNERSHIP, None)
    return Summary(
        transcripts=int(tables.manifest["counts"]["coded"]),
        coded_segments=coded,
        uncoded=coded - carrying.count - for_review,
        for_review=for_review,
        codes=tuple(sorted(code_summaries, key=lambda item: (-item.segments, item.code))),
        partners=tuple(partner_summaries.values()),
        partnership=partnership,
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
class _Best:
    """The segment with the highest score, the first of equals.

    Attributes:
        place: the mention's offset in the transcript, where it is one.
    """

    segment_id: str = ""
    score: float = -1.0
    place: int | None = None

    def see(self, segment_id: str, score: float, place: int | None = None) -> None:
        if score > self.score:
            self.segment_id, self.score, self.place = segment_id, score, place


@dataclass(slots=True)
class _Tally:
    """Rows of one code, as they stream past."""

    rows: int = 0
    transcripts: _Changes = field(default_factory=_Changes)
    best: _Best = field(default_factory=_Best)

    def add(self, segment_id: str, score: float) -> None:
        self.rows += 1
        self.transcripts.see(_transcript_of(segment_id))
        self.best.see(segment_id, score)


@dataclass(slots=True)
class _PartnerTally:
    """Rows of one partner type, as they stream past."""

    attitudes: AttitudeTally = field(default_factory=AttitudeTally)
    best: _Best = field(default_factory=_Best)


def _transcript_of(segment_id: str) -> str:
    return segment_id.rsplit(":", 1)[0]


def _name_of(transcript_id: str) -> str:
    return transcript_id.rsplit("-", 1)[0]


def _partner_tallies(tables: RunTables) -> dict[str, _PartnerTally]:
    tallies: defaultdict[str, _PartnerTally] = defaultdict(_PartnerTally)
    for row, speaker in tables.attitudes_and_speakers():
        tally = tallies[row["partner_type"]]
        probabilities = [row[attitude.value] for attitude in Attitude]
        transcript = _transcript_of(row["segment_id"])
        tally.attitudes.add(transcript, speaker, Attitude(row["attitude"]), probabilities)
        # The clearest opinion makes the quotation; where there is none, the first mention.
        tally.best.see(row["segment_id"], max(row["negative"], row["positive"]), row["start"])
    return tallies


class _Places:
    """Text and speaker of some segments."""

    def __init__(self, tables: RunTables, wanted: Iterable[str]) -> None:
        self._rows = tables.segments_named(wanted, ["speaker", "start", "text"])

    def quotation(self, best: _Best) -> str:
        if not best.segment_id:
            return ""
        row, _ = self._rows[best.segment_id]
        return shorten(str(row["text"]), around=0 if best.place is None else best.place - int(row["start"]))

    def source(self, best: _Best) -> str:
        if not best.segment_id:
            return ""
        row, _ = self._rows[best.segment_id]
        transcript = _clipped(_name_of(str(row["transcript_id"])))
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
        quotation=where.quotation(tally.best),
        source=where.source(tally.best),
    )


def _partner(name: str, tally: _PartnerTally, where: _Places) -> PartnerSummary:
    found = tally.attitudes
    return PartnerSummary(
        partner_type=name,
        mentions=found.count,
        transcripts=found.transcripts,
        speakers=found.speakers,
        most=found.most,
        most_in=_name_of(found.most_in),
        negative=found.likeliest[Attitude.NEGATIVE],
        neutral=found.likeliest[Attitude.NEUTRAL],
        positive=found.likeliest[Attitude.POSITIVE],
        mean_negative=found.mean(Attitude.NEGATIVE),
        mean_neutral=found.mean(Attitude.NEUTRAL),
        mean_positive=found.mean(Attitude.POSITIVE),
        quotation=where.quotation(tally.best),
        source=where.source(tally.best),
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
        console.print(_attitude_table("Attitude by partner type (mentions)", summary.partners[:most]))
    if summary.partnership:
        console.print(_attitude_table("Attitude to partnership as such (segments)", [summary.partnership]))
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


def _attitude_table(title: str, partners: Sequence[PartnerSummary]) -> Table:
    """Counts by the likeliest attitude."""
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    table.add_column("partner", no_wrap=True)
    for heading in ("neg.", "neutral", "pos."):
        table.add_column(heading, justify="right")
    table.add_column("for example", overflow="fold")
    for item in partners:
        counts = (str(item.negative), str(item.neutral), str(item.positive))
        table.add_row(item.partner_type.replace("_", " "), *counts, f"“{item.quotation}” ({item.source})")
    return table
