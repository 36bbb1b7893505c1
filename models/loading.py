"""A saved model, loaded: its own tensors, and the base encoder's where training left them as they were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from models.adapters import add_adapters, merge_adapters
from models.decisions import Decisions
from models.encoder import WEIGHTS, EncoderSource, file_sha256, load_encoder, load_tokenizer
from models.inputs import UnitEncoder
from models.joint import JointModel
from models.lexical import PREFIX, LexicalHead
from models.lowrank import lengthen
from models.model_base import find_base
from models.model_folder import ModelError, check_weights, model_sha256, read_codebook, read_settings, read_weights


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model, ready to predict.

    Attributes:
        codebook: as plain data, for `pipeline.codebook.Codebook`.
        codes: in the order of the theme head's outputs.
        sha256: of the weights and the settings together.
        source: its base encoder; `name` finds it from here, which what `settings` say may not do.
        settings: the whole of `config.json`.
    """

    name: str
    folder: Path
    network: JointModel
    encoder: UnitEncoder
    decisions: Decisions
    lexical: LexicalHead | None
    codes: tuple[str, ...]
    codebook: dict[str, Any]
    sha256: str
    settings: dict[str, Any]
    source: EncoderSource

    @property
    def learnt(self) -> dict[str, bool]:
        """Which heads saw any gold; the answers of one that saw none mean nothing and are not given (codes: not assigned)."""
        return {"themes": True, "attitudes": True, "partnership": True} | dict(
            self.settings["training"].get("learnt", {})
        )


def load_model(folder: Path) -> LoadedModel:
    """Load a model's folder.

    Raises:
        ModelError: missing, incomplete, of two trainings, of another format, pickled, or based on an encoder that is not here.
    """
    settings = read_settings(folder)
    tensors = read_weights(folder)
    weights_sha256 = file_sha256(folder / WEIGHTS)
    check_weights(folder, settings, weights_sha256)
    codebook = read_codebook(folder)
    source = find_base(folder, settings["base"], settings["base_sha256"])
    network = _network(folder, settings, tensors, source)
    return LoadedModel(
        name=folder.name,
        folder=folder,
        network=network.eval(),
        encoder=UnitEncoder(load_tokenizer(source), **settings["inputs"]),
        decisions=Decisions.from_dict(settings["decisions"]),
        lexical=LexicalHead.from_tensors(tensors),
        codes=tuple(settings["codes"]),
        codebook=codebook,
        sha256=model_sha256(folder, weights_sha256),
        settings=settings,
        source=source,
    )


def _network(
    folder: Path, settings: Mapping[str, Any], tensors: Mapping[str, torch.Tensor], source: EncoderSource
) -> JointModel:
    """The base encoder with heads, and in them what was stored; adapters are added to the weights."""
    encoder, codes = load_encoder(source), len(settings["codes"])
    network = JointModel(encoder=encoder, definitions=torch.zeros(codes, encoder.config.hidden_size))
    rank = int(settings["training"].get("settings", {}).get("lora_rank", 0))
    if rank:
        network.encoder = add_adapters(network.encoder, rank)
    own = {name: part.float() for name, part in tensors.items() if not name.startswith(PREFIX)}
    try:
        missing, unexpected = network.load_state_dict(lengthen(own, network.state_dict()), strict=False)
    except (RuntimeError, KeyError) as error:  # a tensor of another shape, half of a pair
        raise ModelError(f"{folder / WEIGHTS}: does not fit this network ({codes} codes); restore it") from error
    lost = [name for name in missing if not name.startswith("encoder.") or "lora_" in name]
    if lost or unexpected:
        raise ModelError(
            f"{folder / WEIGHTS}: does not fit this network (missing {_first(lost)}, unknown {_first(unexpected)})"
        )
    if rank:
        merge_adapters(network)
    return network


def _first(names: Sequence[str], most: int = 3) -> str:
    """Some of the names, and how many more there are."""
    more = len(names) - most
    return (", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")) or "none"
