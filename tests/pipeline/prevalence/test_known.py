"""When a sample holds more of what the model has seen than a draw would."""

import numpy as np

from pipeline.prevalence.known import more_than_chance


def test_all_of_a_sample_or_more_than_its_share():
    seen = np.arange(200) < 40
    own = np.where(seen, 5.0, 0.0)
    assert more_than_chance(seen, own)
    assert not more_than_chance(~seen, own) and not more_than_chance(seen, np.where(seen, 0.0, 2.0))
    assert not more_than_chance(seen, np.ones(200)) and not more_than_chance(seen, np.zeros(200))
    assert more_than_chance(np.arange(10) < 5, np.where(np.arange(10) < 5, 2.0, 0.0))  # of very few talk too


def test_a_draw_from_all_is_seldom_suspected_however_it_was_stratified():
    rng = np.random.default_rng(8)
    seen = rng.random(600) < 0.3
    # Segments that the model has seen are drawn three times as often, which the weights allow for.
    inclusion = np.where(seen, 0.45, 0.15)
    suspected = 0
    for _ in range(300):
        drawn = rng.random(600) < inclusion
        suspected += more_than_chance(seen, np.where(drawn, 1 / inclusion, 0.0))
    assert suspected <= 15
