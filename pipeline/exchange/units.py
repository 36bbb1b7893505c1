"""What a row of an imported gold table is."""

from __future__ import annotations

from enum import StrEnum


class Units(StrEnum):
    """Coded stretches as they are, or the participants' segments of the sources."""

    SPANS = "spans"
    SEGMENTS = "segments"
