"""A run as CSV: one wide table for statistics programs, or a zip or folder of tables that belong together.

The wide table (`.csv`) has a row for each participant's segment and two columns for each code. The tables are `transcripts`,
`segments` (every role), `codings` (segment × code), `attitudes`, `attitude_counts`, `codebook` and `about`.
"""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.cells import guarded
from pipeline.exchange.export import columns
from pipeline.exchange.export.attitude_counts import AttitudeCounts, Counted
from pipeline.exchange.export.staged import staged_file, staged_folder
from pipeline.exchange.export.stream import RunTranscript, attribute_names, codebook_of, shown_names, transcripts_of
from pipeline.tables import RunTables
from pipeline.types import PARTNERSHIP, CodedSegment, Role

_WHO = ("segment_id", "transcript", "transcript_id", "turn", "speaker")
_PLACE = ("start", "end", "start_time", "end_time")
_COUNTED = (
    *("by", "group", "transcript", "partner_type", "counted", "number", "negative", "neutral", "positive"),
    *("mean_negative", "mean_neutral", "mean_positive", "transcripts", "speakers", "most_in_one", "most_in"),
)
_DECIMALS = 4


class _Table:
    """A CSV file.

    Args:
        excel: begin with a byte order mark, without which Excel takes UTF-8 for something else, and put an apostrophe before
            what Excel would take for a formula.
    """

    def __init__(self, stack: ExitStack, path: Path, heading: Sequence[str], excel: bool) -> None:
        encoding = "utf-8-sig" if excel else "utf-8"
        file = stack.enter_context(path.open("w", encoding=encoding, newline=""))
        self._writer = csv.writer(file, lineterminator="\n")
        self._excel = excel
        self.quoted = 0
        self.add(heading)

    def add(self, values: Sequence[Any]) -> None:
        """A row; None is an empty cell."""
        if self._excel:
            safe = [guarded(value) if isinstance(value, str) else value for value in values]
            self.quoted += sum(one is not other for one, other in zip(safe, values, strict=True))
            values = safe
        self._writer.writerow(values)


def write(tables: RunTables, out: Path) -> Sequence[str]:
    """Write a run as CSV: `.csv` is one wide table, `.zip` a zip of tables, else a folder of tables."""
    return _write(tables, out, excel=False)


def write_for_excel(tables: RunTables, out: Path) -> Sequence[str]:
    """As `write`, for Excel: with a byte order mark, and nothing that Excel would take for a formula."""
    return _write(tables, out, excel=True)


def _write(tables: RunTables, out: Path, excel: bool) -> list[str]:
    with ExitStack() as stack:
        if out.suffix.lower() == ".csv":
            written = [_wide(tables, stack.enter_context(staged_file(out)), excel)]
        else:
            place = _zipped(out) if out.suffix.lower() == ".zip" else staged_folder(out)
            folder = stack.enter_context(place)
            with ExitStack() as files:  # closed before the folder is put in place
                written = _tables(files, tables, folder, excel)
    quoted = sum(table.quoted for table in written)
    told = (
        [f"{quoted} cells got an apostrophe before them, because Excel would take them for formulas"] if quoted else []
    )
    return told + columns.held_back(int(tables.manifest["counts"].get("for_review", 0)))


