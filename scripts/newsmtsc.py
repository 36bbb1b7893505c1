"""NewsMTSC (Hamborg and Donnay 2021, MIT) as training units: attitudes only, no context, no codes."""

from __future__ import annotations

import json
from pathlib import Path

from models.inputs import Unit
from models.settings import TrainingUnit

POLARITIES = (2.0, 4.0, 6.0)
"""Negative, neutral, positive, as the data gives them."""


def load_newsmtsc(path: Path) -> list[TrainingUnit]:
    """One unit for each sentence, with all its targets."""
    return [_unit(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _unit(row: dict) -> TrainingUnit:  # type: ignore[type-arg]
    targets = row["targets"]
    votes = tuple(tuple(float(target["polarity"] == polarity) for polarity in POLARITIES) for target in targets)
    spans = tuple((int(target["from"]), int(target["to"])) for target in targets)
    return TrainingUnit(Unit(row["sentence_normalized"], "", spans), attitudes=votes)
