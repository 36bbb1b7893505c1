"""The context of a coded stretch that has none of its own: the speech before it, as a run would give it."""

from __future__ import annotations

from functools import lru_cache

from pipeline.context import context_before
from pipeline.errors import ThemesError
from pipeline.exchange.naming import words_before
from pipeline.ingest.registry import BY_NAME
from pipeline.types import Turn


def talk_before(text: str, start: int) -> str:
    """The speech before an offset into a source's text, without labels; the last words where it cannot be read as talk."""
    turns = _turns(text)
    return context_before(text, turns, start) if turns else words_before(text, start)


@lru_cache(maxsize=4)
def _turns(text: str) -> tuple[Turn, ...]:
    """The turns of a text; kept, as a source's stretches are asked for one after another."""
    try:
        draft = BY_NAME["txt"].load()(text.encode())
    except (ThemesError, UnicodeEncodeError):
        return ()
    return draft.turns if draft.text == text else ()
