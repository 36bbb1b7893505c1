"""Segments left to a human count with what the model said of them."""

import numpy as np

from pipeline.prevalence.held import REST, released

CODES = ("a", "b")
P = np.array([[0.7, 0.6], [0.2, 0.6], [0.35, 0.1], [0.9, 0.8], [0.3, 0.2]])
HELD = np.array([False, False, False, True, True])


def test_each_code_by_its_threshold():
    rule = P >= [0.3, 0.5]
    found = released(P, rule & ~HELD[:, None], HELD, CODES, {"a": 0.3, "b": 0.5, "other": 0.1})
    assert found.tolist() == rule.tolist()


def test_the_largest_or_none_where_the_model_chooses():
    shares = 0.45 * P
    rule = np.array([[False, True], [False, True], [False, False], [False, True], [False, False]])
    found = released(shares, rule & ~HELD[:, None], HELD, CODES, {"a": 1.0, "b": 0.3, REST: 1.0})
    assert found.tolist() == rule.tolist()


def test_a_rule_that_does_not_give_what_the_run_gave_is_none():
    free = np.ones((5, 2), dtype=bool) & ~HELD[:, None]
    assert released(P, free, HELD, CODES, {"a": 0.3, "b": 0.5}) is None
    assert released(P, free, HELD, CODES, {"a": 0.3}) is None
