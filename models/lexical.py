"""What the words alone say: logistic regression on TF-IDF of word pieces and their pairs, beside the encoder.

A small encoder generalises over wordings and misses the telling word; a linear model on words does the reverse. Their logits are
added ("wide and deep", Cheng et al. 2016; here the two parts are fitted apart, so that neither leans on the other's fit).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor

from models.decisions import Floats
from models.inputs import EncodedUnit

PREFIX = "lexical."
INVERSE_REGULARISATION = 10.0
LEAST_UNITS = 2
"""A feature that fewer training units have is left out."""

Features = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LexicalHead:
    """A linear layer on TF-IDF features. F features, c codes.

    Attributes:
        keys: shape (F,), ascending; `a` is the word piece a, `(a + 1) * BASE + b` the pair (a, b).
        idf: shape (F,), inverse document frequencies in the training units.
        weight: shape (F, c).
        bias: shape (c,).
    """

    keys: Features
    idf: Floats
    weight: Floats
    bias: Floats

    def logits(self, units: Sequence[EncodedUnit]) -> Floats:
        """Shape (n, c)."""
        matrix = _tfidf([_counts(unit) for unit in units], self.keys, self.idf)
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


def fit_lexical(units: Sequence[EncodedUnit], votes: Floats, *, seed: int) -> LexicalHead | None:
    """Fit on training units; None where no code has units both with and without it.

    Args:
        votes: shape (n, c), the share of coders who gave the code.
    """
    from sklearn.linear_model import LogisticRegression

    counts = [_counts(unit) for unit in units]
    frequency = Counter(key for unit_counts in counts for key in unit_counts)
    keys = np.array(sorted(key for key, n in frequency.items() if n >= LEAST_UNITS), dtype=np.int64)
    gold = votes >= 0.5
    learnable = [code for code in range(gold.shape[1]) if 0 < gold[:, code].sum() < len(gold)]
    if not learnable or not len(keys):
        return None
    idf = np.array([np.log((1 + len(units)) / (1 + frequency[int(key)])) + 1 for key in keys])
    matrix = _tfidf(counts, keys, idf)
    weight, bias = np.zeros((len(keys), gold.shape[1])), np.zeros(gold.shape[1])
    for code in learnable:
        fitted = LogisticRegression(
            C=INVERSE_REGULARISATION, class_weight="balanced", solver="liblinear", random_state=seed
        ).fit(matrix, gold[:, code])
        weight[:, code], bias[code] = fitted.coef_[0], fitted.intercept_[0]
    # The words say neither yes nor no to a code that was not learnt: it gets what the others get on average.
    rest = [code for code in range(gold.shape[1]) if code not in learnable]
    weight[:, rest] = weight[:, learnable].mean(axis=1, keepdims=True)
    bias[rest] = bias[learnable].mean()
    return LexicalHead(keys, idf, weight, bias)


def _counts(unit: EncodedUnit) -> Counter[int]:
    """How often each word piece and each pair of neighbours stands in the text (not in its context)."""
    ids = unit.ids[unit.first : -1]
    return Counter([*ids, *((a + 1) * BASE + b for a, b in pairwise(ids))])


def _tfidf(counts: Sequence[Counter[int]], keys: Features, idf: Floats) -> sparse.csr_matrix:
    """Rows of unit length, shape (n, F); term frequencies enter by their logarithm."""
    rows, columns, values = [], [], []
    for row, unit_counts in enumerate(counts):
        found = np.fromiter(unit_counts.keys(), dtype=np.int64, count=len(unit_counts))
        n = np.fromiter(unit_counts.values(), dtype=np.float64, count=len(unit_counts))
        at = np.searchsorted(keys, found)
        at[at == len(keys)] = 0
        known = keys[at] == found
        value = (1 + np.log(n[known])) * idf[at[known]]
        length = float(np.sqrt((value**2).sum()))
        rows.append(np.full(len(value), row))
        columns.append(at[known])
        values.append(value / length if length else value)
    shape = (len(counts), len(keys))
    if not counts:
        return sparse.csr_matrix(shape)
    return sparse.csr_matrix((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=shape)
