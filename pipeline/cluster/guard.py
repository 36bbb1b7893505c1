"""Work in processes that may die: an input that ends every process is found, and left alone.

Somebody who outlives the processes, a `pipeline.cluster.tally.Tally`, counts how often a piece of work was begun and not ended.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from pipeline.groups import Batch
from pipeline.inputs import Input
from pipeline.prepare import Failed

TOGETHER = 2
"""A group is taken as a whole so many times; if the process died each time, its transcripts are taken one by one."""
ALONE = 2
"""A transcript on which the process died so many times when it was taken alone is not tried again."""
DEADLY = (
    f"{ALONE} processes of the cluster died on it, one after another, perhaps for lack of memory "
    "(try it on one machine, without --cluster, or split it into several files)"
)

Item = TypeVar("Item")
Result = TypeVar("Result")


class Witness(Protocol):
    """Sees work begin and end, and outlives those who do it."""

    def begin(self, key: str) -> int:
        """How often this work has now been begun without having come to an end, this time included."""
        ...

    def end(self, key: str) -> None:
        """The work has come to an end, good or bad, but the process lives."""
        ...

    def give_up(self, key: str) -> None:
        """This work is not tried again."""
        ...


def company(batch: Batch) -> list[Input]:
    """All that are coded together: what is missing of the group, and those beside, in the group's order."""
    ids = {item.transcript_id for item in (*batch.missing, *batch.beside)}
    return [item for item in batch.group.items if item.transcript_id in ids]


def guarded(
    witness: Witness,
    step: str,
    batch: Batch,
    items: Sequence[Item],
    work: Callable[[Sequence[Item]], Sequence[Result]],
    together: int = TOGETHER,
) -> list[Result | Failed]:
    """Do `work` on a batch's items, together or, where that has ended the process before, one by one.

    Args:
        step: what the work is called; with the group's name it is what the witness counts.
        items: one for each of `company(batch)`.
        together: so many times the batch is taken as a whole.
    """
    key = f"{step} {batch.group.name}"
    whole = witness.begin(key) <= together
    deadly = False
    try:
        if whole:
            return list(work(items))
        results = [_alone(witness, key, given, item, work) for given, item in zip(company(batch), items, strict=True)]
        deadly = any(isinstance(result, Failed) and result.reason == DEADLY for result in results)
        return results
    finally:  # not reached where the process dies
        if not deadly:  # else it would be taken as a whole again, should a later step lose the results
            witness.end(key)


def _alone(
    witness: Witness, key: str, given: Input, item: Item, work: Callable[[Sequence[Item]], Sequence[Result]]
) -> Result | Failed:
    if isinstance(item, Failed):
        return item
    own = f"{key} {given.transcript_id}"
    if witness.begin(own) > ALONE:
        witness.give_up(own)
        return Failed(str(given.path), DEADLY)  # the count stays: it has been tried enough for this run
    try:
        return work([item])[0]
    finally:
        witness.end(own)
