"""The model's folder: weights as safetensors, settings as JSON, the codebook, the card. Nothing else is ever loaded.

Only what training changed is stored: tensors that equal the base encoder's are taken from the base, whose hash is checked.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from models.adapters import add_adapters, merge_adapters
from models.decisions import Decisions
from models.disk import flush
from models.encoder import (
    DEFAULT_ENCODER,
    WEIGHTS,
    EncoderError,
    EncoderSource,
    file_sha256,
    find_encoder,
    load_encoder,
    load_tokenizer,
)
from models.inputs import UnitEncoder
from models.joint import JointModel
from models.lexical import PREFIX, LexicalHead
from models.lowrank import DOWN, UP, in_pairs, lengthen, mean_differences

FORMAT = 3
"""Of what is written."""
READABLE = (2, 3)
"""In format 2 the linear part knows no words of the context; what this version writes is too much for an earlier one."""
WEIGHTS_SHA256 = "weights_sha256"
"""Where `config.json` keeps the hash of the weights that it belongs to; older models lack it."""

CONFIG, CODEBOOK, CARD = "config.json", "codebook.json", "README.md"
PICKLED = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib")


class ModelError(Exception):
    """A model folder that cannot be used; the message names it and says what to do."""


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
        CONFIG: _as_json(settings),
        CODEBOOK: _as_json(codebook),  # the last, and without it a folder is no model
    }
    _replace({folder / name: content for name, content in files.items()})


def save_decisions(folder: Path, decisions: Decisions) -> None:
    """Replace what stands between a saved model's logits and its answers."""
    settings = _read_settings(folder)
    _replace({folder / CONFIG: _as_json(settings | {"decisions": decisions.to_dict()})})


def save_words(folder: Path, lexical: LexicalHead, decisions: Decisions, training: Mapping[str, Any]) -> None:
    """Replace a saved model's linear part, and the decisions and the record of its training that go with it."""
    settings = _read_settings(folder)
    kept = {name: part for name, part in load_file(folder / WEIGHTS).items() if not name.startswith(PREFIX)}
    weights = save(kept | lexical.to_tensors(), metadata={"format": "pt"})
    changed = {
        "format": FORMAT,
        WEIGHTS_SHA256: hashlib.sha256(weights).hexdigest(),
        "decisions": decisions.to_dict(),
        "training": dict(training),
    }
    _replace({folder / WEIGHTS: weights, folder / CONFIG: _as_json(settings | changed)})


def save_mean(folder: Path, others: Sequence[Path]) -> None:
    """Replace a saved model's weights by the mean of its own and those of others (model soups: Wortsman et al. 2022).

    That is worth something where one has gone on from the other. The linear part stays the model's own; probabilities and
    thresholds do not fit any more, and must be fitted anew. The mean of low-rank differences is cut to the model's own rank.

    Raises:
        ModelError: they are not of one base, codebook, and kind of weights (low-rank ones: of one rank); or they hold adapters,
            of which there is no mean.
    """
    ours, theirs = load_file(folder / WEIGHTS), [load_file(other / WEIGHTS) for other in others]
    shapes = _shapes(ours)
    for other, parts in zip(others, theirs, strict=True):
        mine, its = (_read_settings(one) for one in (folder, other))
        for what in ("base_sha256", "codes"):
            if mine[what] != its[what]:
                raise ModelError(f"{other}: its {what} are not those of {folder}: there is no mean of them")
        if _shapes(parts) != shapes or any("lora_" in name for name in shapes) or not in_pairs(shapes):
            raise ModelError(
                f"{other}: its weights are not those of {folder} (of low-rank ones, the rank too), or adapters: there is no "
                "mean of them"
            )
    names = list(shapes)
    plain = [name for name in names if not name.endswith((UP, DOWN))]
    mean = mean_differences((ours, *theirs)) | {
        name: torch.stack([parts[name].float() for parts in (ours, *theirs)]).mean(dim=0).to(ours[name].dtype)
        for name in plain
    }
    weights = save(ours | mean, metadata={"format": "pt"})
    settings, records = _read_settings(folder), [training_record(other) for other in others]
    record = settings["training"] | {"mean_with": [file_sha256(other / WEIGHTS) for other in others]}
    record["seen"] = sorted({text for one in (record, *records) for text in one.get("seen", ())})
    changed = {"format": FORMAT, WEIGHTS_SHA256: hashlib.sha256(weights).hexdigest(), "training": record}
    _replace({folder / WEIGHTS: weights, folder / CONFIG: _as_json(settings | changed)})


