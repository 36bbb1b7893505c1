"""Ranking scores: with 0 and 1 they are sklearn's; with shares, those of coders one after the other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from models.average_precision import LEAST_VOTES, average_precision, ranking_score

ROWS = st.lists(st.tuples(st.integers(0, 9), st.booleans(), st.booleans()), min_size=1, max_size=30).filter(
    lambda rows: any(one or other for _, one, other in rows)
)


@given(ROWS)
def test_shares_are_coders_one_after_the_other(rows):
    scores = np.array([step for step, *_ in rows], dtype=float)
    codings = np.array([flags for _, *flags in rows], dtype=float)
    wanted = average_precision_score(codings.T.ravel(), np.tile(scores, 2))
    assert average_precision(codings.mean(axis=1), scores) == pytest.approx(wanted)


@given(ROWS)
def test_only_the_order_counts_and_a_perfect_one_is_1(rows):
    scores = np.array([step for step, *_ in rows], dtype=float)
    gold = np.array([one or other for _, one, other in rows], dtype=float)
    assert average_precision(gold, scores) == average_precision(gold, np.exp(scores / 3) - 7)
    assert average_precision(gold, scores) == pytest.approx(average_precision_score(gold, scores))
    assert average_precision(gold, gold) == 1


def test_rare_codes_count_as_much_as_common_ones_once_they_can():
    rng = np.random.default_rng(0)
    votes = np.stack([rng.random(400) < 0.5, np.arange(400) < LEAST_VOTES], axis=1).astype(float)
    good = votes + rng.normal(0, 0.1, votes.shape)
    lost = np.column_stack([good[:, 0], -good[:, 1]])
    pooled = average_precision(votes.ravel(), good.ravel()) - average_precision(votes.ravel(), lost.ravel())
    assert ranking_score(votes, good) - ranking_score(votes, lost) > 0.2 > pooled
    votes[0, 1] = 0  # too few votes now: the pooled score alone, and the common code's own
    own = average_precision(votes[:, 0], lost[:, 0])
    assert ranking_score(votes, lost) == pytest.approx((average_precision(votes.ravel(), lost.ravel()) + own) / 2)
