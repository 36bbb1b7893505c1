"""Writing a model's folder, or a part of it anew.

Only what training changed is stored: tensors that equal the base encoder's are taken from the base, whose hash is checked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save

from models.decisions import Decisions
from models.encoder import WEIGHTS, EncoderSource, find_encoder, load_encoder
from models.joint import JointModel
from models.lexical import PREFIX, LexicalHead
from models.model_folder import CARD, CODEBOOK, CONFIG, FORMAT, WEIGHTS_SHA256, as_json, read_settings, replace_files


def save_model(
    folder: Path,
    *,
    network: JointModel,
    decisions: Decisions,
    base: str,
    codes: tuple[str, ...],
    codebook: dict[str, Any],
    inputs: dict[str, int],
    training: dict[str, Any],
    card: str,
    lexical: LexicalHead | None = None,
    adapters: Mapping[str, torch.Tensor] | None = None,
) -> None:
    """Write a model's folder; its weights, where changed, in float16.

    Args:
        adapters: low-rank additions or differences, kept instead of the encoder's weights that they were added to.
        base: the encoder that `network` was trained from, as in `find_encoder`.
        inputs: `max_tokens` and `context_tokens` of the unit encoder.
        training: how it was trained; kept in `config.json`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    source = find_encoder(base)
    changed = _changed(network, source) if not adapters else _heads(network) | dict(adapters)
    tensors = {name: tensor.detach().to("cpu", torch.float16).contiguous() for name, tensor in changed.items()}
    tensors |= lexical.to_tensors() if lexical else {}
    weights = save(tensors, metadata={"format": "pt"})
    settings = {
        "format": FORMAT,
        "base": base,
        "base_sha256": source.sha256,
        WEIGHTS_SHA256: hashlib.sha256(weights).hexdigest(),
        "codes": list(codes),
        "inputs": inputs,
        "decisions": decisions.to_dict(),
        "training": training,
    }
    files = {
        WEIGHTS: weights,
        CARD: card.encode(),
        CONFIG: as_json(settings),
        CODEBOOK: as_json(codebook),  # the last, and without it a folder is no model
    }
    replace_files({folder / name: content for name, content in files.items()})


def save_decisions(folder: Path, decisions: Decisions) -> None:
    """Replace what stands between a saved model's logits and its answers."""
    settings = read_settings(folder)
    replace_files({folder / CONFIG: as_json(settings | {"decisions": decisions.to_dict()})})


def save_words(folder: Path, lexical: LexicalHead, decisions: Decisions, training: Mapping[str, Any]) -> None:
    """Replace a saved model's linear part, and the decisions and the record of its training that go with it."""
    settings = read_settings(folder)
    kept = {name: part for name, part in load_file(folder / WEIGHTS).items() if not name.startswith(PREFIX)}
    weights = save(kept | lexical.to_tensors(), metadata={"format": "pt"})
    changed = {
        "format": FORMAT,
        WEIGHTS_SHA256: hashlib.sha256(weights).hexdigest(),
        "decisions": decisions.to_dict(),
        "training": dict(training),
    }
    replace_files({folder / WEIGHTS: weights, folder / CONFIG: as_json(settings | changed)})


def _changed(network: JointModel, source: EncoderSource) -> dict[str, torch.Tensor]:
    """The tensors that are not the base encoder's own."""
    original = {f"encoder.{name}": tensor for name, tensor in load_encoder(source).state_dict().items()}
    return {
        name: tensor
        for name, tensor in network.state_dict().items()
        if name not in original or not torch.equal(tensor.detach().cpu(), original[name])
    }


def _heads(network: JointModel) -> dict[str, torch.Tensor]:
    return {name: tensor for name, tensor in network.state_dict().items() if not name.startswith("encoder.")}
