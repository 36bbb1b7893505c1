"""Printed numbers at line heads, of lines (`12  R: Well`) or of turns (`3. INT: And?`), which nobody says."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from pipeline.ingest.conventions import key_of

WARNING = "numbers at the heads of lines, which count the lines or the turns, are left out"
_HEAD = re.compile(r"[ \t]*(?P<before>[Q(]?)(?P<number>\d{1,5})(?P<sign>[.)]?)[ \t]+(?=\S)")
_LABEL = re.compile(
    r"(?:\*\*|__)?(?P<label>[^\W\d_][^:：\n.?!]{0,40}\.?)(?:\*\*|__)?[ \t]*[:：]|(?P<letter>[QA])\.[ \t]"
)
"""What follows the number of a turn: a label. A file of nothing but numbered lines of one speaker keeps its numbers."""
_LEAST = 5
_RIGHT = 0.9
"""Share of the steps from number to number that must be as they should: pages lose a line, transcribers miscount."""
_EVERY_LINE = 0.8
"""Share of the lines that have a number where lines are numbered."""
_LABELS = 0.6
"""Labels for each numbered turn, at most: speakers speak again, the points of a list are each another."""


def without_numbers(lines: Sequence[str]) -> list[str] | None:
    """The lines without their printed numbers; None where they have none.

    Numbers that run from line to line are dropped where nearly all lines have one, or every fifth, and speakers are named;
    else only where a label follows nearly all of them: `2. We met` in an answer is what was said.
    """
    heads = {index: match for index, line in enumerate(lines) if (match := _HEAD.match(line[:80]))}
    if len(heads) < _LEAST:
        return None
    labels = {index: match for index, line in enumerate(lines) if (match := _label(line, heads.get(index)))}
    turns = {index: match for index, match in heads.items() if index in labels}
    if len(turns) >= _EVERY_LINE * len(heads) and _counts_on(turns, 1) and _recur(labels, turns):
        return _cut(lines, turns)
    plain = {index: match for index, match in heads.items() if not match["before"] and not match["sign"]}
    filled = [index for index, line in enumerate(lines) if line.strip()]
    if len(plain) >= _EVERY_LINE * len(filled) and _counts_on(plain, 1) and _recur(labels, plain):
        return _cut(lines, plain)
    fifths = {index: match for index, match in plain.items() if int(match["number"]) % 5 == 0}
    if _counts_on(fifths, 5) and _five_apart(list(fifths), filled) and _recur(labels, filled):
        return _cut(lines, fifths)
    return None


def _label(line: str, number: re.Match[str] | None) -> re.Match[str] | None:
    """The label that a line begins with, behind its number if it has one."""
    start = number.end() if number else len(line) - len(line.lstrip())
    return _LABEL.match(line, start)


def _recur(labels: Mapping[int, re.Match[str]], places: Mapping[int, re.Match[str]] | Sequence[int]) -> bool:
    """Whether lines at these places are headed by a few labels that come again."""
    found = [key_of(labels[index]["label"] or labels[index]["letter"]) for index in places if index in labels]
    return len(found) >= 2 and len(set(found)) <= max(2, _LABELS * len(found))


def _counts_on(heads: Mapping[int, re.Match[str]], step: int) -> bool:
    """Whether the numbers go up by one step each; a page may begin again with the first."""
    numbers = [int(match["number"]) for match in heads.values()]
    right = sum(after - before == step or after == step for before, after in pairwise(numbers))
    return len(numbers) >= _LEAST and max(numbers) >= _LEAST and right >= _RIGHT * (len(numbers) - 1)


def _five_apart(numbered: Sequence[int], filled: Sequence[int]) -> bool:
    """Whether the numbered lines stand five lines apart, blank ones counted or not; pages shift a few."""
    place = {index: position for position, index in enumerate(filled)}
    steps = [(after - before, place[after] - place[before]) for before, after in pairwise(numbered)]
    return sum(5 in step for step in steps) >= 0.6 * len(steps)


def _cut(lines: Sequence[str], heads: Mapping[int, re.Match[str]]) -> list[str]:
    return [line[heads[index].end() :] if index in heads else line for index, line in enumerate(lines)]
