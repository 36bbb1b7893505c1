"""The inputs of a run: every file once, with its id, or with the reason why it is not coded."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.attribute_tables import attributes_hint, is_same_file
from pipeline.errors import ThemesError, UsageError, printable
from pipeline.ingest import AttributesTable, Found, Skipped, discover, identify
from pipeline.ingest.archives import SUFFIX as ARCHIVE
from pipeline.ingest.registry import BY_SUFFIX

FAILED, DUPLICATE, SKIPPED = "failed", "duplicate", "skipped"


@dataclass(slots=True)
class Input:
    """One file to code, or the reason why not.

    Attributes:
        size: in bytes.
        status: empty while nothing speaks against coding it.
    """

    path: Path
    transcript_id: str = ""
    sha256: str = ""
    size: int = 0
    status: str = ""
    reason: str = ""


def check_given(given: Sequence[Path]) -> None:
    """Refuse paths none of which is there; where some are, a run codes these, and tells of the others.

    Raises:
        UsageError: that is so.
    """
    if given and all(map(_is_missing, given)):
        others = f", nor any other of the {len(given)} that were given" if len(given) > 1 else ""
        raise UsageError(
            f"there is no such file or folder{others}", path=given[0], remedy="check the path; nothing was written"
        )


def check_apart(given: Sequence[Path], out: Path) -> None:
    """Refuse inputs in the run folder itself, whose content is never taken for transcripts.

    Raises:
        UsageError: that is so.
    """
    own = Path(os.path.realpath(out))
    for path in given:
        real = Path(os.path.realpath(path))
        if own == real or own in real.parents:
            raise UsageError(
                f"holds the input {printable(path)}, and what lies in the run folder is not coded",
                path=out,
                remedy="name another folder with --out, such as one within the inputs' folder; nothing was written",
            )


def check_found(given: Sequence[Path], inputs: Sequence[Input]) -> None:
    """Refuse inputs none of which is a transcript; one that ought to be and cannot be read is told by the run, with its reason.

    Raises:
        UsageError: that is so.
    """
    if any(item.status != SKIPPED for item in inputs):
        return
    passed = ""
    if inputs:
        files = "1 file" if len(inputs) == 1 else f"{len(inputs)} files, the first"
        passed = f"; passed over: {files}, {printable(inputs[0].path)}: {inputs[0].reason}"
    raise UsageError(
        f"there is no transcript in it{passed}",
        path=given[0],
        remedy=f"the formats are {', '.join(sorted([*BY_SUFFIX, ARCHIVE]))}; nothing was written",
    )


def _is_missing(path: Path) -> bool:
    try:
        path.stat()
    except FileNotFoundError:
        return True
    except (OSError, ValueError):  # there, in an archive perhaps, or not to be asked: `discover` tells which
        return False
    return False


def list_inputs(
    given: Iterable[Path], out: Path, max_bytes: int, attributes: AttributesTable | None = None
) -> list[Input]:
    """All inputs in order. What lies in the run folder `out` itself is none: a run may be written beside its inputs.

    Args:
        attributes: the table that the run was given may lie there too, and is none either.
    """
    own = Path(os.path.realpath(out))
    inputs: list[Input] = []
    first_with: dict[str, Path] = {}
    first_called: dict[str, Path] = {}
    for found in discover(given):
        # Not Path.resolve: it raises on a link that leads to itself, which `discover` has told already.
        if own in Path(os.path.realpath(found.path)).parents:
            continue
        if attributes and is_same_file(found.path, attributes.path):
            continue
        if not isinstance(found, Found):
            status = SKIPPED if isinstance(found, Skipped) else FAILED
            inputs.append(Input(found.path, status=status, reason=found.reason))
            continue
        try:
            transcript_id, sha256, size = identify(found.path, max_bytes)
        except ThemesError as error:
            inputs.append(Input(found.path, status=FAILED, reason=error.reason))
            continue
        item = Input(found.path, transcript_id, sha256, size)
        if sha256 in first_with:
            item.status = DUPLICATE
            item.reason = f"has the same content as {printable(first_with[sha256])} and is coded once"
        elif transcript_id in first_called:
            # An id holds the beginning of the hash; among very many files of one name two may begin alike.
            item.status = FAILED
            item.reason = (
                f"gets the same id as another text, {printable(first_called[transcript_id])}; rename one of them"
            )
        first_called.setdefault(transcript_id, found.path)
        first_with.setdefault(sha256, found.path)
        inputs.append(item)
    _pass_over_attributes(inputs)
    return inputs


def _pass_over_attributes(inputs: Sequence[Input]) -> None:
    """Pass over what looks like a table of attributes, of which some could be taken for a transcript, and say so."""
    transcripts = [item.path for item in inputs if item.status in ("", DUPLICATE)]
    for item in inputs:
        hint = attributes_hint(item.path, transcripts) if item.status in ("", SKIPPED) else ""
        if hint:
            item.status, item.reason = SKIPPED, hint
