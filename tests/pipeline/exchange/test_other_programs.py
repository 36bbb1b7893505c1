"""Real programs at the other end, where `scripts/try_other_programs.py` has installed them; skipped elsewhere."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

SCRIPT = runpy.run_path(str(Path(__file__).resolve().parents[3] / "scripts" / "try_other_programs.py"))


@pytest.fixture
def programs() -> Path:
    folder = SCRIPT["FOLDER"]
    missing = [name for name in SCRIPT["PACKAGES"] if not SCRIPT["interpreter"](folder, name).exists()]
    if missing:
        pytest.skip(f"{', '.join(missing)}: not installed by scripts/try_other_programs.py")
    return folder


@pytest.mark.parametrize(
    "attempt, told",
    [
        ("gold_into_qc", "came back the same"),
        ("qc_into_gold", "4 codings by 2 coders read on exactly their lines"),
        ("codebook_through_taguette", "20 codes"),
    ],
)
def test_exchange_with(programs, tmp_path, attempt, told):
    assert told in SCRIPT[attempt](programs, tmp_path)