@contextmanager
def _zipped(out: Path) -> Iterator[Path]:
    """A folder whose files become a zip."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with staged_file(out) as aside, TemporaryDirectory(dir=out.parent, prefix=f".{out.name[:60]}.") as name:
        yield Path(name)
        with zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(Path(name).iterdir()):
                archive.write(file, file.name)


def _wide(tables: RunTables, path: Path, excel: bool) -> _Table:
    codes, attributes = tables.manifest["codebook"]["codes"], attribute_names(tables)
    per_code = [heading for code in codes for heading in (code, f"{code}_probability")]
    rest = ("text", "codes", *per_code, "attitudes", PARTNERSHIP, "uncertainty", "review")
    fixed = [*_WHO, *_PLACE, *rest]
    heading = [*_WHO, *columns.attribute_columns(attributes, fixed), *_PLACE, *rest]
    with ExitStack() as files:
        table = _Table(files, path, heading, excel)
        for transcript in transcripts_of(tables):
            for item in transcript.segments:
                if item.segment.role is Role.PARTICIPANT:
                    table.add(_wide_row(transcript, item, attributes, codes))
    return table


def _wide_row(
    transcript: RunTranscript, item: CodedSegment, attributes: Sequence[str], codes: Sequence[str]
) -> list[Any]:
    scores = {theme.code: theme for theme in item.themes}
    per_code = [
        value
        for code in codes
        for value in ((int(scores[code].assigned), scores[code].probability) if code in scores else (None, None))
    ]
    facts = transcript.attributes_of(item.segment.speaker)
    return [
        *_who(transcript, item),
        *(facts.get(name) for name in attributes),
        *_place(item),
        item.segment.text,
        columns.SEPARATOR.join(theme.code for theme in item.themes if theme.assigned),
        *per_code,
        columns.SEPARATOR.join(
            f"{score.mention.partner_type}: {score.attitude.value}" for score in item.attitudes if score.mention
        ),
        next((score.attitude.value for score in item.attitudes if not score.mention), None),
        item.uncertainty,
        int(item.review),
    ]


def _tables(stack: ExitStack, tables: RunTables, folder: Path, excel: bool) -> list[_Table]:
    attributes = attribute_names(tables)

    def table(name: str, *heading: str) -> _Table:
        return _Table(stack, folder / f"{name}.csv", heading, excel)

    of_transcripts = table("transcripts", "transcript_id", "transcript", "path", "characters")
    named = columns.attribute_columns(attributes, [*_WHO, "role", *_PLACE, "text", "uncertainty", "review"])
    segments = table("segments", *_WHO, "role", *_PLACE, "text", "uncertainty", "review", *named)
    codings = table("codings", "segment_id", "code", "probability", "assigned")
    chances = ("attitude", "negative", "neutral", "positive")
    attitudes = table("attitudes", "segment_id", "start", "end", "mention", "partner_type", *chances)
    counted = AttitudeCounts(attributes)
    for transcript in transcripts_of(tables):
        of_transcripts.add([transcript.transcript_id, transcript.name, transcript.path, len(transcript.text)])
        for item in transcript.segments:
            segment = item.segment
            doubts = (item.uncertainty, int(item.review)) if segment.role is Role.PARTICIPANT else (None, None)
            facts = transcript.attributes_of(segment.speaker)
            own = [facts.get(name) for name in attributes]
            segments.add([*_who(transcript, item), segment.role.value, *_place(item), segment.text, *doubts, *own])
            for theme in item.themes:
                codings.add([segment.segment_id, theme.code, theme.probability, int(theme.assigned)])
            for score in item.attitudes:
                mention = score.mention
                where = (mention.start, mention.end, mention.text) if mention else (None, None, None)
                stance = (score.attitude.value, score.negative, score.neutral, score.positive)
                attitudes.add([segment.segment_id, *where, columns.partner_type(score), *stance])
            counted.add(transcript, item)
    counts = table("attitude_counts", *_COUNTED)
    for one in (*counted.overall(), *counted.by_group()):
        counts.add(_counted(one))
    book = codebook_of(tables)
    shown = shown_names(book)
    codebook = table("codebook", "code", "label", "theme", "definition")
    for code in book.all_codes:
        codebook.add([code.name, shown[code.name], book.theme_of.get(code.name, ""), code.definition])
    about = table("about", "what", "value")
    for row in columns.about(tables):
        about.add(row)
    return [of_transcripts, segments, codings, attitudes, counts, codebook, about]


def _counted(one: Counted) -> list[Any]:
    tally = one.tally
    means = (round(mean, _DECIMALS) for mean in one.means)
    spread = (tally.transcripts, tally.speakers, tally.most, one.most_in)
    return [one.by, one.group, one.transcript, one.partner_type, one.unit, tally.count, *one.counts, *means, *spread]


def _who(transcript: RunTranscript, item: CodedSegment) -> tuple[Any, ...]:
    segment = item.segment
    return segment.segment_id, transcript.name, transcript.transcript_id, segment.turn, segment.speaker


def _place(item: CodedSegment) -> tuple[Any, ...]:
    segment = item.segment
    return segment.start, segment.end, segment.start_time, segment.end_time
