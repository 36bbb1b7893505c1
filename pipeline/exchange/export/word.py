"""Word documents: the transcript to read, with codes and attitudes as comments in the margin on exactly the coded words.

A run's comments are by the machine and say how sure it was; a gold table's, or those of a run beside its gold, are by each coder.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.part import Part

from pipeline.cells import writable
from pipeline.errors import UsageError
from pipeline.exchange.attitudes import code_id
from pipeline.exchange.comment_codes import CHANCE, Said, comment_names, comment_of, packed
from pipeline.exchange.export import columns
from pipeline.exchange.export.staged import staged_file, staged_folder
from pipeline.exchange.export.stream import (
    RunTranscript,
    names_of,
    run_codes,
    transcripts_of,
)
from pipeline.exchange.export.word_body import Look, Note, Styled, comments, paragraphs
from pipeline.exchange.naming import transcript_names
from pipeline.exchange.project import Project, ProjectCoding, Source
from pipeline.gold_unit import MACHINE, NOBODY
from pipeline.plural import numbered
from pipeline.tables import RunTables
from pipeline.types import Role

SUFFIX = ".docx"
_CUSTOM_XML = "/customXml/item%d.xml"


def write_run(tables: RunTables, out: Path) -> Sequence[str]:
    """Write a run: one transcript as a document, several as a folder of documents.

    Raises:
        UsageError: there are several and `out` is a document's name.
    """
    codes = run_codes(tables)
    names, book = comment_names(codes), packed(codes)
    replaced = held = 0

    def documents() -> Iterator[tuple[str, Any]]:
        nonlocal replaced, held
        for transcript in transcripts_of(tables, assigned_only=True):
            replaced += writable(transcript.text) != transcript.text
            held += sum(item.review for item in transcript.segments)
            notes = _run_notes(transcript, names)
            document = _document(transcript.name, transcript.text, notes, book, _styled(transcript))
            document.core_properties.identifier = transcript.transcript_id
            yield transcript.transcript_id, document

    _save(names_of(tables), documents(), out)
    return [*_replaced(replaced), *columns.held_back(held)]


def write(project: Project, out: Path) -> Sequence[str]:
    """Write a project: one source as a document, several as a folder of documents.

    Raises:
        UsageError: there are several and `out` is a document's name.
    """
    names, book = comment_names(project.codes), packed(project.codes)
    by_source: dict[str, list[ProjectCoding]] = {source.source_id: [] for source in project.sources}
    for coding in project.codings:
        if coding.code_id is not None:
            by_source[coding.source_id].append(coding)
    documents = (
        (source.source_id, _document(source.name, source.text, _notes(by_source[source.source_id], names), book))
        for source in project.sources
    )
    _save({source.source_id: source.name for source in project.sources}, documents, out)
    return _replaced(sum(writable(source.text) != source.text for source in project.sources))


def _save(names: Mapping[str, str], documents: Iterable[tuple[str, Any]], out: Path) -> None:
    single = out.suffix.lower() == SUFFIX
    if single and len(names) > 1:
        remedy = f"name a folder with --out, e.g. {out.stem}"
        raise UsageError(
            f"there are {len(names)} transcripts, and each is a document of its own", path=out, remedy=remedy
        )
    if single:
        for _, document in documents:
            with staged_file(out) as aside:
                document.save(str(aside))
        return
    safe = transcript_names([Source(key, Path(name).stem, "") for key, name in names.items()])
    with staged_folder(out) as folder:
        for key, document in documents:
            document.save(str(folder / (safe[key] + SUFFIX)))


def _replaced(count: int) -> list[str]:
    return [numbered(count, "[text|texts] held control characters, which stand as \ufffd")] if count else []


def _run_notes(transcript: RunTranscript, names: Mapping[str, str]) -> list[Note]:
    """The machine's comments: one for all codes of a segment, one for each attitude."""
    notes = []
    for item in transcript.segments:
        start, end = item.segment.start, item.segment.end
        if item.themes:
            said = [Said(names[theme.code], f"{CHANCE}{theme.probability:.2f}") for theme in item.themes]
            notes.append(Note(start, end, MACHINE, comment_of(said)))
        for score in item.attitudes:
            mention = score.mention
            place = (mention.start, mention.end) if mention else (start, end)
            name = names[code_id(columns.partner_type(score), score.attitude)]
            notes.append(Note(*place, MACHINE, comment_of([Said(name, f"{CHANCE}{columns.probability(score):.2f}")])))
    return notes


def _notes(codings: Sequence[ProjectCoding], names: Mapping[str, str]) -> list[Note]:
    """A comment for each stretch and coder."""
    said: dict[tuple[int, int, str], list[Said]] = {}
    for coding in sorted(codings, key=lambda coding: (coding.start, coding.end)):
        given = Said(names[coding.code_id or ""], coding.memo)
        said.setdefault((coding.start, coding.end, coding.coder or NOBODY), []).append(given)
    return [Note(*place, comment_of(codes)) for place, codes in said.items()]


def _styled(transcript: RunTranscript) -> list[Styled]:
    """Speakers' labels in bold, the interviewer's talk fainter than what was coded."""
    found, last = [], 0
    for item in transcript.segments:
        segment = item.segment
        label = transcript.text[last : segment.start]
        if segment.speaker and (at := label.rfind(segment.speaker)) >= 0:
            found.append(Styled(last + at, last + at + len(segment.speaker), Look.SPEAKER))
        if segment.role is Role.INTERVIEWER:
            found.append(Styled(segment.start, segment.end, Look.FAINT))
        last = segment.end
    return found


def _document(name: str, text: str, notes: Sequence[Note], book: bytes, styled: Sequence[Styled] = ()) -> Any:
    document = docx.Document()
    package = document.part.package
    custom = Part(package.next_partname(_CUSTOM_XML), "application/xml", book, package)
    document.part.relate_to(custom, RELATIONSHIP_TYPE.CUSTOM_XML)
    body = document.element.body
    last = body.sectPr
    for paragraph in paragraphs(text, notes, styled):
        last.addprevious(paragraph)
    if notes:
        part = document.part._comments_part.element
        part.extend(comments(notes))
    document.styles["Normal"].paragraph_format.space_after = 0
    properties = document.core_properties
    properties.title = writable(name)[:255]
    properties.author = MACHINE
    properties.comments = f"Codes in comments, by: {', '.join(dict.fromkeys(writable(note.author) for note in notes))}"[
        :255
    ]
    properties.created = properties.modified = datetime.now(UTC).replace(tzinfo=None)
    # The name stands in the page's head and not in the text, which stays the transcript's.
    document.sections[0].header.paragraphs[0].text = writable(name)
    return document
