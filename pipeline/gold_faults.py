"""What is wrong with gold tables: gathered, so that all is told at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from pathlib import Path

from pipeline.errors import UsageError, printable

_MOST_FAULTS = 10


class Faults:
    """The faults of the tables that are read together."""

    def __init__(self) -> None:
        self._faults: list[tuple[Path, str, str]] = []

    def add(self, path: Path, place: str, problem: str) -> None:
        """A fault in a file's row or unit."""
        self._faults.append((path, place, problem))

    def tell(self, used: Mapping[str, Path], known: Collection[str] | None) -> None:
        """Raise, where there are any.

        Args:
            used: the codes that were given, each with a file that does.
            known: the codebook's; None where any is read.

        Raises:
            UsageError: with up to ten faults, or that it is another codebook's gold.
        """
        if not self._faults:
            return
        _check_codebook(used, known)
        places: dict[tuple[Path, str], list[str]] = defaultdict(list)
        for path, place, problem in self._faults:
            places[path, problem].append(place)
        # A problem that many rows share (a code of another codebook) is told once.
        first = self._faults[0][0]
        told = [
            ("" if path == first else f"{printable(path)}: ")
            + at[0]
            + (f" and {len(at) - 1} more" if len(at) > 1 else "")
            + f": {problem}"
            for (path, problem), at in places.items()
        ]
        shown = "; ".join(told[:_MOST_FAULTS])
        more = len(told) - _MOST_FAULTS
        raise UsageError(
            shown + (f"; and {more} more" if more > 0 else ""),
            path=first,
            remedy="mend the table; its columns are described in docs/gold.md",
        )


def _check_codebook(used: Mapping[str, Path], known: Collection[str] | None) -> None:
    """Most codes unknown are no slips of the pen."""
    unknown = [code for code in used if known is not None and code not in known]
    if len(unknown) < 3 or 2 * len(unknown) <= len(used):
        return
    shown = ", ".join(repr(code) for code in sorted(unknown)[:3])
    raise UsageError(
        f"seems to be coded with another codebook: of its {len(used)} codes {len(unknown)} are unknown ({shown} …)",
        path=used[unknown[0]],
        remedy="give its own codebook with --codebook",
    )
