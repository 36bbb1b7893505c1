"""A hand-coded or machine-coded project as every program knows it: sources, codes, coders, codings, cases.

Offsets are Unicode code points into `Source.text`, half-open. A reader aligns what its program counts (bytes, UTF-16 units,
from one, whole lines) with `pipeline.exchange.offsets`, and where a file disagrees with itself it goes by the text and says so
in `Project.warnings`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Origin:
    """Of which transcript a source's text is a piece, where a program was given a run's segments one by one.

    Attributes:
        transcript: as the run knows it.
        start: where the piece starts in it.
        unit: the segment's id.
        context: the talk before it.
    """

    transcript: str
    start: int
    unit: str
    context: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """One text that was coded.

    Attributes:
        source_id: unique in the project.
        name: as the program shows it, typically the file's name.
        text: the plain text that offsets refer to.
        attributes: of the case or document (rank, site …).
        path: where the text was read from or is to be found, where known.
        origin: for a piece of a transcript; the whole of it is one unit of the gold table.
    """

    source_id: str
    name: str
    text: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    path: str | None = None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class ProjectCode:
    """A code of the project's codebook.

    Attributes:
        code_id: unique in the project.
        name: as its users read it.
        parent: `code_id` of the code above it.
        colour: `#rrggbb`.
        codable: False where it only groups others (a theme, a category).
    """

    code_id: str
    name: str
    parent: str | None = None
    description: str = ""
    colour: str | None = None
    codable: bool = True


@dataclass(frozen=True, slots=True)
class ProjectCoding:
    """One coder's code on one stretch of one source; a stretch that was read and given no code has `code_id` None.

    Attributes:
        coder: the user's name; "" where the program keeps none.
        memo: what the coder wrote on it (for the machine: its probability).
        unit, group, context: the gold table's id, group and context of a stretch that comes from one; "" where they are
            what `pipeline.exchange.gold_rows` would give it anyway.
    """

    source_id: str
    start: int
    end: int
    code_id: str | None
    coder: str = ""
    memo: str = ""
    unit: str = ""
    group: str = ""
    context: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"a coding needs 0 <= start < end, got {self.start}-{self.end}")


@dataclass(frozen=True, slots=True)
class Project:
    """What a program keeps of a coding project.

    Attributes:
        sources, codes, codings: in the program's own order.
        warnings: what was skipped or mended in reading, each naming the place.
        columns: of a table, which of its columns was taken for what.
    """

    name: str
    sources: tuple[Source, ...]
    codes: tuple[ProjectCode, ...]
    codings: tuple[ProjectCoding, ...]
    warnings: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lengths = {source.source_id: len(source.text) for source in self.sources}
        codes = {code.code_id for code in self.codes}
        if len(lengths) != len(self.sources) or len(codes) != len(self.codes):
            raise ValueError("two sources or two codes share an id")
        for coding in self.codings:
            if coding.end > lengths.get(coding.source_id, -1):
                raise ValueError(f"a coding {coding.start}-{coding.end} is not within source {coding.source_id}")
            if coding.code_id is not None and coding.code_id not in codes:
                raise ValueError(f"a coding uses a code that the project lacks: {coding.code_id}")

    def text_of(self, coding: ProjectCoding) -> str:
        """The coded words."""
        source = next(source for source in self.sources if source.source_id == coding.source_id)
        return source.text[coding.start : coding.end]
