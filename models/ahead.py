"""Preparing the next item in a thread while the caller works on this one."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from queue import Full, Queue
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class _Made(Generic[Item]):
    item: Item


def ahead(items: Iterable[Item], depth: int) -> Iterator[Item]:
    """The items, in order, with at most `depth` of them waiting; an error in making one is raised where it would be given.

    The thread ends with the iteration, also where that is given up half-way.
    """
    waiting: Queue[_Made[Item] | BaseException | None] = Queue(maxsize=depth)
    stopped = threading.Event()

    def put(entry: _Made[Item] | BaseException | None) -> None:
        while not stopped.is_set():
            try:
                return waiting.put(entry, timeout=0.1)
            except Full:
                continue

    def make() -> None:
        try:
            for item in items:
                put(_Made(item))
                if stopped.is_set():
                    return
            put(None)
        except BaseException as error:  # the caller decides what it means
            put(error)

    maker = threading.Thread(target=make, name="ahead", daemon=True)
    maker.start()
    try:
        while (entry := waiting.get()) is not None:
            if isinstance(entry, BaseException):
                raise entry
            yield entry.item
    finally:
        stopped.set()
        maker.join()
