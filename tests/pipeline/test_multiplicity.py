"""Holm's correction by hand, and what holds of it always."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.multiplicity import holm


def test_holm_by_hand():
    # In order: 0.005 x 4, 0.01 x 3, 0.03 x 2, and 0.04 x 1, which may not be below the one before it.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_lies_between_the_raw_p_and_bonferroni(p_values):
    adjusted = holm(p_values)
    for p, a in zip(p_values, adjusted, strict=True):
        assert p <= a <= min(1, p * len(p_values)) + 1e-12
    in_order = [adjusted[i] for i in np.argsort(p_values, kind="stable")]
    assert in_order == sorted(in_order)
