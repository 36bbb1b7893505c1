"""What the ingest tests share: real data beside the checkout, and short ways to write and look at transcripts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.ingest import read_transcript
from pipeline.types import Transcript

REPO = Path(__file__).resolve().parents[3]
Write = Callable[..., Transcript]


@pytest.fixture(scope="session")
def formats() -> Path:
    """The folder of real files in many formats."""
    folder = REPO.parent / "shared" / "data" / "formats"
    if not folder.is_dir():
        pytest.skip("the real files are not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def inquiry() -> Path:
    """The folder of public hearings."""
    folder = REPO.parent / "shared" / "data" / "inquiry"
    if not folder.is_dir():
        pytest.skip("the hearings are not beside this checkout")
    return folder


@pytest.fixture
def read(tmp_path: Path) -> Write:
    """Write a file and read it as a transcript."""

    def write_and_read(content: str | bytes, name: str = "talk.txt", **options: object) -> Transcript:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_transcript(path, **options)  # type: ignore[arg-type]

    return write_and_read
