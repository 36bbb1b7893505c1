"""Segmentation: a transcript's turns cut into the units that are coded.

A turn is one segment unless it is long. A long one is cut at sentence ends into stretches as even as they
allow, none over `max_words`; a sentence longer than that is cut at clause punctuation, and talk without any
at white space. A word is what stands between white space. Text that is not speech (a stage direction, a
timestamp) always ends a segment.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from math import ceil
from typing import NamedTuple

import spacy
from spacy.attrs import IS_PUNCT, LOWER
from spacy.language import Language
from spacy.tokenizer import Tokenizer

from pipeline.errors import UsageError
from pipeline.types import Segment, Transcript, Turn

CHUNK = 20_000
"""Longest text, in characters, that spaCy is given at once: what keeps a turn of any length linear."""

BACKCHANNEL_WORDS = 8
"""A turn shorter than this ("Mm, go on.") is not enough context: the turn before it is added."""

_SENTENCE_END = re.compile(r"[.?!][\"'”’)\]]*\s+(?=\S)")
_CLAUSE_END = re.compile(r"(?:[,;:…—–][\"'”’)\]]*\s+|\s[-—–]+\s+|\n\s*)(?=\S)")
# The full stop of an initial ("J. Smith") or of "U.K." stays with its word; "my wife and I." ends a sentence.
_CLOSING = re.compile(r"(?:[?!,;:…\"'”’)\]]|\.\.+|(?<!^[A-HJ-Z])(?<!\.[A-Z])\.)$")
_SPACE = re.compile(r"\s")
_ENDLESS_WORD = re.compile(r"\S{200,}")
_ELLIPSIS = "…"


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

    A segment's context is the talk just before it, at most `context_words` words. For the first segment of a
    turn it is the end of the turn before (and of the one before that, where the turn before is only a few
    words). For a later segment of a long turn, half is the end of that same question and half is the talk
    that immediately precedes it, with an ellipsis between: a coder needs what was asked, and who "they" are.

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
    tails: tuple[list[str], list[str]] = [], []  # of the last turn but one, and of the last
    for index, turn in enumerate(transcript.turns):
        before = _question(tails, context_words)
        said: list[str] = []
        for part in _turn_parts(transcript.text, turn, max_words, cutters):
            context = _context(before, said, context_words)
            segments.append(_segment(transcript, index, part, context))
            said = _last(said + segments[-1].text.split(), max(context_words, BACKCHANNEL_WORDS))
        if said:
            tails = tails[1], said
    return segments


def context_before(text: str, turns: Sequence[Turn], place: int, *, context_words: int = 60) -> str:
    """The context that a segment would have which begins at `place`, an offset into `text`: speech alone, without labels.

    Args:
        turns: of the text, in order.
    """
    index = bisect_right(turns, place, key=lambda turn: turn.end)
    count = max(context_words, BACKCHANNEL_WORDS)
    last, earlier = ([*_said(text, turns[at], len(text), count)] if at >= 0 else [] for at in (index - 1, index - 2))
    said = _said(text, turns[index], place, count) if index < len(turns) else []
    return _context(_question((earlier, last), context_words), said, context_words)


def _said(text: str, turn: Turn, place: int, count: int) -> list[str]:
    """The last words of a turn before a place."""
    words: list[str] = []
    for stretch in reversed(turn.stretches):
        if stretch.start < place and len(words) < count:
            words = _last_words(text, stretch.start, min(stretch.end, place), count) + words
    return _last(words, count)


def _last_words(text: str, start: int, end: int, count: int) -> list[str]:
    """At least so many words before `end`, where there are: a stretch may be a whole book."""
    width = 16 * count
    while True:
        low = max(start, end - width)
        words = text[low:end].split()
        if low == start:
            return words
        if len(words) > count:
            return words[1:]  # the first may be half a word
        width *= 2


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


def _last(words: list[str], count: int) -> list[str]:
    return words[-count:] if count else []


def _question(tails: tuple[list[str], list[str]], count: int) -> list[str]:
    earlier, last = tails
    return _last(earlier + last if len(last) < BACKCHANNEL_WORDS else last, count)


def _context(question: list[str], said: list[str], count: int) -> str:
    """The ends of the question and of what the speaker has said since; half of the words each if need be."""
    if not said:
        return " ".join(question)
    recent = _last(said, max(count // 2, count - len(question)))
    asked = _last(question, count - len(recent))
    return " ".join([*asked, _ELLIPSIS, *recent] if asked and recent else asked + recent)


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
