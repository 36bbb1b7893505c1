"""What a model has seen of gold: of that it knows the answers, and what is measured on it is too good."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from pipeline.gold_unit import GoldUnit, text_hash
from pipeline.resources import shipped_models
from pipeline.tables import RunTables

TELLING = 5
"""Words from which on a text that the model has seen is known again; the notices spell it."""


def is_telling(text: str) -> bool:
    """Whether a text is not one that anybody might say ("Yeah."): to have met its words is to have met it."""
    return len(text.split()) >= TELLING


def is_known(text: str, known: Collection[str]) -> bool:
    """Whether a text is among those of which a model remembers the hashes."""
    return is_telling(text) and text_hash(text) in known


def known_again(units: Sequence[GoldUnit], known: Collection[str]) -> int:
    """How many units a model has seen."""
    return sum(is_known(unit.first.text, known) for unit in units)


def too_short(units: Sequence[GoldUnit]) -> int:
    """How many units have too few words to tell."""
    return sum(not is_telling(unit.first.text) for unit in units)


def known_to_model_of(tables: RunTables) -> frozenset[str]:
    """The hashes of what a run's model has seen; none where that very model is not found any more."""
    from models.model_folder import ModelError, is_model, model_sha256, training_record  # loads PyTorch

    sha256 = tables.manifest.get("model", {}).get("sha256")
    for folder in _folders(tables):
        try:  # a colleague's run may name a folder that one may not look into
            if is_model(folder) and model_sha256(folder) == sha256:
                return frozenset(training_record(folder).get("seen", ()))
        except (ModelError, OSError):
            continue
    return frozenset()


def _folders(tables: RunTables) -> Iterator[Path]:
    """Where the run's model may lie: where it lay, here under its name, among those that ship."""
    model = tables.manifest.get("model", {})
    if model.get("folder"):  # older manifests do not say
        yield Path(model["folder"])
    if model.get("name"):
        yield from (Path(model["name"]), shipped_models() / model["name"])
