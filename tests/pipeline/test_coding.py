"""From predictions to scores on the project's own types."""

from dataclasses import replace

import numpy as np
import pytest
from toys import CODES, code_segments

from models.predict import Predictor
from models.review import ReviewScale
from pipeline.coding import unit_of
from pipeline.types import Mention, Role, Segment

TEXT = "Well. The council is good, housing is useless."


def segment(start, end, context=""):
    return Segment("t", f"t:{start}-{end}", 0, "A", Role.PARTICIPANT, start, end, TEXT[start:end], context)


def mention(word):
    start = TEXT.index(word)
    return Mention(start, start + len(word), word, "x")


SEGMENTS = [segment(0, 5), segment(6, len(TEXT), "And?")]
MENTIONS = [(), (mention("council"), mention("housing"))]


def test_units_have_offsets_of_their_own():
    unit = unit_of(SEGMENTS[1], MENTIONS[1])
    assert [unit.text[start:end] for start, end in unit.targets] == ["council", "housing"]
    assert unit.context == "And?"


def test_scores_are_the_models(predictor):
    coded, _ = code_segments(predictor, SEGMENTS, MENTIONS)
    units = [unit_of(*pair) for pair in zip(SEGMENTS, MENTIONS, strict=True)]
    raw = predictor.predict(units)
    for row, item in enumerate(coded):
        assert item.segment is SEGMENTS[row]
        assert [score.code for score in item.themes] == list(CODES)
        assert [score.probability for score in item.themes] == pytest.approx(raw.themes[row], abs=5e-5)
        assert [score.assigned for score in item.themes] == raw.assigned[row].tolist()
        general = [score for score in item.attitudes if score.mention is None]
        assert len(general) == int(raw.present[row])
    named = [score for item in coded for score in item.attitudes if score.mention]
    assert [score.mention.text for score in named] == ["council", "housing"]
    for score, probabilities in zip(named, raw.attitudes, strict=True):
        shares = [score.negative, score.neutral, score.positive]
        assert shares == pytest.approx(probabilities, abs=5e-5)
        assert score.attitude.value == ("negative", "neutral", "positive")[probabilities.argmax()]


def test_wanted_codes_in_their_order(predictor):
    every, _ = code_segments(predictor, SEGMENTS, MENTIONS)
    some, _ = code_segments(predictor, SEGMENTS, MENTIONS, wanted=("talking_shop", "effectiveness"))
    for one, other in zip(some, every, strict=True):
        assert one.themes == (other.themes[2], other.themes[0])
        assert one.attitudes == other.attitudes


def test_no_segments(predictor):
    assert code_segments(predictor, [], []) == ([], 0)


def test_a_model_without_attitudes_in_its_gold_gives_none(predictor, monkeypatch):
    monkeypatch.setitem(predictor.model.settings["training"], "learnt", {"attitudes": False, "partnership": False})
    coded, _ = code_segments(predictor, SEGMENTS, MENTIONS)
    assert [item.attitudes for item in coded] == [(), ()]
    assert all(item.themes for item in coded)


# --- what is left to a human


def with_review(predictor, scale):
    model = predictor.model
    return Predictor(replace(model, decisions=replace(model.decisions, review=scale)), device="cpu")


def assigned(coded):
    return [[score.code for score in item.themes if score.assigned] for item in coded]


def test_without_a_risk_nothing_is_left_to_a_human(predictor):
    coded, _ = code_segments(predictor, SEGMENTS, MENTIONS)
    raw = predictor.predict([unit_of(*pair) for pair in zip(SEGMENTS, MENTIONS, strict=True)])
    assert [item.uncertainty for item in coded] == pytest.approx(raw.uncertainty, abs=5e-5)
    right = np.where(raw.assigned, raw.themes, 1 - raw.themes)
    assert raw.uncertainty == pytest.approx(1 - right.prod(1))
    assert not any(item.review for item in coded) and any(assigned(coded))


def test_a_risk_that_cannot_be_met_leaves_everything_to_a_human(predictor):
    plain, _ = code_segments(predictor, SEGMENTS, MENTIONS)
    for scale in (ReviewScale(), ReviewScale((1.0,), (1.0,), (0.1,), (0.3,))):
        coded, _ = code_segments(with_review(predictor, scale), SEGMENTS, MENTIONS, risk=0.2)
        assert all(item.review for item in coded) and assigned(coded) == [[], []]
        for one, other in zip(coded, plain, strict=True):  # all else stands
            assert one.attitudes == other.attitudes and one.uncertainty == other.uncertainty
            assert [score.probability for score in one.themes] == [score.probability for score in other.themes]


def test_a_risk_that_can_be_met_by_a_part(predictor):
    plain, _ = code_segments(predictor, SEGMENTS, MENTIONS)
    low, high = sorted(item.uncertainty for item in plain)
    assert high - low > 0.001
    scale = ReviewScale(((low + high) / 2, 1.0), (0.5, 1.0), (0.0, 0.3), (0.1, 0.4))
    coded, _ = code_segments(with_review(predictor, scale), SEGMENTS, MENTIONS, risk=0.2)
    for one, other in zip(coded, plain, strict=True):
        assert one.review == (other.uncertainty == high)
        assert one.themes == other.themes or one.review
    generous, _ = code_segments(with_review(predictor, scale), SEGMENTS, MENTIONS, risk=0.4)
    assert generous == plain
