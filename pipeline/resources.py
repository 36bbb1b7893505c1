"""Where the configurations and the shipped models lie, in a checkout and in an installed wheel alike."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent


def config_folder() -> Path:
    """The folder of codebooks, partner vocabulary and settings."""
    installed = _HERE / "_configs"
    return installed if installed.is_dir() else _HERE.parent / "configs"


def shipped_models() -> Path:
    """The folder that holds one folder for each shipped model."""
    import models

    return Path(models.__file__).resolve().parent / "shipped"
