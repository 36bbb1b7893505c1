"""Coded transcripts as Delve prints them: speakers in bold, what is coded underlined, the codes in boxes under the paragraph.

The print does not say which code belongs to which line under the words. One code, or one underlined stretch, leaves no doubt;
several of both do, and then each code is put on all from the first underlined word to the last.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import ThemesError, UnreadableInput
from pipeline.exchange.building import ProjectBuilder
from pipeline.exchange.print_page import Glyph, Page, Rectangle, lines_of, pages_of, text_of_line
from pipeline.exchange.project import Project

_UNDER = 9.0
"""Points below the baseline in which an underline is drawn."""
_DIGITS = re.compile(r"\d+")
_HEAD = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4},? .*|(?:https?|file)://\S+.*|.*\b\d+/\d+")
_SIGNED = re.compile(r"Created with the Delve Qualitative Analysis Tool")
_SITE = "delvetool"


@dataclass(slots=True)
class _Paragraph:
    """Talk under a speaker's name: its characters, whether each is underlined, and the codes under it."""

    speaker: str
    characters: list[tuple[str, bool]] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)

    def add(self, line: Sequence[tuple[str, bool]]) -> None:
        """Go on with a printed line."""
        if self.characters and line:
            self.characters.append((" ", self.characters[-1][1] and line[0][1]))
        self.characters += line

    def stretches(self) -> list[tuple[int, int]]:
        """Where it is underlined, white space at the ends aside."""
        found = []
        words = "".join(character for character, _ in self.characters)
        marks = "".join("1" if under else "0" for _, under in self.characters)
        for match in re.finditer("1+", marks):
            inner = words[match.start() : match.end()]
            start = match.start() + len(inner) - len(inner.lstrip())
            if inner.strip():
                found.append((start, start + len(inner.strip())))
        return found


def recognise(path: Path) -> bool:
    """Whether the first page is a print from Delve's site, or looks like one."""
    try:
        page = pages_of(path, most=1)[0]
    except (ThemesError, IndexError):
        return False
    return _SITE in "".join(glyph.character for glyph in page.glyphs)


def read(path: Path) -> Project:
    """Read a print of one transcript.

    Raises:
        UnreadableInput: it is no PDF with text, or has no speakers.
    """
    title, paragraphs = _paragraphs(_without_heads(pages_of(path)))
    if not paragraphs:
        raise UnreadableInput(
            "no speakers' names in bold, so no print of a transcript from Delve", path=path, remedy="is it another PDF?"
        )
    name, dash, coder = (title or path.stem).rpartition(" - ")
    name = name if dash else title or path.stem
    builder = ProjectBuilder(title or path.stem)
    if dash:
        builder.warn(f"a print does not say who coded it; {coder!r} was taken from its title, {title!r}")
    text, starts = _text(paragraphs)
    source_id = builder.source(name, text)
    for index, (paragraph, start) in enumerate(zip(paragraphs, starts, strict=True)):
        beside = {
            code
            for other in (*paragraphs[max(0, index - 1) : index], *paragraphs[index + 1 :][:1])
            for code in other.codes
        }
        for code, first, last in _codings(paragraph, beside, builder):
            builder.coding(source_id, start + first, start + last, builder.code(code), coder=coder if dash else "")
    return builder.project()


def _without_heads(pages: Sequence[Page]) -> list[Page]:
    """The pages without what the browser prints at their top and bottom."""
    seen: Counter[str] = Counter()
    edges = []
    for page in pages:
        lines = lines_of(page.glyphs)
        ends = [lines[0], lines[-1]] if len(lines) > 1 else lines
        edges.append(ends)
        seen.update({_DIGITS.sub("#", text_of_line(line)) for line in ends})
    kept = []
    for page, ends in zip(pages, edges, strict=True):
        gone = {
            glyph
            for line in ends
            if _HEAD.fullmatch(text_of_line(line)) and (seen[_DIGITS.sub("#", text_of_line(line))] > 0.5 * len(pages))
            for glyph in line
        }
        kept.append(Page([glyph for glyph in page.glyphs if glyph not in gone], page.shapes))
    return kept


