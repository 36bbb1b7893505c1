"""Real segments to measure on, and corpora of several sizes, both drawn with a seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.inputs import Unit
from pipeline.coding import unit_of
from pipeline.config import RunSettings
from pipeline.errors import UsageError
from pipeline.inputs import list_inputs
from pipeline.prepare import Prepared, Preparer

FEWEST_WORDS = 40
SWAP_EVERY = 10


@dataclass(frozen=True, slots=True)
class Sample:
    """Segments of participants' talk.

    Attributes:
        units: as a run gives them to the model: context and mentions included.
        files: how many files they were drawn from.
        population: how many segments these files hold.
    """

    units: tuple[Unit, ...]
    files: int
    population: int

    @property
    def texts(self) -> list[str]:
        """The segments alone."""
        return [unit.text for unit in self.units]

    @property
    def alone(self) -> list[Unit]:
        """Units without context and mentions: the same input as the rivals'."""
        return [Unit(unit.text) for unit in self.units]

    @property
    def mentioning(self) -> list[Unit]:
        """Segments that mention a partner, without context, with their mentions."""
        return [Unit(unit.text, "", unit.targets) for unit in self.units if unit.targets]

    @property
    def words(self) -> int:
        """Words in the segments."""
        return sum(len(text.split()) for text in self.texts)

    def describe(self) -> dict[str, float]:
        """Counts for the record."""
        return {
            "segments": len(self.units),
            "distinct_segments": len(set(self.texts)),
            "distinct_with_context": len(set(self.units)),
            "words": self.words,
            "words_per_segment": round(self.words / len(self.units), 1),
            "with_mentions": len(self.mentioning),
            "mentions": sum(len(unit.targets) for unit in self.units),
            "drawn_from_files": self.files,
            "drawn_from_segments": self.population,
        }


def draw_sample(folder: Path, segments: int, files: int, seed: int, settings: RunSettings | None = None) -> Sample:
    """Draw segments without replacement, each alike, from files drawn likewise; read and searched as `themes run` does it.

    Args:
        segments: how many; 0 takes all that the files hold.
        files: how many files to read; 0 reads all.

    Raises:
        UsageError: the files hold no participants' talk.
    """
    rng = random.Random(seed)
    paths = transcripts(folder)
    chosen = rng.sample(paths, min(files, len(paths))) if files else paths
    preparer = Preparer(settings or RunSettings())
    units: list[Unit] = []
    for path in sorted(chosen):
        result = preparer.prepare(path)
        if isinstance(result, Prepared):
            units += [unit_of(segment, found) for segment, found in zip(result.coded, result.mentions, strict=True)]
    if not units:
        raise UsageError("holds no participants' talk to measure on", path=folder)
    drawn = rng.sample(units, min(segments, len(units))) if segments else units
    return Sample(tuple(drawn), len(chosen), len(units))


def transcripts(folder: Path) -> list[Path]:
    """The transcripts in a folder, as a run would take them."""
    found = [item.path for item in list_inputs([folder], folder / "no-such-run", 100_000_000) if not item.status]
    if not found:
        raise UsageError("holds no transcript", path=folder)
    return sorted(found)


def base_files(paths: Sequence[Path], words: int, seed: int) -> list[Path]:
    """Files drawn until they hold so many words (all talk, not only what is coded).

    A file of few words is left out: its copies could be the same, which a run counts as duplicates and leaves out (`varied`).
    """
    order = list(paths)
    random.Random(seed).shuffle(order)
    chosen, held = [], 0
    for path in order:
        if held >= words:
            break
        size = len(path.read_text(encoding="utf-8", errors="replace").split())
        if size >= FEWEST_WORDS:
            chosen.append(path)
            held += size
    return chosen


def write_corpus(folder: Path, files: Sequence[Path], times: int, seed: int) -> int:
    """Write the files so many times, every copy varied (see `varied`) under a name of its own; returns words."""
    folder.mkdir(parents=True)
    words = 0
    for copy in range(times):
        rng = random.Random(f"{seed} {copy}")
        for path in files:
            text = path.read_text(encoding="utf-8", errors="replace")
            text = varied(text, rng) if copy else text
            words += len(text.split())
            (folder / f"copy{copy}_{path.name}").write_text(text, encoding="utf-8")
    return words


def varied(text: str, rng: random.Random) -> str:
    """The text with two neighbouring words exchanged about every ten: as many words and tokens, but other segments.

    Identical segments are computed once, so plain copies would be measured too fast. Only words of small letters move: labels,
    names and punctuation, which reading and mentions rest on, stay.
    """
    lines = []
    for line in text.split("\n"):
        words = line.split(" ")
        for start in range(0, len(words) - 1, SWAP_EVERY):
            places = [i for i in range(start, min(start + SWAP_EVERY, len(words) - 1)) if _movable(words[i : i + 2])]
            if places:
                i = rng.choice(places)
                words[i], words[i + 1] = words[i + 1], words[i]
        lines.append(" ".join(words))
    return "\n".join(lines)


def _movable(words: Sequence[str]) -> bool:
    return all(word.isalpha() and word.islower() for word in words)
