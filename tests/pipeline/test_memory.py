"""What was freed goes back to the system."""

import ctypes
import os
import sys
from pathlib import Path

import pytest

from pipeline.memory import give_back

PIECES, BYTES = 1000, 100_000


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="needs glibc"
)
def test_what_was_freed_between_pieces_in_use_goes_back():
    def resident():
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    pieces = [b"x" * BYTES for _ in range(PIECES)]
    held = pieces[::50]
    full = resident()
    del pieces
    give_back()
    assert full - resident() > 0.8 * PIECES * BYTES
    assert all(piece == b"x" * BYTES for piece in held)


def test_where_the_library_cannot_be_asked_nothing_happens(monkeypatch):
    monkeypatch.setattr("pipeline.memory._malloc_trim", lambda: None)
    give_back()
