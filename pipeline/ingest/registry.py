"""Which reader takes which file. A new format is a module with a reader, registered here by its suffixes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.ingest.draft import Draft

Reader = Callable[[bytes], Draft]
"""Takes a file's bytes; raises `UnreadableInput` with a reason and a remedy where it cannot read them."""


@dataclass(frozen=True, slots=True)
class Format:
    """A transcript format.

    Attributes:
        name: as recorded in the run folder.
        suffixes: lower case, with the dot.
        reader: dotted path `module:function`, imported when first used so that one format's library costs the
            others nothing.
        doubtful: other data have this suffix as well, so that in a folder the content decides whether it is read.
    """

    name: str
    suffixes: tuple[str, ...]
    reader: str
    doubtful: bool = False

    def load(self) -> Reader:
        """Import and return the reader."""
        from importlib import import_module

        module, function = self.reader.split(":")
        reader: Reader = getattr(import_module(module), function)
        return reader


FORMATS: tuple[Format, ...] = (
    Format("txt", (".txt", ".text"), "pipeline.ingest.text:read"),
    Format("docx", (".docx",), "pipeline.ingest.docx:read"),
    Format("vtt", (".vtt",), "pipeline.ingest.captions:read_vtt"),
    Format("srt", (".srt",), "pipeline.ingest.captions:read_srt"),
    Format("rst", (".rst",), "pipeline.ingest.rst:read"),
    Format("md", (".md", ".markdown"), "pipeline.ingest.markdown:read"),
    Format("html", (".html", ".htm", ".xhtml"), "pipeline.ingest.html:read"),
    Format("pdf", (".pdf",), "pipeline.ingest.pdf:read"),
    Format("doc", (".doc", ".dot"), "pipeline.ingest.doc:read"),
    Format("rtf", (".rtf",), "pipeline.ingest.rtf:read"),
    Format("odt", (".odt", ".ott"), "pipeline.ingest.odt:read"),
    Format("json", (".json",), "pipeline.ingest.machine:read", doubtful=True),
    Format("otr", (".otr",), "pipeline.ingest.otranscribe:read"),
    Format("csv", (".csv", ".tsv", ".tab"), "pipeline.ingest.spreadsheets:read_csv", doubtful=True),
    Format("xlsx", (".xlsx", ".xlsm"), "pipeline.ingest.spreadsheets:read_xlsx", doubtful=True),
    Format("ods", (".ods",), "pipeline.ingest.spreadsheets:read_ods", doubtful=True),
    Format("cha", (".cha",), "pipeline.ingest.chat:read"),
    Format("eaf", (".eaf",), "pipeline.ingest.elan:read"),
    Format("textgrid", (".textgrid",), "pipeline.ingest.praat:read"),
    Format("tei", (".tei", ".xml"), "pipeline.ingest.tei:read", doubtful=True),
    Format("akn", (".akn",), "pipeline.ingest.akoma_ntoso:read"),
)

BY_SUFFIX: dict[str, Format] = {suffix: format_ for format_ in FORMATS for suffix in format_.suffixes}
BY_NAME: dict[str, Format] = {format_.name: format_ for format_ in FORMATS}
