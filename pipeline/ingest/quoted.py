"""What stands in an interview by e-mail a second time: quotations, questions copied above answers, messages sent again."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

_LEAST_TOLD = 12
"""Letters of a line from which it is told whether it stands elsewhere; shorter ones go with the line before."""
LEAST_AGAIN = 20
"""Letters from which the same words again, of a message by the same writer or of a line by another, are a copy."""
_ANSWERED, _NEARLY = 2, 0.8
"""Copied questions of a message that must have an answer below, and their share of all that it has."""
_NUMBER = re.compile(r"\s*(?:Q(?:uestion)?[ \t]*)?[(\[]?\d{1,2}[.):\]]+\s+", re.IGNORECASE)
"""Questions may be numbered where they are answered, and not where they were asked."""
_BID = re.compile(
    r"[ \t>*]*(?:please|(?:can|could) you|tell|talk|describe|explain|give|say|walk me|what about)\b", re.IGNORECASE
)
_BLANK = " \t\u00a0*_)\"'”’"


@dataclass(slots=True)
class Line:
    """A line of a message: who wrote it, where in it the words begin, whether it stands there as a quotation, and whether the
    file says who wrote it. `sent` is the message, whole with those that stand quoted below it."""

    index: int
    message: int
    sent: int
    writer: str
    start: int
    quoted: bool
    named: bool


def copies(lines: Sequence[str], written: Sequence[Line], questions: Collection[int]) -> set[int]:
    """Lines that stand elsewhere in the file: quotations, questions above their answers, messages that come again.

    Args:
        questions: lines that are copied without signs of quotation (`copied`).
    """
    found: set[int] = set()
    bodies: set[tuple[str, str]] = set()
    original = [one for one in written if not one.quoted and one.index not in questions]
    for _, group in groupby(original, lambda one: one.message):
        message = list(group)
        body = (message[0].writer, letters("".join(lines[one.index] for one in message)))
        if body in bodies and len(body[1]) >= LEAST_AGAIN:
            found.update(one.index for one in message)
        bodies.add(body)
    own = {body for _, body in bodies} | {letters(lines[index]) for index in questions}
    return found | _copied_quotations(lines, written, own, original)


def copied(lines: Sequence[str], written: Sequence[Line]) -> dict[int, str]:
    """Questions without signs of quotation that another asked before, or is quoted with in the same message, and that other: who
    answers by e-mail often writes below a copy of each question.

    Only several in one message, with something of the writer's own below nearly each: two interviewers may send one list of
    questions, and one who is asked back may paste the question.
    """
    quoted: dict[str, set[tuple[int, str]]] = defaultdict(set)
    for one in written:
        if one.quoted and one.named:
            quoted[_unnumbered(lines, one)].add((one.sent, one.writer))
    found: dict[int, str] = {}
    first: dict[str, str] = {}
    for one in written:
        said = _unnumbered(lines, one)
        if len(said) < _LEAST_TOLD or not is_question(lines[one.index]):
            continue
        others = {writer for sent, writer in quoted.get(said, ()) if sent == one.sent} - {one.writer}
        if said in first:
            others = {first[said]} - {one.writer}
        if others and not one.quoted:
            found[one.index] = min(others)
        else:
            first.setdefault(said, one.writer)
    kept: dict[int, str] = {}
    for _, group in groupby((one for one in written if not one.quoted), lambda one: one.message):
        message = [one.index for one in group]
        questions = [index for index in message if index in found]
        answered = sum(index in found and after not in found for index, after in pairwise(message))
        if answered >= _ANSWERED and answered >= _NEARLY * len(questions):
            kept.update((index, found[index]) for index in questions)
    return kept


def is_question(line: str) -> bool:
    """Whether a line asks, or bids somebody to tell."""
    return line.rstrip(_BLANK).endswith("?") or _BID.match(_NUMBER.sub("", line, count=1)) is not None


def _unnumbered(lines: Sequence[str], one: Line) -> str:
    return letters(_NUMBER.sub("", lines[one.index][one.start :], count=1))


def _copied_quotations(
    lines: Sequence[str], written: Sequence[Line], bodies: set[str], original: Sequence[Line]
) -> set[int]:
    """Quoted lines that stand in the messages' own words (`bodies`), or in a quotation before."""
    quotations = {one.index: letters(lines[one.index][one.start :]) for one in written if one.quoted}
    sought = {shingle for said in quotations.values() for shingle in _shingles(said)}
    known = {shingle for body in bodies for shingle in _all_shingles(body) if shingle in sought}
    alone = {letters(lines[one.index]) for one in original}
    found: set[int] = set()
    again = False
    before = ""
    for one in written:
        if not one.quoted:
            again = False
            continue
        said = quotations[one.index]
        again = known.issuperset(_shingles(said)) if len(said) >= _LEAST_TOLD else again or said in alone
        if again:
            found.add(one.index)
        else:
            # A line that is broken anew may begin in the quotation before.
            known.update(shingle for shingle in _all_shingles(before + said) if shingle in sought)
            before = (before + said)[-_LEAST_TOLD + 1 :]
    return found


def letters(text: str) -> str:
    """The letters and digits alone: quotations are broken anew, within words too."""
    return "".join(character for character in text.casefold() if character.isalnum())


def _all_shingles(letters: str) -> Iterator[str]:
    return (letters[start : start + _LEAST_TOLD] for start in range(len(letters) - _LEAST_TOLD + 1))


def _shingles(letters: str) -> Iterator[str]:
    """Shingles (Broder 1997, "On the resemblance and containment of documents") that cover the letters, each half over the next.

    Where all stand in a text, so do the letters, but for chance. Only these are kept, which takes a sixth of the memory.
    """
    if len(letters) >= _LEAST_TOLD:
        last = len(letters) - _LEAST_TOLD
        yield from (letters[start : start + _LEAST_TOLD] for start in (*range(0, last, _LEAST_TOLD // 2), last))
