"""What stays as an earlier model had it, of kinds that no unit says anything of."""

from dataclasses import replace

import numpy as np
import pytest
from training_toys import QUICK, saved, toy

from models.crossfit import cross_fit
from models.decisions import NEVER_REACHED, Labels
from models.inputs import Unit
from models.kept import can_stay, staying, with_kept
from models.predict import Predictor
from models.review import ReviewScale
from models.settings import TrainingUnit
from models.training import train

CODES = ("works", "saves")
DEFINITIONS = {"works": ("partnership works",), "saves": ("money is saved",), "new": ("meetings and talk",)}
SAID = [Unit("the council is very good"), Unit("money and the council is useless"), Unit("the police never know")]


@pytest.fixture(params=list(Labels))
def first(request, tiny_encoder, tmp_path):
    units = toy(40)
    common = {"definitions": [DEFINITIONS[code] for code in CODES], "base": str(tiny_encoder), "codes": CODES}
    trained = train(units, units, settings=QUICK, labels=request.param, device="cpu", report=len, **common)
    return saved(trained, tmp_path / "first")


@pytest.fixture
def how(first):
    def make(codes):
        common = {"definitions": [DEFINITIONS[code] for code in codes], "base": first.source.name, "codes": codes}
        return {"start": first, "settings": QUICK, "labels": Labels.MANY, "device": "cpu", "report": len, **common}

    return make


def without(units, **gone):
    return [replace(unit, **gone) for unit in units]


def attitudes_alone():
    return without(toy(12), themes=None, readings=())


def check_themes(found, first, codes, at):
    before, after = first.decisions.themes, found.decisions.themes
    assert type(after) is type(before) and after.slope == before.slope
    assert [after.shifts[i] for i in range(len(codes))] == [before.shifts[place] for place in at]
    assert after.thresholds[: len(codes)] == tuple(before.thresholds[place] for place in at)
    assert after.thresholds[len(codes) :] == before.thresholds[len(CODES) :]  # that of "no code"
    assert np.array_equal(found.lexical.weight, first.lexical.weight[:, at])
    assert np.array_equal(found.lexical.bias, first.lexical.bias[at])


def test_codes_stay_by_their_names_where_gold_has_attitudes_only(first, how):
    units, turned = attitudes_alone(), CODES[::-1]
    one = train(units, units, **how(turned))
    folded = cross_fit(units, [range(0, 6), range(6, 12)], **how(turned)).trained
    for trained in (one, folded):
        check_themes(trained, first, turned, [1, 0])
        assert trained.stays == ("themes",) and trained.learnt["themes"]
        assert trained.decisions.review == first.decisions.review and first.decisions.review.bound
        assert trained.decisions.attitudes != first.decisions.attitudes
        assert trained.record()["stays"] == ["themes"]


def test_a_code_that_the_model_does_not_know_is_never_given(first, how, tmp_path):
    codes, many = ("new", *CODES), first.decisions.labels is Labels.MANY
    assert can_stay(first, codes) is many and can_stay(first, CODES[::-1])
    if not many:
        with pytest.raises(ValueError, match="choice"):
            with_kept(first.decisions, ("themes",), first, codes)
        return
    units = attitudes_alone()
    trained = train(units, units, **how(codes))
    assert trained.decisions.themes.giving.tolist() == [False, True, True]
    assert trained.decisions.themes.thresholds == (NEVER_REACHED, *first.decisions.themes.thresholds)
    assert trained.decisions.review == ReviewScale()  # how sure a coding must be was learnt of other codes
    assert not trained.lexical.weight[:, 0].any() and trained.lexical.bias[0] == 0
    answers = Predictor(saved(trained, tmp_path / "more", codes), device="cpu").predict(SAID)
    assert not answers.assigned[:, 0].any() and (answers.themes[:, 0] < 1).all()


def test_without_gold_the_model_is_as_it_was(first, how, tmp_path):
    trained = train([], [], **how(CODES[::-1]))
    assert trained.stays == ("themes", "partnership", "attitudes")
    same = Predictor(saved(trained, tmp_path / "same", CODES[::-1]), device="cpu").predict(SAID)
    before = Predictor(first, device="cpu").predict(SAID)
    assert np.allclose(same.themes, before.themes[:, ::-1], atol=1e-5)
    assert np.array_equal(same.assigned, before.assigned[:, ::-1])
    assert np.allclose(same.uncertainty, before.uncertainty, atol=1e-5)
    assert np.allclose(same.presence, before.presence, atol=1e-5)


def test_attitudes_stay_where_gold_has_codes_only(first, how):
    units = [replace(unit, unit=Unit(unit.unit.text)) for unit in without(toy(40), partnership=None, attitudes=())]
    trained = train(units, units, **how(CODES))
    assert trained.stays == ("partnership", "attitudes")
    kept = ("presence", "partnership", "attitudes")
    assert all(getattr(trained.decisions, name) == getattr(first.decisions, name) for name in kept)
    assert trained.decisions.themes != first.decisions.themes


def test_what_stays(first):
    coded = [TrainingUnit(Unit("x"), themes=(0.0, 0.0))]
    assert staying(coded, first, CODES) == ("partnership", "attitudes") and staying(coded, None, CODES) == ()
    assert staying(toy(2), first, CODES) == ()
    assert staying([], first, ("new",)) == ("partnership", "attitudes")  # nothing is known of this one
    untaught = replace(
        first, settings={**first.settings, "training": {"learnt": {"themes": False, "attitudes": False}}}
    )
    assert staying([], untaught, CODES) == ("partnership",)


def test_a_model_that_knows_none_of_the_codes_has_learnt_none(first, how):
    trained = train(attitudes_alone(), attitudes_alone(), **how(("new",)))
    assert trained.learnt == {"themes": False, "attitudes": True, "partnership": True} and trained.stays == ()
