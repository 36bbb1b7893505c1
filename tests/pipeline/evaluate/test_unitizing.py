"""Alpha for unitizing against Krippendorff's published example and a plain reading of his formulas."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UsageError
from pipeline.evaluate.unitizing import Stretch, alpha_for_unitizing, gamma, gaps_of, observed_disagreement

# Krippendorff (2004), Content Analysis, second edition, pages 254-256: a continuum from 150 of length 300.
PUBLISHED = {
    "c": ([(225, 295), (370, 400)], [(220, 300), (355, 375), (400, 420)]),
    "k": ([(180, 240), (300, 350)], [(180, 240), (300, 350)]),
}


def stretch(coders, length=300, start=150, group="a"):
    return Stretch(group, length, tuple([(a - start, b - start) for a, b in units] for units in coders))


def test_the_published_example():
    seen = alpha_for_unitizing([[stretch(PUBLISHED["c"])], [stretch(PUBLISHED["k"])]])
    assert [figure.value for figure in seen] == [
        pytest.approx(0.7286, abs=1e-4),
        1.0,
        pytest.approx(0.8591, abs=5e-4),
    ]
    assert observed_disagreement(*PUBLISHED["c"]) == 50 + 850 + 400  # his distances, page 255
    assert seen[0].n == 300 and seen[0].note == "no interval: all units are of one group"


def test_gaps():
    assert gaps_of([(75, 145), (220, 250)], 300) == [75, 75, 50]
    assert gaps_of([(0, 10)], 10) == [] and gaps_of([], 7) == [7]


def plain(coders, length):
    """The formulas section by section, no vectors: (observed, expected)."""
    m = len(coders)

    def sections(units):
        found, at = [], 0
        for start, end in units:
            if start > at:
                found.append((at, start - at, 0))
            found.append((start, end - start, 1))
            at = end
        return found + ([(at, length - at, 0)] if at < length else [])

    def distance(one, other):
        (b1, l1, v1), (b2, l2, v2) = one, other
        if v1 and v2 and -l1 < b1 - b2 < l2:
            return (b1 - b2) ** 2 + (b1 + l1 - b2 - l2) ** 2
        if v1 and not v2 and l2 - l1 >= b1 - b2 >= 0:
            return l1**2
        if v2 and not v1 and l1 - l2 >= b2 - b1 >= 0:
            return l2**2
        return 0

    rows = [sections(units) for units in coders]
    seen = sum(distance(g, h) for i in range(m) for j in range(m) if i != j for g in rows[i] for h in rows[j])
    units = [(b, ln) for row in rows for b, ln, v in row if v]
    gaps = [ln for row in rows for _, ln, v in row if not v]
    chance = sum(
        (len(units) - 1) / 3 * (2 * ln**3 - 3 * ln**2 + ln) + ln**2 * sum(g - ln + 1 for g in gaps if g >= ln)
        for _, ln in units
    )
    below = m * length * (m * length - 1) - sum(ln * (ln - 1) for _, ln in units)
    return seen / (m * (m - 1) * length**2), 2 / length * chance / below


CUTS = st.lists(st.integers(0, 40), max_size=6, unique=True).map(
    lambda cuts: list(zip(sorted(cuts)[::2], sorted(cuts)[1::2], strict=False))
)


@given(CUTS, CUTS, CUTS)
def test_the_formulas_read_plainly(one, two, three):
    for coders in ((one, two), (one, two, three)):
        observed, expected = plain(coders, 40)
        figure = alpha_for_unitizing([[Stretch("a", 40, coders)]])[0]
        if not any(coders):
            assert figure.value is None and figure.note == "undefined: no coder marked it"
        elif expected > 0:
            assert figure.value == pytest.approx(1 - observed / expected, abs=1e-4)


def test_identical_coders_are_one_in_every_resample():
    stretches = [
        Stretch(group, 100, ([(10 * k, 10 * k + 5)], [(10 * k, 10 * k + 5)])) for k, group in enumerate("abcd")
    ]
    figure = alpha_for_unitizing([stretches])[0]
    assert (figure.value, figure.low, figure.high) == (1, 1, 1)


def test_a_resample_is_a_continuum_of_the_drawn_stretches():
    rng = np.random.default_rng(4)
    stretches = [Stretch(group, 80, tuple([(int(a), int(a) + 9)] for a in rng.integers(0, 70, 2))) for group in "abcde"]
    whole = alpha_for_unitizing([stretches])[0]
    doubled = [Stretch(f"{item.group}{k}", item.length, item.units) for item in stretches for k in range(2)]
    assert whole.low <= whole.value <= whole.high
    assert alpha_for_unitizing([doubled])[0].value == pytest.approx(whole.value, abs=0.02)


def test_gamma_without_its_package_says_what_to_install():
    try:
        import pygamma_agreement  # noqa: F401
    except ImportError:
        with pytest.raises(UsageError, match="pygamma-agreement"):
            gamma([("a", {"x": [(0, 5, "c")], "y": [(0, 5, "c")]})])
    else:
        same = {"x": [(0, 5, "c"), (9, 20, "k")], "y": [(0, 5, "c"), (9, 20, "k")]}
        assert gamma([("a", same)]).value == pytest.approx(1)
