"""What the words of text and context alone say: logistic regression on TF-IDF of word pieces and their pairs, beside the encoder.

A small encoder generalises over wordings and misses the telling word; a linear model on words does the reverse. Their logits are
added ("wide and deep", Cheng et al. 2016; here the two parts are fitted apart, so that neither leans on the other's fit).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor

from models.columns import Encoded, EncodedUnit, ragged
from models.decisions import Floats

PREFIX = "lexical."
INVERSE_REGULARISATION = 10.0
LEAST_UNITS = 2
"""A feature that fewer training units have is left out."""

MOST_FEATURES = 100_000
"""Of more features those that most interviews (or units) have: with twenty codes they are 5 MB, and rarer ones say little."""

MANY_GROUPS = 10
"""From so many groups on, features count by groups instead: what only one interview says, names above all, is not kept."""

Features = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LexicalHead:
    """A linear layer on TF-IDF features. F features, c codes.

    Attributes:
        keys: shape (F,), ascending; `a` is the word piece a, `(a + 1) * BASE + b` the pair (a, b), and with
            `CONTEXT` added the same in what stands before the text.
        idf: shape (F,), inverse document frequencies in the training units.
        weight: shape (F, c).
        bias: shape (c,).
    """

    keys: Features
    idf: Floats
    weight: Floats
    bias: Floats

    def logits(self, units: Sequence[EncodedUnit] | Encoded) -> Floats:
        """Shape (n, c)."""
        encoded = units if isinstance(units, Encoded) else Encoded.of(units)
        matrix = _tfidf(*_features(encoded), len(encoded), self.keys, self.idf)
        return np.asarray(matrix @ self.weight + self.bias, dtype=np.float64)

    def scaled(self, factor: float) -> LexicalHead:
        """The same head with its logits multiplied."""
        return LexicalHead(self.keys, self.idf, self.weight * factor, self.bias * factor)

    def to_tensors(self) -> dict[str, Tensor]:
        """For the model's weights file; the large one in float16."""
        return {
            f"{PREFIX}keys": torch.from_numpy(self.keys),
            f"{PREFIX}idf": torch.from_numpy(self.idf).float(),
            f"{PREFIX}weight": torch.from_numpy(self.weight).half(),
            f"{PREFIX}bias": torch.from_numpy(self.bias).float(),
        }

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor]) -> LexicalHead | None:
        """The reverse of `to_tensors`; None where the file has no such head."""
        if f"{PREFIX}keys" not in tensors:
            return None
        names = ("idf", "weight", "bias")
        rest = (tensors[f"{PREFIX}{name}"].double().numpy() for name in names)
        return cls(tensors[f"{PREFIX}keys"].numpy(), *rest)


BASE = 1 << 24
"""More than any vocabulary has word pieces."""

CONTEXT = 1 << 56
"""More than any pair's number; added to the number of what stands in the context."""

CONTEXT_SHARE = 0.5
"""The length of the context's part of a unit's features, where the text's is 1."""


def fit_lexical(
    units: Sequence[EncodedUnit], votes: Floats, *, seed: int, groups: Sequence[str] = ()
) -> LexicalHead | None:
    """Fit on training units; None where no code has votes both for and against it.

    Args:
        groups: each unit's interview, where that is known.
        votes: shape (n, c), the share of coders who gave the code; a unit counts for it by this share, against it by the rest.
    """
    rows, found = _features(Encoded.of(units))
    keys, frequency = _with_each(rows, found)
    spread = frequency
    if len(set(groups)) >= MANY_GROUPS:
        numbers = np.unique(np.asarray(groups), return_inverse=True)[1]
        spread = _with_each(numbers[rows], found)[1]
    kept = _widest(spread)
    keys, frequency = keys[kept], frequency[kept]
    learnable = [code for code in range(votes.shape[1]) if 0 < votes[:, code].sum() < len(votes)]
    if not learnable or not len(keys):
        return None
    idf = np.log((1 + len(units)) / (1 + frequency)) + 1
    matrix = _tfidf(rows, found, len(units), keys, idf)
    weight, bias = np.zeros((len(keys), votes.shape[1])), np.zeros(votes.shape[1])
    for code in learnable:
        weight[:, code], bias[code] = _regression(matrix, votes[:, code], seed)
    # The words say nothing of a code that was not learnt: for every unit it gets what the others get on average over units.
    rest = [code for code in range(votes.shape[1]) if code not in learnable]
    bias[rest] = (matrix @ weight[:, learnable] + bias[learnable]).mean()
    return LexicalHead(keys, idf, weight, bias)


