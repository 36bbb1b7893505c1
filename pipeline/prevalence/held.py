"""What the model said of segments that a run left to a human (`--risk`): the tables show them without any code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

REST = "(no code)"
"""The name under which a manifest keeps the handicap of "no code"; it is last."""

_AGREEING = 0.99  # probabilities are rounded in the tables


def released(
    probabilities: Floats, assigned: Flags, held: Flags, codes: Sequence[str], thresholds: Mapping[str, float]
) -> Flags | None:
    """Codes of all segments, the held too; None where the model's rule cannot be told.

    A model gives each code that reaches its threshold, or the one code (or none) that exceeds its own by most. Which of the
    two it was is told from the segments that were not held: the rule must give them what the run gave them.

    Args:
        probabilities, assigned: shape (segments, codes).
        held: shape (segments,).
        thresholds: by code, as in the manifest.
    """
    if not set(codes) <= set(thresholds):
        return None
    limits = np.array([thresholds[code] for code in codes])
    each, free = probabilities >= limits, ~held
    rules = [_largest(probabilities, codes, thresholds)] if set(codes) | {REST} >= set(thresholds) else []
    # With a handicap for "no code" the model chooses; else each code for itself is the usual case.
    for rule in [*rules, each] if REST in thresholds else [each, *rules]:
        if not free.any() or (rule[free] == assigned[free]).all(1).mean() >= _AGREEING:
            return np.where(held[:, None], rule, assigned)
    return None


def _largest(probabilities: Floats, codes: Sequence[str], thresholds: Mapping[str, float]) -> Flags:
    limits = [thresholds[code] for code in codes]
    if REST in thresholds:
        rest = np.clip(1 - probabilities.sum(1, keepdims=True), 0, 1)
        probabilities, limits = np.hstack([probabilities, rest]), [*limits, thresholds[REST]]
    chosen = (probabilities / np.array(limits)).argmax(1)
    return np.asarray(chosen[:, None] == np.arange(len(codes)))
