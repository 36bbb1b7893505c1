"""Attitudes counted by hand: how many, whose, and how opinion is spread."""

import math

import pytest

from pipeline.attitude_tally import AttitudeTally, in_order, unit_of
from pipeline.types import Attitude


def test_speakers_count_anew_in_each_transcript():
    tally = AttitudeTally()
    said = [("a", "Jo"), ("a", "Al"), ("a", "Jo"), ("b", "Jo"), ("b", None), ("b", None)]
    for transcript, speaker in said:
        tally.add(transcript, speaker, Attitude.NEUTRAL, (0.0, 1.0, 0.0))
    assert (tally.count, tally.transcripts, tally.speakers) == (6, 2, 4)
    assert (tally.most, tally.most_in) == (3, "a")  # the first of equals


def test_the_mean_probability_keeps_the_doubt_that_the_likeliest_drops():
    tally = AttitudeTally()
    for _ in range(4):
        tally.add("a", "Jo", Attitude.NEUTRAL, (0.375, 0.5, 0.125))
    assert tally.likeliest == {Attitude.NEGATIVE: 0, Attitude.NEUTRAL: 4, Attitude.POSITIVE: 0}
    assert [tally.mean(one) for one in Attitude] == [pytest.approx(share) for share in (0.375, 0.5, 0.125)]
    assert math.isnan(AttitudeTally().mean(Attitude.NEUTRAL))


def test_partnership_as_such_is_no_partner_and_stands_last():
    counts = {"partnership": 9, "health": 2, "police": 4, "education": 2}
    assert in_order({name: AttitudeTally(count) for name, count in counts.items()}) == [
        "police",
        "education",
        "health",
        "partnership",
    ]
    assert (unit_of("partnership"), unit_of("police")) == ("segments", "mentions")