def _paragraphs(pages: Sequence[Page]) -> tuple[str, list[_Paragraph]]:
    """The transcript's title and its paragraphs with their codes."""
    title: list[str] = []
    found: list[_Paragraph] = []
    body = _body_height(pages)
    for page in pages:
        boxes = [shape for shape in page.shapes if _is_box(shape, body)]
        under = [
            shape for shape in page.shapes if shape.top - shape.bottom < 0.4 * body and shape.right - shape.left > 1
        ]
        for item in _items(page, boxes):
            if isinstance(item, str):
                if found:
                    found[-1].codes.append(item)
                continue
            words = text_of_line(item)
            bold = all(glyph.bold for glyph in item if not glyph.character.isspace())
            if bold:
                if len(found) == 1 and not found[0].characters:  # bold above the first name: the title
                    title.append(found.pop().speaker)
                found.append(_Paragraph(words.rstrip(":")))
            elif not found:
                title.append(words)
            elif not _SIGNED.match(words):
                found[-1].add(_marked(item, under))
    return " ".join(title), [paragraph for paragraph in found if paragraph.characters]


def _body_height(pages: Sequence[Page]) -> float:
    heights = Counter(round(glyph.height, 1) for page in pages for glyph in page.glyphs)
    return heights.most_common(1)[0][0] if heights else 1.0


def _is_box(shape: Rectangle, body: float) -> bool:
    """Whether a shape has the size of a code's box: a line of small type high, and not the page's width."""
    return 0.7 * body <= shape.top - shape.bottom <= 4 * body and shape.right - shape.left > 5


def _items(page: Page, boxes: Sequence[Rectangle]) -> Iterator[list[Glyph] | str]:
    """Lines of talk, and codes, in the order of the page."""
    inside: dict[Rectangle, list[Glyph]] = {box: [] for box in boxes}
    outside: list[Glyph] = []
    for glyph in page.glyphs:
        box = next((box for box in boxes if box.holds(glyph)), None)
        (outside if box is None else inside[box]).append(glyph)
    items: list[tuple[float, float, list[Glyph] | str]] = [
        (-line[0].baseline, line[0].left, line) for line in lines_of(outside) if text_of_line(line)
    ]
    for box, glyphs in inside.items():
        words = " ".join(filter(None, map(text_of_line, lines_of(glyphs))))
        if words:
            items.append((-box.bottom, box.left, words))
    return iter([item for _, _, item in sorted(items, key=lambda item: item[:2])])


def _marked(line: Sequence[Glyph], under: Sequence[Rectangle]) -> list[tuple[str, bool]]:
    """A line's characters, single spaces between words, and whether each is underlined."""
    marked: list[tuple[str, bool]] = []
    for glyph in line:
        below = any(
            shape.left - 0.5 <= glyph.middle <= shape.right + 0.5
            and glyph.baseline - _UNDER <= shape.bottom
            and shape.top <= glyph.baseline + 1
            for shape in under
        )
        if not glyph.character.isspace():
            marked.append((glyph.character, below))
        elif marked and marked[-1][0] != " ":
            marked.append((" ", below))
    while marked and marked[-1][0] == " ":
        marked.pop()
    return marked


def _text(paragraphs: Sequence[_Paragraph]) -> tuple[str, list[int]]:
    """The transcript, `Speaker: talk` with a blank line between two, and where each one's talk starts."""
    parts: list[str] = []
    starts = []
    length = 0
    for paragraph in paragraphs:
        lead = f"{paragraph.speaker}: "
        talk = "".join(character for character, _ in paragraph.characters)
        starts.append(length + len(lead))
        parts.append(lead + talk)
        length += len(parts[-1]) + 2
    return "\n\n".join(parts), starts


def _codings(paragraph: _Paragraph, beside: Collection[str], builder: ProjectBuilder) -> Iterator[tuple[str, int, int]]:
    """Each code with the stretch that it is on."""
    stretches = paragraph.stretches()
    if stretches and not paragraph.codes:
        builder.count(
            "[paragraph is underlined and shows|paragraphs are underlined and show] no code (it stands under a later one?)"
        )
    if paragraph.codes and not stretches and set(paragraph.codes) <= set(beside):
        builder.count(
            "[paragraph shows codes of the paragraph beside it and has|paragraphs show codes of the paragraph "
            "beside them and have] no underlined word (a selection ended at "
            "[its edge); it was|their edge); they were] left uncoded"
        )
        return
    if paragraph.codes and not stretches:
        builder.count(
            "[paragraph has|paragraphs have] codes and no underlined words; the codes were put on the whole paragraph"
        )
        stretches = [(0, len(paragraph.characters))]
    elif len(paragraph.codes) > 1 and len(stretches) > 1:
        builder.count(
            "[paragraph has|paragraphs have] several codes and several underlined stretches; the print does not "
            "say which belongs "
            "to which, so each code reaches from the first underlined word to the last"
        )
        stretches = [(stretches[0][0], stretches[-1][1])]
    for code in paragraph.codes:
        for start, end in stretches:
            yield code, start, end
