"""Taguette's codebook: a CSV of tag names and descriptions, for "Import codebook" in a Taguette project."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from pipeline.exchange.project import Project
from pipeline.plural import numbered
from pipeline.store import write_atomically

_LONGEST_NAME = 200
"""What Taguette takes (`validate.tag_path` of Taguette 1.5.2)."""
_MARK = "\ufeff"
"""Taguette guesses a file's encoding; the byte order mark leaves it nothing to guess."""


def write(project: Project, out: Path) -> Sequence[str]:
    """Write the project's codes as tags, a code under another as `PARENT.CODE` as Taguette sorts them."""
    names = {code.code_id: code for code in project.codes}
    table, cut, used = io.StringIO(), 0, set[str]()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(("name", "description"))
    for code in project.codes:
        if not code.codable:
            continue
        parent = names.get(code.parent or "")
        # The attitudes' names say already what they belong to.
        name = code.name if parent is None or code.name.startswith(parent.name) else f"{parent.name}.{code.name}"
        name = " ".join(name.split())
        short, number = name[:_LONGEST_NAME], 1
        while short in used:
            number += 1
            short = f"{name[: _LONGEST_NAME - 5]} {number}"
        used.add(short)
        cut += len(name) > _LONGEST_NAME
        writer.writerow((short, code.description))
    write_atomically(out, _MARK + table.getvalue())
    return (
        [numbered(cut, "[code has a name|codes have names] longer than Taguette takes, and [was|were] cut")]
        if cut
        else []
    )