def _shapes(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Size]:
    """What a mean is taken of: all but the linear part."""
    return {name: tensor.shape for name, tensor in tensors.items() if not name.startswith(PREFIX)}


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


def codes_of(folder: Path) -> tuple[str, ...]:
    """The codes of a saved model, which is not loaded.

    Raises:
        ModelError: as `load_model`, of its settings.
    """
    return tuple(_read_settings(folder)["codes"])


def base_of(folder: Path) -> EncoderSource:
    """The encoder that a saved model, which is not loaded, was trained from.

    Raises:
        ModelError: as `load_model`, of its settings and its base.
    """
    settings = _read_settings(folder)
    return _base_of(folder, settings["base"], settings["base_sha256"])


def is_model(folder: Path) -> bool:
    """Whether a folder holds a model of ours, rather than a bare encoder."""
    return (folder / CODEBOOK).is_file() and (folder / CONFIG).is_file()


def load_model(folder: Path) -> LoadedModel:
    """Load a model's folder.

    Raises:
        ModelError: missing, incomplete, of two trainings, of another format, pickled, or based on an encoder that is not here.
    """
    settings = _read_settings(folder)
    tensors = _read_weights(folder)
    weights_sha256 = file_sha256(folder / WEIGHTS)
    _check_weights(folder, settings, weights_sha256)
    codebook = _read_codebook(folder)
    codes = tuple(settings["codes"])
    source = _base_of(folder, settings["base"], settings["base_sha256"])
    encoder = load_encoder(source)
    network = JointModel(encoder=encoder, definitions=torch.zeros(len(codes), encoder.config.hidden_size))
    rank = int(settings["training"].get("settings", {}).get("lora_rank", 0))
    if rank:
        network.encoder = add_adapters(network.encoder, rank)
    try:
        own = lengthen(
            {name: part.float() for name, part in tensors.items() if not name.startswith(PREFIX)}, network.state_dict()
        )
        missing, unexpected = network.load_state_dict(own, strict=False)
    except (RuntimeError, KeyError) as error:  # a tensor of another shape, half of a pair
        raise ModelError(f"{folder / WEIGHTS}: does not fit this network ({len(codes)} codes); restore it") from error
    lost = [name for name in missing if not name.startswith("encoder.") or "lora_" in name]
    if lost or unexpected:
        raise ModelError(
            f"{folder / WEIGHTS}: does not fit this network (missing {_first(lost)}, unknown {_first(unexpected)})"
        )
    if rank:
        merge_adapters(network)
    return LoadedModel(
        name=folder.name,
        folder=folder,
        network=network.eval(),
        encoder=UnitEncoder(load_tokenizer(source), **settings["inputs"]),
        decisions=Decisions.from_dict(settings["decisions"]),
        lexical=LexicalHead.from_tensors(tensors),
        codes=codes,
        codebook=codebook,
        sha256=model_sha256(folder, weights_sha256),
        settings=settings,
        source=source,
    )


def _first(names: Sequence[str], most: int = 3) -> str:
    """Some of the names, and how many more there are."""
    more = len(names) - most
    return (", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")) or "none"


def _base_of(folder: Path, base: str, sha256: str) -> EncoderSource:
    """The encoder that a model was trained from: as its settings name it, else beside the model or above it.

    A folder stands in the settings as it was given, mostly relative to where the training was started. Made absolute it would
    tell everybody who gets the model whose machine that was.
    """
    missing: EncoderError | None = None
    other: EncoderSource | None = None
    try:
        named = find_encoder(base)
        if named.sha256 == sha256:
            return named
        other = named
    except EncoderError as error:
        missing = error
    for place in _near(folder, base):
        if file_sha256(place / WEIGHTS) == sha256:
            return EncoderSource(os.path.relpath(place), place, sha256)
    may_be_relative = not (Path(base).is_absolute() or base.startswith("package:") or base == DEFAULT_ENCODER)
    relative = " (a folder's name is relative to where the model was trained)" if may_be_relative else ""
    if other is None:
        raise ModelError(
            f"{folder}: its base encoder is missing{relative}: {missing}; or put its folder beside the model's"
        ) from missing
    raise ModelError(
        f"{folder}: was trained from another {base}{relative} (sha256 {sha256[:12]}…, here {other.sha256[:12]}…); install the "
        "encoder that the model's card names, or put its folder beside the model's"
    )


