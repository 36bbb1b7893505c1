"""Agreement where units differ: by character, by the units' ends, and alpha for unitizing."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.codebook import Codebook
from pipeline.evaluate.attitudes import Span
from pipeline.evaluate.compare import CODE_FIGURES, WITHIN
from pipeline.evaluate.evaluation import MACHINE, REFERENCE
from pipeline.evaluate.figures import Figure, Resampler
from pipeline.evaluate.spans import MarkedTranscript, runs
from pipeline.evaluate.statistics import Floats, within_alpha
from pipeline.evaluate.unitizing import Stretch, alpha_for_unitizing, gamma
from pipeline.evaluate.weighting import UNWEIGHTED_NOTE

OVERALL = "overall"
TOLERANCE = 20
"""Characters by which each end of a unit may be off."""

CHARACTER_FIGURES = ("precision", "recall", "f1", "alpha", "kappa", "ac1", "agreement")


@dataclass(frozen=True, slots=True)
class SpanComparison:
    """Two coders on the text that both read.

    Attributes:
        extent: what the coders are taken to have read (see `pipeline.evaluate.spans`).
        figures: per code and overall. By character: `precision` … `agreement`, and overall `within_alpha`. By unit (stretches of
            one code, joined where only white space parts them): `exact_…` and `near_…`, both ends alike or within the
            tolerance; `alpha_u`.
        gamma: of all codes together, where asked for.
    """

    gold: str
    other: str
    extent: str
    tolerance: int
    transcripts: int
    characters: int
    figures: dict[str, dict[str, Figure]] = field(default_factory=dict)
    gamma: Figure | None = None


def compare_spans(
    transcripts: Sequence[MarkedTranscript],
    codebook: Codebook,
    *,
    extent: str,
    tolerance: int = TOLERANCE,
    with_gamma: bool = False,
) -> list[SpanComparison]:
    """The machine against the reference, or where there is none against each coder; then coder against coder."""
    names = list(dict.fromkeys(name for item in transcripts for name in item.coders))
    people = [name for name in names if name not in (MACHINE, REFERENCE)]
    against = [(REFERENCE, MACHINE)] if REFERENCE in names else [(name, MACHINE) for name in people]
    found = []
    for gold, other in [*against, *itertools.combinations(people, 2)]:
        both = [item for item in transcripts if gold in item.coders and other in item.coders]
        if both:
            found.append(_compare(gold, other, both, codebook, extent, tolerance, with_gamma))
    return found


def matched(gold: Sequence[Span], other: Sequence[Span], tolerance: int) -> int:
    """How many units pair off, one with one, with both ends within the tolerance; both lists are in order."""
    used: set[int] = set()
    for start, end in gold:
        near = (
            k
            for k, (first, last) in enumerate(other)
            if k not in used and abs(first - start) <= tolerance and abs(last - end) <= tolerance
        )
        best = min(near, key=lambda k: abs(other[k][0] - start) + abs(other[k][1] - end), default=None)
        if best is not None:
            used.add(best)
    return len(used)


def _compare(
    gold: str,
    other: str,
    transcripts: Sequence[MarkedTranscript],
    codebook: Codebook,
    extent: str,
    tolerance: int,
    with_gamma: bool,
) -> SpanComparison:
    resampler = Resampler([item.group for item in transcripts])
    codes = len(codebook.names)
    cells = np.zeros((len(transcripts), codes, 4))
    units = np.zeros((len(transcripts), codes, 4))  # of gold, of the other, the same, within the tolerance
    stretches: list[list[Stretch]] = [[] for _ in range(codes)]
    aligned: list[tuple[str, dict[str, Sequence[tuple[int, int, str]]]]] = []
    characters, weighted = 0, any(item.weight is not None for item in transcripts)
    for t, item in enumerate(transcripts):
        mine, yours = item.coders[gold], item.coders[other]
        read = mine.read & yours.read
        weight = read.astype(np.float64) if item.weight is None else item.weight * read
        position = np.concatenate([[0], np.cumsum(read)])
        length = int(position[-1])
        characters += length
        marked: dict[str, list[tuple[int, int, str]]] = {gold: [], other: []}
        for k, name in enumerate(codebook.names):
            a, b = mine.codes[k] & read, yours.codes[k] & read
            cells[t, k] = [weight[cell].sum() for cell in (a & b, b & ~a, a & ~b, read & ~a & ~b)]
            pair = runs(a, item.text), runs(b, item.text)
            units[t, k] = len(pair[0]), len(pair[1]), matched(*pair, 0), matched(*pair, tolerance)
            for coder, spans in zip((gold, other), pair, strict=True):
                marked[coder] += [(start, end, name) for start, end in spans]
            stretches[k].append(Stretch(item.group, length, tuple(_moved(spans, position) for spans in pair)))
        aligned.append((item.group, {coder: tuple(spans) for coder, spans in marked.items()}))
    return SpanComparison(
        gold=gold,
        other=other,
        extent=extent,
        tolerance=tolerance,
        transcripts=len(transcripts),
        characters=characters,
        figures=_figures(cells, units, stretches, codebook, resampler, characters, weighted),
        gamma=(_unweighted(gamma(aligned)) if weighted else gamma(aligned)) if with_gamma else None,
    )


def _figures(
    cells: Floats,
    units: Floats,
    stretches: list[list[Stretch]],
    codebook: Codebook,
    resampler: Resampler,
    characters: int,
    weighted: bool,
) -> dict[str, dict[str, Figure]]:
    alphas = alpha_for_unitizing(stretches)
    found = {}
    for k, name in enumerate([*codebook.names, OVERALL]):
        counts, marks = (resampler.sums(array.sum(1) if name == OVERALL else array[:, k]) for array in (cells, units))
        decisions = characters * (len(codebook.names) if name == OVERALL else 1)
        figures = {
            key: resampler.figure(counts, CODE_FIGURES[key][0], decisions, CODE_FIGURES[key][1])
            for key in CHARACTER_FIGURES
        }
        if name == OVERALL:
            figures[WITHIN] = resampler.figure(resampler.sums(cells), within_alpha, decisions, CODE_FIGURES["alpha"][1])
        marked: dict[str, Figure] = {}
        for kind, column in (("exact", 2), ("near", 3)):
            for key, below, reason in (
                ("precision", [1], "the other coder marked none"),
                ("recall", [0], "gold has none"),
                ("f1", [0, 1], "there is none"),
            ):
                share = np.stack([len(below) * marks[:, column], marks[:, below].sum(1)], axis=1)
                n = int(share[:, 1].sum())
                marked[f"{kind}_{key}"] = resampler.figure(share, _ratio, n, reason)
        marked["alpha_u"] = alphas[k]
        found[name] = figures | ({key: _unweighted(item) for key, item in marked.items()} if weighted else marked)
    return found


def _unweighted(figure: Figure) -> Figure:
    return replace(figure, note="; ".join(filter(None, (figure.note, UNWEIGHTED_NOTE))))


def _moved(spans: Sequence[Span], position: NDArray[np.int64]) -> list[Span]:
    """Offsets counted in what was read only."""
    return [(int(position[start]), int(position[end])) for start, end in spans]


def _ratio(sums: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(sums[..., 1] > 0, sums[..., 0] / sums[..., 1], np.nan))
