"""Paragraphs and tables, as every kind of document has them, rendered to lines for the text reader."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.ingest.conventions import key_of, says_its_role
from pipeline.ingest.docx_tables import is_transcript_table, talk_from_tables
from pipeline.ingest.draft import Draft
from pipeline.ingest.set_off import Typed, labels_by_type
from pipeline.ingest.speakers import shape
from pipeline.ingest.text import read_lines
from pipeline.ingest.times import leading_stamp

_LONGEST_LEAD = 40


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph as read.

    Attributes:
        text: its words.
        lead: those in bold that it starts with.
        title: whether its style is a title's.
        slanted: whether all of it is in italics.
    """

    text: str
    lead: str = ""
    title: bool = False
    slanted: bool = False


Block = Paragraph | list[list[str]]
"""A paragraph, or a table as rows of cells."""


def read_blocks(blocks: Sequence[Block], *, warnings: Sequence[str] = ()) -> Draft:
    """Read a document; a table of speakers and speech wins over paragraphs, which else are read as text is."""
    if any(isinstance(block, list) and is_transcript_table(block) for block in blocks):
        draft = talk_from_tables([block if isinstance(block, list) else block.text for block in blocks])
        return replace(draft, warnings=(*warnings, *draft.warnings))
    return _from_paragraphs(_as_paragraphs(blocks), warnings)


def _as_paragraphs(blocks: Sequence[Block]) -> list[Paragraph]:
    """Tables without speakers as paragraphs: `Date | 3 May` as `Date: 3 May`, others cell by cell."""
    found: list[Paragraph] = []
    for block in blocks:
        if isinstance(block, Paragraph):
            found.append(block)
            continue
        for row in block:
            cells = [cell for cell in row if cell.strip()]
            pair = len(cells) == 2 and all(len(cell) < 80 and "\n" not in cell for cell in cells)
            found += [Paragraph(": ".join(cell.strip(" :") for cell in cells))] if pair else map(Paragraph, cells)
    return found


def _from_paragraphs(paragraphs: Sequence[Paragraph], warnings: Sequence[str]) -> Draft:
    leads = _bold_labels(paragraphs)
    repeated = Counter(paragraph.text.strip() for paragraph in paragraphs)
    lines: list[str] = []
    silent: list[int] = []
    strong: list[int] = []
    typed: list[Typed] = []
    before_pair = False
    for paragraph in paragraphs:
        text = paragraph.text.replace("\r", "\n")
        if key_of(paragraph.lead) in leads and paragraph.lead.strip():
            text = _with_label(paragraph)
        pair = ": " in text[:60] and len(text) < 100 and "\n" not in text
        if lines and not (pair and before_pair):
            lines.append("")
        # A heading that recurs may be a speaker's name above the speech.
        if paragraph.title and repeated[paragraph.text.strip()] == 1:
            silent += range(len(lines), len(lines) + text.count("\n") + 1)
        else:
            typed.append(Typed(len(lines), text, _is_all_bold(paragraph), paragraph.slanted))
        if _is_bold_label(paragraph):
            strong.append(len(lines))
        lines += text.split("\n")
        before_pair = pair
    return read_lines(lines, silent=silent, strong=strong, by_type=labels_by_type(typed), warnings=warnings)


def _bold_labels(paragraphs: Sequence[Paragraph]) -> set[str]:
    """Bold words at the head of paragraphs that are speakers though no colon follows them."""
    heads = [p.lead.strip() for p in paragraphs if _may_be_label(p)]
    counts = Counter(map(key_of, heads))
    names = {
        key_of(head)
        for head in heads
        if says_its_role(head) or (counts[key_of(head)] > 1 and shape(head) not in {None, "lower", "number"})
    }
    total = sum(counts[name] for name in names)
    return names if total >= 0.2 * sum(bool(p.text.strip()) for p in paragraphs) else set()


def _is_all_bold(paragraph: Paragraph) -> bool:
    return bool(paragraph.text.strip()) and paragraph.lead.strip() == paragraph.text.strip()


def _may_be_label(paragraph: Paragraph) -> bool:
    lead = paragraph.lead.strip()
    rest = paragraph.text[len(paragraph.lead) :]
    if not 0 < len(lead) <= _LONGEST_LEAD or lead[-1] in ":.?!,":
        return False
    # `**Ali** 0:19` is a label in a convention of its own.
    return not rest.startswith(":") and bool(rest.strip()) and leading_stamp(rest[:40])[1] is None


def _is_bold_label(paragraph: Paragraph) -> bool:
    """Whether the paragraph starts with bold words and a colon."""
    lead = paragraph.lead.strip()
    rest = paragraph.text[len(paragraph.lead) :]
    return 1 < len(lead) <= _LONGEST_LEAD and (lead[-1] == ":" or rest.lstrip().startswith(":"))


def _with_label(paragraph: Paragraph) -> str:
    if not _may_be_label(paragraph):
        return paragraph.text
    return f"{paragraph.lead.strip()}: {paragraph.text[len(paragraph.lead) :].lstrip()}"
