"""Groups: the transcripts that are coded together. A model that reads many segments at once reads them faster.

What stands in a batch beside a segment moves the last digits of its probabilities. So that a run that was stopped, or was shared
among shards or machines of one kind, gives the very tables of an undisturbed one, groups follow from the list of inputs alone,
and a group of which a part is missing is coded as a whole again. The last digits may still differ where the list of inputs was
another in between, where a transcript failed at one start and not at the next, where a group had to be coded one by one
because the program or a process failed on it, and between processors, devices and numbers of threads.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from models.predict import Predictor
from pipeline.coding import Codings, code_units, unit_of
from pipeline.errors import ThemesError
from pipeline.ingest import unattributed_share
from pipeline.inputs import Input
from pipeline.own_agencies_told import NOTE, own_agency_notes
from pipeline.parts import attitude_table, review_table, segment_table, theme_table, transcript_table
from pipeline.prepare import Failed, Prepared, fault_of_ours
from pipeline.store import ATTITUDES, REVIEW, SEGMENTS, THEMES, TRANSCRIPTS, Part

GROUP_BYTES = 1_000_000
"""A group's inputs are so large together: some thousand segments, half a minute of a laptop's work."""


@dataclass(frozen=True, slots=True)
class Group:
    """Consecutive inputs that are coded together.

    Attributes:
        name: the same for the same transcripts in the same order.
    """

    name: str
    items: tuple[Input, ...]


def groups_of(inputs: Sequence[Input], group_bytes: int = GROUP_BYTES) -> Iterator[Group]:
    """All inputs that can be coded, in groups of at most `group_bytes`; a larger input is a group of its own."""
    items: list[Input] = []
    size = 0
    for item in inputs:
        if item.status:
            continue
        if items and size + item.size > group_bytes:
            yield _group(items)
            items, size = [], 0
        items.append(item)
        size += item.size
    if items:
        yield _group(items)


def _group(items: Sequence[Input]) -> Group:
    ids = "\n".join(item.transcript_id for item in items)
    return Group(hashlib.sha256(ids.encode()).hexdigest()[:16], tuple(items))


@dataclass(frozen=True, slots=True)
class Batch:
    """What is left to do of a group.

    Attributes:
        missing: the transcripts that have no part yet.
        beside: those that an earlier start finished in this very group: it was stopped while it saved them. They are coded
            again, so that the missing ones come out as they would have, and are not saved again.
    """

    group: Group
    missing: tuple[Input, ...]
    beside: tuple[Input, ...] = ()


def batches_of(groups: Iterable[Group], finished: Container[str], group_of: Callable[[str], str]) -> Iterator[Batch]:
    """What is left to do of each group; nothing, where it is finished.

    Args:
        finished: ids of the transcripts that have parts.
        group_of: the name of the group in which such a one was coded. One of another group (the list of inputs was another
            then) is let be.
    """
    for group in groups:
        missing = tuple(item for item in group.items if item.transcript_id not in finished)
        if missing:
            present = (item for item in group.items if item.transcript_id in finished)
            beside = tuple(item for item in present if group_of(item.transcript_id) == group.name)
            yield Batch(group, missing, beside)


def code_batch(
    predictor: Predictor,
    batch: Batch,
    prepared: Sequence[Prepared | Failed],
    prepare: Callable[[Path], Prepared | Failed],
    *,
    wanted: Sequence[str] | None = None,
    risk: float | None = None,
) -> list[Part | Failed]:
    """Code what is missing of a group; a result for each of `batch.missing`.

    Args:
        prepared: the missing ones.
        prepare: for those beside them, which are read only where something missing can be coded.
        wanted, risk: as in `code_units`.

    Raises:
        ThemesError, OSError: nothing can be coded.
    """
    name = batch.group.name
    if not batch.beside or not any(isinstance(item, Prepared) for item in prepared):
        return code_group(predictor, name, prepared, wanted=wanted, risk=risk)
    by_id = {item.transcript_id: result for item, result in zip(batch.missing, prepared, strict=True)}
    beside = {item.transcript_id for item in batch.beside}
    whole = [item for item in batch.group.items if item.transcript_id in by_id or item.transcript_id in beside]
    every = [by_id.get(item.transcript_id) or prepare(item.path) for item in whole]
    results = code_group(predictor, name, every, wanted=wanted, risk=risk)
    return [result for item, result in zip(whole, results, strict=True) if item.transcript_id in by_id]


def code_group(
    predictor: Predictor,
    group: str,
    prepared: Sequence[Prepared | Failed],
    *,
    wanted: Sequence[str] | None = None,
    risk: float | None = None,
) -> list[Part | Failed]:
    """Code the transcripts of a group in one go; a result for each, in their order.

    What could not be prepared stays failed. Where the program fails on the group, its transcripts are coded one by one, so
    that one cannot take the others with it.

    Args:
        group: the group's name, kept in the parts.
        wanted, risk: as in `code_units`.

    Raises:
        ThemesError, OSError: nothing can be coded.
    """
    ready = [item for item in prepared if isinstance(item, Prepared)]
    try:
        parts = iter(_code(predictor, group, ready, wanted, risk))
    except (OSError, ThemesError):
        raise
    except Exception as error:
        reason = _reason(error)
    else:
        return [next(parts) if isinstance(item, Prepared) else item for item in prepared]
    # Here, not above: as long as the error is being handled, its traceback keeps all that the failed call had in memory.
    if len(ready) == 1:
        failed = Failed(ready[0].transcript.path, reason)
        return [failed if isinstance(item, Prepared) else item for item in prepared]
    return [code_group(predictor, group, [item], wanted=wanted, risk=risk)[0] for item in prepared]


def _reason(error: Exception) -> str:
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):  # the latter is a GPU's
        return "the model ran out of memory on it (split it into several files, or set a smaller batch_tokens)"
    return fault_of_ours(error)


def _code(
    predictor: Predictor, group: str, ready: Sequence[Prepared], wanted: Sequence[str] | None, risk: float | None
) -> list[Part]:
    if not ready:
        return []
    started = time.perf_counter()
    units = [unit_of(*pair) for item in ready for pair in zip(item.coded, item.mentions, strict=True)]
    codings = code_units(predictor, units, wanted=wanted, risk=risk)
    each = (time.perf_counter() - started) / max(1, len(units))
    parts, row, target = [], 0, 0
    for item in ready:
        clock = time.perf_counter()
        rows = slice(row, row + len(item.coded))
        targets = slice(target, target + sum(map(len, item.mentions)))
        row, target = rows.stop, targets.stop
        own = codings.part(rows, targets)
        tables = {
            TRANSCRIPTS: transcript_table(item.transcript),
            SEGMENTS: segment_table(item.segments),
            THEMES: theme_table(item.coded, own),
            ATTITUDES: attitude_table(item.coded, item.mentions, own),
            REVIEW: review_table(item.coded, own),
        }
        seconds = {**item.seconds, "model": each * len(item.coded), "write": time.perf_counter() - clock}
        parts.append(Part(item.transcript.transcript_id, group, tables, _notes(item, own), seconds))
    return parts


def _notes(item: Prepared, codings: Codings) -> dict[str, Any]:
    """What the manifest says of one transcript."""
    truncated = int(codings.truncated.sum())
    cut = f"{truncated} segments are longer than the model reads; what is over was not coded (set a smaller max_words)"
    silent = "nothing was coded: no participant was found in it (set roles in the configuration)"
    return {
        "transcript_id": item.transcript.transcript_id,
        "turns": len(item.transcript.turns),
        "segments": len(item.segments),
        "coded_segments": len(item.coded),
        "words": sum(len(segment.text.split()) for segment in item.segments),
        "coded_words": sum(len(segment.text.split()) for segment in item.coded),
        "mentions": sum(len(found) for found in item.mentions),
        "for_review": int(codings.review.sum()),
        NOTE: own_agency_notes(item.own_agencies, item.coded, item.mentions),
        "attribute_rows": list(item.attribute_rows),
        "unattributed_share": round(unattributed_share(item.transcript), 4),
        "warnings": [
            *item.transcript.warnings,
            *([] if item.coded else [silent]),
            *([cut] if truncated else []),
        ],
    }
