"""The witness of `guard`, in a process of its own on a cluster, which starts the sooner for importing nothing else."""

from __future__ import annotations

from collections import Counter


class Tally:
    """Counts."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self._given_up: set[str] = set()

    def begin(self, key: str) -> int:
        """See `guard.Witness`."""
        self._open[key] += 1
        return self._open[key]

    def end(self, key: str) -> None:
        """See `guard.Witness`."""
        self._open.pop(key, None)

    def give_up(self, key: str) -> None:
        """See `guard.Witness`."""
        self._given_up.add(key)

    def given_up(self) -> int:
        """How many pieces of work are not tried again."""
        return len(self._given_up)
