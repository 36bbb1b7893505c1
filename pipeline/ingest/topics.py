"""Headings between turns, which nobody says: `INFORMATION SHARING`, `Section 2: Meetings`, `B. Meetings`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

from pipeline.ingest.conventions import key_of
from pipeline.ingest.labels import Candidate, Style
from pipeline.ingest.notes import title_like

_TOLD = frozenset({"section", "part", "theme", "topic", "question"})
"""Words that say of the line that a number or letter makes it a heading."""
_NUMBERED = re.compile(
    rf"(?i:(?P<kind>{'|'.join(sorted(_TOLD))}))[ \t]+(?:\d{{1,2}}|[A-Z]|[IVX]{{1,4}}|(?i:one|two|three|four|five|six))"
    r"(?:[ \t]*[:.–—-][ \t]*(?P<words>\S.*))?$"
)
_LISTED = re.compile(r"(?P<place>[A-Z]|\d{1,2})[.)][ \t]+(?=[A-Z])")
_SPOKEN = re.compile(
    r"\b(?:I|ME|MY|YOU|YOUR|WE|US|HE|SHE|THEY|THEM|YES|YEAH|NO|NOT|OH|OK|OKAY|HEY|STOP|PLEASE|GOD|THIS|THAT|HERE|THERE)\b"
)
"""Words in capitals that are shouted rather than written above a part of a talk."""
_LONGEST_TOPIC = 10
"""Words."""
_ENDS = (".", "!", "…")
"""How a turn ends that a heading may follow; after a question an answer is due."""
_LOUD = 0.1
"""Share of the turns in capitals above which capitals make no heading."""
_LEAST_LISTED = 3
"""Headings that must count up, `A.`, `B.`, `C.`, to be believed for that."""


def topics(talk: Sequence[str], labels: Sequence[Candidate]) -> frozenset[int]:
    """Lines that head a part of the talk: `INFORMATION SHARING`, `Section 2: Meetings`.

    Each stands alone, after the end of a sentence, before a turn of somebody who speaks more than once. None is found in a
    talk that is in capitals itself.
    """
    counts = Counter(key_of(one.label) for one in labels)
    often = {one.line: one for one in labels if counts[key_of(one.label)] > 1}
    once = {one.line: one.style for one in labels if one.line not in often}
    loud = sum(_is_loud(talk[line][one.speech :]) for line, one in often.items())
    if loud > _LOUD * len(often) or not often:
        return frozenset()
    # `Part 1:` that comes again and again is somebody, if nobody whom the labels tell.
    repeated = Counter(_before_colon(line) for line in talk)
    kinds = {
        index: kind
        for index, line in enumerate(talk)
        if index not in often
        and repeated[_before_colon(line)] == 1
        and (kind := _topic_of(line)) is not None
        and (index not in once or (once[index] is Style.COLON and (kind in _TOLD or line.isupper())))
        and _stands_alone(talk, index, often, told=kind in _TOLD)
    }
    listed = [kind for kind in kinds.values() if kind and kind not in _TOLD]
    places = [int(kind) if kind.isdecimal() else ord(kind) for kind in listed]
    counting = len(places) >= _LEAST_LISTED and all(after == before + 1 for before, after in pairwise(places))
    return frozenset(index for index, kind in kinds.items() if counting or kind not in listed)


def _stands_alone(talk: Sequence[str], index: int, often: Mapping[int, Candidate], *, told: bool) -> bool:
    """Whether a line is a paragraph between a finished turn and a label.

    Args:
        talk: the lines.
        index: of the line.
        often: the labels of those who speak more than once, by line.
        told: whether the line says that it is a heading; then it may stand directly between turns, as documents have it.
    """
    before, after = index - 1, index + 1
    while before >= 0 and not talk[before].strip():
        before -= 1
    while after < len(talk) and not talk[after].strip():
        after += 1
    if after not in often or not (told or after > index + 1):
        return False
    if index < min(often):
        return True
    label = often.get(before)
    words = talk[before][label.speech if label else 0 :].rstrip(" \t\u00a0\"'’”)]")
    apart = before < index - 1 or (told and label is not None)
    return apart and words.endswith(_ENDS) and not _is_loud(words)


def _before_colon(line: str) -> str:
    return line[:100].split(":", 1)[0].strip()


def _is_loud(words: str) -> bool:
    """Whether a few words or more are all in capitals."""
    return words.isupper() and len(words.split()) > 2


def _topic_of(line: str) -> str | None:
    """What kind of heading of a part of the talk a line may be, if it stands alone.

    Returns:
        `section` (or `part`, ...) for `Section 2: Meetings`; `B` or `2` for `B. Meetings`, which counts only in a list;
        `""` for `INFORMATION SHARING`; None for what is no heading.
    """
    bare = line.strip()
    if (
        not bare
        or not bare[0].isalnum()
        or len(bare.split()) > _LONGEST_TOPIC
        or not title_like(bare)
        or bare[-1] in ":;-–—"
    ):
        return None
    capitals = bare == bare.upper() and not _SPOKEN.search(bare)
    numbered = _NUMBERED.match(bare)
    if numbered:
        kind, words = numbered["kind"].casefold(), numbered["words"] or ""
        # `Question 4: Tell me about it` is asked by somebody.
        titled = not words or (kind != "question" and not words[0].islower())
        return kind if capitals or titled else None
    listed = _LISTED.match(bare)
    if listed:
        return str(listed["place"])
    several = sum(len(word) > 1 for word in re.findall(r"[^\W\d_]+", bare)) > 1
    return "" if capitals and several and ":" not in bare else None
