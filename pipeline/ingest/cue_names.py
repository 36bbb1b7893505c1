"""Names at the heads of captions without a colon: `[Jo] And then?`, `(Jo) And then?`, `Jo - And then?`.

Captions have sounds in brackets and dashes in sentences as well, so that such names are believed only together: several people
who come again, from the first caption with words on, at nearly every caption or at nearly every change of speaker.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from pipeline.ingest.conventions import key_of, says_its_role, words_of
from pipeline.ingest.labels import SOUND, Candidate, Style
from pipeline.ingest.notes import is_note
from pipeline.ingest.speakers import OF_PEOPLE, shape

_HEADS = {
    Style.BRACKET: re.compile(r"\[(?P<label>\w[^\[\]:\n?!;,]{0,30})\]:?[ \t]+(?=\S)"),
    Style.ROUND: re.compile(r"\((?P<label>\w[^():\n?!;,]{0,30})\):?[ \t]+(?=\S)"),
    Style.DASH: re.compile(r"(?P<label>\w[^:\n()\[\]?!;,]{0,30}?)[ \t]+[-–—][ \t]+(?=\S)"),
}
_OPENERS = words_of("""
    right look honestly absolutely yeah sure exactly obviously oh hello hi thanks great sorry actually mm hmm mhm listen true
    certainly definitely basically personally sometimes always good fine see alright
""")
"""Words that sentences begin with before a dash, and nobody is called."""
_SURNAME = re.compile(r"[A-Z][a-z]{2,}ing")
"""`Keating`, `Manning`: names that look like what somebody does, where they come again."""
_LIKE_SURNAMES = words_of("""
    laughing crying coughing sobbing sighing smiling nodding pausing pointing shouting whispering mumbling chuckling giggling
    cheering clapping applauding singing speaking talking typing knocking ringing buzzing beeping barking breathing groaning
    sneezing sniffing yawning screaming yelling snorting humming clicking crashing banging typing writing reading thinking
    clearing moving walking running playing drinking eating rustling shuffling whistling interrupting overlapping recording
    hesitating murmuring muttering continuing translating interpreting joking gesturing grinning shaking shrugging meeting
""")
_WORDS = 0.5
"""Share of the different labels before a dash that may stand in the captions in small letters too, as names seldom do."""
_AGAIN = 2
"""Captions that each of two people at least must head."""
_SHARE = 0.15
"""Share of the captions with words that must have a name."""
_NEARLY = 0.8
"""Share of the captions that have a name, or of the names that differ from the one before: one of the two must be as high."""
_ONCE = 0.3
"""Share of the names that may come once only."""


def labels_at_cues(heads: Sequence[str]) -> list[Candidate]:
    """A label for each caption that is headed by a name in the one style that the file has; none where it has no such style.

    Args:
        heads: the captions' words, a line each.
    """
    said = [index for index, head in enumerate(heads) if head.strip() and not is_note(head)]
    found = [_in_style(style, pattern, heads, said) for style, pattern in _HEADS.items()]
    return max((labels for labels in found if _believed(labels, said, heads)), key=len, default=[])


def _in_style(style: Style, pattern: re.Pattern[str], heads: Sequence[str], said: Sequence[int]) -> list[Candidate]:
    matches = [(index, match) for index in said if (match := pattern.match(heads[index]))]
    often = Counter(match["label"].strip() for _, match in matches)
    surnames = {
        label
        for label, count in often.items()
        if count >= _AGAIN and _SURNAME.fullmatch(label) and label.casefold() not in _LIKE_SURNAMES
    }
    return [
        Candidate(index, style, match["label"].strip(), match.end(), None, opens=True)
        for index, match in matches
        if shape(match["label"].strip()) in OF_PEOPLE
        and (match["label"].strip() in surnames or not SOUND.match(match["label"]))
        and match["label"].strip().casefold() not in _OPENERS
    ]


def _believed(labels: Sequence[Candidate], said: Sequence[int], heads: Sequence[str]) -> bool:
    if not labels or labels[0].line != said[0] or len(labels) < _SHARE * len(said):
        return False
    keys = [key_of(one.label) for one in labels]
    counts = Counter(keys)
    again = sum(count >= _AGAIN for count in counts.values())
    once = sum(count == 1 for count in counts.values())
    changes = sum(before != after for before, after in pairwise(keys))
    everywhere = len(labels) >= _NEARLY * len(said)
    if labels[0].style is Style.DASH and not (_begin_sentences(labels, heads) and _are_names(labels, heads)):
        return False
    return (
        again >= 2
        and once <= _ONCE * len(labels)
        and (changes >= _NEARLY * (len(keys) - 1) or (everywhere and changes >= 2))
    )


def _begin_sentences(labels: Sequence[Candidate], heads: Sequence[str]) -> bool:
    """Whether what follows the names begins with no small letter: `Housing - they come as well` is a sentence of its own."""
    return not any(heads[one.line][one.speech].islower() for one in labels)


def _are_names(labels: Sequence[Candidate], heads: Sequence[str]) -> bool:
    """Whether few of the labels are words that the talk has in small letters: `Housing - It depends.`"""
    words = {word for head in heads for word in re.findall(r"[^\W\d_]+", head)}
    different = {one.label for one in labels if not says_its_role(one.label)}
    return sum(label.casefold() in words for label in different) <= _WORDS * len(different)
