"""How people write codes: by name or label, in any capitals, several in a cell, and mistyped."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches

from pipeline.gold_table import CODE_SEPARATOR

_OTHER_SEPARATORS = re.compile(r"[,\n]")


class CodeNames:
    """Reads what people wrote for the codes of a codebook.

    Args:
        labels: by the code's name; of no code where the codebook is not known.
    """

    def __init__(self, labels: Mapping[str, str]) -> None:
        self._names, self._spellings = set(labels), spellings(labels)

    def read(self, cell: str) -> frozenset[str]:
        """The names of a cell's codes; what is none of the codebook's stands for itself."""
        written = (part for code in cell.split(CODE_SEPARATOR) for part in self._apart(code.strip()))
        return frozenset(self._name_of(code) for code in written if code)

    def _name_of(self, code: str) -> str:
        return code if code in self._names else self._spellings.get(plain(code), code)

    def _apart(self, code: str) -> list[str]:
        return apart(code, lambda part: self._name_of(part) in self._names)


def apart(code: str, is_known: Callable[[str], bool]) -> list[str]:
    """Codes that people separated by commas or line ends, where each of them is known and the whole is not; else the whole."""
    parts = [part.strip() for part in _OTHER_SEPARATORS.split(code) if part.strip()]
    return parts if len(parts) > 1 and all(map(is_known, parts)) and not is_known(code) else [code]


def likely_meant(unknown: str, codes: Iterable[str], labels: Mapping[str, str] | None = None) -> str:
    """The code that is likely meant by one that is none, where people mistyped its name or its label; empty where none is.

    Args:
        labels: by the code's name, of those codes that have any.
    """
    names = sorted(codes)
    meant = {plain(name): name for name in names} | spellings(
        {name: (labels or {}).get(name) or name for name in names}
    )
    near = get_close_matches(plain(unknown), meant, n=1, cutoff=0.8)
    return meant[near[0]] if near else ""


def spellings(labels: Mapping[str, str]) -> dict[str, str]:
    """How people may write codes, `plain`, and the names that they mean; what may mean two codes is left out.

    Args:
        labels: by the code's name.
    """
    meant: dict[str, set[str]] = defaultdict(set)
    for name, label in labels.items():
        meant[plain(name)].add(name)
        meant[plain(label)].add(name)
    return {spelling: names.pop() for spelling, names in meant.items() if len(names) == 1}


def plain(code: str) -> str:
    """A code as people wrote it, without what they care little for: capitals, and spaces or underscores."""
    return " ".join(code.replace("_", " ").split()).casefold()
