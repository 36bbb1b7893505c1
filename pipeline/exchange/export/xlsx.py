"""A run as an Excel workbook for people: Segments, Codes, Code counts, Attitudes, counts of these, About; Likeliest where no
codes were learnt.

What they correct in it comes back as gold (`pipeline.exchange.workbook`): two sheets that are not shown hold what the machine
gave, and the codebook.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.cells import as_read
from pipeline.codebook import Codebook
from pipeline.context import TalkBefore
from pipeline.exchange import run_workbook as wb
from pipeline.exchange.codebook_codes import codes_of
from pipeline.exchange.comment_codes import Said, comment_names, comment_of, packed
from pipeline.exchange.export import columns
from pipeline.exchange.export.attitude_counts import AttitudeCounts, Counted
from pipeline.exchange.export.likeliest_sheet import LIKELIEST_GUIDE, add_likeliest
from pipeline.exchange.export.sheets import MOST_ROWS, Book, Column, Sheet, Value
from pipeline.exchange.export.staged import staged_file
from pipeline.exchange.export.stream import RunTranscript, attribute_names, codebook_of, transcripts_of
from pipeline.path_names import known_name
from pipeline.tables import RunTables
from pipeline.types import Attitude, AttitudeScore, CodedSegment, Role

_WHO = (Column(wb.TRANSCRIPT, 22), Column("Speaker", 16))
_PLACE = (Column(wb.SEGMENT, 26), Column(wb.START, 8, "0"), Column(wb.END, 8, "0"))
_CHECKED = Column(wb.CHECKED_BY, 12)
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
    codes = codes_of(codebook)
    shown = comment_names(codes)
    writers = _Tables(book, attributes, shown, codebook)
    counts, spread = Counter[str](), Counter[str]()
    attitudes_counted = AttitudeCounts(attributes)
    coded = held = 0
    for transcript in transcripts_of(tables, assigned_only=True):
        here: set[str] = set()
        talk = TalkBefore(tables.context_words)
        for item in transcript.segments:
            context = talk.before(item.segment.turn) if item.segment.role is Role.PARTICIPANT else None
            writers.add(transcript, item, context)
            talk.add(item.segment.turn, item.segment.text)
            attitudes_counted.add(transcript, item)
            coded += item.segment.role is Role.PARTICIPANT
            held += item.review
            given = [theme.code for theme in item.themes]
            counts.update(given)
            here.update(given)
        spread.update(here)
    definitions = {code.name: code.definition for code in codebook.all_codes}
    for code in tables.manifest["codebook"]["codes"]:
        share = counts[code] / coded if coded else 0.0
        theme = columns.theme_label(codebook, code)
        writers.counts.add(
            [theme, shown.get(code, code), counts[code], share, spread[code], code, definitions.get(code, "")]
        )
    _add_attitude_counts(book, attitudes_counted)
    if tables.only_orders:
        add_likeliest(book, tables, shown, codebook)
    sheet = book.sheet("About", (Column("About this workbook", 26), Column("", 110)))
    guide = (LIKELIEST_GUIDE, *_GUIDE) if tables.only_orders else _GUIDE
    for row in (*columns.about(tables), *guide):
        sheet.add(row)
    pieces = book.sheet(wb.CODEBOOK, (Column(wb.CODEBOOK, 40),), hidden=True)
    text = packed(codes).decode()
    for at in range(0, len(text), wb.PIECE):
        pieces.add([text[at : at + wb.PIECE]])
    return held


_GUIDE = (
    ("Segments", "All that was said, in order, filter Role for the participants' talk, which alone is coded."),
    ("Codes", "A row for each code assigned to a segment: a segment with two codes stands here twice, one with none not at all."),
    ("Code counts", "How many participants' segments, what share of them, and how many transcripts carry each code."),
    ("Attitudes", "A row for each partner mentioned, and for partnership as such where a segment speaks of it."),
    ("Attitude counts", "Of each type of partner: how many mentions (of partnership as such: segments), in how many transcripts, "
     "by how many speakers (a name counts anew in each transcript), and the transcript that has most of them."),
    ("Attitudes by group", "The same for each speaker and each value of an attribute: filter By. Groups without any are left "
     "out; of few mentions, or of one speaker, opinion cannot be told. `themes prevalence` corrects for the machine's errors."),
    ("Counts and means", "Negative, Neutral, Positive count mentions by their likeliest attitude, which flattens opinion; the "
     "means of their probabilities are the better estimate of shares."),
    ("Correcting", "In Segments, change the cell under Codes: names as in Code counts, with ; between them; empty for none. In "
     "Attitudes, change a row, add one, or empty its attitude. Put your name under Checked by beside all that you read, "
     "also where you agree. `themes import` of this file then gives what you coded as gold, and nothing else."),
)  # fmt: skip


_COUNTED = (
    Column("Partner type", 20),
    Column("Counted", 10),
    Column("Number", 9, "0"),
    *(Column(one.value.capitalize(), 9, "0") for one in Attitude),
    *(Column(f"Mean probability: {one.value}", 12, "0.0%") for one in Attitude),
    Column("Transcripts", 11, "0"),
    Column("Speakers", 9, "0"),
)


def _add_attitude_counts(book: Book, counted: AttitudeCounts) -> None:
    """Attitudes counted over all talk, and by speaker and attribute."""
    most = (Column("Most in one transcript", 14, "0"), Column("Which", 22))
    overall = book.sheet("Attitude counts", (*_COUNTED, *most))
    for row in counted.overall():
        overall.add([*_counted(row), row.tally.most, row.most_in])
    group = (Column("By", 16), Column("Group", 22), Column(wb.TRANSCRIPT, 22))
    groups = book.sheet("Attitudes by group", (*group, *_COUNTED))
    for row in counted.by_group():
        groups.add([row.by, row.group, row.transcript, *_counted(row)])


def _counted(row: Counted) -> list[Value]:
    spread = (row.tally.transcripts, row.tally.speakers)
    return [row.partner_type, row.unit, row.tally.count, *row.counts, *row.means, *spread]


class _Tables:
    """The sheets that hold rows of segments."""

    def __init__(self, book: Book, attributes: Sequence[str], shown: Mapping[str, str], codebook: Codebook) -> None:
        self._attributes, self._shown = attributes, shown
        self._themes = {code: columns.theme_label(codebook, code) for code in codebook.names}

        def sheet(name: str, *rest: Column, end: Sequence[Column] = _PLACE) -> Sheet:
            fixed = [column.heading for column in (*_WHO, *rest, *end)]
            own = [Column(heading, 14) for heading in columns.attribute_columns(attributes, fixed)]
            return book.sheet(name, (*_WHO, *own, *rest, *end))

        text = Column(wb.TEXT, _TEXT_WIDTH)
        self._segments = sheet(
            wb.SEGMENTS,
            Column(wb.ROLE, 12),
            Column("Time (seconds)", 9, "0.0"),
            text,
            Column(wb.CODES, 30),
            _CHECKED,
            Column("Probabilities", 30),
            Column("Attitudes", 30),
            Column("Uncertainty", 11, _PROBABILITY),
            Column("Left to a human", 9),
        )
        self._codes = sheet(
            wb.CODINGS, Column("Theme", 24), Column(wb.CODE, 24), Column("Probability", 11, _PROBABILITY), text
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
            wb.ATTITUDES,
            Column(wb.PARTNER_TYPE, 20),
            Column(wb.MENTION, 24),
            Column(wb.ATTITUDE, 10),
            _CHECKED,
            *chances,
            text,
            end=(_PLACE[0], Column(wb.MENTION_START, 8, "0"), Column(wb.MENTION_END, 8, "0")),
        )
        # Not before the others: a workbook opens with its first sheet.
        self._given = book.sheet(wb.MACHINE_GAVE, [Column(name, 20) for name in wb.MACHINE_COLUMNS], hidden=True)

    def add(self, transcript: RunTranscript, item: CodedSegment, context: str | None) -> None:
        """A segment's rows in all sheets; `context` is the talk before it, where it is coded."""
        segment = item.segment
        facts = transcript.attributes_of(segment.speaker)
        who: list[Value] = [transcript.name, segment.speaker, *(facts.get(name) for name in self._attributes)]
        place: list[Value] = [segment.segment_id, segment.start, segment.end]
        names = [self._shown.get(theme.code, theme.code) for theme in item.themes]
        chances = [f"{name} {theme.probability:.2f}" for name, theme in zip(names, item.themes, strict=True)]
        coded = segment.role is Role.PARTICIPANT
        given = comment_of(Said(name, "") for name in names)
        self._segments.add(
            [
                *who,
                segment.role.value,
                segment.start_time,
                segment.text,
                given,
                None,
                columns.SEPARATOR.join(chances),
                columns.attitudes_in_words(item),
                item.uncertainty if coded else None,
                "yes" if item.review else None,
                *place,
            ]
        )
        known = known_name(transcript.name, transcript.transcript_id)
        place_known: list[Value] = [segment.segment_id, known, segment.role.value, segment.start, segment.end]
        first, *more = _pieces(segment.text)
        self._given.add([*place_known, given, _stances(item), _in_a_cell(context), first])
        for piece in more:
            self._given.add([segment.segment_id, *[None] * (len(wb.MACHINE_COLUMNS) - 2), piece])
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
                    None,
                    score.negative,
                    score.neutral,
                    score.positive,
                    segment.text,
                    segment.segment_id,
                    mention.start if mention else None,
                    mention.end if mention else None,
                ]
            )


def _pieces(text: str) -> list[str | None]:
    """A text that no cell can hold as JSON, in pieces that cells can; nothing for any other."""
    if as_read(text) == text:
        return [None]
    content = json.dumps(text)
    return [content[at : at + wb.PIECE] for at in range(0, len(content), wb.PIECE)]


def _in_a_cell(context: str | None) -> str | None:
    content = None if context is None else json.dumps(context)
    return content if content is None or len(content) <= wb.PIECE else None


def _stances(item: CodedSegment) -> str | None:
    """A segment's attitudes as JSON; None where it has none."""
    found = [
        [*((score.mention.start, score.mention.end) if score.mention else (None, None)), *_kind(score)]
        for score in item.attitudes
    ]
    return json.dumps(found) if found else None


def _kind(score: AttitudeScore) -> tuple[str, str]:
    return columns.partner_type(score), score.attitude.value