def _near(folder: Path, base: str) -> list[Path]:
    """The folders near a model's that may be its base."""
    if base.startswith("package:"):
        return []
    above = folder.absolute().parents
    places = [above[0] / Path(base).name, *(place / base for place in above if not Path(base).is_absolute())]
    return [place for place in dict.fromkeys(places) if (place / WEIGHTS).is_file()]


def training_record(folder: Path) -> dict[str, Any]:
    """How a saved model was trained, as its settings keep it, without its weights.

    Raises:
        ModelError: there is no model, or its settings cannot be read.
    """
    record: dict[str, Any] = _read_settings(folder)["training"]
    return record


def model_sha256(folder: Path, weights_sha256: str | None = None) -> str:
    """Hash of what decides a model's codings: weights, settings, codebook.

    Args:
        weights_sha256: that of the weights, where it is known already: they are the largest of the files.
    """
    digest = hashlib.sha256(bytes.fromhex(weights_sha256 or file_sha256(folder / WEIGHTS)))
    for name in (CONFIG, CODEBOOK):
        digest.update(bytes.fromhex(file_sha256(folder / name)))
    return digest.hexdigest()


def is_mixed(folder: Path) -> bool:
    """Whether the weights in a model's folder are other ones than its settings were fitted to."""
    try:
        _check_weights(folder, _read_settings(folder), file_sha256(folder / WEIGHTS))
    except ModelError:
        return True
    return False


def _check_weights(folder: Path, settings: Mapping[str, Any], found: str) -> None:
    """Refuse new weights beside old thresholds, which a copy or a saving that ended in between leaves."""
    if settings.get(WEIGHTS_SHA256, found) != found:
        raise ModelError(
            f"{folder}: {WEIGHTS} and {CONFIG} are not of the same training, as after a copy or a saving that was cut off; "
            f"copy the folder anew as a whole, or train again with --overwrite"
        )


def _read_settings(folder: Path) -> dict[str, Any]:
    if not folder.is_dir():
        raise ModelError(f"{folder}: there is no such model folder")
    path = folder / CONFIG
    missing = [name for name in (CONFIG, WEIGHTS, CODEBOOK) if not (folder / name).is_file()]
    pickled = sorted(file.name for file in folder.iterdir() if file.suffix in PICKLED)
    if WEIGHTS in missing and pickled:
        raise ModelError(f"{folder / pickled[0]}: pickled weights can run code and are refused; save as {WEIGHTS}")
    if missing:
        raise ModelError(
            f"{folder}: is not a model folder, it lacks {', '.join(missing)}; make one with `themes train`"
        )
    try:
        settings: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if settings["format"] not in READABLE:
            known = " and ".join(map(str, READABLE))
            raise ModelError(f"{path}: format {settings['format']}, this version reads {known}; retrain or upgrade")
        for key in ("base", "base_sha256", "codes", "inputs", "decisions", "training"):
            settings[key]
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{path}: is not the settings file of a model ({error}); retrain, or restore the file"
        ) from error
    return settings


def _read_codebook(folder: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads((folder / CODEBOOK).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{folder / CODEBOOK}: cannot be read ({error}); retrain, or restore the file") from error
    return content


def _read_weights(folder: Path) -> dict[str, torch.Tensor]:
    try:
        return dict(load_file(folder / WEIGHTS))
    except (SafetensorError, OSError) as error:
        raise ModelError(f"{folder / WEIGHTS}: is not a whole safetensors file ({error}); restore it") from error


def _as_json(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def _replace(files: Mapping[Path, bytes]) -> None:
    """Replace files once all are written aside: a full disk, or an end before that, leaves a model that was there whole.

    All is on the disk when this returns: what it was made from, a checkpoint, may be removed next.
    """
    aside = {path: path.with_name(path.name + ".tmp") for path in files}
    try:
        for path, content in files.items():
            aside[path].write_bytes(content)
            flush(aside[path])
    except OSError:
        for file in aside.values():
            file.unlink(missing_ok=True)
        raise
    for path, file in aside.items():
        file.replace(path)
    for folder in {path.parent for path in files}:
        flush(folder)
        flush(folder.parent)  # which may have got this folder just now
