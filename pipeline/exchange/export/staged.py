"""Files and folders that appear when they are whole: written aside, then renamed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.errors import UsageError, printable


@contextmanager
def staged_file(out: Path) -> Iterator[Path]:
    """A path beside `out` to write to; it takes `out`'s place if all went well."""
    out.parent.mkdir(parents=True, exist_ok=True)
    # A folder beside it: the same file system, and a library's own temporary files can go there. They hold what people said.
    with TemporaryDirectory(dir=out.parent, prefix=f".{out.name[:60]}.") as folder:
        aside = Path(folder) / "whole"
        yield aside
        aside.replace(out)


@contextmanager
def staged_folder(out: Path) -> Iterator[Path]:
    """A folder to write to; its files go into `out` if all went well, where other files stay as they are.

    Raises:
        UsageError: `out` is called like a file, and is no folder that is there.
    """
    suffix = out.suffix.lower()
    if suffix and not suffix[1:].isdigit() and not out.is_dir():
        raise UsageError(
            f"a name in {printable(suffix)} is none for this format",
            path=out,
            remedy=f"name a folder, e.g. {printable(out.stem)}, or a file as docs/export.md lists them",
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out.parent, prefix=f".{out.name[:60]}.") as folder:
        aside = Path(folder) / "whole"
        aside.mkdir()
        yield aside
        if not out.exists():
            aside.rename(out)
            return
        for file in sorted(aside.iterdir()):
            shutil.move(file, out / file.name)
