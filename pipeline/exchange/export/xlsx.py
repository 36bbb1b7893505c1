"""A run as an Excel workbook for people: Segments, Codes, Code counts, Attitudes, About."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.codebook import Codebook
from pipeline.exchange.export import columns
from pipeline.exchange.export.sheets import MOST_ROWS, Book, Column, Sheet, Value
from pipeline.exchange.export.staged import staged_file
from pipeline.exchange.export.stream import (
    RunTranscript,
    attribute_names,
    codebook_of,
    shown_names,
    transcripts_of,
)
from pipeline.tables import RunTables
from pipeline.types import CodedSegment, Role

_WHO = (Column("Transcript", 22), Column("Speaker", 16))
_PLACE = (Column("Segment", 26), Column("Start", 8, "0"), Column("End", 8, "0"))
_PROBABILITY = "0.00"
_TEXT_WIDTH = 80


def write(tables: RunTables, out: Path, *, most_rows: int = MOST_ROWS) -> Sequence[str]:
    """Write a run as a workbook; returns what did not fit, and how much was left to a human."""
    with staged_file(out) as aside:
        book = Book(aside, most_rows)
        held = _fill(book, tables)
        book.close()
    return [*book.warnings, *columns.held_back(held)]


def _fill(book: Book, tables: RunTables) -> int:
    """All sheets; returns how many segments were left to a human."""
    codebook, attributes = codebook_of(tables), attribute_names(tables)
    shown = shown_names(codebook)
    writers = _Tables(book, attributes, shown, codebook)
    counts, spread = Counter[str](), Counter[str]()
    coded = held = 0
    for transcript in transcripts_of(tables, assigned_only=True):
        here: set[str] = set()
        for item in transcript.segments:
            writers.add(transcript, item)
            coded += item.segment.role is Role.PARTICIPANT
            held += item.review
            given = [theme.code for theme in item.themes]
            counts.update(given)
            here.update(given)
        spread.update(here)
    definitions = {code.name: code.definition for code in codebook.all_codes}
    for code in tables.manifest["codebook"]["codes"]:
        share = counts[code] / coded if coded else 0.0
        theme = _theme(codebook, code)
        writers.counts.add(
            [theme, shown.get(code, code), counts[code], share, spread[code], code, definitions.get(code, "")]
        )
    sheet = book.sheet("About", (Column("About this workbook", 26), Column("", 110)))
    for row in (*columns.about(tables), *_GUIDE):
        sheet.add(row)
    return held


_GUIDE = (
    ("Segments", "All that was said, in order, filter Role for the participants' talk, which alone is coded."),
    ("Codes", "A row for each code assigned to a segment: a segment with two codes stands here twice, one with none not at all."),
    ("Code counts", "How many participants' segments, what share of them, and how many transcripts carry each code."),
    ("Attitudes", "A row for each partner mentioned, and for partnership as such where a segment speaks of it."),
)  # fmt: skip


class _Tables:
    """The sheets that hold rows of segments."""

    def __init__(self, book: Book, attributes: Sequence[str], shown: Mapping[str, str], codebook: Codebook) -> None:
        self._attributes, self._shown = attributes, shown
        self._themes = {code: _theme(codebook, code) for code in codebook.names}

        def sheet(name: str, *rest: Column, end: Sequence[Column] = _PLACE) -> Sheet:
            fixed = [column.heading for column in (*_WHO, *rest, *end)]
            own = [Column(heading, 14) for heading in columns.attribute_columns(attributes, fixed)]
            return book.sheet(name, (*_WHO, *own, *rest, *end))

        text = Column("Text", _TEXT_WIDTH)
        self._segments = sheet(
            "Segments",
            Column("Role", 12),
            Column("Time (seconds)", 9, "0.0"),
            text,
            Column("Codes", 30),
            Column("Probabilities", 30),
            Column("Attitudes", 30),
            Column("Uncertainty", 11, _PROBABILITY),
            Column("Left to a human", 9),
        )
        self._codes = sheet(
            "Codes", Column("Theme", 24), Column("Code", 24), Column("Probability", 11, _PROBABILITY), text
        )
        self.counts = book.sheet(
            "Code counts",
            (
                Column("Theme", 28),
                Column("Code", 28),
                Column("Segments", 10, "0"),
                Column("Share of participants' segments", 14, "0.0%"),
                Column("Transcripts", 11, "0"),
                Column("Identifier", 24),
                Column("Definition", 90),
            ),
        )
        chances = [Column(name, 9, _PROBABILITY) for name in ("Negative", "Neutral", "Positive")]
        self._attitudes = sheet(
            "Attitudes",
            Column("Partner type", 20),
            Column("Mention", 24),
            Column("Attitude", 10),
            *chances,
            text,
            end=(_PLACE[0], Column("Mention's start", 8, "0"), Column("Mention's end", 8, "0")),
        )

    def add(self, transcript: RunTranscript, item: CodedSegment) -> None:
        """A segment's rows in all sheets."""
        segment = item.segment
        facts = transcript.attributes_of(segment.speaker)
        who: list[Value] = [transcript.name, segment.speaker, *(facts.get(name) for name in self._attributes)]
        place: list[Value] = [segment.segment_id, segment.start, segment.end]
        names = [self._shown.get(theme.code, theme.code) for theme in item.themes]
        chances = [f"{name} {theme.probability:.2f}" for name, theme in zip(names, item.themes, strict=True)]
        coded = segment.role is Role.PARTICIPANT
        self._segments.add(
            [
                *who,
                segment.role.value,
                segment.start_time,
                segment.text,
                columns.SEPARATOR.join(names),
                columns.SEPARATOR.join(chances),
                columns.attitudes_in_words(item),
                item.uncertainty if coded else None,
                "yes" if item.review else None,
                *place,
            ]
        )
        for name, theme in zip(names, item.themes, strict=True):
            self._codes.add([*who, self._themes[theme.code], name, theme.probability, segment.text, *place])
        for score in item.attitudes:
            mention = score.mention
            self._attitudes.add(
                [
                    *who,
                    columns.partner_type(score),
                    mention.text if mention else None,
                    score.attitude.value,
                    score.negative,
                    score.neutral,
                    score.positive,
                    segment.text,
                    segment.segment_id,
                    mention.start if mention else None,
                    mention.end if mention else None,
                ]
            )


def _theme(codebook: Codebook, code: str) -> str:
    """The label of the theme that the code stands under."""
    name = codebook.theme_of.get(code, "")
    return next((theme.label or theme.name for theme in codebook.themes if theme.name == name), "")
