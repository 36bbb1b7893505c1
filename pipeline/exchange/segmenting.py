"""The segments of a project's sources, as `themes run` would cut them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.config import RunSettings
from pipeline.errors import ThemesError, clipped
from pipeline.exchange.naming import file_name, transcript_names
from pipeline.exchange.project import Source
from pipeline.ingest import read_transcript
from pipeline.segment import segment_transcript
from pipeline.types import Role, Segment

_EACH = 3


class SourceSegmenter:
    """Cuts sources by speaker.

    Args:
        settings: of a run; roles and the longest segment matter here.

    """

    def __init__(self, settings: RunSettings) -> None:
        self._settings = settings
        self._warned: dict[str, list[str]] = {}

    @property
    def warnings(self) -> list[str]:
        """What the reader was unsure of, and sources that gave no segment; what many sources share is told once."""
        return [line for warning, names in self._warned.items() for line in _lines(warning, names)]

    def _warn(self, source: Source, warning: str) -> None:
        self._warned.setdefault(warning, []).append(source.name)

    def __call__(self, source: Source) -> Sequence[Segment]:
        """The segments of every role; none, with a warning, where the source is no transcript."""
        name = file_name(transcript_names([source])[source.source_id])
        # As a file, because that is how `themes run` will read it: a reader goes by the name and the bytes.
        with TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(source.text.encode())
            try:
                transcript = read_transcript(path, roles=self._settings.ingest.roles)
            except ThemesError as error:
                self._warn(source, f"gives no segments: {error.reason}")
                return ()
        for warning in transcript.warnings:
            self._warn(source, warning)
        if transcript.text != source.text:
            self._warn(source, "is read otherwise than as plain text and gives no segments")
            return ()
        settings = self._settings.segments
        segments = segment_transcript(transcript, max_words=settings.max_words, context_words=settings.context_words)
        if not any(segment.role is Role.PARTICIPANT for segment in segments):
            self._warn(source, "no participant's speech was found in it")
        return segments


def _lines(warning: str, names: Sequence[str]) -> list[str]:
    if len(names) <= _EACH:
        return [f"{name}: {warning}" for name in names]
    return [f"{len(names):,} sources ({', '.join(map(clipped, names[:_EACH]))} …): {warning}"]
