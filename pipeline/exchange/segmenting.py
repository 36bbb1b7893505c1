"""The segments of a project's sources, as `themes run` would cut them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.config import RunSettings
from pipeline.errors import ThemesError
from pipeline.exchange.naming import file_name, transcript_names
from pipeline.exchange.project import Source
from pipeline.ingest import read_transcript
from pipeline.segment import segment_transcript
from pipeline.types import Role, Segment


class SourceSegmenter:
    """Cuts sources by speaker.

    Args:
        settings: of a run; roles and the longest segment matter here.

    Attributes:
        warnings: what the reader was unsure of, and sources that gave no segment.
    """

    def __init__(self, settings: RunSettings) -> None:
        self._settings = settings
        self.warnings: list[str] = []

    def __call__(self, source: Source) -> Sequence[Segment]:
        """The participants' segments; none, with a warning, where the source is no transcript."""
        name = file_name(transcript_names([source])[source.source_id])
        # As a file, because that is how `themes run` will read it: a reader goes by the name and the bytes.
        with TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(source.text.encode())
            try:
                transcript = read_transcript(path, roles=self._settings.ingest.roles)
            except ThemesError as error:
                self.warnings.append(f"{source.name}: gives no segments: {error.reason}")
                return ()
        self.warnings += [f"{source.name}: {warning}" for warning in transcript.warnings]
        if transcript.text != source.text:
            self.warnings.append(f"{source.name}: is read otherwise than as plain text and gives no segments")
            return ()
        settings = self._settings.segments
        segments = segment_transcript(transcript, max_words=settings.max_words, context_words=settings.context_words)
        found = [segment for segment in segments if segment.role is Role.PARTICIPANT]
        if not found:
            self.warnings.append(f"{source.name}: no participant's speech was found in it")
        return found