def _widest(spread: Features) -> Features:
    """Indices, ascending, of the features that enough have, and of too many those that most have."""
    enough = np.flatnonzero(spread >= LEAST_UNITS)
    return np.sort(enough[np.argsort(-spread[enough], kind="stable")[:MOST_FEATURES]])


def _regression(matrix: sparse.csr_matrix, votes: Floats, seed: int) -> tuple[Floats, float]:
    """Weights and intercept for one code; votes for and against it weigh the same in sum."""
    from sklearn.linear_model import LogisticRegression

    # A unit on which coders differ stands in it twice, once with the votes for the code and once with those against it.
    units = np.repeat(np.arange(len(votes)), 2)
    given = np.tile([True, False], len(votes))
    shares = np.where(given, votes[units], 1 - votes[units])
    balance = np.where(given, votes.sum(), (1 - votes).sum()) * 2 / len(votes)
    some = shares > 0
    fitted = LogisticRegression(C=INVERSE_REGULARISATION, solver="liblinear", random_state=seed).fit(
        matrix[units[some]], given[some], sample_weight=(shares / balance)[some]
    )
    return fitted.coef_[0], float(fitted.intercept_[0])


def _features(units: Encoded) -> tuple[Features, Features]:
    """Each word piece and each pair of neighbours in the texts, and in their contexts, and the unit that it stands in."""
    texts = _pieces(units, units.starts + units.first, units.text_lengths)
    # The context stands between the first token, which says nothing, and a separator.
    rows, found = _pieces(units, units.starts + 1, np.maximum(units.first - 2, 0))
    return np.concatenate([texts[0], rows]), np.concatenate([texts[1], found + CONTEXT])


def _pieces(units: Encoded, starts: Features, lengths: Features) -> tuple[Features, Features]:
    ids = units.ids[ragged(starts, lengths)]
    rows = np.repeat(np.arange(len(units)), lengths)
    neighbours = rows[:-1] == rows[1:]
    pairs = ((ids[:-1] + 1) * BASE + ids[1:])[neighbours]
    return np.concatenate([rows, rows[:-1][neighbours]]), np.concatenate([ids, pairs])


def _with_each(rows: Features, found: Features) -> tuple[Features, Features]:
    """The different features, ascending, and how many units (or groups) have each."""
    keys, column = np.unique(found, return_inverse=True)
    once = np.unique(rows * max(1, len(keys)) + column) % max(1, len(keys))
    return keys, np.bincount(once, minlength=len(keys))


def _tfidf(rows: Features, found: Features, n: int, keys: Features, idf: Floats) -> sparse.csr_matrix:
    """Shape (n, F); of each row the text's part has length 1, the context's less; term frequencies enter by their logarithm."""
    shape = (n, len(keys))
    if not len(keys):
        return sparse.csr_matrix(shape)
    at = np.minimum(np.searchsorted(keys, found), len(keys) - 1)
    known = keys[at] == found
    cells, counts = np.unique(rows[known] * len(keys) + at[known], return_counts=True)
    row, column = cells // len(keys), cells % len(keys)
    values = (1 + np.log(counts)) * idf[column]
    before = keys[column] >= CONTEXT
    part = 2 * row + before
    lengths = np.sqrt(np.bincount(part, values**2, minlength=2 * n))
    # A feature that every unit has still counts, so that no length is 0 where there is a value (idf is 1 at least).
    values *= np.where(before, CONTEXT_SHARE, 1) / lengths[part]
    return sparse.csr_matrix((values, (row, column)), shape=shape)
