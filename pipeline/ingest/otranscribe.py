"""oTranscribe's own files (`.otr`): JSON with the transcript as a web page's text in it."""

from __future__ import annotations

from pipeline.errors import NotATranscript
from pipeline.ingest import html
from pipeline.ingest.decode import decode
from pipeline.ingest.draft import Draft
from pipeline.ingest.machine import parsed


def read(data: bytes) -> Draft:
    """Read what the editor saved; its time stamps are those of the turns.

    Raises:
        NotATranscript: it is JSON, but not of oTranscribe.
        UnreadableInput: it is no JSON.
    """
    text, _ = decode(data)
    content = parsed(text)
    page = content.get("text") if isinstance(content, dict) else None
    if not isinstance(page, str):
        raise NotATranscript(
            "this JSON has no text as oTranscribe's files have", remedy="export the transcript from oTranscribe as text"
        )
    return html.read(page.encode("utf-8", "replace"))
