"""Annotation on tiers (ELAN, Praat): which tiers are talk and whose, and their labels in the order of time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from pipeline.errors import UnreadableInput
from pipeline.ingest.chat_words import words_said
from pipeline.ingest.conventions import words_of
from pipeline.ingest.draft import Draft, Rendering
from pipeline.types import Attributes

_UTTERANCES = words_of(
    "phrase phrases utterance utterances utt sentence sentences text transcript transcription transcriptions trans tx ipu "
    "ipus turn turns speech talk orthography orthographic ort default"
)
_WORDS = words_of("word words wrd token tokens orth ort-mau wordform")
_OTHER = words_of(
    "phone phones phoneme phonemes phn segment segments mau kan-mau syllable syllables pitch f0 tone tones breaks intensity "
    "formants gloss glosses pos lemma morph morphs morpheme morphemes translation trad ft note notes comment comments "
    "commentary gesture gestures gaze noise noises activity action actions context code code_num on_off stress point points"
)
_PARTS = re.compile(r"\s+[-–|/:]+\s*|\s*[:@|/]\s*|[_\s]+|(?<=\w)-(?=\w)")
_SILENCE = frozenset(
    {"", "sil", "sp", "spn", "silence", "pause", "<unk>", "unk", "noise", "laugh", "breath", "nv", "<p:>", "<usb>", "x"}
)
_CHAT = re.compile(r"(?<!\S)&=\w|\[(?:=!?|[+%:])\s+\w|\[//?\](?!\S)|(?<!\S)0\.(?!\S)|(?<!\S)xxx(?!\w)")
_GAP = 0.8
"""Seconds of silence that part two utterances of a tier of words."""
_SHORT, _SHARE = 2, 0.8


@dataclass(frozen=True, slots=True)
class Label:
    """What a tier says of a stretch of time, in seconds; times may be missing, `place` then gives the order."""

    text: str
    start: float | None = None
    end: float | None = None
    place: float = 0.0


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier as the file has it.

    Attributes:
        speaker: where the file says it, else None.
    """

    name: str
    labels: tuple[Label, ...]
    speaker: str | None = None


def render(tiers: Sequence[Tier], *, attributes: Attributes | None = None, warnings: Iterable[str] = ()) -> Draft:
    """The talk of all tiers that hold any, interleaved by time.

    Raises:
        UnreadableInput: no tier holds words.
    """
    cleaned = [_cleaned(tier) for tier in tiers]
    empty = [tier.name for tier in cleaned if not tier.labels]
    kept, aside = _chosen([tier for tier in cleaned if tier.labels])
    if not kept:
        raise UnreadableInput(
            f"no tier holds words ({_listed([tier.name for tier in tiers])})",
            remedy="give the file with the transcription, not with marks or measurements alone",
        )
    rendering = Rendering()
    said = [(label.place, index, tier, label) for index, tier in enumerate(kept) for label in tier.labels]
    for _, _, tier, label in sorted(said, key=lambda one: one[:2]):
        rendering.speech(tier.speaker, label.text, start_time=label.start, end_time=label.end)
    told = list(warnings)
    if empty:
        told.append(f"left out: tiers without words ({_listed(empty)})")
    if aside:
        told.append(f"left out: tiers that are no speech or repeat it ({_listed(aside)})")
    return rendering.draft(attributes=dict(attributes or {}), warnings=tuple(told))


def _cleaned(tier: Tier) -> Tier:
    """The labels that hold words, in the order of time, on one line each, without the codes that some projects use."""
    coded = any(_CHAT.search(label.text) for label in tier.labels)
    kept = []
    for label in tier.labels:
        words = " ".join(words_said(label.text).split() if coded else label.text.split())
        if words.casefold() not in _SILENCE and any(character.isalpha() for character in words):
            kept.append(replace(label, text=words))
    return replace(tier, labels=tuple(sorted(kept, key=lambda label: label.place)))


def _chosen(tiers: Sequence[Tier]) -> tuple[list[Tier], list[str]]:
    """For each speaker the tier with the talk in its longest pieces; and the names of the others."""
    kinds = {id(tier): _kind(tier) for tier in tiers}
    named = [replace(tier, speaker=tier.speaker or kinds[id(tier)][1]) for tier in tiers]
    levels = [kinds[id(tier)][0] for tier in tiers]
    if set(levels) == {"other"}:  # then names mislead
        levels = ["other" if _fragments(tier.labels) else "name" for tier in tiers]
    kept: list[Tier] = []
    aside: list[str] = []
    best: dict[str | None, str] = {}
    for tier, level in zip(named, levels, strict=True):
        if level != "other" and _RANK[level] > _RANK[best.get(tier.speaker, "other")]:
            best[tier.speaker] = level
    several = len({tier.speaker for tier in named}) > 1
    for tier, level in zip(named, levels, strict=True):
        if level == "other" or best[tier.speaker] != level:
            aside.append(tier.name)
            continue
        labels = _joined(tier.labels) if level == "words" else tier.labels
        speaker = tier.speaker or (" ".join(tier.name.split()) or None if several else None)
        kept.append(replace(tier, speaker=speaker, labels=labels))
    return kept, aside


_RANK = {"other": 0, "words": 1, "name": 2, "utterances": 3}


def _kind(tier: Tier) -> tuple[str, str | None]:
    """What a tier's labels are (utterances, words, other; `name` where only a name is given), and whose by its name."""
    name = " ".join(tier.name.strip("\"' *\t").split())
    parts = [part for part in _PARTS.split(name) if part]
    for kind, words in (("other", _OTHER), ("words", _WORDS), ("utterances", _UTTERANCES)):
        if name.casefold() in words:
            return kind, None
        rest = [part for part in parts if part.casefold() not in words]
        if len(parts) > 1 and len(rest) < len(parts):
            return kind, " ".join(rest) or None
    if _fragments(tier.labels):
        return "other", name or None
    return "name", name or None


def _fragments(labels: Sequence[Label]) -> bool:
    """Whether labels are sounds and not words: nearly all of one or two letters of an alphabet."""
    short = sum(len(label.text) <= _SHORT and label.text < "\u1100" for label in labels)
    return len(labels) >= 8 and short >= _SHARE * len(labels)


def _joined(words: Sequence[Label]) -> tuple[Label, ...]:
    """Words as utterances, parted by silence."""
    number = 0
    last: Label | None = None

    def run(word: Label) -> int:
        nonlocal number, last
        if last is not None and (word.start is None or last.end is None or word.start - last.end > _GAP):
            number += 1
        last = word
        return number

    runs = [list(group) for _, group in groupby(words, run)]
    return tuple(replace(one[0], text=" ".join(word.text for word in one), end=one[-1].end) for one in runs)


def _listed(names: Sequence[str]) -> str:
    """Names for a message, the first dozen."""
    shown = ", ".join(" ".join(name.split()) or "one without a name" for name in names[:12])
    return shown + (f" and {len(names) - 12} more" if len(names) > 12 else "")
