"""What must be on the disk before anything else happens."""

from __future__ import annotations

import os
from pathlib import Path


def flush(path: Path) -> None:
    """Have a file, or a folder's list of names, on the disk.

    Raises:
        OSError: it cannot be written.
    """
    try:
        # Windows flushes only what was opened for writing, which folders cannot be.
        handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    except PermissionError:  # a folder cannot be opened on Windows, where the rename has to be enough
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
