"""When a sample holds more of what the model has seen than a draw would, or less."""

import numpy as np
import pytest

from pipeline.prevalence.known import beyond_chance


def test_all_of_a_sample_or_more_than_its_share():
    seen = np.arange(200) < 40
    own = np.where(seen, 5.0, 0.0)
    assert beyond_chance(seen, own) == 1
    assert beyond_chance(seen, np.ones(200)) == beyond_chance(seen, np.zeros(200)) == 0
    assert beyond_chance(np.arange(10) < 5, np.where(np.arange(10) < 5, 2.0, 0.0)) == 1  # of very few talk too


def test_none_of_what_was_seen_though_a_draw_would_have_some():
    """Who leaves out what the model has learnt from corrects all shares by how it errs on the rest."""
    seen = np.arange(400) < 200
    rest = np.where(~seen & (np.arange(400) % 4 == 0), 4.0, 0.0)
    assert beyond_chance(seen, rest) == -1
    assert beyond_chance(np.arange(400) < 4, np.where(np.arange(400) % 4 == 3, 4.0, 0.0)) == 0  # few were seen at all


@pytest.mark.parametrize(("units", "seen", "drawn"), [(5000, 1, 200), (5000, 3, 200), (2000, 2, 100), (600, 180, 60)])
def test_a_simple_draw_is_seldom_suspected_however_little_was_seen(units, seen, drawn):
    rng = np.random.default_rng(units + seen)
    known = np.arange(units) < seen
    suspected = 0
    for _ in range(1000):
        weight = np.zeros(units)
        weight[rng.choice(units, drawn, replace=False)] = units / drawn
        suspected += beyond_chance(known, weight) != 0
    assert suspected <= 30


def test_a_draw_from_all_is_seldom_suspected_however_it_was_stratified():
    rng = np.random.default_rng(8)
    seen = rng.random(600) < 0.3
    # Segments that the model has seen are drawn three times as often, which the weights allow for.
    inclusion = np.where(seen, 0.45, 0.15)
    suspected = 0
    for _ in range(300):
        drawn = rng.random(600) < inclusion
        suspected += beyond_chance(seen, np.where(drawn, 1 / inclusion, 0.0)) != 0
    assert suspected <= 15
