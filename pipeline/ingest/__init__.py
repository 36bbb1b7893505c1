"""Reads a transcript file of any supported format into a `Transcript`."""

from __future__ import annotations

from pipeline.ingest.attributes import AttributesTable
from pipeline.ingest.discover import Failed, Found, Skipped, discover
from pipeline.ingest.reading import MAX_BYTES, identify, read_transcript, read_with_reasons, unattributed_share

__all__ = [
    "MAX_BYTES",
    "AttributesTable",
    "Failed",
    "Found",
    "Skipped",
    "discover",
    "identify",
    "read_transcript",
    "read_with_reasons",
    "unattributed_share",
]
