"""Reads a transcript file of any supported format into a `Transcript`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from pipeline.errors import UnreadableInput, printable
from pipeline.ingest.registry import BY_SUFFIX
from pipeline.ingest.roles import with_roles
from pipeline.types import Role, Transcript

__all__ = ["read_transcript"]


def read_transcript(
    path: str | Path,
    *,
    roles: Mapping[str, Role] | None = None,
    attributes: object = None,
    max_bytes: int = 100_000_000,
) -> Transcript:
    """Read one file."""
    path = Path(path)
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    format_ = BY_SUFFIX.get(path.suffix.lower())
    if format_ is None:
        raise UnreadableInput("unsupported", path=path)
    draft = format_.load()(data)
    turns, warnings = with_roles(draft.turns, draft.text, hints=draft.roles, settings=roles)
    return Transcript(
        transcript_id=f"{path.stem}-{digest[:8]}",
        path=printable(path),
        sha256=digest,
        format=format_.name,
        text=draft.text,
        turns=turns,
        attributes=draft.attributes,
        speakers=draft.speakers,
        warnings=(*draft.warnings, *warnings),
    )
