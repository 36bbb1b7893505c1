"""Segmentation: a transcript's turns cut into the units that are coded.

A turn is one segment unless it is long. A long one is cut at sentence ends into stretches as even as they
allow, none over `max_words`; a sentence longer than that is cut at clause punctuation, and talk without any
at white space. A word is what stands between white space. Text that is not speech (a stage direction, a
timestamp) always ends a segment.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import pairwise
from math import ceil
from typing import NamedTuple

import spacy
from spacy.attrs import IS_PUNCT, LOWER
from spacy.language import Language
from spacy.tokenizer import Tokenizer

from pipeline.context import TalkBefore
from pipeline.errors import UsageError
from pipeline.types import Segment, Transcript, Turn

CHUNK = 20_000
"""Longest text, in characters, that spaCy is given at once: what keeps a turn of any length linear."""

_SENTENCE_END = re.compile(r"[.?!][\"'”’)\]]*\s+(?=\S)")
_CLAUSE_END = re.compile(r"(?:[,;:…—–][\"'”’)\]]*\s+|\s[-—–]+\s+|\n\s*)(?=\S)")
# The full stop of an initial ("J. Smith") or of "U.K." stays with its word; "my wife and I." ends a sentence.
_CLOSING = re.compile(r"(?:[?!,;:…\"'”’)\]]|\.\.+|(?<!^[A-HJ-Z])(?<!\.[A-Z])\.)$")
_SPACE = re.compile(r"\s")
_ENDLESS_WORD = re.compile(r"\S{200,}")


class _Part(NamedTuple):
    """A stretch of text that begins and ends at non-space characters."""

    start: int
    end: int
    words: int


_Cutter = Callable[[str], Iterable[int]]
"""Gives the places in a text where it may be cut, in order, each the first character of a word."""


def segment_transcript(
    transcript: Transcript, *, max_words: int = 120, context_words: int = 60, nlp: Language | None = None
) -> list[Segment]:
    """The transcript's segments, in the order of the text, of every speaker.

    All speech is covered exactly once, but for white space, and `transcript.text[s.start:s.end] == s.text`.

    A segment's context is the talk just before it, at most `context_words` words (`pipeline.context`).

    Times are those of the stretches that the segment touches; within one stretch nothing is interpolated.

    Args:
        max_words: a longer turn is cut.
        context_words: 0 for no context.
        nlp: a trained spaCy pipeline to find sentences with, instead of the rule-based one for English.
    """
    if max_words < 1 or context_words < 0:
        raise UsageError(
            f"expected max_words >= 1 and context_words >= 0, got {max_words} and {context_words}",
            remedy="correct the segmentation settings",
        )
    cutters = (_sentence_cutter(nlp), _at_clauses, _even_cutter(max_words))
    segments: list[Segment] = []
    talk = TalkBefore(context_words)
    for index, turn in enumerate(transcript.turns):
        for part in _turn_parts(transcript.text, turn, max_words, cutters):
            segments.append(_segment(transcript, index, part, talk.before(index)))
            talk.add(index, segments[-1].text)
    return segments


def without_endless_words(text: str) -> str:
    """`text`, as long as before, with x for all of a word of 200 characters or more (a line of dots).

    spaCy's tokenizer takes off one character of it at a time, in quadratic time.
    """
    return _ENDLESS_WORD.sub(lambda match: "x" * len(match.group()), text)


def _segment(transcript: Transcript, index: int, part: _Part, context: str) -> Segment:
    turn = transcript.turns[index]
    first = bisect_right(turn.stretches, part.start, key=lambda stretch: stretch.end)
    last = bisect_left(turn.stretches, part.end, key=lambda stretch: stretch.start) - 1
    return Segment(
        transcript_id=transcript.transcript_id,
        segment_id=f"{transcript.transcript_id}:{part.start}-{part.end}",
        turn=index,
        speaker=turn.speaker,
        role=turn.role,
        start=part.start,
        end=part.end,
        text=transcript.text[part.start : part.end],
        context=context,
        start_time=turn.stretches[first].start_time,
        end_time=turn.stretches[last].end_time,
    )


def _turn_parts(text: str, turn: Turn, max_words: int, cutters: tuple[_Cutter, ...]) -> Iterator[_Part]:
    for start, end in _runs(text, turn):
        for chunk in _chunks(text, start, end):
            if chunk.words <= max_words:
                yield chunk
            else:
                yield from _cut(text, chunk, max_words, cutters)


def _runs(text: str, turn: Turn) -> Iterator[tuple[int, int]]:
    """Stretches joined where only white space stands between them."""
    start, end = turn.stretches[0].start, turn.stretches[0].end
    for stretch in turn.stretches[1:]:
        if text[end : stretch.start].strip():
            yield start, end
            start = stretch.start
        end = stretch.end
    yield start, end


def _part(text: str, start: int, end: int) -> _Part | None:
    """The span without white space at its ends, or None if there is nothing else."""
    span = text[start:end]
    stripped = span.lstrip()
    start += len(span) - len(stripped)
    stripped = stripped.rstrip()
    return _Part(start, start + len(stripped), len(stripped.split())) if stripped else None


def _chunks(text: str, start: int, end: int) -> Iterator[_Part]:
    """The run in even parts of about `CHUNK` characters, cut at a sentence end or else at white space."""
    count = ceil((end - start) / CHUNK)
    length = (end - start) // count + 1
    while start < end:
        cut = end if end - start <= length else _chunk_end(text, start, start + length, end)
        if chunk := _part(text, start, cut):
            yield chunk
        start = cut


def _chunk_end(text: str, start: int, near: int, end: int) -> int:
    window = text[max(start, near - CHUNK // 4) : near]
    ends = [match.end() for match in _SENTENCE_END.finditer(window)]
    if ends:
        return near - len(window) + ends[-1]
    space = _SPACE.search(text, near, end)
    return space.start() if space else end


def _cut(text: str, whole: _Part, max_words: int, cutters: tuple[_Cutter, ...]) -> list[_Part]:
    """Cut where the first cutter allows, what is still too long with the next; then join up to the limit."""
    span = text[whole.start : whole.end]
    places = [0, *cutters[0](span), len(span)]
    parts: list[_Part] = []
    for start, end in pairwise(places):
        part = _part(text, whole.start + start, whole.start + end)
        if part is None:
            continue
        if part.words <= max_words:
            parts.append(part)
        else:
            parts.extend(_cut(text, part, max_words, cutters[1:]))
    return list(_joined(parts, max_words))


def _joined(parts: list[_Part], max_words: int) -> Iterator[_Part]:
    """Neighbouring parts joined into stretches of nearly equal length, none over the limit."""
    left = sum(part.words for part in parts)
    held = parts[0]
    for part in parts[1:]:
        target = left / ceil(left / max_words)
        joined = held.words + part.words
        # Join as long as that comes nearer to an equal share of what is left.
        if joined <= max_words and abs(joined - target) <= abs(held.words - target):
            held = _Part(held.start, part.end, joined)
        else:
            yield held
            left -= held.words
            held = part
    yield held


@cache
def _english() -> Language:
    nlp = spacy.blank("en")
    # Only what closes a sentence is split off: English's own tokenizer takes three times as long, and gives
    # an opening quotation mark to the sentence before. Its exceptions ("Mr.", "e.g.") are kept.
    nlp.tokenizer = Tokenizer(nlp.vocab, rules=nlp.tokenizer.rules, suffix_search=_CLOSING.search)
    nlp.add_pipe("sentencizer")
    keep_attributes(nlp, LOWER, IS_PUNCT)
    return nlp


def keep_attributes(nlp: Language, *attributes: int) -> None:
    """Have spaCy work out only these attributes of a new word: it would work out twenty, a quarter of the time of reading."""
    getters = nlp.vocab.lex_attr_getters
    nlp.vocab.lex_attr_getters = {attribute: getters[attribute] for attribute in attributes}


def forget_words(most: int) -> None:
    """Let the sentence finder start anew where it has kept more words than that: spaCy keeps all that it has seen."""
    if len(_english().vocab.strings) > most:
        _english.cache_clear()


def _sentence_cutter(nlp: Language | None) -> _Cutter:
    pipeline = nlp or _english()

    def at_sentences(text: str) -> Iterator[int]:
        doc = pipeline(without_endless_words(text))
        if not doc.has_annotation("SENT_START"):
            raise UsageError(
                f"the spaCy pipeline {pipeline.meta.get('name')!r} finds no sentences",
                remedy="add a parser, a senter or a sentencizer to it",
            )
        for sentence in doc.sents:
            start = sentence.start_char
            if start and (text[start].isspace() or text[start - 1].isspace()):
                yield start

    return at_sentences


def _at_clauses(text: str) -> Iterator[int]:
    return (match.end() for match in _CLAUSE_END.finditer(text))


def _even_cutter(max_words: int) -> _Cutter:
    def at_words(text: str) -> Iterator[int]:
        starts = [match.start() for match in re.finditer(r"\S+", text)]
        count = ceil(len(starts) / max_words)
        return (starts[len(starts) * i // count] for i in range(1, count))

    return at_words
