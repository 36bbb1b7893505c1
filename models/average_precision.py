"""How well scores rank what coders gave, whatever the threshold: what decides which epoch is kept."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import average_precision_score

from models.decisions import Floats

LEAST_VOTES = 3.0
"""With fewer held-out votes a code's own average precision is an accident."""


def average_precision(votes: Floats, scores: Floats) -> float:
    """Average precision where each item is a positive with the weight of its vote, and a negative with the rest.

    Args:
        votes: shape (n,), 0 to 1, not all 0; with 0 and 1 alone this is the usual average precision.
        scores: shape (n,).
    """
    positive = np.repeat([1, 0], len(votes))
    weight = np.concatenate([votes, 1 - votes])
    return float(average_precision_score(positive, np.concatenate([scores, scores]), sample_weight=weight))


def ranking_score(votes: Floats, scores: Floats) -> float:
    """The mean of average precision over all codes pooled, and its mean over codes with enough votes.

    Pooled, it hardly sees rare codes; by code, it does not see whether scores can be compared between codes.

    Args:
        votes, scores: shape (n, codes); some vote is not 0.
    """
    pooled = average_precision(votes.ravel(), scores.ravel())
    enough = np.flatnonzero(votes.sum(axis=0) >= LEAST_VOTES)
    if not len(enough):
        return pooled
    own = np.mean([average_precision(votes[:, code], scores[:, code]) for code in enough])
    return float((pooled + own) / 2)
