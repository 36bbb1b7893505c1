"""Labels that are misspelt: those of role words, which are put right, and those of names, which are told."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from pipeline.ingest.conventions import key_of, role_by_convention

_ONE, _TWO = 6, 10
"""Letters of a word in which one edit, and in which two edits, may be a slip."""
_LONG = 9
"""Letters of a role word from which what is so close to it is no name: `Caller` and `Calder` are two people."""
_FEW, _MANY = 3, 5
"""A label is told that has at most one in `_FEW` of the turns of another, which has `_MANY` or more."""
_WORD = re.compile(r"[^\W\d_]+|\d+")


def misspelt_roles(keys: Collection[str]) -> dict[str, str]:
    """`interveiwer` for `interviewer`, where a file has both: keys of labels, and the keys that they stand for.

    The first and the last letter are right, and the number, if there is one: `Interview` and `Interviewer 2` are other things
    than `Interviewer`.

    Args:
        keys: of all labels (`key_of`).
    """
    right = [key for key in keys if role_by_convention(key) is not None and len(key.rstrip("0123456789")) >= _LONG]
    found = {}
    for key in keys:
        if role_by_convention(key) is None:
            meant = [other for other in right if key[:1] == other[:1] and _ends_alike(key, other) and _slip(key, other)]
            if len(meant) == 1:
                found[key] = meant[0]
    return found


def alike(turns: Mapping[str, int]) -> list[tuple[str, str]]:
    """Labels of few turns that are spelt almost as one of many: each with that other.

    Args:
        turns: of each label.
    """
    often = [label for label in turns if turns[label] >= _MANY]
    pairs = []
    for label in turns:
        near = [other for other in often if turns[label] * _FEW <= turns[other] and _slip(label, other)]
        if near and role_by_convention(label) is None:
            pairs.append((label, max(near, key=turns.__getitem__)))
    return pairs


def _ends_alike(key: str, other: str) -> bool:
    return key.rstrip("0123456789")[-1:] == other.rstrip("0123456789")[-1:]


def _slip(label: str, other: str) -> bool:
    """Whether two labels differ in one word, by letters that may be slips of the pen."""
    words, others = _WORD.findall(label.casefold()), _WORD.findall(other.casefold())
    differ = [pair for pair in zip(words, others, strict=False) if pair[0] != pair[1]]
    if len(words) != len(others) or len(differ) != 1 or key_of(label) == key_of(other):
        return False
    word, meant = differ[0]
    length = min(len(word), len(meant))
    allowed = (length >= _ONE) + (length >= _TWO)
    return word.isalpha() and meant.isalpha() and abs(len(word) - len(meant)) <= allowed >= _edits(word, meant)


def _edits(one: str, other: str) -> int:
    """Insertions, deletions, substitutions and transpositions of neighbours: the optimal string alignment distance."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        last, before, row = before, row, [i]
        for j, wanted in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]
